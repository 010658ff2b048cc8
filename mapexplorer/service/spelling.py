"""Field names of a document as the source spells them, whatever their case in the document."""

from __future__ import annotations

from typing import Any

from mapexplorer.protocol import ClassBreaksRenderer, Renderer, UniqueValueRenderer
from mapexplorer.service.document import LayerDocument
from mapexplorer.service.fields import FieldInfo, find_name


class Spelling:
    """Puts the names of real fields into a layer of a document and notes those that the source
    does not have.
    """

    def __init__(self, fields: tuple[FieldInfo, ...], faults: list[str]) -> None:
        self._fields = fields
        self._faults = faults

    def find(self, name: str | None, place: str) -> str | None:
        """Return the spelling of a field; a name that is not known is noted as a fault and
        returned as it is.
        """
        if not name:
            return name
        known = find_name(self._fields, name)
        if known is None:
            self._faults.append(f"{place}: the source has no field {name!r}")
        return known or name

    def document(self, document: LayerDocument, place: str) -> LayerDocument:
        """Return the layer with the names of real fields."""
        changes: dict[str, Any] = {
            "display_field": self.find(document.display_field, f"{place}.displayField")
        }
        if document.time_info is not None:
            info, where = document.time_info, f"{place}.timeInfo"
            changes["time_info"] = info.model_copy(
                update={
                    "start_time_field": self.find(info.start_time_field, f"{where}.startTimeField"),
                    "end_time_field": self.find(info.end_time_field, f"{where}.endTimeField"),
                    "track_id_field": self.find(info.track_id_field, f"{where}.trackIdField"),
                }
            )
        changes["range_infos"] = tuple(
            info.model_copy(update={"field": self.find(info.field, f"{place}.rangeInfos[{number}].field")})
            for number, info in enumerate(document.range_infos)
        )
        if document.archiving_info is not None:
            archive, where = document.archiving_info, f"{place}.archivingInfo"
            changes["archiving_info"] = archive.model_copy(
                update={
                    "start_field": self.find(archive.start_field, f"{where}.startField"),
                    "end_field": self.find(archive.end_field, f"{where}.endField"),
                }
            )
        if document.unique_id_info is not None:
            fields = tuple(
                self.find(name, f"{place}.uniqueIdInfo.fields[{number}]") or name
                for number, name in enumerate(document.unique_id_info.fields)
            )
            changes["unique_id_info"] = document.unique_id_info.model_copy(update={"fields": fields})
        changes["domains"] = {
            self.find(name, f"{place}.domains.{name}") or name: domain
            for name, domain in document.domains.items()
        }
        return document.model_copy(update=changes)

    def renderer(self, renderer: Renderer, place: str) -> Renderer:
        """Return the renderer with the names of real fields."""
        if isinstance(renderer, UniqueValueRenderer):
            return renderer.model_copy(
                update={
                    f"field{n}": self.find(getattr(renderer, f"field{n}"), f"{place}.field{n}")
                    for n in (1, 2, 3)
                }
            )
        if isinstance(renderer, ClassBreaksRenderer):
            normalization = renderer.normalization_field
            return renderer.model_copy(
                update={
                    "field": self.find(renderer.field, f"{place}.field"),
                    "normalization_field": self.find(normalization, f"{place}.normalizationField"),
                }
            )
        return renderer
