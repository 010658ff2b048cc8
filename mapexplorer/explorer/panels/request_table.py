"""What went over the wire, as HTML: parameters, times and the answer of one operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mapexplorer.client.addresses import is_secret
from mapexplorer.explorer.markup import Markup, join, tag
from mapexplorer.protocol import BY_WIRE, AnswerError, Call, MapRequest, Operation, Parameter, strict_json

from .timing_bars import duration, timing_bars

REFERENCE = "https://developers.arcgis.com/rest/services-reference/enterprise/"
PAGES = {"Export Map": "export-map/", "Query Legends": "query-legends/"}
PIXELS = {"P": "up to 256 colours", "RGB": "24 bits a pixel", "RGBA": "32 bits a pixel", "L": "grey"}
LONGEST_VALUE = 1500
LONGEST_URL = 2100
LONGEST_TEXT = 160
LONGEST_ANSWER = 12_000


def sent(call: Call) -> dict[str, str]:
    """The parameters of a call, by wire name, from its query string and its form."""
    pairs = dict(parse_qsl(urlsplit(call.url).query, keep_blank_values=True))
    return {**pairs, **(call.form or {})}


def parameter_table(
    texts: Mapping[str, str], previous: MapRequest | None, operation: Operation, *, explain: bool
) -> Markup:
    """One row per parameter; what differs from the request before is marked, what is gone is struck out."""
    before = previous.encode(operation) if previous is not None else None
    rows = [_row(name, text, before, explain) for name, text in texts.items() if not is_secret(name)]
    gone = [name for name in before or {} if name not in texts]
    rows.extend(_gone(name, (before or {})[name]) for name in gone)
    head = tag("tr", tag("th", "Parameter", scope="col"), tag("th", "Value", scope="col"))
    return tag("table", tag("thead", head), tag("tbody", rows), class_="me-table")


def _row(name: str, text: str, before: Mapping[str, str] | None, explain: bool) -> Markup:
    known = BY_WIRE.get(name.casefold())
    words = known.help if known is not None else ""
    changed = before is not None and known is not None and name != "f" and before.get(name) != text
    heading = tag("th", tag("code", name), scope="row", title=words)
    mark = tag("span", "changed", class_="me-badge") if changed else None
    note = explanation(known) if explain and known is not None else None
    value = tag("td", mark, tag("code", _breakable(*_cut(text, LONGEST_VALUE))), note)
    return tag("tr", heading, value, class_="me-changed" if changed else None)


def explanation(row: Parameter) -> Markup:
    """One line about a parameter: what it does, since when, and where the reference says more."""
    page, _, _ = row.source.partition(",")
    since = "" if row.since == "not stated" else f" Since {row.since}."
    link = tag(
        "a",
        "Reference",
        href=REFERENCE + PAGES[page],
        target="_blank",
        rel="noopener noreferrer",
        title=f"{row.source}, in the ArcGIS REST API reference",
    )
    return tag("p", f"{row.help}{since} ", link, class_="me-hint")


def _gone(name: str, text: str) -> Markup:
    value = tag("td", tag("span", "no longer sent", class_="me-badge"), tag("s", _short(text, LONGEST_TEXT)))
    return tag("tr", tag("th", tag("code", name), scope="row"), value, class_="me-changed")


def summary(call: Call, result: Any | None, error: str | None) -> Markup:
    """Method, size and times of a call, or its error."""
    facts: list[tuple[str, str]] = [("Method", call.method)]
    if result is None:
        facts.append(("Status", error or "waiting for the answer"))
    else:
        facts.extend(_facts(result))
    listed = [(tag("dt", name), tag("dd", value)) for name, value in facts]
    bars = timing_bars(result.timing) if result is not None else None
    return tag("div", tag("dl", listed, class_="me-request-facts"), bars)


def _facts(result: Any) -> Iterator[tuple[str, str]]:
    timing = result.timing
    note = getattr(result, "note", None)
    yield "Status", "answered" + (f" by {result.source}" if getattr(result, "source", "") == "legend" else "")
    yield "Size", size(timing.bytes)
    yield "Time", duration(timing.total)
    if getattr(result, "width", None):
        yield "Picture", f"{result.width} × {result.height} px, {result.content_type}"
    if note:
        yield "Note", str(note)


def address(call: Call) -> Markup:
    """The address of a call, which breaks anywhere."""
    return tag("p", tag("code", _breakable(*_cut(call.url, LONGEST_URL))), class_="me-url")


def answer_text(body: Any) -> Markup:
    """A JSON answer, indented; long texts such as pictures are cut."""
    try:
        words = strict_json.pretty(_trimmed(body))
    except (TypeError, ValueError, RecursionError):
        words = str(body)
    return tag("pre", _short(words, LONGEST_ANSWER), class_="me-json", tabindex="0")


def _trimmed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _trimmed(item) for key, item in value.items() if not is_secret(str(key))}
    if isinstance(value, list | tuple):
        return [_trimmed(item) for item in value]
    return _short(value, LONGEST_TEXT) if isinstance(value, str) else value


def _cut(text: str, longest: int) -> tuple[str, str]:
    """The beginning of a text, and a note about its length when there is more."""
    return (text, "") if len(text) <= longest else (text[:longest], f"… ({len(text):,} characters)")


def _short(text: str, longest: int) -> str:
    return "".join(_cut(text, longest))


def _breakable(text: str, note: str) -> Markup:
    """Text that a line may break behind commas and ampersands rather than inside a number."""
    return join([*((part, tag("wbr")) for part in re.split(r"(?<=[,&?])", text)), note])


def size(count: int) -> str:
    """A number of bytes as people write it."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.2f} MB"


def picture_facts(result: Any) -> Markup | None:
    """What the bytes of a picture are; None for an answer without a picture."""
    content = getattr(result, "content", None)
    if not content:
        return None
    facts = [result.content_type, f"{result.width} × {result.height} px", size(len(content))]
    try:
        image = result.image
    except AnswerError:
        facts.append("a drawing without pixels")
    else:
        facts.append(PIXELS.get(image.mode, image.mode))
        facts.append("with transparency" if image.has_transparency_data else "opaque")
    return tag("p", ", ".join(facts), class_="me-hint")
