"""The choice of datum transformations: those that the service lists, or an id or JSON that is typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ipywidgets

from mapexplorer.explorer.sharing import create
from mapexplorer.protocol import ServiceInfo

from . import controls

NONE = "As the service chooses"
UNSUPPORTED = "This service does not let the datum transformation be chosen (supportsDatumTransformation)."
HINT = "Matters where layers and picture have different datums, such as NAD 27 and WGS 84."


class TransformationChoice:
    """Writes `datum_transformations`; `write` takes wire text or None and may refuse it."""

    def __init__(self, write: Callable[[str | None], object]) -> None:
        self._write = write
        self._listed: dict[str, str] = {}
        self.box = controls.labelled(
            ipywidgets.Combobox,
            "Datum",
            "A transformation from the list, ids such as 1241, or the JSON of datumTransformations",
            placeholder="as the service chooses",
            continuous_update=False,
        )
        self.note = controls.prose()
        self.widget = create(ipywidgets.VBox, (self.box, self.note))
        self.widget.add_class("me-stack")

    def offer(self, info: ServiceInfo) -> None:
        """List what the service offers, or say that it offers no choice."""
        able = bool(info.supports_datum_transformation)
        self._listed = dict(_choices(info.datum_transformations)) if able else {}
        self.box.options = (NONE, *self._listed) if self._listed else ()
        self.box.disabled = not able
        controls.say(self.note, controls.hint(HINT if able else UNSUPPORTED))

    def show(self, given: Iterable[Any] | None) -> None:
        """Write the present choice."""
        wire = None if given is None else _wire([element.to_json() for element in given])
        names = {text: name for name, text in self._listed.items()}
        self.box.value = "" if wire is None else names.get(wire, wire)

    def heard(self) -> None:
        """Read what the person wrote."""
        words = self.box.value.strip()
        if not words or words == NONE:
            self._write(None)
        elif words in self._listed:
            self._write(self._listed[words])
        else:
            self._write(words if words[:1] in "[{" else f"[{words}]")


def _choices(offered: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    for entry in offered:
        steps = entry.get("geoTransforms")
        ids = [entry.get("wkid")] if steps is None else [step.get("wkid") for step in steps]
        name = entry.get("name") or " + ".join(
            [str(step.get("name") or step.get("wkid")) for step in steps or ()]
            or [str(number) for number in ids if number]
        )
        if not name:
            continue
        element = {key: value for key, value in entry.items() if key in ("wkid", "latestWkid", "wkt")}
        if steps is not None:
            kept = ("wkid", "latestWkid", "wkt", "transformForward")
            element = {"geoTransforms": [{k: v for k, v in step.items() if k in kept} for step in steps]}
        if element:
            yield str(name)[:120].replace("_", " "), _wire([element])


def _wire(elements: list[Any]) -> str:
    bare = all(set(element) == {"wkid"} for element in elements)
    return json.dumps([element["wkid"] for element in elements] if bare else elements)
