"""The builder of a filter: rows of field, operator and value, in step with the expression as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Protocol

import ipywidgets

from mapexplorer.explorer.closing import close_whole
from mapexplorer.explorer.sharing import create

from . import controls, timeline
from .condition_words import NotBuildable
from .conditions import (
    ALL,
    ANY,
    OPERATORS,
    Condition,
    Conditions,
    Kind,
    Operator,
    compose,
    kind_of,
    literal,
    read,
    values_wanted,
)
from .field_values import Choices, coded_choices
from .published import member

LABELS: Mapping[Operator, str] = {
    Operator.EQUAL: "is", Operator.UNEQUAL: "is not", Operator.MORE: "is more than",
    Operator.AT_LEAST: "is at least", Operator.LESS: "is less than", Operator.AT_MOST: "is at most",
    Operator.BETWEEN: "is between", Operator.ONE_OF: "is one of", Operator.CONTAINS: "contains",
    Operator.BEGINS: "begins with", Operator.ENDS: "ends with", Operator.EMPTY: "is empty",
    Operator.FILLED: "is not empty",
}  # fmt: skip
DATE_LABELS = {
    Operator.MORE: "is after", Operator.AT_LEAST: "is at or after", Operator.LESS: "is before",
    Operator.AT_MOST: "is at or before", Operator.EQUAL: "is exactly",
}  # fmt: skip
FIRST_OPERATOR = {
    Kind.NUMBER: Operator.AT_LEAST, Kind.TEXT: Operator.EQUAL, Kind.DATE: Operator.AT_LEAST,
    Kind.DAY: Operator.AT_LEAST,
}  # fmt: skip


class Listening(Protocol):
    """What a builder needs from its panel."""

    def listen(self, widget: Any, heard: Callable[[], object]) -> None:
        """Call `heard` after a person changed a widget."""

    def quietly(self) -> Any:
        """Set widgets without hearing them."""


class ConditionRow:
    """The widgets of one condition."""

    def __init__(self, builder: FilterBuilder) -> None:
        self._builder = builder
        self.field = _bare(ipywidgets.Dropdown, "Field", options=builder.names)
        self.operator = _bare(ipywidgets.Dropdown, "How it is compared")
        self.value = _bare(ipywidgets.Combobox, "Value", continuous_update=False)
        self.until = _bare(ipywidgets.Combobox, "To", continuous_update=False)
        self.several = _bare(ipywidgets.SelectMultiple, "Values; hold Ctrl to choose several", rows=6)
        self.remove = controls.button("✕", "Remove this condition", lambda: builder.drop(self), "me-icon")
        head = controls.row(self.field, self.operator, self.remove, classes=("me-condition-head",))
        self.widget = create(ipywidgets.VBox, (head, controls.row(self.value, self.until), self.several))
        self.widget.add_class("me-condition")
        self.choices = Choices()
        builder.panel.listen(self.field, self._field_chosen)
        builder.panel.listen(self.operator, self._operator_chosen)
        for control in (self.value, self.until, self.several):
            builder.panel.listen(control, builder.changed)

    @property
    def kind(self) -> Kind:
        """The kind of the chosen field."""
        return self._builder.kinds.get(self.field.value, Kind.TEXT)

    def show(self, condition: Condition) -> None:
        """Set the widgets to a condition."""
        self.field.value = condition.field
        self._offer_operators()
        offered = [operator for _, operator in self.operator.options]
        self.operator.value = condition.operator if condition.operator in offered else offered[0]
        self._offer_values(condition.values)
        texts = [self.choices.label(value) for value in condition.values] + ["", ""]
        self.value.value, self.until.value = texts[:2]
        self._fit()

    def condition(self) -> Condition:
        """The condition that the widgets show."""
        operator = self.operator.value
        if operator is Operator.ONE_OF:
            return Condition(self.field.value, operator, tuple(self.several.value))
        texts = (self.value.value, self.until.value)[: values_wanted(operator) or 0]
        return Condition(
            self.field.value, operator, tuple(self.choices.value(text.strip()) for text in texts)
        )

    def offer(self, choices: Choices) -> None:
        """Offer values that became known."""
        before = self.condition()
        self.choices = choices
        with self._builder.panel.quietly():
            self._offer_values(before.values)

    def move_to_zone(self, before: tzinfo, now: tzinfo) -> None:
        """Show typed times in another time zone; they stay the same times."""
        if self.kind is Kind.DATE:
            for box in (self.value, self.until):
                box.value = _moved(box.value, before, now)
            self._fit()
            self._builder.want_values(self)

    def close(self) -> None:
        """Release the widgets."""
        for row in self.widget.children[:2]:
            for part in (*row.children, row):
                close_whole(part)
        close_whole(self.several)
        close_whole(self.widget)

    def _field_chosen(self) -> None:
        with self._builder.panel.quietly():
            self.show(Condition(self.field.value, FIRST_OPERATOR[self.kind]))
        self._builder.want_values(self)
        self._builder.changed()

    def _operator_chosen(self) -> None:
        condition = self.condition()
        with self._builder.panel.quietly():
            self._offer_values(condition.values)
            self._fit()
        self._builder.changed()

    def _offer_operators(self) -> None:
        labels = {**LABELS, **(DATE_LABELS if self.kind in (Kind.DATE, Kind.DAY) else {})}
        self.operator.options = [(labels[operator], operator) for operator in OPERATORS[self.kind]]

    def _offer_values(self, chosen: Sequence[str]) -> None:
        labels = list(self.choices.labels)
        self.value.options = self.until.options = labels
        values = {self.choices.label(value): value for value in chosen if value}
        pairs = {**values, **dict(zip(labels, self.choices.values, strict=True))}
        self.several.options = list(pairs.items())
        self.several.value = tuple(value for value in chosen if value in pairs.values())

    def _fit(self) -> None:
        wanted = values_wanted(self.operator.value)
        controls.shown(self.value, wanted in (1, 2))
        controls.shown(self.until, wanted == 2)
        controls.shown(self.several, wanted is None)
        zoned = f" ({self._builder.zone})" if self.kind is Kind.DATE else ""
        dated = self.kind in (Kind.DATE, Kind.DAY)
        self.value.placeholder = f"2008-07-01{zoned}" if dated else "from" if wanted == 2 else "value"
        self.until.placeholder = f"2008-08-01{zoned}" if dated else "to"


class FilterBuilder:
    """Rows of conditions joined by AND or OR; `write` gets the expression whenever it is complete."""

    def __init__(
        self,
        fields: Sequence[Any],
        panel: Listening,
        write: Callable[[str], object],
        ask_values: Callable[[str, Kind, Callable[[Choices], None]], object],
        zone: tzinfo = UTC,
    ) -> None:
        self.panel, self._write, self._ask_values = panel, write, ask_values
        self.zone = zone
        self._fields = {str(member(field, "name")): field for field in fields}
        self.kinds = {name: kind_of(str(member(field, "type") or "")) for name, field in self._fields.items()}
        self.names = [(_title(name, field), name) for name, field in self._fields.items()]
        self.rows: list[ConditionRow] = []
        self.expression = ""
        self.joiner = controls.named(
            ipywidgets.Dropdown,
            "How the conditions are joined",
            options=[("All conditions hold", ALL), ("Any condition holds", ANY)],
            layout={"width": "auto"},
        )
        self.add = controls.button("Add a condition", "One more condition", self.more)
        self.note = controls.prose()
        self._places = create(ipywidgets.VBox)
        self._places.add_class("me-conditions")
        self.widget = create(
            ipywidgets.VBox,
            (self.joiner, self._places, self.note, controls.row(self.add)),
            layout={"display": "none"},
        )
        self.widget.add_class("me-builder")
        panel.listen(self.joiner, self.changed)

    def show(self, expression: str) -> None:
        """Set the rows to an expression, or say why it is more than a list of conditions."""
        if expression == self.expression and (self.rows or expression):
            return
        self.expression = expression
        try:
            conditions = read(expression, self.kinds, self.zone)
        except NotBuildable as reason:
            self._lay(())
            self._say(f"This expression is edited as text: {reason}. It is applied as it stands.")
            return
        self._lay(conditions.items)
        self._say("")
        self.joiner.value = conditions.joiner

    def more(self) -> None:
        """Add an empty row."""
        if not self.names:
            return
        name = self.names[min(1, len(self.names) - 1)][1]
        with self.panel.quietly():
            self._append(Condition(name, FIRST_OPERATOR[self.kinds[name]]))
            self._arrange()

    def drop(self, row: ConditionRow) -> None:
        """Remove a row."""
        if row in self.rows:
            self.rows.remove(row)
            self._arrange()
            row.close()
            self.changed()

    def changed(self) -> None:
        """Write the expression of the complete rows; a value that does not fit is explained."""
        conditions = [row.condition() for row in self.rows]
        complete = tuple(condition for condition in conditions if condition.complete)
        try:
            for condition in complete:
                for value in condition.values:
                    _check(value, condition, self.kinds, self.zone)
            expression = compose(Conditions(complete, self.joiner.value), self.kinds, self.zone)
        except ValueError as error:
            self._say(str(error), wrong=True)
            return
        missing = len(complete) < len(conditions)
        self._say("A condition without a value is left out." if missing else "")
        self.expression = expression
        self._write(expression)

    def use_zone(self, zone: tzinfo) -> None:
        """Show and read times in another time zone; the expression stays."""
        before, self.zone = self.zone, zone
        with self.panel.quietly():
            for row in self.rows:
                row.move_to_zone(before, zone)
        self._say("")

    def want_values(self, row: ConditionRow) -> None:
        """Have the values of the row's field looked up."""
        field = row.field.value
        coded = coded_choices(self._fields.get(field))
        if coded.labels:
            row.offer(coded)
            return
        row.offer(Choices())

        def take(choices: Choices) -> None:
            if row in self.rows and row.field.value == field:
                row.offer(choices)

        self._ask_values(field, self.kinds[field], take)

    def close(self) -> None:
        """Release the widgets."""
        self._lay(())
        for part in (self.joiner, self.add, self.note, self._places, self.widget):
            close_whole(part)

    def _lay(self, items: Sequence[Condition]) -> None:
        for row in self.rows:
            row.close()
        self.rows = []
        for item in items:
            self._append(item)
        self._arrange()

    def _append(self, condition: Condition) -> None:
        row = ConditionRow(self)
        self.rows.append(row)
        row.show(condition)
        self.want_values(row)
        row.show(condition)

    def _arrange(self) -> None:
        self._places.children = tuple(row.widget for row in self.rows)
        controls.shown(self.joiner, len(self.rows) > 1)

    def _say(self, words: str, wrong: bool = False) -> None:
        """Say something about the conditions, else in what time zone those with times are typed."""
        if not words and any(row.kind is Kind.DATE for row in self.rows):
            words = "Times are in UTC."
            if self.zone is not UTC:
                words = f"Times here are in the time zone {self.zone}; the expression holds them in UTC."
        controls.say(self.note, controls.alert(words) if wrong else controls.hint(words))


def _bare(kind: Any, tooltip: str, **options: Any) -> Any:
    made = controls.named(kind, tooltip, layout={"width": "auto"}, **options)
    made.add_class("me-field")
    return made


def _moved(typed: str, before: tzinfo, now: tzinfo) -> str:
    """A typed time in another time zone; what is no time stays."""
    try:
        return timeline.text(timeline.parsed(typed, before), now)
    except ValueError:
        return typed


def _check(value: str, condition: Condition, kinds: Mapping[str, Kind], zone: tzinfo) -> None:
    try:
        literal(value, kinds[condition.field], zone)
    except ValueError as error:
        raise ValueError(f"{condition.field}: {error}.") from None


def _title(name: str, field: Any) -> str:
    alias = str(member(field, "alias") or "")
    return name if alias in ("", name) else f"{alias} ({name})"
