"""The controls of one geometry: draw it on the map, type or paste it, edit it, remove it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets

from mapexplorer.explorer.geometry_text import describe, read_geometry, seem_degrees, write_geometry
from mapexplorer.explorer.outlines import Shape, in_reference
from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.strokes import ADVICE, Kind
from mapexplorer.protocol import SpatialReference

from . import controls

if TYPE_CHECKING:
    from mapexplorer.explorer.explorer import MapExplorer

LABELS = {
    Kind.RECTANGLE: "▭ Rectangle",
    Kind.POLYGON: "⬠ Polygon",
    Kind.LINE: "╱ Line",
    Kind.POINT: "• Point",
}

DOUBT = (
    "The numbers look like degrees, but are read as units of the system above, where they lie close together."
)


class GeometryBox:
    """Gives `changed` the geometry that a person made, or None when it is removed.

    `changed` gives back the sentence that says why a geometry was not taken, empty when it was.
    """

    def __init__(
        self, explorer: MapExplorer, kinds: Iterable[Kind], changed: Callable[[Shape | None], str]
    ) -> None:
        self._explorer, self._changed = explorer, changed
        self.geometry: Shape | None = None
        self.enabled = True
        self.tools = {
            kind: controls.button(
                LABELS[kind] + (controls.UPRIGHT if kind is Kind.POLYGON else ""),
                ADVICE[kind],
                partial(self._draw, kind),
                "me-tool",
            )
            for kind in kinds
        }
        self.finish = controls.button("Finish", "End with the corners so far", self._finish)
        self.cancel = controls.button("Cancel", "Give up drawing", lambda: explorer.drawing.cancel())
        self.advice, self.message, self.summary = controls.prose(), controls.prose(), controls.prose()
        self.doubt = controls.prose()
        self.text = controls.labelled(
            ipywidgets.Textarea,
            "Coordinates",
            "Esri JSON, GeoJSON, WKT, or four numbers: xmin, ymin, xmax, ymax",
            placeholder="xmin, ymin, xmax, ymax\nor paste Esri JSON, GeoJSON or WKT",
            rows=3,
        )
        self.text.add_class("me-geometry")
        self.reference = controls.labelled(
            ipywidgets.Text,
            "In system",
            "Spatial reference of the coordinates by its id, such as 4326 for longitude and latitude",
            placeholder="that of the map",
        )
        self.degrees = controls.button(
            "Read as degrees", "The numbers are longitudes and latitudes", self._read_as_degrees
        )
        controls.shown(self.degrees, False)
        self.take = controls.button("Apply", "Use these coordinates", self._typed)
        self.edit = controls.button("Edit on map", "Drag its corners on the map", self._edit)
        self.look = controls.button("Zoom to", "Move the map to it", self._look)
        self.remove = controls.button("Remove", "Take it away", lambda: self.give(None))
        self._drawing = controls.row(self.finish, self.cancel)
        controls.shown(self._drawing, False)
        self.widget = create(ipywidgets.VBox,
            (
                controls.row(*self.tools.values()), self.advice, self._drawing, self.text, self.reference,
                controls.row(self.take, self.edit, self.look, self.remove), self.summary, self.doubt,
                self.degrees, self.message,
            )
        )  # fmt: skip
        self.widget.add_class("me-stack")

    # ---- from the parameter

    def show(self, geometry: Shape | None, enabled: bool) -> None:
        """Show a geometry, or that there is none; controls that make no sense are disabled."""
        if geometry != self.geometry:
            self.text.value = write_geometry(geometry) if geometry is not None else ""
            reference = geometry.spatial_reference if geometry is not None else None
            self.reference.value = "" if reference is None else reference.to_text()
            controls.say(self.message, None)
            tiny = geometry is not None and seem_degrees(geometry)
            controls.say(self.doubt, controls.told(DOUBT) if tiny else None)
            controls.shown(self.degrees, tiny)
        self.geometry, self.enabled = geometry, enabled
        controls.say(self.summary, controls.hint(describe(geometry)) if geometry is not None else None)
        for control in (*self.tools.values(), self.text, self.reference, self.take):
            control.disabled = not enabled
        for control in (self.edit, self.look):
            control.disabled = geometry is None or not enabled
        self.remove.disabled = geometry is None

    def say(self, sentence: str) -> None:
        """Show why something was not taken."""
        controls.say(self.message, controls.alert(sentence))

    # ---- from the person

    def give(self, geometry: Shape | None) -> None:
        """Hand a geometry on, and show what is wrong with it."""
        if geometry is None:
            self._explorer.handles.stop()
        self.say(self._changed(geometry))

    def _draw(self, kind: Kind) -> None:
        drawing = self._explorer.drawing
        if drawing.kind is kind and self._drawing.layout.display is None:
            drawing.cancel()
            return
        self._explorer.handles.stop()
        self.say("")
        drawing.start(kind, self.give, self._ended)
        controls.marked(self.tools[kind], "me-on", True)
        controls.say(self.advice, controls.hint(ADVICE[kind]))
        controls.shown(self.finish, kind in (Kind.POLYGON, Kind.LINE))
        controls.shown(self._drawing, True)

    def _ended(self) -> None:
        for tool in self.tools.values():
            controls.marked(tool, "me-on", False)
        controls.say(self.advice, None)
        controls.shown(self._drawing, False)

    def _finish(self) -> None:
        drawing = self._explorer.drawing
        if not drawing.finish():
            self.say(
                "The outline crosses itself; draw it again."
                if drawing.crossed
                else "There are too few corners yet."
            )

    def _typed(self) -> None:
        try:
            said = self.reference.value.strip()
            reference = SpatialReference.of(said) if said else self._explorer.map.reference
        except ValueError as error:
            self.say(f"In system: {error}.")
            return
        try:
            geometry = read_geometry(self.text.value, reference)
        except ValueError as error:
            self.say(str(error))
            return
        self.give(geometry)

    def _read_as_degrees(self) -> None:
        self.reference.value = "4326"
        self._typed()

    def _edit(self) -> None:
        handles = self._explorer.handles
        if handles.on:
            handles.stop()
        elif self.geometry is not None:
            self._explorer.drawing.cancel()
            problem = handles.start(self.geometry, self.give, self._edited)
            self.say(problem or "")
            if problem is None:
                self.edit.description = "Done"
                controls.marked(self.edit, "me-on", True)
                controls.say(self.advice, controls.hint("Drag the white handles on the map."))

    def _edited(self) -> None:
        self.edit.description = "Edit on map"
        controls.marked(self.edit, "me-on", False)
        controls.say(self.advice, None)

    def _look(self) -> None:
        if self.geometry is None:
            return
        reference = self._explorer.map.reference
        try:
            west, south, east, north = in_reference(self.geometry, reference).bounds
        except ValueError:
            self.say("This geometry has no place on the map that is shown.")
            return
        width, height = max(east - west, 0.0), max(north - south, 0.0)
        if not (width > 0 or height > 0):
            view = self._explorer.map.extent
            width, height = view.width / 4, view.height / 4
        margin = 0.1 * max(width, height)
        self._explorer.fit((west - margin, south - margin, east + margin, north + margin), reference)
