"""The layers of a map, with their data in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image
from pyproj import CRS

from mapexplorer.protocol import Extent, Renderer
from mapexplorer.service.archive import Archive
from mapexplorer.service.document import LayerDocument, RangeInfo
from mapexplorer.service.expressions import Columns, Expression, Field
from mapexplorer.service.fields import FieldInfo
from mapexplorer.service.filters import RowFilters
from mapexplorer.service.shapes import Shapes
from mapexplorer.service.temporal import FeatureTimes


@dataclass(frozen=True, eq=False)
class MapLayer:
    """What groups, feature layers and raster layers have in common."""

    document: LayerDocument

    @property
    def id(self) -> int:
        """The layer id."""
        return self.document.id

    @property
    def name(self) -> str:
        """The layer name."""
        return self.document.name

    @property
    def parent_id(self) -> int:
        """The id of the group above, -1 at the top level."""
        return self.document.parent_layer_id

    @property
    def is_group(self) -> bool:
        """Whether the layer is a group."""
        return isinstance(self, GroupLayer)

    @property
    def default_visibility(self) -> bool:
        """Whether the layer is on when nothing is asked."""
        return self.document.default_visibility

    @property
    def min_scale(self) -> float:
        """The largest scale number at which the layer is drawn, 0 meaning no limit."""
        return self.document.min_scale

    @property
    def max_scale(self) -> float:
        """The smallest scale number at which the layer is drawn, 0 meaning no limit."""
        return self.document.max_scale

    @property
    def transparency(self) -> float:
        """From 0, opaque, to 100, invisible."""
        drawing = self.document.drawing_info
        return float(drawing.transparency or 0) if drawing is not None else 0.0


class GroupLayer(MapLayer):
    """A group; it has no data of its own."""


@dataclass(frozen=True, eq=False)
class RasterLayer(MapLayer):
    """A georeferenced picture: RGBA (H, W, 4) with rows from the north, its extent in its own CRS and its
    bands; `reduced` remembers smaller copies of it.
    """

    image: npt.NDArray[np.uint8]
    extent: Extent
    crs: CRS
    bands: int
    reduced: dict[int, Image.Image] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class LayerRange:
    """A range of a layer: its numbers, where they are missing, and the interval they fill."""

    info: RangeInfo
    numbers: npt.NDArray[np.float64]
    nulls: npt.NDArray[np.bool_]
    full_extent: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class FeatureLayer(MapLayer):
    """Features: attributes (rows numbered from 0), shapes, and everything that decides which rows are drawn.

    `definition` is the published expression with the defaults of its parameters bound, `archive` tells when
    rows were valid (None: the layer keeps no archive), `versions` holds the same layer over other sources.
    Symbols grow and shrink with the map round `reference_scale`, 0 meaning that they do not; `drawing_ranks`
    gives each row its place in the order of drawing (None: that of the rows).
    """

    table: pd.DataFrame
    columns: Columns
    shapes: Shapes
    crs: CRS
    geometry_type: str
    object_id_field: str
    fields: tuple[FieldInfo, ...]
    renderer: Renderer
    time: FeatureTimes | None = None
    ranges: tuple[LayerRange, ...] = ()
    definition: Expression | None = None
    archive: Archive | None = None
    reference_scale: float = 0.0
    drawing_ranks: npt.NDArray[np.int64] | None = None
    versions: dict[str, FeatureLayer] = field(default_factory=dict)
    filters: RowFilters = field(default_factory=RowFilters)

    @cached_property
    def expression_fields(self) -> Mapping[str, Field]:
        """The fields that expressions may name, by case-folded name."""
        return {info.name.casefold(): Field(info.name, info.kind) for info in reversed(self.fields)}

    def in_version(self, name: str | None) -> FeatureLayer:
        """Return the layer over the source of a version; the published one where it has none of that name.

        `sde.DEFAULT` in any case always means the published data (Export Map, gdbVersion).
        """
        published = self.versions.get(PUBLISHED, self)
        return published if is_published(name) else self.versions.get(name or PUBLISHED, published)

    @cached_property
    def object_ids(self) -> npt.NDArray[np.int64]:
        """The object id of every row."""
        return self.table[self.object_id_field].to_numpy(dtype=np.int64)

    @cached_property
    def display_field(self) -> str:
        """The authored display field, else the first text field, else the object id."""
        if self.document.display_field is not None:
            return self.document.display_field
        texts = [info.name for info in self.fields if info.type == "esriFieldTypeString"]
        return texts[0] if texts else self.object_id_field


PUBLISHED: Final = ""
"""What the published source is called among the versions of a layer."""


def is_published(version: str | None) -> bool:
    """Tell whether the name of a version means the published data."""
    return version is None or version.casefold() == "sde.default"


Layer = GroupLayer | FeatureLayer | RasterLayer
