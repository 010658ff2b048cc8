"""The state of an explorer: one trait per row of the parameter table, driven by code and widgets alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, cast

from traitlets import Bunch, HasTraits, TraitError, TraitType

from mapexplorer.protocol import PARAMETERS, MapRequest, Parameter, ParameterError, RequestErrors


class Hand(Enum):
    """How a person changes parameters; what code sets has none."""

    GESTURE = "gesture"
    FILM = "film"


class ParameterTrait(TraitType[Any, Any]):
    """A trait that takes what its row of the table takes; None means "not given"."""

    allow_none = True
    default_value = None

    def __init__(self, row: Parameter) -> None:
        super().__init__(default_value=None, allow_none=True, help=row.help)
        self.row = row
        self.info_text = row.help

    def validate(self, obj: Any, value: Any) -> Any:
        """Coerce a Python value to the value type of the row; raises TraitError with one sentence."""
        try:
            return self.row.coerce(value)
        except (ParameterError, RequestErrors) as error:
            raise TraitError(str(error)) from error


_ROWS: dict[str, Any] = {row.name: ParameterTrait(row) for row in PARAMETERS}
_Rows: Any = cast(Any, type(HasTraits))("_Rows", (HasTraits,), _ROWS)


class Parameters(_Rows):  # type: ignore[misc]  # the base is made from the table
    """Every parameter of the two operations as an observable attribute; None means "not given".

    Values are coerced as they are set: ``parameters.size = "600,550"`` holds a `Size`. A value that does not
    fit raises TraitError and leaves the old one. A bbox that carries its own spatial reference sets
    ``bbox_sr`` as well. Changes from several threads are serialised by `guard`.

    >>> Parameters(dpi="120").dpi
    120.0
    """

    names: ClassVar[tuple[str, ...]] = tuple(_ROWS)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, **given: Any) -> None:
        object.__setattr__(self, "guard", threading.RLock())
        self._hands = threading.local()
        self._refuse_unknown(given)
        super().__init__()
        self.observe(self._adopt_reference, names=["bbox"])
        self.update(**given)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _ROWS:
            with self.guard:
                super().__setattr__(name, value)
        elif name.startswith("_") or hasattr(type(self), name):
            super().__setattr__(name, value)
        else:
            self._refuse_unknown({name: value})

    @classmethod
    def _refuse_unknown(cls, given: Mapping[str, Any]) -> None:
        for name in given:
            try:
                MapRequest(**{name: None})
            except ParameterError as error:
                raise TraitError(str(error)) from None

    def _adopt_reference(self, change: Bunch) -> None:
        reference = getattr(change.new, "spatial_reference", None)
        if reference is not None:
            self.bbox_sr = reference

    def update(self, **changes: Any) -> None:
        """Set several parameters as one change: either all of them or, when one does not fit, none."""
        self._refuse_unknown(changes)
        fitting = {
            name: None if value is None else _ROWS[name].validate(self, value)
            for name, value in changes.items()
        }
        reference = getattr(fitting.get("bbox"), "spatial_reference", None)
        if reference is not None:
            fitting.setdefault("bbox_sr", reference)
        with self.guard, self.hold_trait_notifications():
            for name, value in fitting.items():
                super().__setattr__(name, value)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Notify observers once all changes inside the block are made."""
        with self.guard, self.hold_trait_notifications():
            yield

    @contextmanager
    def by_hand(self, hand: Hand = Hand.GESTURE) -> Iterator[None]:
        """Mark changes inside the block as a person's; the outermost mark counts."""
        before = self.hand
        self._hands.hand = before or hand
        try:
            yield
        finally:
            self._hands.hand = before

    @property
    def hand(self) -> Hand | None:
        """How the change that is just being made is made."""
        hand: Hand | None = getattr(self._hands, "hand", None)
        return hand

    def given(self) -> dict[str, Any]:
        """The parameters that are given, by name."""
        with self.guard:
            return {name: value for name in self.names if (value := getattr(self, name)) is not None}

    def request(self, **replacing: Any) -> MapRequest:
        """The frozen request of this moment; keywords replace single values of it."""
        return MapRequest(**{**self.given(), **replacing})

    def watch(self, callback: Callable[[Bunch], None]) -> None:
        """Call `callback` after every change of a parameter."""
        self.observe(callback, names=list(self.names))

    def unwatch(self, callback: Callable[[Bunch], None]) -> None:
        """Stop calling `callback`."""
        self.unobserve(callback, names=list(self.names))
