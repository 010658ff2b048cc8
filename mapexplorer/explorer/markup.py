"""The one builder of HTML: text is escaped where it enters, and only known tags and attributes exist."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape as _escape_text
from typing import TypeAlias

# Controls would break parsers, bidirectional overrides would let a label rewrite its neighbours on screen,
# and lone surrogates cannot be sent as UTF-8.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_TAGS = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "br",
        "code",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "h2",
        "h3",
        "h4",
        "h5",
        "hr",
    }
    | {
        "del",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "s",
        "section",
        "small",
        "span",
        "strong",
        "summary",
    }
    | {"table", "tbody", "td", "th", "thead", "time", "tr", "ul", "wbr"}
)
_TAGS |= {"circle", "g", "line", "rect", "svg", "text"}
_VOID = frozenset({"br", "hr", "img", "wbr"})
_ATTRIBUTES = frozenset(
    {
        "alt",
        "class",
        "colspan",
        "datetime",
        "dir",
        "download",
        "height",
        "href",
        "hidden",
        "id",
        "lang",
        "open",
        "rel",
        "role",
    }
    | {"rowspan", "scope", "src", "style", "tabindex", "target", "title", "width"}
)
_ATTRIBUTES |= {"cx", "cy", "r", "rx", "text-anchor", "viewbox", "x", "x1", "x2", "y", "y1", "y2"}
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|bmp);base64,[A-Za-z0-9+/]*={0,2}")
# A page as data: would be a page of ours; only types that browsers save and never run.
_LINK = re.compile(
    r"https?://[^\s\"'<>]+"
    r"|data:(?:application/(?:json|octet-stream|zip)|text/(?:plain|csv)|image/(?:png|gif|webp))"
    r";base64,[A-Za-z0-9+/]*={0,2}"
)
_STYLE = re.compile(r"[A-Za-z0-9 #%(),.:;_-]*")


class Markup(str):
    """Text that is HTML already, because this module built it."""

    __slots__ = ()


Child: TypeAlias = "str | int | float | Iterable[Child] | None"


def escape(text: object) -> Markup:
    """Make text harmless in HTML, as content and inside quoted attributes; markup passes as it is.

    >>> escape("<img src=x onerror=alert(1)>")
    '&lt;img src=x onerror=alert(1)&gt;'
    """
    if isinstance(text, Markup):
        return text
    return Markup(_escape_text(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(text)), quote=True))


def join(children: Child) -> Markup:
    """Put children one after the other; None is left out, text is escaped."""
    if children is None:
        return Markup()
    if isinstance(children, str | int | float):
        return escape(children)
    return Markup("".join(join(child) for child in children))


def tag(name: str, *children: Child, **attributes: object) -> Markup:
    """Build one element.

    Attribute names are written with underscores (``class_``, ``aria_label``, ``data_id``); None and False
    leave an attribute out, True gives it without a value. Raises ValueError for a tag, an attribute or an
    address that is not on the list: event handlers, scripts and foreign pictures cannot be written at all.

    >>> tag("b", "a < b", class_="x")
    '<b class="x">a &lt; b</b>'
    """
    if name not in _TAGS:
        raise ValueError(f"{name!r} is not a tag that this page uses.")
    if str(attributes.get("href", "")).startswith("data:") and not attributes.get("download"):
        raise ValueError("An address that holds its own content is not allowed but as a download.")
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{opening}>")
    return Markup(f"<{name}{opening}>{join(children)}</{name}>")


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    if name not in _ATTRIBUTES and not re.fullmatch(r"(aria|data)-[a-z-]+", name):
        raise ValueError(f"{name!r} is not an attribute that this page uses.")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    text = str(value)
    for attribute, allowed in (("src", _PICTURE), ("href", _LINK), ("style", _STYLE)):
        if name == attribute and not allowed.fullmatch(text):
            raise ValueError(f"The value of {name!r} is not of the allowed form.")
    return f' {name}="{escape(text)}"'
