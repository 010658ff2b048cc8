"""A service as the explorer opens it: what it says about itself, its first view, and its two operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from mapexplorer.explorer.legend import draw_legend
from mapexplorer.explorer.legend_changes import NOTHING, LegendChanges
from mapexplorer.explorer.markup import Markup
from mapexplorer.explorer.overlay import Picture, prepare
from mapexplorer.explorer.pages import WEB_MERCATOR
from mapexplorer.explorer.parameters import Parameters
from mapexplorer.protocol import (
    AnswerError,
    BadAnswer,
    Extent,
    LayerInfo,
    MapRequest,
    ParameterError,
    ServiceInfo,
    Size,
    SpatialReference,
    TimeExtent,
)

if TYPE_CHECKING:
    from mapexplorer.client import LegendResult, MapService

_SEASONS = {"sample:storms": TimeExtent.of(("2005-06-01", "2006-01-15"))}
"""The time that a demo begins with: half a century of storms at once shows everything and nothing."""
_OURS = frozenset({"dpi", "format", "transparent", "return_visible_only", "patch_size"})
"""Parameters about the look of picture and legend, which outlast a change of service."""
_WORLD = Extent(-180.0, -85.0, 180.0, 85.0, SpatialReference.of(4326))
_MERCATOR_EDGE = 85.0


@dataclass(frozen=True)
class Opened:
    """A service whose metadata has been read."""

    service: MapService
    target: Any
    info: ServiceInfo
    layer_infos: tuple[LayerInfo, ...]

    @property
    def name(self) -> str:
        """The name in the address of the service."""
        parts = [part for part in urlsplit(self.service.url).path.split("/") if part]
        return unquote(parts[-2]) if len(parts) > 1 else unquote(parts[-1]) if parts else "Map"

    @property
    def title(self) -> str:
        """The title that the service gives itself, else its name."""
        about = self.info.raw.get("documentInfo")
        title = about.get("Title") if isinstance(about, Mapping) else None
        name = self.name.replace("_", " ")
        return str(title).strip() if title else name[:1].upper() + name[1:]

    @property
    def detail(self) -> str:
        """The first words of its description, when it is plain text."""
        text = " ".join((self.info.description or self.info.service_description).split())
        if not text or "<" in text:
            return ""
        return text if len(text) <= 160 else text[:157].rsplit(" ", 1)[0] + " …"

    @cached_property
    def whole(self) -> Extent:
        """The extent to begin with: the initial one, else the full one, else that of all layers."""
        known = [self.info.initial_extent, self.info.full_extent, _union(self.layer_infos)]
        for extent in known:
            if extent is not None and extent.width > 0 and extent.height > 0:
                return Extent(
                    *_sides(extent), _by_id(extent.spatial_reference or self.info.spatial_reference)
                )
        return _WORLD

    def allowed(self, size: Size) -> Size:
        """The size of the map on screen, as far as the service draws pictures of that size."""
        width, height = self.info.max_image_width or 4096, self.info.max_image_height or 4096
        return Size(max(1, min(size.width, width)), max(1, min(size.height, height)))

    def first_view(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Where to begin, as parameters, unless place or spatial reference are chosen already."""
        view: dict[str, Any] = {}
        reference = _by_id(self.info.spatial_reference)
        if "image_sr" not in chosen:
            view["image_sr"] = WEB_MERCATOR if reference is None or _is_geographic(reference) else reference
        if "bbox" not in chosen:
            picture = chosen.get("image_sr", view.get("image_sr"))
            extent = self.whole
            place = extent.spatial_reference
            if place is not None and picture is not None and picture.code == 3857 and _is_geographic(place):
                extent = _within_mercator(extent)
            view |= {"bbox": Extent(*_sides(extent)), "bbox_sr": place}
        if "time" not in chosen and isinstance(self.target, str) and self.target in _SEASONS:
            view["time"] = _SEASONS[self.target]
        return view

    def foreign(self, parameters: Parameters) -> dict[str, None]:
        """The given parameters that belong to another service, to be taken away."""
        names = set(parameters.given()) - _OURS
        formats = self.info.image_formats
        if parameters.format is not None and formats and str(parameters.format) not in formats:
            names.add("format")
        return dict.fromkeys(names)


def _by_id(reference: SpatialReference | None) -> SpatialReference | None:
    """The reference as a bare id where it has one, which keeps addresses short."""
    return SpatialReference(reference.wkid) if reference is not None and reference.wkid else reference


def _sides(extent: Extent) -> tuple[float, float, float, float]:
    return extent.xmin, extent.ymin, extent.xmax, extent.ymax


def _within_mercator(extent: Extent) -> Extent:
    ymin, ymax = max(extent.ymin, -_MERCATOR_EDGE), min(extent.ymax, _MERCATOR_EDGE)
    return Extent(extent.xmin, ymin, extent.xmax, ymax, extent.spatial_reference) if ymin < ymax else extent


def _union(infos: Iterable[LayerInfo]) -> Extent | None:
    extents = [info.extent for info in infos if info.extent is not None]
    if not extents or any(extent.spatial_reference != extents[0].spatial_reference for extent in extents):
        return None
    return Extent(
        min(extent.xmin for extent in extents),
        min(extent.ymin for extent in extents),
        max(extent.xmax for extent in extents),
        max(extent.ymax for extent in extents),
        extents[0].spatial_reference,
    )


def _is_geographic(reference: SpatialReference) -> bool:
    from mapexplorer.service.projection import UnknownSpatialReference, crs_of

    try:
        return bool(crs_of(reference).is_geographic)
    except UnknownSpatialReference:
        return False


def connection_options(keywords: dict[str, Any]) -> dict[str, Any]:
    """Take what `connect` understands (token, referer, session, …) out of keywords and return it."""
    from mapexplorer.connection import Options

    return {name: keywords.pop(name) for name in Options.__annotations__ if name in keywords}


def open_service(target: Any, **options: Any) -> Opened:
    """Connect and read the metadata.

    `target` is what `connect` takes, or a service. Raises the errors of `connect` and of reading the
    metadata.
    """
    if hasattr(target, "export") and hasattr(target, "query_legends"):
        if options:
            raise ParameterError(next(iter(options)), "is set when a service is made, not for one that is")
        service = target
    else:
        from mapexplorer.connection import connect

        service = connect(target, **options)
    info = service.info
    try:
        layer_infos = tuple(service.layer_infos)
    except AnswerError:
        layer_infos = ()  # some servers refuse the resource of all layers; the map can be drawn without it
    return Opened(service, "sample:storms" if target is None else target, info, layer_infos)


def sample_choices() -> tuple[str, ...]:
    """Names of the demo services."""
    from mapexplorer.connection import sample_names

    return tuple(sample_names())


def picture_for(opened: Opened, request: MapRequest) -> Picture:
    """Export a picture and bring it into the form that the map shows; blocks."""
    if request.format is not None and not request.format.raster:
        raise BadAnswer(
            f"format: the map on screen cannot show {request.format}; choose png, jpg, gif or bmp."
        )
    return prepare(opened.service.export(request), request)


@dataclass(frozen=True, eq=False)
class LegendPage:
    """A legend and all that is needed to write it once the scale of the picture is known."""

    result: LegendResult
    opened: Opened
    request: MapRequest

    def page(self, scale: float | None, changes: LegendChanges = NOTHING, fineness: float = 1) -> Markup:
        """The legend as HTML, naming the layers that are asked for but left out at this scale."""
        return draw_legend(
            self.result.layers,
            note=self.result.note,
            out_of_scale=self._out_of_scale(scale),
            copyright_text=self.opened.info.copyright_text,
            changes=changes,
            fineness=fineness,
        )

    def _out_of_scale(self, scale: float | None) -> list[str]:
        from mapexplorer.explorer.panels.layer_tree import LayerTree

        if scale is None or self.request.dynamic_layers is not None:
            return []
        tree = LayerTree(self.opened.info.layers)
        asked = tree.visible(self.request.layers) - {layer.layer_id for layer in self.result.layers}
        return [node.name for node in tree.nodes if node.id in asked and node.out_of_scale(scale)]


def legend_for(opened: Opened, request: MapRequest) -> LegendPage:
    """Ask for the legend and decode its swatches; blocks."""
    # The form of the answer is one of pictures: a legend as "image" there is none.
    legend = LegendPage(opened.service.query_legends(request.replace(f=None)), opened, request)
    legend.page(None)  # decodes and keeps the swatches here, away from the event loop
    return legend


def carry_over(extent: Extent, old: SpatialReference, new: SpatialReference) -> Extent | None:
    """The extent of the same centre and scale in another spatial reference; None when PROJ cannot tell."""
    import math

    from pyproj import Transformer

    from mapexplorer.service.projection import UnknownSpatialReference, crs_of, metres_per_unit

    try:
        source, target = crs_of(old), crs_of(new)
        x, y = Transformer.from_crs(source, target, always_xy=True).transform(*extent.center)
        factor = metres_per_unit(source) / metres_per_unit(target) / 2
    except (UnknownSpatialReference, ValueError):
        return None
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    half_width, half_height = extent.width * factor, extent.height * factor
    return Extent(x - half_width, y - half_height, x + half_width, y + half_height)


def enclosing(extent: Extent, old: SpatialReference, new: SpatialReference) -> Extent:
    """The smallest extent of another spatial reference that holds this one.

    Raises ParameterError when it has no finite one.
    """
    import math

    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    from mapexplorer.service.projection import crs_of

    if old.same_as(new):
        return extent
    try:
        transformer = Transformer.from_crs(crs_of(old), crs_of(new), always_xy=True)
        west, south, east, north = transformer.transform_bounds(*_sides(extent), densify_pts=21)
    except (ProjError, ValueError):
        west = math.nan
    if math.isnan(west) or not all(map(math.isfinite, (west, south, east, north))) or west >= east:
        raise ParameterError("bbox", "reaches beyond what the spatial reference can show; zoom in first")
    return Extent(west, south, east, north)
