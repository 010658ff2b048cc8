"""The legend: what it lists and how large, classes to filter by, and files to take away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets

from mapexplorer.explorer.closing import close_whole
from mapexplorer.explorer.legend import swatch
from mapexplorer.explorer.legend_files import as_csv, as_html, as_png, download
from mapexplorer.explorer.markup import Markup, tag
from mapexplorer.explorer.sharing import create
from mapexplorer.protocol import LegendEntry, MapExplorerError

from . import controls
from .bound_panel import BoundPanel
from .conditions import kind_of
from .filter_box import fields_of
from .legend_classes import LegendClass, classes_of, join, split
from .published import member

if TYPE_CHECKING:
    from mapexplorer.explorer.answer import Answer

VISIBLE, ALL = "visible", "all"
SIZES = ("10", "15", "20", "30", "24,12", "36,18")
MOST_LAYERS = 20
"""Layers whose classes are offered; a service may have hundreds."""
CODE = "explorer.answer.legend.to_frame()"
AS_PUBLISHED = "15 × 15 pt"


class ClassList:
    """The classes of one layer as tick boxes beside their symbols."""

    def __init__(
        self, layer_id: int, name: str, classes: tuple[LegendClass, ...], panel: LegendPanel
    ) -> None:
        self.layer_id, self.name, self.classes = layer_id, name, classes
        self._panel = panel
        self.boxes = [
            create(
                ipywidgets.Checkbox,
                description=item.name,
                indent=False,
                disabled=not item.clause,
                tooltip=item.reason or f"Draw only {item.name} of {name}",
                layout={"width": "auto"},
            )
            for item in classes
        ]
        self.symbols = [controls.prose(None, "me-class-symbol") for _ in classes]
        self._rows = [
            controls.row(*pair, classes=("me-class",)) for pair in zip(self.symbols, self.boxes, strict=True)
        ]
        self.heading = controls.prose(tag("h4", tag("bdi", name), class_="me-legend-layer"))
        self.note = controls.prose(controls.hint(_reasons(classes)))
        self.widget = create(ipywidgets.VBox, (self.heading, *self._rows, self.note))
        for box in self.boxes:
            box.add_class("me-layer")
            panel.listen(box, self._ticked)

    def show(self, expression: str) -> None:
        """Tick the classes that an expression keeps."""
        _, chosen = split(expression, self.classes)
        for place, box in enumerate(self.boxes):
            box.value = place in chosen

    def picture(self, entries: tuple[LegendEntry, ...], fineness: float) -> None:
        """Show the symbols of classes that a legend lists; those of the others stay as they were."""
        shown: set[int] = set()
        for entry in entries:
            place = self._place(entry)
            # The stops of visual variables follow the classes, and may have the value of one.
            if place is not None and place not in shown:
                shown.add(place)
                controls.say(self.symbols[place], swatch(entry, fineness)[0])

    def _place(self, entry: LegendEntry) -> int | None:
        values = tuple(str(value) for value in entry.values or ())
        by_value = [place for place, item in enumerate(self.classes) if values and item.values == values]
        by_label = [place for place, item in enumerate(self.classes) if item.label == entry.label]
        return next(iter(by_value or by_label), None)

    def _ticked(self) -> None:
        chosen = [place for place, box in enumerate(self.boxes) if box.value]
        self._panel.choose(self, chosen)

    def close(self) -> None:
        """Release the widgets."""
        for part in (*self.boxes, *self.symbols, *self._rows, self.heading, self.note, self.widget):
            close_whole(part)


def _reasons(classes: tuple[LegendClass, ...]) -> str:
    """Why some classes cannot be ticked; the first ones are named."""
    told = []
    for reason in dict.fromkeys(item.reason for item in classes if item.reason):
        names = [item.name for item in classes if item.reason == reason]
        shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
        told.append(f"{shown}: {reason}")
    return " ".join(told)


class LegendPanel(BoundPanel):
    """Writes ``return_visible_only`` and ``patch_size``, and by its classes ``layer_defs``."""

    title: ClassVar[str] = "Legend"
    bound: ClassVar[tuple[str, ...]] = ("return_visible_only", "patch_size", "layer_defs")
    called: ClassVar[Mapping[str, str]] = {"patchSize": "Symbol size"}

    def build(self) -> tuple[Any, ...]:
        """Make the controls."""
        self.lists: dict[int, ClassList] = {}
        self._known: dict[int, tuple[str, tuple[LegendClass, ...]]] = {}
        self.listing = controls.labelled(
            ipywidgets.Dropdown,
            "Lists",
            "Which classes the legend lists",
            options=[("What is visible on this map", VISIBLE), ("All classes", ALL)],
        )
        self.patch = controls.labelled(
            ipywidgets.Combobox,
            "Symbol size",
            "In points: 20, or width and height as 24,12; empty: as published. Markers keep their own size.",
            options=list(SIZES),
            placeholder=AS_PUBLISHED,
            continuous_update=False,
        )
        self.message, self.note = controls.prose(), controls.prose()
        self._places = create(ipywidgets.VBox)
        self._places.add_class("me-stack")
        self.prepare = controls.button("Prepare downloads", "Table and picture of this legend", self._prepare)
        self.files = controls.prose(None, "me-files")
        self.code = controls.prose(tag("p", "As a table in Python: ", tag("code", CODE), class_="me-hint"))
        self.listen(self.listing, self._listing_chosen)
        self.listen(self.patch, self._size_typed)
        settings = create(ipywidgets.VBox, (self.listing, self.patch, self.message))
        settings.add_class("me-stack")
        return (settings, self.note, self._places, controls.row(self.prepare), self.files, self.code)

    def on_service(self) -> None:
        """Read the classes of the layers of the service in use."""
        previous, self.lists = self.lists, {}
        self._known = {}
        for layer in self.explorer.layer_infos or ():
            kinds = {
                str(member(field, "name")): kind_of(str(member(field, "type") or ""))
                for field in fields_of(layer)
            }
            classes = classes_of(member(member(layer, "drawing_info"), "renderer"), kinds)
            if classes:
                self._known[member(layer, "id")] = (str(member(layer, "name") or ""), classes)
        self._places.children = ()
        for known in previous.values():
            known.close()
        self._make(self.explorer.parameters.layer_defs or ())
        controls.say(self.files, None)
        super().on_service()

    def _make(self, layer_ids: Any) -> None:
        wanted = [
            layer_id for layer_id in layer_ids if layer_id in self._known and layer_id not in self.lists
        ]
        for layer_id in wanted[: max(0, MOST_LAYERS - len(self.lists))]:
            self.lists[layer_id] = ClassList(layer_id, *self._known[layer_id], self)
        if wanted:
            self.lists = {key: self.lists[key] for key in self._known if key in self.lists}
            self._places.children = tuple(known.widget for known in self.lists.values())
        words = (
            "Tick classes to draw only these. They become a part of the filter of their layer."
            if self.lists
            else "No layer of this map is drawn by classes that can be filtered."
        )
        controls.say(self.note, controls.hint(words))

    def show(self) -> None:
        """Set the controls from the parameters."""
        given = self.explorer.parameters
        self.listing.value = ALL if given.return_visible_only is False else VISIBLE
        size = given.patch_size
        self.patch.value = "" if size is None else size.to_text()
        self._make(given.layer_defs or ())
        for layer_id, known in self.lists.items():
            known.show(str((given.layer_defs or {}).get(layer_id, "")))

    def on_answer(self, answer: Answer) -> None:
        """Offer the classes of the layers in the legend, and let go of files of an earlier one."""
        if answer.legend is None:
            return
        controls.say(self.files, None)
        drawn = {layer.layer_id: layer.legend for layer in answer.legend.layers}
        with self.quietly():
            before = set(self.lists)
            self._make(drawn)
            for layer_id, entries in drawn.items():
                if layer_id in self.lists:
                    self.lists[layer_id].picture(entries, self.explorer.fineness)
            if set(self.lists) != before:
                self.show()

    def refuse(self, sentence: str) -> None:
        """Show why a value was not taken."""
        controls.say(self.message, controls.alert(sentence))

    def choose(self, known: ClassList, chosen: list[int]) -> None:
        """Filter a layer by some of its classes, keeping the rest of its filter."""
        given = dict(self.explorer.parameters.layer_defs or {})
        rest, _ = split(str(given.pop(known.layer_id, "")), known.classes)
        expression = join(rest, chosen, known.classes)
        if expression:
            given[known.layer_id] = expression
        self.write(layer_defs=dict(sorted(given.items())) or None)

    def _listing_chosen(self) -> None:
        self.write(return_visible_only=False if self.listing.value == ALL else None)

    def _size_typed(self) -> None:
        typed = self.patch.value.replace("×", ",").replace("pt", "").replace(" ", "")
        self.write(patch_size=typed or None)

    def _prepare(self) -> None:
        answer = self.explorer.answer
        legend = answer.legend if answer is not None else None
        if legend is None:
            controls.say(self.files, controls.hint("There is no legend yet."))
            return
        scheduler, fineness = self.explorer.controller.scheduler, self.explorer.fineness
        scheduler.attend()

        def work() -> None:
            try:
                links = (
                    download(as_csv(legend), "text/csv", "legend.csv", "Table (CSV)"),
                    download(
                        as_html(legend, fineness), "application/octet-stream", "legend.html", "Table (HTML)"
                    ),
                    download(as_png(legend, fineness), "image/png", "legend.png", "Picture (PNG)"),
                )
                content: Markup | None = tag("p", [(link, " ") for link in links])
            except (MapExplorerError, OSError, ValueError) as error:
                content = controls.alert(f"The legend cannot be written: {error}")
            scheduler.deliver(lambda: controls.say(self.files, content))

        scheduler.work(work)

    def close(self) -> None:
        """Release the widgets."""
        for known in self.lists.values():
            known.close()
        super().close()
