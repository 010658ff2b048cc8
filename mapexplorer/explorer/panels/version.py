"""Version and history: which state of the data the map is drawn from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar

import ipywidgets

from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.explorer.sharing import create

from . import controls, timeline
from .bound_panel import BoundPanel
from .published import member, whole
from .zone_choice import ZoneChoice

PUBLISHED = "sde.DEFAULT"
"""The name under which every server knows the published version."""


class VersionPanel(BoundPanel):
    """The version of the geodatabase and the moment of its history; moments are shown in the time zone
    of the explorer."""

    title: ClassVar[str] = "Version"
    bound: ClassVar[tuple[str, ...]] = ("gdb_version", "historic_moment")

    def build(self) -> tuple[Any, ...]:
        """Make the controls."""
        self.version = controls.labelled(
            ipywidgets.Combobox,
            "Version",
            "Name of a geodatabase version, such as sde.USER1; empty: the published one",
            options=[PUBLISHED],
            placeholder="the published one",
            continuous_update=False,
        )
        self.picker = controls.labelled(
            ipywidgets.NaiveDatetimePicker,
            "Pick",
            "Date and time, in the time zone below",
        )
        self.moment = controls.labelled(
            ipywidgets.Text,
            "As of",
            "A date or a date with time, such as 2015-06-01 12:00",
            placeholder="now",
            continuous_update=False,
        )
        self.zone = ZoneChoice(self.explorer)
        self.now = controls.button("Now", "Draw the data as they are now", self._now)
        self.version_reason, self.history_reason = controls.prose(), controls.prose()
        self.message, self.facts = controls.prose(), controls.prose()
        self.listen(self.version, lambda: self.write(gdb_version=self.version.value.strip() or None))
        self.listen(self.picker, self._picked)
        self.listen(self.moment, self._typed)
        self.listen(self.zone.box, lambda: self.refuse(self.zone.choose()))
        body = create(ipywidgets.VBox,
            (
                self.version, self.version_reason, self.picker, self.moment, self.zone.box,
                controls.row(self.now), self.history_reason, self.message, self.facts,
            )
        )  # fmt: skip
        body.add_class("me-stack")
        return (body,)

    def on_service(self) -> None:
        """Enable what the service in use has data for."""
        layers = tuple(self.explorer.layer_infos or ())
        versioned = [layer for layer in layers if layer.is_data_versioned]
        archived = [layer for layer in layers if keeps_history(layer)]
        self._can_version = self.explorer.info.has_versioned_data is True or bool(versioned)
        self._can_go_back = bool(archived)
        controls.say(
            self.version_reason,
            controls.hint("" if self._can_version else "This service has no versioned data."),
        )
        controls.say(
            self.history_reason,
            controls.hint("" if archived else "No layer of this service keeps a history of its data."),
        )
        self._versioned, self._archived = versioned, archived
        super().on_service()

    def show(self) -> None:
        """Set the controls from the parameters; what is given can always be taken away."""
        version, moment = self.explorer.parameters.gdb_version, self.explorer.parameters.historic_moment
        self.version.value = version or ""
        self.version.disabled = not self._can_version and version is None
        self.zone.show()
        self.moment.description = self.zone.label("As of")
        self.picker.description = self.zone.label("Pick")
        self.moment.value = timeline.text(moment, self.zone.zone)
        self.picker.value = naive(moment, self.zone.zone)
        controls.say(self.facts, facts(self._versioned, self._archived, self.zone.zone))
        for control in (self.picker, self.moment, self.zone.box):
            control.disabled = not self._can_go_back and moment is None
        self.now.disabled = moment is None

    def refuse(self, sentence: str) -> None:
        """Show why a value was not taken."""
        controls.say(self.message, controls.alert(sentence))

    def on_zone(self) -> None:
        """Show the moment in the zone that was chosen."""
        self.show()

    def _now(self) -> None:
        self.write(historic_moment=None)

    def _picked(self) -> None:
        picked = self.picker.value
        self.write(historic_moment=None if picked is None else picked.replace(tzinfo=self.zone.zone))

    def _typed(self) -> None:
        try:
            moment = timeline.parsed(self.moment.value, self.zone.zone)
        except ValueError as error:
            self.refuse(str(error))
            return
        self.write(historic_moment=moment)


def naive(moment: int | None, zone: tzinfo = UTC) -> datetime | None:
    """A moment as the picker holds it, without its time zone; None for what no calendar reaches."""
    if moment is None:
        return None
    try:
        return timeline.at(moment).astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        return None


def keeps_history(layer: Any) -> bool:
    """Whether a layer says that it can be drawn as it was."""
    archive = member(layer, "archiving_info")
    announced = archive.get("supportsQueryWithHistoricMoment") if isinstance(archive, dict) else None
    return announced is True or layer.supports_query_with_historic_moment


def facts(versioned: Iterable[Any], archived: Iterable[Any], zone: tzinfo = UTC) -> Markup | None:
    """Which layers have versions, and since when others keep their history."""
    rows = [("Versioned", layer.name, "") for layer in versioned]
    for layer in archived:
        archive = member(layer, "archiving_info")
        start = whole(archive.get("startArchivingMoment")) if isinstance(archive, dict) else None
        rows.append(
            ("History", layer.name, f"since {timeline.text(start, zone)}" if start is not None else "")
        )
    if not rows:
        return None
    cells = [[tag("dt", what), tag("dd", " ".join(part for part in (name, since) if part))]
             for what, name, since in rows]  # fmt: skip
    return tag("dl", cells, class_="me-request-facts")
