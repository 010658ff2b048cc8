"""The rotation of the picture: a compass to drag, a slider to turn with, and the angle in figures."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import ipywidgets

from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.explorer.sharing import create

from . import controls

FACE = 156
"""Pixels of the dial across."""
_MIDDLE = FACE // 2
_STOPS = range(0, 360, 15)
MINUS = "\N{MINUS SIGN}"
_POINTS = {0: "N", 90: "E", 180: "S", 270: "W"}


def turned(rotation: float) -> float:
    """The same rotation between -180 (not included) and 180 degrees; one in this range stays as it is.

    >>> turned(270.0), turned(-180.0)
    (-90.0, 180.0)
    """
    return rotation if -180 < rotation <= 180 else 180 - (180 - rotation) % 360


def words(rotation: float) -> str:
    """Where the north of the grid points when a picture is turned counter-clockwise by so many degrees."""
    angle = turned(rotation)
    if angle == 0:
        return "north is up"
    if angle == 180:
        return "north is down"
    return f"north is {abs(angle):.15g}° {'left' if angle > 0 else 'right'} of up"


class RotationBox:
    """Shows and changes a rotation; `write` gets the new one in degrees, counter-clockwise.

    The page companion lets the dial be dragged, by way of the field; without it the dial is but a picture.
    """

    def __init__(self, write: Callable[[float], object]) -> None:
        self._write = write
        self._rotation = 0.0
        self.dial = controls.prose(None, "me-dial")
        # One of fractions sends back what it is told with an error of rounding, and would turn the dial back.
        self.turn = controls.named(
            ipywidgets.IntSlider,
            "Rotation in degrees, counter-clockwise",
            min=-180,
            max=180,
            step=1,
            readout=False,
            layout={"width": "auto"},
        )
        self.angle = controls.labelled(
            ipywidgets.Text, "Rotation", "Degrees, counter-clockwise; any angle", continuous_update=False
        )
        self.angle.add_class("me-angle")
        self.steps = controls.row(
            *(
                controls.button(f"{step:+}°".replace("-", MINUS), hint, partial(self._step, step))
                for step, hint in (
                    (-1, "Turn the picture clockwise by 1 degree"),
                    (1, "Turn the picture counter-clockwise by 1 degree"),
                )
            ),
            controls.button("North up", "Do not turn the picture", self._level),
        )
        self.note = controls.prose()
        side = create(ipywidgets.VBox, (self.angle, self.turn, self.steps, self.note))
        side.add_class("me-stack")
        self.widget = create(ipywidgets.HBox, (self.dial, side))
        self.widget.add_class("me-rotation")

    def show(self, rotation: float) -> None:
        """Set all controls to a rotation."""
        self._rotation = rotation
        angle = turned(rotation)
        self.turn.value = round(angle)
        self.angle.value = f"{rotation:.15g}"
        controls.say(self.dial, _drawn(angle))
        controls.say(self.note, controls.hint(f"{words(rotation).capitalize()}."))

    def _level(self) -> None:
        self._write(0.0)

    def _step(self, degrees: int) -> None:
        self._write(turned(self._rotation + degrees))


def _drawn(angle: float) -> Markup:
    """The compass; `--me-bearing` turns needle and letters, which the companion sets while it is dragged."""
    bearing = f"{-angle or 0:.15g}"
    return tag(
        "svg",
        (tag("circle", cx=x, cy=y, r=2.5, class_="me-dial-stop") for x, y in (_at(at, 71) for at in _STOPS)),
        tag("circle", cx=_MIDDLE, cy=_MIDDLE, r=_MIDDLE - 16, class_="me-dial-plate"),
        tag(
            "g",
            tag("line", x1=_MIDDLE, y1=56, x2=_MIDDLE, y2=40, class_="me-dial-needle"),
            tag("circle", cx=_MIDDLE, cy=_MIDDLE - 71, r=7, class_="me-dial-knob"),
            (_letter(name, at) for at, name in _POINTS.items()),
            class_="me-dial-card",
        ),
        tag(
            "text", _figures(angle), x=_MIDDLE, y=_MIDDLE + 6, text_anchor="middle", class_="me-dial-figures"
        ),
        viewbox=f"0 0 {FACE} {FACE}",
        width=FACE,
        height=FACE,
        role="img",
        aria_label=f"Compass: {words(angle)}",
        data_words=words(angle),
        data_bearing=bearing,
        style=f"--me-bearing:{bearing}deg",
    )


def _figures(angle: float) -> str:
    return f"{angle:.4g}°".replace("-", MINUS)


def _letter(name: str, at: float) -> Markup:
    x, y = _at(at, 49)
    kind = "me-dial-north" if name == "N" else "me-dial-point"
    return tag("text", name, x=x, y=round(y + 4.5, 1), text_anchor="middle", class_=kind)


def _at(degrees: float, radius: float) -> tuple[float, float]:
    """A point of the dial, by its direction clockwise from the top and its distance from the middle."""
    angle = math.radians(degrees)
    return round(_MIDDLE + radius * math.sin(angle), 1), round(_MIDDLE - radius * math.cos(angle), 1)
