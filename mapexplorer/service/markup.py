"""Write HTML in which no text can pass for markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Final

_VOID: Final = frozenset({"br", "img", "input", "meta"})
_NOT_TEXT: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Markup(str):
    """Text that is markup already; only this module makes it."""

    __slots__ = ()


def escape(text: str) -> Markup:
    """Return text as markup that shows it, also in attributes; what is no character of XML becomes U+FFFD.

    >>> escape('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    return text if isinstance(text, Markup) else Markup(html.escape(_NOT_TEXT.sub("\ufffd", text)))


def tag(name: str, /, *children: str, **attributes: str | bool | None) -> Markup:
    """Return an element; children and values that are not markup are escaped.

    A value of None or False leaves the attribute out, True gives it alone; a trailing underscore of a name is
    dropped.

    >>> tag("a", "x < y", href="?a=1&b=2", class_="link")
    '<a href="?a=1&amp;b=2" class="link">x &lt; y</a>'
    """
    parts = [f"<{name}"]
    for key, value in attributes.items():
        if value is not None and value is not False:
            own = key.rstrip("_")
            parts.append(f" {own}" if value is True else f' {own}="{escape(value)}"')
    parts.append(">")
    if name not in _VOID:
        parts.extend(escape(child) for child in children)
        parts.append(f"</{name}>")
    return Markup("".join(parts))


def joined(parts: Iterable[Markup]) -> Markup:
    """Return markup one after the other, each on a line of its own."""
    return Markup("\n".join(parts))


def verbatim(text: str) -> Markup:
    """Take a constant of the program, such as a style sheet, as markup."""
    return Markup(text)
