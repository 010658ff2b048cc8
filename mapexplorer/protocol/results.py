"""What the two operations answer, read as tolerantly as real servers demand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from .errors import BadAnswer
from .lenient import LenientModel, LooseExtent, LooseNumber, LooseText, LooseWhole


class ExportInfo(LenientModel):
    """The JSON answer of export; a key that the server left out or spoilt is None."""

    href: LooseText | None = None
    image_data: LooseText | None = None
    content_type: LooseText | None = None
    width: LooseWhole | None = None
    height: LooseWhole | None = None
    extent: LooseExtent | None = None
    scale: LooseNumber | None = None

    @classmethod
    def parse(cls, body: Any) -> ExportInfo:
        """Read the body of an export answer; raise BadAnswer when it names no picture."""
        if not isinstance(body, Mapping):
            raise BadAnswer("The export answer is not a JSON object.")
        info = cls.model_validate(body)
        if not info.href and not info.image_data:
            raise BadAnswer("The export answer names no picture.")
        return info


class LegendEntry(LenientModel):
    """One class of a legend: a label, a swatch (base64, or only a url), and the values of the class."""

    label: LooseText = ""
    url: LooseText | None = None
    image_data: LooseText | None = None
    content_type: LooseText | None = None
    height: LooseWhole | None = None
    width: LooseWhole | None = None
    values: tuple[Any, ...] | None = None
    group_id: LooseText | None = None


class LegendGroup(LenientModel):
    """A heading that entries refer to by ``group_id``."""

    id: LooseText = ""
    heading: LooseText = ""


class LegendLayer(LenientModel):
    """The legend of one layer; 0 as scale is no limit."""

    layer_id: LooseWhole = -1
    layer_name: LooseText = ""
    layer_type: LooseText = ""
    min_scale: LooseNumber = 0.0
    max_scale: LooseNumber = 0.0
    legend: tuple[LegendEntry, ...] = ()
    legend_groups: tuple[LegendGroup, ...] = ()
    legend_type: LooseText | None = None

    @field_validator("legend", "legend_groups", mode="before")
    @classmethod
    def _objects_only(cls, value: Any) -> Any:
        return [item for item in value if isinstance(item, (Mapping, LenientModel))] if value else ()


class Legend(LenientModel):
    """The answer of queryLegends, and of the older legend resource."""

    layers: tuple[LegendLayer, ...] = Field(default=())

    @classmethod
    def parse(cls, body: Any) -> Legend:
        """Read the body of a legend answer; raise BadAnswer when it has no list of layers."""
        if not isinstance(body, Mapping) or not isinstance(body.get("layers"), list):
            raise BadAnswer("The legend answer has no list of layers.")
        layers = [item for item in body["layers"] if isinstance(item, Mapping)]
        return cls.model_validate({**body, "layers": layers})
