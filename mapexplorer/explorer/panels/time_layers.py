"""How single layers take part in time: whether at all, cumulatively, and moved by an offset."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import ipywidgets

from mapexplorer.explorer.closing import close_whole
from mapexplorer.explorer.markup import tag
from mapexplorer.explorer.sharing import create
from mapexplorer.protocol.time import LayerTimeOptions, TimeUnit

from . import controls
from .composer import OVERRIDES
from .composition import drawn_layer
from .fold import Fold
from .published import member, number

if TYPE_CHECKING:
    from mapexplorer.explorer.explorer import MapExplorer

UNITS = tuple(
    (unit.value.removeprefix("esriTimeUnits").lower(), unit)
    for unit in (
        TimeUnit.MILLISECONDS, TimeUnit.SECONDS, TimeUnit.MINUTES, TimeUnit.HOURS, TimeUnit.DAYS,
        TimeUnit.WEEKS, TimeUnit.MONTHS, TimeUnit.YEARS, TimeUnit.DECADES, TimeUnit.CENTURIES,
    )
)  # fmt: skip
FIRST_UNIT = TimeUnit.DAYS


def published_options(layer: Any) -> LayerTimeOptions:
    """The options that a layer publishes, complete; what makes no sense is as if it were not there."""
    given = member(member(layer, "time_info"), "export_options")
    given = given if isinstance(given, dict) else {}
    unit = given.get("timeOffsetUnits")
    units = {item.value: item for item in TimeUnit if item is not TimeUnit.UNKNOWN}
    offset = number(given.get("timeOffset")) or 0.0
    known = units.get(unit) if isinstance(unit, str) else None
    return LayerTimeOptions(
        use_time=given.get("useTime") is not False,
        time_data_cumulative=given.get("timeDataCumulative") is True,
        time_offset=offset if known is not None else 0.0,
        time_offset_units=known or FIRST_UNIT,
    )


def completed(given: LayerTimeOptions | None, published: LayerTimeOptions) -> LayerTimeOptions:
    """The options in effect: each key from the request, else as published."""
    if given is None:
        return published
    keys = {
        name: getattr(published, name) if getattr(given, name) is None else getattr(given, name)
        for name in LayerTimeOptions.model_fields
    }
    return LayerTimeOptions(**keys)


def difference(wanted: LayerTimeOptions, published: LayerTimeOptions) -> LayerTimeOptions | None:
    """The keys to send; None when all are as published. An offset goes together with its unit."""
    keys: dict[str, Any] = {
        name: getattr(wanted, name)
        for name in ("use_time", "time_data_cumulative")
        if getattr(wanted, name) != getattr(published, name)
    }
    same_unit = wanted.time_offset_units == published.time_offset_units
    if wanted.time_offset != published.time_offset or (wanted.time_offset and not same_unit):
        keys |= {"time_offset": wanted.time_offset, "time_offset_units": wanted.time_offset_units}
    return LayerTimeOptions(**keys) if keys else None


class LayerTimeControl:
    """The options of one layer; `write` gets what is to be sent."""

    def __init__(
        self,
        name: str,
        published: LayerTimeOptions,
        listen: Callable[[Any, Callable[[], object]], None],
        write: Callable[[LayerTimeOptions | None], object],
    ) -> None:
        self.published, self._write = published, write
        self.use = _tick("Follows time", f"Untick to draw {name} at all times")
        self.cumulative = _tick("Cumulative", f"Draw {name} from its beginning up to the time shown")
        self.offset = controls.labelled(
            ipywidgets.FloatText, "Offset", f"Moves the data of {name} in time", continuous_update=False
        )
        self.unit = controls.named(
            ipywidgets.Dropdown, "Unit of the offset", options=UNITS, layout={"width": "130px"}
        )
        self.heading = controls.prose(tag("h4", tag("bdi", name), class_="me-legend-layer"))
        ticks = controls.row(self.use, self.cumulative)
        shift = controls.row(self.offset, self.unit, classes=("me-offset",))
        self.widget = create(ipywidgets.VBox, (self.heading, ticks, shift))
        self.widget.add_class("me-layer-time")
        for control in (self.use, self.cumulative, self.offset, self.unit):
            listen(control, self._changed)

    def show(self, given: LayerTimeOptions | None, *, fixed: bool = False) -> None:
        """Set the controls to the options in effect; fixed ones are shown, and cannot be changed."""
        options = completed(given, self.published)
        self.use.value, self.cumulative.value = bool(options.use_time), bool(options.time_data_cumulative)
        self.offset.value = options.time_offset or 0.0
        unit = options.time_offset_units
        self.unit.value = FIRST_UNIT if unit in (None, TimeUnit.UNKNOWN) else unit
        for control in (self.cumulative, self.offset, self.unit):
            control.disabled = fixed or not self.use.value
        self.use.disabled = fixed

    def _changed(self) -> None:
        wanted = LayerTimeOptions(
            use_time=self.use.value,
            time_data_cumulative=self.cumulative.value,
            time_offset=self.offset.value,
            time_offset_units=self.unit.value,
        )
        self._write(difference(wanted, self.published))


class LayerTimes:
    """The fold with the options of all layers that have a time."""

    def __init__(
        self,
        listen: Callable[[Any, Callable[[], object]], None],
        write: Callable[[dict[int, LayerTimeOptions] | None], object],
        explorer: MapExplorer,
    ) -> None:
        self._listen, self._write, self._explorer = listen, write, explorer
        self.controls: dict[int, LayerTimeControl] = {}
        self.fold = Fold("Layer by layer", "How single layers take part in time")
        self.note = controls.prose(
            controls.hint("An offset moves the data: with 1 year, what happened in 2000 is drawn in 2001.")
        )
        self.reason = controls.prose()
        self.widget = self.fold.widget

    def use(self, layers: Iterable[Any]) -> None:
        """Make the controls for the layers of a service."""
        previous = self.controls
        self.controls = {}
        for layer in layers or ():
            layer_id = member(layer, "id")
            if member(layer, "time_info") is not None:
                self.controls[layer_id] = LayerTimeControl(
                    str(member(layer, "name") or f"Layer {layer_id}"),
                    published_options(layer),
                    self._listen,
                    self._writer(layer_id),
                )
        self.fold.fill((self.reason, *(control.widget for control in self.controls.values()), self.note))
        controls.shown(self.widget, bool(self.controls))
        for control in previous.values():
            close_whole(control.widget)

    def show(self) -> None:
        """Set all controls from the parameter, or from dynamic layers from code, which have their own."""
        composer, given = self._explorer.composer, self._explorer.parameters
        options = given.layer_time_options or {}
        if composer.foreign:
            options = {drawn_layer(item): item.layer_time_options for item in given.dynamic_layers}
        controls.say(self.reason, controls.hint(OVERRIDES if composer.foreign else ""))
        for layer_id, control in self.controls.items():
            control.show(options.get(layer_id), fixed=composer.foreign)

    def _writer(self, layer_id: int) -> Callable[[LayerTimeOptions | None], object]:
        def write(options: LayerTimeOptions | None) -> None:
            given = dict(self._explorer.parameters.layer_time_options or {})
            given.pop(layer_id, None)
            if options is not None:
                given[layer_id] = options
            self._write(dict(sorted(given.items())) or None)

        return write


def _tick(words: str, hint: str) -> Any:
    made = create(
        ipywidgets.Checkbox, description=words, tooltip=hint, indent=False, layout={"width": "auto"}
    )
    made.add_class("me-layer")
    return made
