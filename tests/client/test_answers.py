"""The shapes in which services report errors, all with HTTP status 200."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mapexplorer.client import MapService
from mapexplorer.client.answers import json_of
from mapexplorer.client.reply import Reply
from mapexplorer.protocol import ArcGISError, BadAnswer, MapExplorerError, TokenInvalid, TokenRequired

from .faults import FaultServer, answer

TASK = json.dumps({"code": 400, "message": "Unable to generate token.", "details": ["No"]})
SHAPES: list[tuple[Any, type[MapExplorerError], int | None, str]] = [
    (
        {"error": {"code": 400, "message": "'type' required.", "details": []}},
        ArcGISError,
        400,
        "'type' required.",
    ),
    ({"error": {"code": 500, "message": "Service X/MapServer not started"}}, ArcGISError, 500, "not started"),
    ({"error": {"code": 400, "message": "Invalid URL", "details": ["a", "b"]}}, ArcGISError, 400, "a; b"),
    ({"error": {"message": "no code"}}, ArcGISError, None, "no code"),
    ({"error": {"code": "500", "message": None, "details": None}}, ArcGISError, 500, "(500)"),
    ({"error": {}}, ArcGISError, None, "an error without text"),
    ({"error": "invalid_grant", "error_description": "expired"}, ArcGISError, None, "expired"),
    ({"code": 500, "message": "It broke", "status": "failure"}, ArcGISError, 500, "It broke"),
    ({"code": 200, "message": None, "status": "failure"}, ArcGISError, 200, "the request failed"),
    ({"status": "failed", "statusMessage": TASK}, ArcGISError, 400, "Unable to generate token."),
    ({"status": "failed", "statusMessage": "plain text"}, ArcGISError, None, "plain text"),
    ({"status": "error", "messages": ["first", "second"], "code": 501}, ArcGISError, 501, "first second"),
    ({"status": "error", "messages": ["Token Required"], "code": 499}, TokenRequired, None, "499"),
    ({"error": {"code": 498, "message": "Invalid token.", "details": []}}, TokenInvalid, None, "498"),
    (
        {
            "error": {
                "code": 499,
                "message": "Token Required",
                "messageCode": "GWM_0003",
                "details": ["Token Required"],
            }
        },
        TokenRequired,
        None,
        "token=",
    ),
    ({"error": {"code": 401, "message": "Unauthorized"}}, TokenRequired, None, "401"),
    ({"error": {"code": 403, "message": "no permission"}}, TokenRequired, None, "403"),
    ({"error": {"code": 403, "message": "You need SSL"}}, ArcGISError, 403, "https"),
    (
        {"error": {"code": 403, "messageCode": "COM_0056", "message": "not yours"}},
        ArcGISError,
        403,
        "not yours",
    ),
    ({"error": {"code": 400, "message": "x" * 5000}}, ArcGISError, 400, "…"),
    ({"error": {"code": 400, "message": "line\none\u202e\x00"}}, ArcGISError, 400, "line one"),
    ({"error": {"code": True, "message": 7, "details": {"a": 1}}}, ArcGISError, None, "7"),
]


@pytest.mark.parametrize(("body", "kind", "code", "text"), SHAPES)
def test_every_shape_of_an_error_on_record_is_understood(
    server: FaultServer,
    service: MapService,
    body: Any,
    kind: type[MapExplorerError],
    code: int | None,
    text: str,
) -> None:
    server.play(answer(json.dumps(body).encode()))
    with pytest.raises(MapExplorerError) as caught:
        _ = service.info
    assert type(caught.value) is kind
    assert text in str(caught.value)
    assert len(str(caught.value)) < 450
    assert "\n" not in str(caught.value)
    if isinstance(caught.value, ArcGISError):
        assert caught.value.code == code


def reply(content: bytes, status: int = 200) -> Reply:
    return Reply("http://example.com/MapServer", status, {}, content, 0.0, 0.0)


def test_an_error_beside_a_result_is_no_error() -> None:
    body = {"href": "http://example.com/a.png", "error": {"code": 400, "message": "warning"}}
    answered = json_of(reply(json.dumps(body).encode()), token_sent=False, result_keys=frozenset({"href"}))
    assert answered["href"].endswith("a.png")


def test_a_null_error_is_no_error() -> None:
    assert json_of(reply(b'{"error": null, "layers": []}'), token_sent=False) == {"error": None, "layers": []}


def test_numbers_that_json_does_not_know_are_read_as_null() -> None:
    assert json_of(reply(b'{"xmin": NaN, "xmax": -Infinity}'), token_sent=False) == {
        "xmin": None,
        "xmax": None,
    }


@pytest.mark.parametrize(
    "content", [b'{"a":' + b"9" * 5000 + b"}", b'{"a": "\xff\xfe"', b'{"a"', b"{", b"null", b"true"]
)
def test_broken_json_is_a_bad_answer(content: bytes) -> None:
    with pytest.raises(BadAnswer):
        json_of(reply(content), token_sent=False)


@pytest.mark.parametrize(
    ("code", "sent", "kind"),
    [
        (499, False, TokenRequired),
        (499, True, TokenInvalid),
        (403, True, TokenInvalid),
        (498, False, TokenInvalid),
    ],
)
def test_a_refusal_depends_on_whether_a_token_was_sent(
    code: int, sent: bool, kind: type[MapExplorerError]
) -> None:
    with pytest.raises(kind):
        json_of(reply(json.dumps({"error": {"code": code, "message": "no"}}).encode()), token_sent=sent)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("draw;dur=120.5", 0.1205),
        ("wait;dur=3, draw;dur=5", 0.005),
        ("draw; dur=5", 0.005),
        ("draw;dur=5000", 0.2),  # never more than the waiting for it
        ("redraw;dur=5", 0.0),
        ("draw;dur=-5", 0.0),
        ("draw;dur=1e400", 0.001),
        ("draw", 0.0),
        ("", 0.0),
    ],
)
def test_a_service_tells_how_long_it_drew(header: str, seconds: float) -> None:
    reply = Reply("http://a.example", 200, {"Server-Timing": header}, b"{}", 0.2, 0.05)
    assert reply.timing.drawing == seconds
    assert (reply.timing + reply.timing).drawing == 2 * seconds
