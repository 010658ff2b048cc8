"""The picture: how it is asked for, what lies below it, comparison with another one, and files of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets

from mapexplorer.explorer.markup import tag
from mapexplorer.explorer.opening import enclosing
from mapexplorer.explorer.sharing import create
from mapexplorer.protocol import BY_NAME, Extent, ParameterError, SpatialReference
from mapexplorer.protocol.formats import ImageFormat
from mapexplorer.protocol.spatial import Size
from mapexplorer.service.projection import UnknownSpatialReference, crs_of

from . import controls
from .backdrop import BackdropChoice
from .background import away
from .bound_panel import BoundPanel
from .compare import CompareBox
from .download import DownloadBox
from .layer_tree import scale_text
from .published import member, number, whole
from .reference_choice import ReferenceChoice
from .rotation import RotationBox
from .transformations import TransformationChoice

if TYPE_CHECKING:
    from mapexplorer.explorer.answer import Answer

SHOWN_BY_BROWSERS = tuple(
    ImageFormat(name) for name in ("png", "png8", "png24", "png32", "jpg", "gif", "bmp")
)
SCALES = (
    1e3, 2.5e3, 5e3, 1e4, 2.5e4, 5e4, 1e5, 2.5e5, 5e5, 1e6, 2.5e6, 5e6, 1e7, 2.5e7, 5e7, 1e8,
)  # fmt: skip
RESOLUTIONS = ("72", "96", "120", "144", "192", "300")
AS_IS = ""
FOLLOW, FIXED = "follow", "fixed"
AS_SCREEN = 0
LARGEST = 4096
FIRST_SIZE = (800, 600)
SHARPNESS = (("1× (ordinary screens)", 1), ("2× (high density)", 2), ("3×", 3))
WRITTEN = (
    "rotation", "map_scale", "dpi", "format", "transparent", "size", "image_sr", "bbox", "bbox_sr",
    "datum_transformations",
)  # fmt: skip
SET_BACK = tuple(name for name in WRITTEN if name not in ("image_sr", "bbox", "bbox_sr"))
"""What the button sets back: picture and place always have a spatial reference."""


class PicturePanel(BoundPanel):
    """How the picture is asked for; writes the parameters named in `WRITTEN`.

    An empty box or the first choice of a list means "not given".
    """

    title: ClassVar[str] = "Picture"
    bound: ClassVar[tuple[str, ...]] = WRITTEN

    def build(self) -> tuple[Any, ...]:
        """Make the controls."""
        self.rotation = RotationBox(lambda degrees: self.write(rotation=degrees or None))
        self.turn, self.angle = self.rotation.turn, self.rotation.angle
        self.scale = controls.labelled(
            ipywidgets.Combobox,
            "Scale",
            "A scale such as 1:50,000; empty: as the map is zoomed",
            options=[scale_text(scale) for scale in SCALES],
            placeholder="free, as zoomed",
            continuous_update=False,
        )
        self.dpi = controls.labelled(
            ipywidgets.Combobox,
            "Resolution",
            "Dots per inch: sizes symbols and lettering",
            options=list(RESOLUTIONS),
            placeholder="96 dpi",
            continuous_update=False,
        )
        self.format = controls.labelled(
            ipywidgets.Dropdown, "Format", "The kind of picture the service sends"
        )
        self.transparent = controls.labelled(
            ipywidgets.Checkbox, "Transparent", "Without the background colour of the map", indent=True
        )
        self.sizing = controls.labelled(
            ipywidgets.Dropdown, "Size", options=[("Follow the map", FOLLOW), ("Fixed, in pixels", FIXED)]
        )
        bounds = {"min": 1, "max": LARGEST, "continuous_update": False}
        self.width = controls.labelled(ipywidgets.BoundedIntText, "Width", value=FIRST_SIZE[0], **bounds)
        self.height = controls.labelled(ipywidgets.BoundedIntText, "Height", value=FIRST_SIZE[1], **bounds)
        self.sharpness = controls.labelled(
            ipywidgets.Dropdown,
            "Sharpness",
            "Size and resolution together: finer pixels for the same map",
            options=_fineness(1),
        )
        work = partial(away, self.explorer)
        self.reference = ReferenceChoice(
            "Projection", "imageSR: the spatial reference the picture is drawn in",
            self.listen, work, self._projected,
        )  # fmt: skip
        self.place = ReferenceChoice(
            "Extent in", "bboxSR: the spatial reference that the extent is written in",
            self.listen, work, self._placed,
        )  # fmt: skip
        self.extent = controls.labelled(
            ipywidgets.Text,
            "Extent",
            "The four sides of the map: xmin, ymin, xmax, ymax",
            placeholder="xmin, ymin, xmax, ymax",
            continuous_update=False,
        )
        self.extent.add_class("me-sides")
        self.datum = TransformationChoice(lambda text: self.write(datum_transformations=text))
        self.download = DownloadBox(self.explorer)
        self.backdrop = BackdropChoice(self.explorer)
        self.compare = CompareBox(self.explorer)
        self.note, self.message = controls.prose(), controls.prose()
        self.reset = controls.button("Reset", "Everything as the service and the map give it", self._reset)
        self._listen()
        parts = (
            self.rotation.widget, self.scale, self.sizing, self.width, self.height, self.sharpness, self.dpi,
            self.format, self.transparent, self.note, self.message, controls.row(self.reset),
            _heading("Place and projection"), self.extent, self.place.widget, self.reference.widget,
            self.datum.widget,
            _heading("Below the picture"), self.backdrop.widget,
            _heading("Compare"), self.compare.widget,
            _heading("Download"), self.download.widget,
        )  # fmt: skip
        body = create(ipywidgets.VBox, parts)
        body.add_class("me-stack")
        return (body,)

    def _listen(self) -> None:
        self.listen(self.turn, lambda: self.write(rotation=self.turn.value or None))
        self.listen(self.angle, lambda: self._typed("rotation", self.angle.value.replace("°", "")))
        self.listen(
            self.scale, lambda: self._typed("map_scale", self.scale.value.split(":")[-1].replace(",", ""))
        )
        self.listen(self.dpi, lambda: self._typed("dpi", self.dpi.value.lower().replace("dpi", "")))
        self.listen(self.extent, self._extent_typed)
        self.listen(self.format, lambda: self.write(format=self.format.value or None))
        self.listen(self.transparent, lambda: self.write(transparent=self.transparent.value or None))
        for control in (self.sizing, self.width, self.height):
            self.listen(control, self._size_chosen)
        self.listen(self.sharpness, self._sharpen)
        self.listen(self.datum.box, self.datum.heard)

    def on_service(self) -> None:
        """Offer the formats and the largest picture of the service in use."""
        with self.quietly():
            self.width.max = _limit(self.explorer.info, "max_image_width")
            self.height.max = _limit(self.explorer.info, "max_image_height")
            self._offer_formats(formats(self.explorer.info))
            info = self.explorer.info
            own = (info.spatial_reference, getattr(info.full_extent, "spatial_reference", None))
            self.reference.offer(own)
            self.place.offer(own)
            self.datum.offer(info)
            self.download.offer(info)
        super().on_service()

    def on_answer(self, answer: Answer) -> None:
        """Let the comparison follow; the screen may have told how fine it is."""
        self.compare.follow(answer)
        with self.quietly():
            self._show_sharpness()

    def close(self) -> None:
        """End the comparison, wait for no file, and release the widgets."""
        self.compare.close()
        self.download.close()
        super().close()

    def show(self) -> None:
        """Set the controls from the parameters."""
        given = self.explorer.parameters
        self.rotation.show(given.rotation or 0.0)
        self.scale.value = "" if given.map_scale is None else scale_text(given.map_scale)
        self.dpi.value = "" if given.dpi is None else f"{given.dpi:.15g}"
        if given.format is not None and given.format not in self._offered:
            self._offer_formats((*self._offered, given.format))
        self.format.value = given.format or AS_IS
        self.transparent.value = bool(given.transparent)
        kind = given.format or ImageFormat.PNG
        opaque = bool(given.transparent) and not kind.may_be_transparent
        controls.say(self.note, controls.hint(f"A {kind} picture is never transparent." if opaque else ""))
        size = self._fixed_size()
        self.sizing.value = FOLLOW if size is None else FIXED
        if size is not None:
            self.width.value, self.height.value = size.width, size.height
        for control in (self.width, self.height):
            controls.shown(control, size is not None)
        self._show_sharpness()
        self.sharpness.disabled = size is not None
        self.reference.show(given.image_sr)
        self.place.show(given.bbox_sr)
        self.extent.value = "" if given.bbox is None else write_sides(given.bbox)
        self.datum.show(given.datum_transformations)
        self.backdrop.show()

    def refuse(self, sentence: str) -> None:
        """Show why a value was not taken."""
        controls.say(self.message, controls.alert(sentence))

    def _fixed_size(self) -> Size | None:
        size: Size | None = self.explorer.parameters.size
        return size

    def _offer_formats(self, known: tuple[ImageFormat, ...]) -> None:
        self._offered = known
        chosen = self.explorer.parameters.format
        self.format.options = [
            ("As the service likes (png)", AS_IS),
            *((_format_name(kind), kind) for kind in known),
        ]
        if chosen in known:
            self.format.value = chosen

    def _typed(self, name: str, words: str) -> None:
        value = number(words.strip()) if words.strip() else None
        if words.strip() and value is None:
            self.refuse(
                f"{name.replace('_', ' ').capitalize()}: expected a number, not {words.strip()[:40]}."
            )
            return
        if name == "rotation" and value == 0:
            value = None
        self.write(**{name: value})
        with self.quietly():
            self.show()

    def _extent_typed(self) -> None:
        sentence = None
        try:
            typed = BY_NAME["bbox"].coerce(self.extent.value)
            if typed is not None:
                self.write(bbox=typed, map_scale=None)
        except ParameterError as error:
            sentence = str(error)
        with self.quietly():
            self.show()
        if sentence:
            self.place.fail(sentence)

    def _show_sharpness(self) -> None:
        options = _fineness(self.explorer.screen)
        if self.sharpness.options != options:
            self.sharpness.options = options
        self.sharpness.value = AS_SCREEN if self.explorer.follows_screen else self.explorer.sharpness

    def _sharpen(self) -> None:
        self.explorer.sharpness = None if self.sharpness.value == AS_SCREEN else self.sharpness.value

    def _size_chosen(self) -> None:
        follow = self.sizing.value == FOLLOW
        self.write(size=None if follow else Size(self.width.value, self.height.value))

    def _projected(self, reference: SpatialReference) -> None:
        self._take(self.reference, reference, lambda known: {"image_sr": known})

    def _placed(self, reference: SpatialReference) -> None:
        given = self.explorer.parameters

        def place(known: SpatialReference) -> dict[str, Any]:
            old = given.bbox_sr or given.image_sr or self.explorer.map.reference
            return {"bbox": given.bbox and enclosing(given.bbox, old, known), "bbox_sr": known}

        self._take(self.place, reference, place)

    def _take(
        self,
        choice: ReferenceChoice,
        reference: SpatialReference,
        values: Callable[[SpatialReference], dict[str, Any]],
    ) -> None:
        """Write a spatial reference that PROJ knows; of another one, say so and keep the last."""
        sentence = None
        try:
            crs_of(reference)
            self.write(**values(reference))
        except (UnknownSpatialReference, ParameterError) as error:
            sentence = str(error)
        with self.quietly():
            self.show()
        if sentence:
            choice.fail(sentence)

    def _reset(self) -> None:
        self.explorer.sharpness = None
        self.write(**dict.fromkeys(SET_BACK))
        with self.quietly():
            self.show()


def formats(info: Any) -> tuple[ImageFormat, ...]:
    """The formats that the service announces and a browser shows; all of these when it announces none."""
    announced = member(info, "supported_image_format_types")
    names = announced if isinstance(announced, list | tuple) else str(announced or "").split(",")
    known = {str(name).strip().lower() for name in names}
    return tuple(kind for kind in SHOWN_BY_BROWSERS if kind.value in known) or SHOWN_BY_BROWSERS


def write_sides(extent: Extent) -> str:
    """The sides of an extent as they are typed, with the digits that can be seen.

    >>> write_sides(Extent(-9074681.309, 1095099.29, 2440059.4, 8515099.2))
    '-9074681,1095099,2440059,8515099'
    """
    digits = max(0, 4 - math.floor(math.log10(extent.width))) if extent.width > 0 else 0
    return ",".join(f"{side:.{digits}f}" for side in extent.numbers)


def _fineness(screen: int) -> tuple[tuple[str, int], ...]:
    return ((f"As this screen ({screen}×)", AS_SCREEN), *SHARPNESS)


def _heading(words: str) -> Any:
    return controls.prose(tag("h4", words), "me-section")


def _limit(info: Any, name: str) -> int:
    limit = whole(member(info, name))
    return limit if limit is not None and limit > 0 else LARGEST


def _format_name(kind: ImageFormat) -> str:
    words = {"png8": "256 colours", "png24": "opaque", "png32": "with transparency", "jpg": "for photographs"}
    return f"{kind}, {words[kind]}" if kind in words else str(kind)
