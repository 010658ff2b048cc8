"""Highlighted features (Export Map, selectionDefinitions)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from .model import Model, Text, ValueFaults, Whole
from .numerals import parse_integer

MAXIMUM_IDS = 10_000

_Channel = Annotated[int, Field(strict=True, ge=0, le=255)]
Rgb = tuple[_Channel, _Channel, _Channel]
"""Exactly red, green and blue."""


def _read_layer_id(value: Any) -> Any:
    return parse_integer(value) if isinstance(value, str) else value


UniqueId = Annotated[
    Annotated[Text, Tag("simple")] | Annotated[tuple[Text, ...], Tag("composite")],
    Discriminator(lambda value: "composite" if isinstance(value, (list, tuple)) else "simple"),
]
"""Text, or a tuple of texts for an id of several fields."""


class SelectionDefinition(Model):
    """Which features of a layer are highlighted, by object ids or by unique ids.

    A composite unique id is a tuple of texts in the order of the layer's unique id fields.
    """

    layer_id: Annotated[Whole, BeforeValidator(_read_layer_id)]
    object_ids: tuple[Whole, ...] | None = Field(default=None, max_length=MAXIMUM_IDS)
    unique_ids: tuple[UniqueId, ...] | None = Field(default=None, max_length=MAXIMUM_IDS)
    selection_color: Rgb | None = None
    selection_fill_color: Rgb | None = None

    @model_validator(mode="after")
    def _one_kind_of_id(self) -> SelectionDefinition:
        if (self.object_ids is None) == (self.unique_ids is None):
            raise ValueError("expected either objectIds or uniqueIds")
        return self


def check_kinds(definitions: tuple[SelectionDefinition, ...]) -> tuple[SelectionDefinition, ...]:
    """Refuse a request that holds object ids and unique ids side by side."""
    kinds = [definition.object_ids is None for definition in definitions]
    for number, kind in enumerate(kinds):
        if kind != kinds[0]:
            raise ValueFaults([((number,), "objectIds and uniqueIds must not stand in one request")])
    return definitions
