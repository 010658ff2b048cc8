"""HTML is built in one place, and nothing that a service says becomes markup."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from mapexplorer.explorer.legend import draw_legend
from mapexplorer.explorer.markup import Markup, escape, join, tag
from mapexplorer.explorer.status import StatusLine
from mapexplorer.protocol import Legend

PAYLOADS = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\" onmouseover=\"alert(1)",
    "</h4><script>alert(1)</script>",
    "</ul></section></div><img src=x onerror=alert(1)>",
    "<style>*{display:none}</style>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "&lt;img src=x onerror=alert(1)&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "${alert(1)}",
    "{{constructor.constructor('alert(1)')()}}",
    "`onerror=alert(1)`",
    "\x00<img\x00 src=x onerror=alert(1)>",
    "\u202e<img src=x onerror=alert(1)>",
    "\ud800<b>",
    "<IMG SRC=JaVaScRiPt:alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<form action=//evil><input autofocus onfocus=alert(1)>",
    "<meta http-equiv=refresh content='0;url=//evil'>",
    "<base href=//evil>",
    "<object data='data:text/html,<script>alert(1)</script>'>",
]  # fmt: skip
OURS = {"div", "section", "h4", "h5", "ul", "li", "span", "img", "p", "bdi"}


class Reader(HTMLParser):
    """Collects the elements and the text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.comments: list[str] = []
        self.depth: list[str] = []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((name, dict(attributes)))
        if name not in ("img", "br"):
            self.depth.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.depth.pop() == name

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.depth == []
    assert reader.comments == []
    return reader


def seen(text: str) -> str:
    """What is left of a text on screen."""
    return read(escape(text)).text


def legend(**places: Any) -> Legend:
    entry = {
        "label": places.get("label", "x"),
        "groupId": "0",
        "contentType": places.get("content_type", "image/png"),
    }
    entry |= {"imageData": places.get("image_data"), "url": places.get("url", "u")}
    layer = {
        "layerId": 0,
        "layerName": places.get("name", "n"),
        "layerType": places.get("kind", "Feature Layer"),
    }
    groups = [{"id": "0", "heading": places.get("heading", "h")}]
    return Legend.parse({"layers": [{**layer, "legend": [entry], "legendGroups": groups}]})


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_shows_as_text(payload: str) -> None:
    reader = read(tag("p", payload, title=payload))
    assert [name for name, _ in reader.elements] == ["p"]
    assert list(reader.elements[0][1]) == ["title"]
    assert reader.text == reader.elements[0][1]["title"] == seen(payload)


@pytest.mark.parametrize("place", ["label", "name", "heading", "kind", "content_type", "url", "image_data"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_of_a_legend_becomes_markup(place: str, payload: str) -> None:
    reader = read(draw_legend(legend(**{place: payload}).layers))
    assert {name for name, _ in reader.elements} <= OURS
    for name, attributes in reader.elements:
        assert not [key for key in attributes if key.startswith("on")]
        assert name != "img" or attributes["src"].startswith("data:image/png;base64,")
    if place in ("label", "name", "heading"):
        assert seen(payload) in reader.text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_notes_names_and_errors_are_text_too(payload: str) -> None:
    page = draw_legend([], note=payload, out_of_scale=[payload], copyright_text=payload)
    assert {name for name, _ in read(page).elements} <= OURS
    status = StatusLine()
    status.fail(payload)
    reader = read(status.value)
    assert [name for name, _ in reader.elements] == ["div", "span"]
    assert seen(payload) in reader.text


def test_without_escaping_the_attack_would_be_an_element() -> None:
    reader = Reader()
    reader.feed(f"<p>{PAYLOADS[0]}</p>")
    assert ("img", {"src": "x", "onerror": "alert(1)"}) in reader.elements


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("script", {}),
        ("iframe", {}),
        ("p", {"onclick": "alert(1)"}),
        ("p", {"srcdoc": "x"}),
        ("img", {"src": "http://evil/x.png"}),
        ("img", {"src": "data:image/svg+xml;base64,AAAA"}),
        ("img", {"src": 'data:image/png;base64,AAAA" onerror="alert(1)'}),
        ("a", {"href": "javascript:alert(1)"}),
        ("a", {"href": "data:text/html,x"}),
        ("a", {"href": "data:text/html;base64,AAAA"}),
        ("a", {"href": "data:text/javascript;base64,AAAA", "download": "x"}),
        ("p", {"style": "background:url('http://evil')"}),
        ("p x", {}),
    ],
)
def test_what_is_not_on_the_list_cannot_be_written(name: str, attributes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"is not|not of the allowed form"):
        tag(name, **attributes)


def test_markup_is_not_escaped_twice_and_nothing_is_left_out_silently() -> None:
    assert join(["<", None, Markup("<b>x</b>"), 1, 2.5, ["&"]]) == "&lt;<b>x</b>12.5&amp;"
    assert tag("p", tag("b", "a"), hidden=True, title=None, id=False) == "<p hidden><b>a</b></p>"
    assert escape(escape("<")) == "&lt;"
