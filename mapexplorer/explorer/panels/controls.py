"""The small parts that all panels are made of, so that labels, buttons and messages look alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from mapexplorer.explorer import style
from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.explorer.sharing import create, lay_out

UPRIGHT = "\N{VARIATION SELECTOR-15}"
"""Behind a symbol: as text, in the colour of the text, never as a coloured picture."""


def labelled(kind: Any, label: str, hint: str = "", /, **options: Any) -> Any:
    """A control with its label on the left; all labels have one width, so that the controls stand in line."""
    control = create(
        kind,
        description=label,
        style={"description_width": style.LABEL_WIDTH},
        layout={"width": "auto"},
        **options,
    )
    control.tooltip = hint or label  # without one, ipywidgets would show the word null
    control.add_class("me-field")
    return control


def named(kind: Any, name: str, /, **options: Any) -> Any:
    """A control whose label only readers of the screen see: a tooltip is no name for them."""
    control = create(kind, **{"description": name, "tooltip": name, **options})
    control.add_class("me-named")
    return control


def button(text: str, hint: str, pressed: Callable[[], None], *classes: str) -> Any:
    """A button with a word or a symbol, an explanation on hover, and what it does."""
    made = create(ipywidgets.Button, description=text, tooltip=hint, layout={"width": "auto"})
    made.on_click(lambda _: pressed())
    for name in ("me-button", *classes):
        made.add_class(name)
    return made


def row(*controls: Any, classes: tuple[str, ...] = ()) -> Any:
    """Controls side by side, on several lines where the room is narrow."""
    made = create(ipywidgets.HBox, controls)
    for name in ("me-row", *classes):
        made.add_class(name)
    return made


def prose(content: Markup | None = None, *classes: str) -> Any:
    """A piece of text made with `markup`; nothing is shown while it is empty."""
    made = create(ipywidgets.HTML, value=content or "")
    for name in ("me-prose", *classes):
        made.add_class(name)
    say(made, content)
    return made


def say(place: Any, content: Markup | None) -> None:
    """Put markup into a prose widget, or take it away so that it leaves no gap."""
    value = str(content or "")
    if place.value != value:
        place.value = value
    shown(place, bool(value))


def hint(words: str) -> Markup | None:
    """A quiet explanation; None for no words."""
    return tag("p", words, class_="me-hint") if words else None


def told(words: str) -> Markup | None:
    """A quiet message that readers of the screen hear when they have a moment; None for no words."""
    return tag("p", words, class_="me-hint", role="status") if words else None


def alert(words: str) -> Markup | None:
    """A message that readers of the screen hear at once; None for no words."""
    return tag("p", words, class_="me-error", role="alert") if words else None


def shown(widget: Any, visible: bool) -> None:
    """Show or hide a widget together with the room it takes."""
    lay_out(widget, display=None if visible else "none")


def enabled(widget: Any, on: bool) -> None:
    """Enable or disable every control inside a widget."""
    for child in getattr(widget, "children", ()):
        enabled(child, on)
    if widget.has_trait("disabled") and widget.disabled is on:
        widget.disabled = not on


def marked(widget: Any, name: str, on: bool) -> None:
    """Add or remove a class of the style sheet."""
    if on:
        widget.add_class(name)
    else:
        widget.remove_class(name)
