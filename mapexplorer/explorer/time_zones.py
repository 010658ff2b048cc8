"""The time zone in which times are shown and typed; on the wire they are always UTC."""

from __future__ import annotations

from datetime import UTC, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from traitlets import TraitError, TraitType

PLACES = tuple(
    f"{part}/"
    for part in (
        "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian",
        "Pacific",
    )
)  # fmt: skip


@cache
def names() -> tuple[str, ...]:
    """The zones that this machine knows, UTC first: names such as Europe/Berlin.

    Where Python has no table of time zones, as in some browsers, that is UTC alone.
    """
    known = {
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "posix", "right"))
    }
    return ("UTC", *sorted(known))


def zone(name: str) -> tzinfo:
    """The zone of a name. Raises ValueError for one that is not known here."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"expected UTC or a name such as Europe/Berlin, not {name[:40]!r}") from None


class TimeZone(TraitType[str, str]):
    """A trait that takes names of time zones."""

    default_value = "UTC"

    def validate(self, obj: Any, value: Any) -> str:
        """Take a name that is known here."""
        try:
            zone(value if isinstance(value, str) else str(value))
        except ValueError as error:
            raise TraitError(f"time_zone: {error}.") from None
        return str(value)
