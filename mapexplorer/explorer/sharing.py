"""Controls that share their layout and style with all others that look the same.

ipywidgets gives every control a layout and a style of its own, each a model that the page has to be told of
and has to make: two thirds of all that a page waits for when an explorer opens. Here there is one model for
each look. It is made with the first control that has it, and stays: there are few, and a page that is just
opening could not make a control whose layout was closed since the page asked for the state of all.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import ipywidgets
from traitlets import TraitError

Look = tuple[type[Any], tuple[tuple[str, Any], ...]]

_lock: Final = threading.RLock()
_shared: Final[dict[Look, Any]] = {}


def create(
    kind: Any,
    /,
    *arguments: Any,
    layout: Mapping[str, Any] | None = None,
    style: Mapping[str, Any] | None = None,
    **options: Any,
) -> Any:
    """Make a control of a kind; `layout` and `style` name what differs from the usual look."""
    options["layout"] = _look(ipywidgets.Layout, layout or {})
    if kind.class_traits().get("style") is not None:
        options["style"] = _look(kind.class_traits()["style"].klass, style or {})
    return kind(*arguments, **options)


def lay_out(widget: Any, **changes: Any) -> None:
    """Change the layout of one control, whether it shares it or not."""
    before = widget.layout
    if all(getattr(before, name) == value for name, value in changes.items()):
        return
    if isinstance(before, _Shared):
        widget.layout = _look(ipywidgets.Layout, {**dict(before.look[1]), **changes})
    else:
        for name, value in changes.items():
            setattr(before, name, value)


def is_shared(widget: ipywidgets.Widget) -> bool:
    """Whether a layout or style belongs to many controls."""
    return isinstance(widget, _Shared)


def _look(kind: Any, wanted: Mapping[str, Any]) -> Any:
    look = (kind, tuple(sorted((name, value) for name, value in wanted.items() if value is not None)))
    with _lock:
        found = _shared.get(look)
        if found is None or found.comm is None:  # closed by somebody who closed every widget there was
            found = _shared[look] = _shared_kind(kind)(look)
        return found


class _Shared(ipywidgets.Widget):  # type: ignore[misc]  # ipywidgets has no types
    """A look; it is not changed through one of the controls that have it."""

    look: Look

    def __init__(self, look: Look) -> None:
        super().__init__(**dict(look[1]))
        self.look = look

    def __setattr__(self, name: str, value: Any) -> None:
        if "look" in self.__dict__ and name in self.keys:
            kind = self.look[0].__name__
            raise TraitError(f"{name}: many controls share this {kind}; give the control a {kind} of its own")
        super().__setattr__(name, value)


@cache
def _shared_kind(kind: Any) -> type[_Shared]:
    return type(f"Shared{kind.__name__}", (_Shared, kind), {"__module__": __name__})
