"""A token goes to its service and nowhere else: not into texts, logs, snippets, addresses or other hosts."""

from __future__ import annotations

import copy
import logging
import pickle
import threading
import traceback
from typing import Any

import pytest
import requests

from mapexplorer.client import MapService, Token, as_curl, as_mapexplorer, as_python, as_url
from mapexplorer.client.credentials import Credentials
from mapexplorer.client.transport import TOKEN_HEADER
from mapexplorer.protocol import MapExplorerError, ParameterError, Timeout, TokenInvalid, TokenRequired

from .conftest import IMPATIENT, LIMITS, export_body, picture
from .faults import FaultServer, answer
from .test_network_faults import LEGEND, NETWORK, OPERATIONS, ROOT, good

CANARY = "TOKEN-4f+/=9c0e..canary"
BOX: dict[str, Any] = {"bbox": (0, 0, 200, 100), "bbox_sr": 3857, "image_sr": 3857, "size": (20, 10)}
TRACES = ("TOKEN-4f", "9c0e..canary")


def assert_clean(text: str) -> None:
    assert not any(trace in text for trace in TRACES), text


def test_a_token_never_shows_itself() -> None:
    token = Token(CANARY)
    for text in (
        repr(token),
        str(token),
        f"{token}",
        f"{token:>30}",
        repr([token]),
        repr(Credentials(token)),
    ):
        assert_clean(text)
    assert token.reveal() == CANARY
    assert token == Token(CANARY)
    assert token != Token("other")
    assert token != CANARY
    assert len({token, Token(CANARY)}) == 1
    with pytest.raises(TypeError):
        pickle.dumps(token)
    with pytest.raises(TypeError):
        copy.deepcopy(token)


@pytest.mark.parametrize("value", ["", "  ", "two words", "line\nbreak", "ünicode", 7, None, b"bytes"])
def test_a_token_is_a_line_of_printable_characters(value: Any) -> None:
    with pytest.raises(ParameterError, match="token"):
        Token(value)


@pytest.mark.parametrize("token_in", ["form", "header"])
def test_a_token_reaches_every_resource(server: FaultServer, token_in: str) -> None:
    good(server)
    server.route("/layers", answer(b'{"layers":[{"id":0}]}'))
    service = MapService(
        server.url, token=CANARY, token_in=token_in, referer="https://app.example/", limits=LIMITS
    )
    service.export(**BOX)
    service.query_legends(**BOX)
    assert service.layer_infos
    assert service.info
    for request in server.received:
        file = request.path.endswith(".png")
        if token_in == "form" and not file:
            assert request.method == "POST"
            assert request.fields["token"] == CANARY
        else:
            assert request.headers[TOKEN_HEADER.lower()] == f"Bearer {CANARY}"
        assert_clean(request.target)
        assert request.headers["referer"] == "https://app.example/"
        assert "authorization" not in request.headers


def test_without_a_token_nothing_of_the_kind_is_sent(server: FaultServer, service: MapService) -> None:
    good(server)
    service.export(**BOX)
    for request in server.received:
        assert request.method == "GET"
        assert not {"authorization", "referer", "cookie", TOKEN_HEADER.lower()} & set(request.headers)
        assert "token" not in request.fields


def test_netrc_is_never_read(server: FaultServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    good(server)
    assert requests.get(server.url, timeout=5).ok
    assert "authorization" in server.received[-1].headers
    for session in (None, requests.Session()):
        assert MapService(server.url, session=session, limits=LIMITS).info
        assert "authorization" not in server.received[-1].headers


@pytest.mark.parametrize("fault", ["redirect elsewhere", "redirect to another port"])
@pytest.mark.parametrize("token_in", ["form", "header"])
def test_another_origin_never_sees_a_byte(server: FaultServer, token_in: str, fault: str) -> None:
    second = FaultServer()
    try:
        status = "302 Found" if fault == "redirect elsewhere" else "307 Temporary"
        redirect = answer(b"", status=status, headers=[("Location", f"{second.url}/export")])
        server.route("/export", redirect)
        service = MapService(server.url, token=CANARY, token_in=token_in, limits=LIMITS)
        with pytest.raises(MapExplorerError):
            service.export(**BOX)
        server.route("/export", answer(export_body(href=f"{second.origin}/map.png")), answer(picture()))
        service.export(**BOX)
        assert second.received == []
    finally:
        second.stop()


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("token_in", ["form", "header"])
def test_no_fault_shows_the_token(
    server: FaultServer, operation: str, token_in: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for script, expected in NETWORK.values():
        if expected is Timeout:
            continue
        good(server)
        service = MapService(server.url, token=CANARY, token_in=token_in, limits=LIMITS)
        ask = OPERATIONS[operation](server, script)
        with pytest.raises(MapExplorerError) as caught:
            ask(service)
        assert_clean("".join(traceback.format_exception(caught.value)))
        assert_clean(repr(caught.value) + repr(caught.value.__dict__) + repr(service))
    assert caplog.records
    for record in caplog.records:
        assert_clean(record.getMessage() + repr(record.args))


@pytest.mark.parametrize(
    "message",
    [f"Invalid token {CANARY}", "Invalid token TOKEN-4f%2B%2F%3D9c0e..canary", f'<a href="?token={CANARY}">'],
)
@pytest.mark.parametrize("code", [400, 498, 500])
def test_a_service_that_echoes_the_token_is_redacted(server: FaultServer, code: int, message: str) -> None:
    import json

    body = {"error": {"code": code, "message": message, "details": [message, "second"]}}
    server.play(answer(json.dumps(body).encode()))
    service = MapService(server.url, token=CANARY, limits=LIMITS)
    for ask in (lambda: service.info, lambda: service.export(**BOX), lambda: service.query_legends(**BOX)):
        with pytest.raises(MapExplorerError) as caught:
            ask()
        assert_clean("".join(traceback.format_exception(caught.value)))
        assert_clean(repr(caught.value.args))
        assert "***" in str(caught.value)


def test_results_and_snippets_hold_no_token(server: FaultServer) -> None:
    href = f"{server.origin}/arcgis/output/map.png?token={CANARY}"
    server.route("/export", answer(export_body(href=href)))
    server.route("/map.png", answer(picture(), "image/png"))
    server.route("/queryLegends", answer(LEGEND))
    server.route("/MapServer", answer(ROOT[:-1] + b', "description": "' + CANARY.encode() + b'"}'))
    service = MapService(server.url, token=CANARY, limits=LIMITS)
    export, legend = service.export(**BOX), service.query_legends(**BOX)
    for result in (export, legend):
        assert "token=***" in result.url
        assert "$ARCGIS_TOKEN" in as_curl(result.call)
        assert "os.environ['ARCGIS_TOKEN']" in as_python(result.call)
        assert_clean(
            repr(result) + repr(result.body) + repr(result.call) + result.url + str(result._repr_html_())
        )
        for snippet in (
            as_url(result.call),
            as_curl(result.call, secured=True),
            as_python(result.call, secured=True),
        ):
            assert_clean(snippet)
    assert_clean(as_mapexplorer(export.request, service.url, secured=True))
    assert_clean(repr(service.info) + repr(service.info.raw))


class Provider:
    """Gives one token after the other."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        return self.tokens[min(self.asked, len(self.tokens)) - 1]


@pytest.mark.parametrize(
    "refusal",
    [
        answer(b'{"error":{"code":498,"message":"Invalid token."}}'),
        answer(b'{"error":{"code":499,"message":"Token Required"}}'),
        answer(b"", status="498 Invalid"),
        answer(b"", status="401 Unauthorized"),
        answer(b"", status="403 Forbidden"),
    ],
)
def test_a_refused_token_is_renewed_once_and_the_request_repeated(server: FaultServer, refusal: Any) -> None:
    provider = Provider("old", "new")
    server.route("/MapServer", refusal, answer(ROOT))
    service = MapService(server.url, token=provider, limits=LIMITS)
    assert service.info.layers[0].name == "Roads"
    assert provider.asked == 2
    assert [request.fields["token"] for request in server.received] == ["old", "new"]


def test_a_second_refusal_is_final(server: FaultServer) -> None:
    provider = Provider("old", "new")
    server.play(answer(b'{"error":{"code":498,"message":"Invalid token."}}'))
    service = MapService(server.url, token=provider, limits=LIMITS)
    with pytest.raises(TokenInvalid):
        service.export(**BOX)
    assert provider.asked == 2
    assert len(server.received) == 2


def test_a_fixed_token_is_not_tried_again(server: FaultServer) -> None:
    server.play(answer(b'{"error":{"code":498,"message":"Invalid token."}}'))
    with pytest.raises(TokenInvalid):
        MapService(server.url, token=CANARY, limits=LIMITS).export(**BOX)
    assert len(server.received) == 1


def test_a_missing_token_is_asked_for(server: FaultServer, service: MapService) -> None:
    server.play(answer(b'{"error":{"code":499,"message":"Token Required"}}'))
    with pytest.raises(TokenRequired, match="token="):
        service.export(**BOX)


def test_a_provider_is_not_asked_before_a_request_goes_out(server: FaultServer) -> None:
    provider = Provider("one")
    service = MapService(server.url, token=provider, limits=IMPATIENT)
    assert repr(service)
    assert provider.asked == 0


def test_threads_that_meet_the_same_refusal_ask_for_one_new_token() -> None:
    provider = Provider("old", "new", "newer")
    credentials = Credentials(provider)
    refused = credentials.current()
    threads = [threading.Thread(target=credentials.renew, args=(refused,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert provider.asked == 2
    current = credentials.current()
    assert current is not None
    assert current.reveal() == "new"
    assert credentials.redact("old new") == "*** ***"


class Changed(requests.Session):
    def send(self, *args: Any, **options: Any) -> Any:
        return super().send(*args, **options)


def test_a_session_that_sends_in_its_own_way_is_refused(server: FaultServer) -> None:
    with pytest.raises(ParameterError, match="Changed"):
        MapService(server.url, session=Changed())


def test_a_session_brings_headers_cookies_and_auth(server: FaultServer) -> None:
    good(server)
    session = requests.Session()
    session.headers["X-Team"] = "maps"
    session.auth = ("me", "word")
    session.cookies.set("login", "yes")
    MapService(server.url, session=session, limits=LIMITS).export(**BOX)
    for request in server.received:
        assert request.headers["x-team"] == "maps"
        assert request.headers["authorization"].startswith("Basic ")
        assert request.headers["cookie"] == "login=yes"


@pytest.mark.parametrize(
    ("name", "value"), [("token_in", "query"), ("referer", "a\r\nX: y"), ("referer", "é")]
)
def test_bad_options_are_refused(name: str, value: str) -> None:
    with pytest.raises(ParameterError, match=name):
        MapService("https://example.com/a/MapServer", **{name: value})  # type: ignore[arg-type]
