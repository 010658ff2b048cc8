"""Space: a geometry that clips the map, or that features must stand in a relation to."""

from __future__ import annotations

from typing import Any, ClassVar

import ipywidgets
from traitlets import TraitError

from mapexplorer.explorer.outlines import Shape, Style
from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.strokes import Kind
from mapexplorer.protocol import SpatialRelation

from . import controls
from .bound_panel import BoundPanel
from .geometry_box import GeometryBox
from .layer_tree import LayerTree
from .published import member

CLIP, FILTER = "clip", "filter"
CLIP_STYLE = Style("#c2255c")
FILTER_STYLE = Style("#5f3dc4", dash="6 4", fill=0.04)
RELATIONS = (
    ("share any place with it", SpatialRelation.INTERSECTS),
    ("lie inside it", SpatialRelation.CONTAINS),
    ("enclose it", SpatialRelation.WITHIN),
    ("cross it", SpatialRelation.CROSSES),
    ("overlap it in part", SpatialRelation.OVERLAPS),
    ("touch only its edge", SpatialRelation.TOUCHES),
    ("meet its bounding box", SpatialRelation.ENVELOPE_INTERSECTS),
    ("meet its bounding box, by index", SpatialRelation.INDEX_INTERSECTS),
    ("match a pattern (DE-9IM)", SpatialRelation.RELATION),
)
MOST_LISTED = 8
FIRST_PATTERN = "T********"


class SpacePanel(BoundPanel):
    """Clipping and the spatial filter, drawn or typed; writes ``clipping`` and ``spatial_filter``."""

    title: ClassVar[str] = "Space"
    bound: ClassVar[tuple[str, ...]] = ("clipping", "spatial_filter")

    def build(self) -> tuple[Any, ...]:
        """Make the controls of both uses of a geometry."""
        self.use = create(
            ipywidgets.ToggleButtons,
            options=[("Clip the map", CLIP), ("Filter features", FILTER)],
            tooltips=["Nothing is drawn outside the shape", "Only features in a relation to the shape"],
        )
        self.use.add_class("me-modes")
        self.clip = GeometryBox(self.explorer, (Kind.RECTANGLE, Kind.POLYGON), self._clip_with)
        self.filter = GeometryBox(self.explorer, tuple(Kind), self._filter_by)
        self.excluded = controls.labelled(
            ipywidgets.SelectMultiple,
            "Not clipped",
            "Layers that are drawn outside the shape as well",
            rows=4,
        )
        self.relation = controls.labelled(
            ipywidgets.Dropdown,
            "Features that",
            "How a feature must lie to the shape to be drawn",
            options=RELATIONS,
        )
        self.pattern = controls.labelled(
            ipywidgets.Text,
            "Pattern",
            "Nine letters of T F * 0 1 2: how interior, boundary and exterior of shape and feature meet",
            value=FIRST_PATTERN,
            continuous_update=False,
        )
        self.clip_reason, self.filter_reason = controls.prose(), controls.prose()
        self.message = controls.prose()
        self.listen(self.use, self._show_use)
        self.listen(self.excluded, self._excluded_chosen)
        self.listen(self.relation, self._related)
        self.listen(self.pattern, self._related)
        self._clipping = create(ipywidgets.VBox, (self.clip_reason, self.clip.widget, self.excluded))
        self._filtering = create(
            ipywidgets.VBox, (self.filter_reason, self.relation, self.pattern, self.filter.widget)
        )
        for part in (self._clipping, self._filtering):
            part.add_class("me-stack")
        return (self.use, self._clipping, self._filtering, self.message)

    def on_service(self) -> None:
        """Offer the layers of the service in use."""
        tree = LayerTree(member(self.explorer.info, "layers") or ())
        with self.quietly():
            self.excluded.options = [
                ("\N{NO-BREAK SPACE}" * 3 * node.depth + node.name, node.id) for node in tree.nodes
            ]
            self.excluded.rows = max(2, min(len(tree.nodes), MOST_LISTED))
            given = self.explorer.parameters
            only_filter = given.clipping is None and given.spatial_filter is not None
            self.use.value = FILTER if only_filter else CLIP
        self.explorer.drawing.cancel()
        self.explorer.handles.stop()
        super().on_service()

    def show(self) -> None:
        """Set the controls from the parameters, and draw both shapes on the map."""
        clipping, asked = self.explorer.parameters.clipping, self.explorer.parameters.spatial_filter
        known = {layer_id for _, layer_id in self.excluded.options}
        can_clip = self.explorer.info.supports_clipping is True
        can_filter = self.explorer.info.supports_spatial_filter is True
        self.clip.show(clipping.geometry if clipping is not None else None, can_clip)
        self.excluded.value = tuple(
            one for one in (clipping.excluded_layers if clipping is not None else ()) if one in known
        )
        self.excluded.disabled = clipping is None or not can_clip
        overruled = clipping is not None
        self.filter.show(asked.geometry if asked is not None else None, can_filter and not overruled)
        self.relation.disabled = self.pattern.disabled = overruled or not can_filter
        if asked is not None:
            self.relation.value = asked.spatial_rel
            self.pattern.value = asked.relation_param or self.pattern.value
        controls.say(self.clip_reason, controls.hint("" if can_clip else _missing("clip", "Clipping")))
        reason = (
            _missing("filter by a shape", "SpatialFilter")
            if not can_filter
            else "The map is clipped, and clipping wins: the spatial filter waits until it is removed."
            if overruled
            else ""
        )
        controls.say(self.filter_reason, controls.hint(reason))
        outlines = self.explorer.outlines
        outlines.put("clipping", clipping.geometry if clipping is not None else None, CLIP_STYLE)
        shown = asked.geometry if asked is not None and not overruled else None
        outlines.put("spatial_filter", shown, FILTER_STYLE)
        self._show_use()

    def refuse(self, sentence: str) -> None:
        """Show why something was not taken."""
        controls.say(self.message, controls.alert(sentence))

    def close(self) -> None:
        """Take the shapes off the map and release the widgets."""
        for name in self.bound:
            self.explorer.outlines.put(name, None, CLIP_STYLE)
        super().close()

    def _show_use(self) -> None:
        controls.shown(self._clipping, self.use.value == CLIP)
        controls.shown(self._filtering, self.use.value == FILTER)
        controls.shown(self.pattern, self.relation.value == SpatialRelation.RELATION)

    # ---- from the person

    def _clip_with(self, geometry: Shape | None) -> str:
        if geometry is None:
            return self._write_or_say(clipping=None)
        if geometry.geometry_type not in ("esriGeometryPolygon", "esriGeometryEnvelope"):
            return "Only a rectangle or a polygon can clip the map."
        return self._write_or_say(
            clipping={
                "geometry_type": geometry.geometry_type,
                "geometry": geometry,
                "excluded_layers": self.excluded.value,
            }
        )

    def _filter_by(self, geometry: Shape | None) -> str:
        if geometry is None:
            return self._write_or_say(spatial_filter=None)
        relation = self.relation.value
        pattern = self.pattern.value.strip().upper() if relation == SpatialRelation.RELATION else None
        return self._write_or_say(
            spatial_filter={
                "spatial_rel": relation,
                "geometry_type": geometry.geometry_type,
                "geometry": geometry,
                "relation_param": pattern,
            }
        )

    def _write_or_say(self, **values: Any) -> str:
        try:
            self.explorer.parameters.update(**values)
        except (TraitError, ValueError) as error:
            return str(error)
        return ""

    def _excluded_chosen(self) -> None:
        clipping = self.explorer.parameters.clipping
        if clipping is not None:
            self.write(clipping=clipping.model_copy(update={"excluded_layers": tuple(self.excluded.value)}))

    def _related(self) -> None:
        self._show_use()
        asked = self.explorer.parameters.spatial_filter
        if asked is not None:
            self.refuse(self._filter_by(asked.geometry))


def _missing(deed: str, flag: str) -> str:
    return f"This service cannot {deed}: it does not announce supports{flag} (ArcGIS Server 10.8 or later)."
