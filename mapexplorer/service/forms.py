"""Forms of pages: a field for every parameter, filled with what was asked, and buttons to ask again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mapexplorer.service.markup import Markup, joined, tag


@dataclass(frozen=True)
class Field:
    """One parameter of a form; a `long` one may take several lines."""

    name: str
    help: str = ""
    choices: tuple[str, ...] = ()
    default: str = ""
    long: bool = False


@dataclass(frozen=True)
class Form:
    """What a form is made of: what it is about, where it is sent to, its fields, and what stands in them by
    case-folded name.
    """

    title: str
    subject: str
    action: str
    given: Mapping[str, str]
    fields: tuple[Field, ...]
    token: str = ""


def given_values(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the values of a request by case-folded name, the last of each."""
    return {name.casefold(): value for name, value in pairs}


def form_markup(form: Form) -> Markup:
    """Return the form."""
    rows = [_row(field, form.given.get(field.name.casefold(), "")) for field in form.fields]
    if form.token:
        rows.append(tag("input", type="hidden", name="token", value=form.token))
    buttons = [
        tag("button", f"{form.title} ({way.upper()})", type="submit", formmethod=way)
        for way in ("get", "post")
    ]
    return tag("form", joined([tag("h2", "Parameters"), *rows, *buttons]), action=form.action, method="get")


def _row(field: Field, given: str) -> Markup:
    label = tag("label", field.name, for_=field.name)
    return tag("div", label, _control(field, given), tag("span", field.help), class_="row")


def _control(field: Field, given: str) -> Markup:
    name = {"id": field.name, "name": field.name}
    if field.choices:
        chosen = given.strip() or field.default
        found = next((choice for choice in field.choices if choice.lower() == chosen.lower()), None)
        options = [tag("option", choice, value=choice, selected=choice == found) for choice in field.choices]
        if found is None:
            options.insert(0, tag("option", chosen, value=chosen, selected=True))
        return tag("select", joined(options), **name)
    if field.long:
        # A browser drops the first line break of a text area.
        return tag("textarea", f"\n{given}", rows="2", spellcheck="false", **name)
    return tag("input", type="text", value=given, placeholder=field.default, **name)
