"""Controls for the colour, size and outline of a layer's symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
from PIL import ImageColor
from traitlets import Unicode

from mapexplorer.explorer.sharing import create
from mapexplorer.protocol import Renderer, Symbol
from mapexplorer.protocol.symbols import LARGEST_SYMBOL, LARGEST_WIDTH

from . import controls
from .symbol_edits import Look, Rgb, colored, entries, look, outlined, sized, with_symbols

if TYPE_CHECKING:
    from collections.abc import Callable

    from .symbols import SymbolsPanel

ALL = "All symbols"
DIFFERING = "They differ: shown is the first one, and what is set here is set for all of them."


class LookControls:
    """Colour, size and outline of all symbols of a renderer, or of one class."""

    def __init__(self, panel: SymbolsPanel) -> None:
        self._panel = panel
        self.part = controls.labelled(
            ipywidgets.Dropdown, "Change", "Which symbols are changed", options=[(ALL, -1)]
        )
        self.differing = controls.prose()
        self.color = color_picker("Colour", "Colour of the symbols")
        self.size = length_box("Size", "In points: 72 are an inch", LARGEST_SYMBOL)
        self.outline_color = color_picker("Outline", "Colour of the outline")
        self.outline_width = length_box("Outline width", "In points; 0 is no outline", LARGEST_WIDTH)
        self.widget = create(
            ipywidgets.VBox,
            (self.part, self.differing, self.color, self.size, self.outline_color, self.outline_width),
        )
        self.widget.add_class("me-stack")
        self._renderer: Renderer | None = None
        panel.listen(self.part, self._refill)
        for control, change in (
            (self.color, lambda symbol: colored(symbol, rgb_of(self.color.value))),
            (self.size, lambda symbol: sized(symbol, self.size.value)),
            (self.outline_color, lambda symbol: outlined(symbol, rgb=rgb_of(self.outline_color.value))),
            (self.outline_width, lambda symbol: outlined(symbol, width=self.outline_width.value)),
        ):
            panel.listen(control, self._changer(change))

    def show(self, renderer: Renderer | None) -> None:
        """Show the symbols of a renderer; nothing without one."""
        self._renderer = renderer
        controls.shown(self.widget, renderer is not None)
        if renderer is None:
            return
        listed = entries(renderer)
        labels = [(f"{number}. {label}", number - 1) for number, (label, _) in enumerate(listed, start=1)]
        options = ((ALL, -1), *labels)
        if tuple(self.part.options) != options:
            chosen = self.part.value
            self.part.options = options
            self.part.value = chosen if chosen is not None and chosen < len(listed) else -1
        controls.shown(self.part, len(listed) > 1)
        self._fill()

    def _refill(self) -> None:
        with self._panel.quietly():
            self._fill()

    def _fill(self) -> None:
        if self._renderer is None:
            return
        listed = entries(self._renderer)
        looks = [look(symbol) for _, symbol in listed]
        seen = looks[max(self.part.value, 0)] if looks else Look()
        differ = self.part.value < 0 and any(one != seen for one in looks)
        controls.say(self.differing, controls.hint(DIFFERING if differ else ""))
        controls.shown(self.color, seen.has_color)
        controls.shown(self.size, bool(seen.sizes))
        controls.shown(self.outline_color, seen.has_outline and bool(seen.outline_width))
        controls.shown(self.outline_width, seen.has_outline)
        if seen.color is not None:
            self.color.value = hex_of(seen.color)
        if seen.outline_color is not None:
            self.outline_color.value = hex_of(seen.outline_color)
        if seen.sizes:
            self.size.description = seen.sizes
            self.size.max = LARGEST_WIDTH if seen.sizes == "Width" else LARGEST_SYMBOL
            self.size.value = seen.size or 0.0
        if seen.has_outline:
            self.outline_width.value = seen.outline_width or 0.0

    def _changer(self, change: Callable[[Symbol], Symbol]) -> Callable[[], None]:
        def changed() -> None:
            if self._renderer is None:
                return
            only = self.part.value if self.part.value >= 0 else None
            try:
                renderer = with_symbols(self._renderer, change, only)
            except ValueError as error:
                self._panel.refuse(str(error))
                return
            self._panel.change(renderer=renderer)

        return changed


class ColorBox(ipywidgets.ColorPicker):  # type: ignore[misc]  # ipywidgets has no types
    """A colour that may be wrong, so that what was typed arrives and can be answered with a sentence."""

    value = Unicode("#000000").tag(sync=True)


def color_picker(label: str, hint: str) -> Any:
    """A colour."""
    made = controls.labelled(ColorBox, label, hint, value="#000000")
    made.add_class("me-color")
    return made


def length_box(label: str, hint: str, most: float) -> Any:
    """A number, not a slider: sliders of the browser answer what they are told with a rounded value."""
    return controls.labelled(ipywidgets.BoundedFloatText, label, hint, min=0.0, max=most, step=0.5)


def rgb_of(text: str) -> Rgb:
    """Red, green and blue of a colour that a browser names. Raises ValueError for what is none."""
    try:
        red, green, blue = ImageColor.getrgb(text.strip())[:3]
    except ValueError:
        raise ValueError(f"Expected a colour such as #ff8800 or teal, not {text[:40]}.") from None
    return red, green, blue


def hex_of(rgb: Rgb) -> str:
    """A colour as a browser names it."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)
