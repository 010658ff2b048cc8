"""The parameters of the feature operations, read one by one; every fault is collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from mapexplorer.protocol import ParameterError, RequestErrors, SpatialReference
from mapexplorer.protocol.numerals import parse_integer, parse_number, shorten
from mapexplorer.service.projection import UnknownSpatialReference, crs_of

T = TypeVar("T")


class Given:
    """The parameters of a request by case-folded name: the last of a name counts, empty ones are absent."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._texts: dict[str, str] = {}
        for name, value in pairs:
            self._texts[name.casefold()] = value
        self.faults: list[ParameterError] = []

    def text(self, name: str) -> str | None:
        """Return the text of a parameter, None when it is absent or blank."""
        value = self._texts.get(name.casefold(), "").strip()
        return value or None

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """Return a parameter parsed, None when it is absent or wrong; a fault is noted."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return parse(text)
        except UnknownSpatialReference as problem:
            self.faults.append(ParameterError(name, str(problem)))
        except ParameterError as fault:
            self.faults.append(ParameterError(name, fault.problem))
        except ValueError as problem:
            self.faults.append(ParameterError(name, str(problem)))
        return None

    def flag(self, name: str, default: bool) -> bool:
        """Return a truth value."""
        found = self.read(name, _truth)
        return default if found is None else found

    def count(self, name: str) -> int | None:
        """Return a whole number that is not negative."""
        return self.read(name, _count)

    def number(self, name: str) -> float | None:
        """Return a number that is not negative."""
        return self.read(name, _not_negative)

    def reference(self, name: str) -> SpatialReference | None:
        """Return a spatial reference that is known."""
        return self.read(name, _reference)

    def names(self, name: str) -> tuple[str, ...] | None:
        """Return a list of names separated by commas."""
        return self.read(name, lambda text: tuple(part.strip() for part in text.split(",") if part.strip()))

    def form(self, *forms: str) -> str:
        """Return the form of the answer, the first of some when none is given."""
        text = (self.text("f") or forms[0]).lower()
        if text not in forms:
            self.faults.append(ParameterError("f", f"expected one of {', '.join(forms)}"))
        return text

    def word(self, name: str, words: Iterable[str], default: str) -> str:
        """Return one of some words, exactly as they are written."""
        known = tuple(words)
        text = self.text(name)
        if text is None or text in known:
            return text or default
        self.faults.append(ParameterError(name, f"expected one of {', '.join(known)}, not {shorten(text)}"))
        return default

    def refuse(self, name: str, problem: str, *harmless: str) -> None:
        """Note a fault when a parameter is given, unless it says what is done anyway."""
        text = self.text(name)
        if text is not None and text.lower() not in harmless:
            self.faults.append(ParameterError(name, problem))

    def fault(self, name: str, problem: Any) -> None:
        """Note a fault."""
        self.faults.append(ParameterError(name, str(problem)))

    def check(self) -> None:
        """Raise `RequestErrors` when there are faults."""
        if self.faults:
            raise RequestErrors(self.faults)


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"expected true or false, not {shorten(text)}")
    return text.lower() == "true"


def _count(text: str) -> int:
    number = parse_integer(text)
    if number < 0:
        raise ValueError(f"expected a whole number from 0 on, not {number}")
    return number


def _not_negative(text: str) -> float:
    number = parse_number(text)
    if number < 0:
        raise ValueError(f"expected a number from 0 on, not {number:g}")
    return number


def _reference(text: str) -> SpatialReference:
    reference = SpatialReference.of(text)
    crs_of(reference)
    return reference
