"""Every way in which a network fails, for every operation: the error, its sentence, and the recovery."""

from __future__ import annotations

import base64
import gzip
import json
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from mapexplorer.client import Limits, MapService
from mapexplorer.protocol import (
    AnswerError,
    ArcGISError,
    BadAnswer,
    CertificateError,
    ConnectionLost,
    MapExplorerError,
    RedirectRefused,
    ServerError,
    Timeout,
    TokenInvalid,
    TokenRequired,
    TooLarge,
    Truncated,
    Unreachable,
)

from .conftest import IMPATIENT, LIMITS, export_body, picture
from .faults import FaultServer, Script, answer, close, drip, forever, free_port, reset, send, sleep

BOX: dict[str, Any] = {"bbox": (0, 0, 200, 100), "bbox_sr": 3857, "image_sr": 3857, "size": (20, 10)}
CERTIFICATES = Path(__file__).parent / "certificates"
ROOT = json.dumps({"currentVersion": 11.4, "layers": [{"id": 0, "name": "Roads"}]}).encode()
LEGEND = json.dumps(
    {
        "layers": [
            {
                "layerId": 0,
                "layerName": "Roads",
                "legend": [
                    {
                        "label": "road",
                        "url": "a",
                        "imageData": base64.b64encode(picture()).decode(),
                        "contentType": "image/png",
                    }
                ],
            }
        ]
    }
).encode()

Ask = Callable[[MapService], Any]


def good(server: FaultServer) -> None:
    """Let every resource answer as it should."""
    server.clear()
    server.route("/MapServer", answer(ROOT))
    server.route("/export", answer(export_body()))
    server.route("/map.png", answer(picture(), "image/png"))
    server.route("/queryLegends", answer(LEGEND))
    server.route("/legend", answer(LEGEND))


def spoil_metadata(server: FaultServer, script: Script) -> Ask:
    server.route("/MapServer", script)
    return lambda service: service.info


def spoil_export(server: FaultServer, script: Script) -> Ask:
    server.route("/export", script)
    return lambda service: service.export(**BOX)


def spoil_image(server: FaultServer, script: Script) -> Ask:
    server.route("/export", script)
    return lambda service: service.export(f="image", **BOX)


def spoil_href(server: FaultServer, script: Script) -> Ask:
    server.route("/export", answer(export_body()), script)
    server.route("/map.png", script)
    return lambda service: service.export(**BOX)


def spoil_legends(server: FaultServer, script: Script) -> Ask:
    server.route("/queryLegends", script)
    server.route("/legend", script)
    return lambda service: service.query_legends(**BOX)


OPERATIONS = {
    "metadata": spoil_metadata,
    "export": spoil_export,
    "image": spoil_image,
    "href": spoil_href,
    "legends": spoil_legends,
}

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PAGE = b"<!DOCTYPE html><html><body><h1>Bad gateway</h1><script>alert(1)</script></body></html>"
LOGIN = b"<html><title>Sign In</title><form><input name=u><input type='password' name=p></form></html>"
BOMB = gzip.compress(b"[" + b"0," * 5_000_000 + b"0]")
DENIED = b'{"error":{"code":%d,"message":"%s","details":[]}}'


def packed(content: bytes, encoding: str) -> Script:
    return answer(content, headers=[("Content-Encoding", encoding)])


NETWORK: dict[str, tuple[Script, type[MapExplorerError]]] = {
    "never answers": ([sleep(5)], Timeout),
    "slow headers": ([drip(HEAD + b"X-Slow: " + b"x" * 500 + b"\r\n\r\n", 0.02)], Timeout),
    "slow body": ([send(HEAD + b"Content-Length: 500\r\n\r\n"), drip(b" " * 500, 0.02)], Timeout),
    "slow chunks": (
        [send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"), drip(b"1\r\n \r\n" * 99, 0.01)],
        Timeout,
    ),
    "silence in the body": ([send(HEAD + b'Content-Length: 500\r\n\r\n{"a":'), sleep(5)], Timeout),
    "endless interim answers": ([forever(b"HTTP/1.1 100 Continue\r\n\r\n")], Timeout),
    "reset before the headers": ([reset()], ConnectionLost),
    "closed before the headers": ([close()], ConnectionLost),
    "reset in the headers": ([send(HEAD[:30]), sleep(0.02), reset()], ConnectionLost),
    "reset in the body": (
        [send(HEAD + b"Content-Length: 500\r\n\r\n{"), sleep(0.02), reset()],
        ConnectionLost,
    ),
    "shorter than announced": (answer(b'{"layers":[', length=500), Truncated),
    "chunks that stop": ([send(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{"), close()], Truncated),
    "chunks of no length": ([send(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{"), close()], BadAnswer),
    "endless chunks": (
        [send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"), forever(b"10000\r\n" + b" " * 65536 + b"\r\n")],
        TooLarge,
    ),
    "endless body": ([send(HEAD + b"\r\n"), forever(b" " * 65536)], TooLarge),
    "announced too large": (answer(b"{", length=10**12), TooLarge),
    "gzip bomb": (packed(BOMB, "gzip"), TooLarge),
    "gzip in gzip bomb": (packed(gzip.compress(BOMB), "gzip, gzip"), TooLarge),
    "deflate bomb": (packed(zlib.compress(b" " * 20_000_000), "deflate"), TooLarge),
    "six encodings": (packed(b"x" * 100, ", ".join(["gzip"] * 6)), BadAnswer),
    "bad gzip checksum": (packed(gzip.compress(ROOT)[:-8] + b"12345678", "gzip"), BadAnswer),
    "gzip that is plain text": (packed(ROOT, "gzip"), BadAnswer),
    "an encoding nobody asked for": (packed(b"\x0b\x02\x80{}\x03", "br"), BadAnswer),
    "not HTTP": ([send(b"SSH-2.0-OpenSSH_9.9\r\n"), close()], BadAnswer),
    "headers without end": ([send(HEAD), forever(b"X-Pad: " + b"x" * 1000 + b"\r\n")], BadAnswer),
    "a header line without end": ([send(HEAD + b"X-Pad: "), forever(b"x" * 65536)], BadAnswer),
    "two lengths": (
        [send(HEAD + b"Content-Length: 2\r\nContent-Length: 30\r\n\r\n{}"), close()],
        BadAnswer,
    ),
    "nothing": (answer(b""), BadAnswer),
    "no content": (answer(b"", status="204 No Content"), BadAnswer),
    "an HTML page": (answer(PAGE, "text/html"), BadAnswer),
    "a login page": (answer(LOGIN, "text/html"), BadAnswer),
    "text called a picture": (answer(b"hello", "image/png"), BadAnswer),
    "JSON that is no object": (answer(b"[1, 2]"), BadAnswer),
    "JSON nested too deep": (answer(b'{"layers":' + b"[" * 100_000), BadAnswer),
    "500 with a page": (answer(PAGE, "text/html", "500 Internal Server Error"), ServerError),
    "502 with a page": (answer(PAGE, "text/html", "502 Bad Gateway"), ServerError),
    "503": (answer(PAGE, "text/html", "503 Service Unavailable"), ServerError),
    "504": (answer(PAGE, "text/html", "504 Gateway Timeout"), ServerError),
    "404": (answer(PAGE, "text/html", "404 Not Found"), ServerError),
    "500 without end": ([send(b"HTTP/1.1 500 No\r\n\r\n"), forever(b"x" * 65536)], ServerError),
    "429 for an hour": (answer(b"", status="429 No", headers=[("Retry-After", "3600")]), ServerError),
    "503 until a date": (
        answer(b"", status="503 No", headers=[("Retry-After", "Fri, 31 Dec 2099 23:59:59 GMT")]),
        ServerError,
    ),
    "429 with garbage": (
        answer(b"", status="429 No", headers=[("Retry-After", "soon, I hope")]),
        ServerError,
    ),
    "envelope": (answer(DENIED % (500, b"Service Roads/MapServer not started")), ArcGISError),
    "envelope called a picture": (answer(DENIED % (500, b"no"), "image/tiff"), ArcGISError),
    "envelope called text": (answer(DENIED % (500, b"no"), "text/plain;charset=utf-8"), ArcGISError),
    "envelope with status 500": (answer(DENIED % (500, b"no"), status="500 No"), ArcGISError),
    "499 in the body": (answer(DENIED % (499, b"Token Required")), TokenRequired),
    "498 in the body": (answer(DENIED % (498, b"Invalid token.")), TokenInvalid),
    "499 as status": (answer(b"", status="499 Token Required"), TokenRequired),
    "498 as status": (answer(b"", status="498 Invalid Token"), TokenInvalid),
    "401": (answer(PAGE, "text/html", "401 Unauthorized"), TokenRequired),
    "403": (answer(PAGE, "text/html", "403 Forbidden"), TokenRequired),
    "redirect elsewhere": (
        answer(b"", status="302 Found", headers=[("Location", "http://elsewhere.invalid/login?x=1")]),
        RedirectRefused,
    ),
    "redirect to a file": (
        answer(b"", status="302 Found", headers=[("Location", "file:///etc/passwd")]),
        RedirectRefused,
    ),
    "redirect to another port": (
        answer(b"", status="307 Temporary Redirect", headers=[("Location", "http://127.0.0.1:9/x")]),
        RedirectRefused,
    ),
    "redirect nowhere": (answer(b"", status="301 Moved"), RedirectRefused),
    "redirect in a circle": (
        answer(b"", status="302 Found", headers=[("Location", "?again")]),
        RedirectRefused,
    ),
    "redirect with an endless body": (
        [send(b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\n\r\n"), forever(b"x" * 65536)],
        RedirectRefused,
    ),
}


def assert_one_sentence(error: MapExplorerError) -> None:
    text = str(error)
    assert text
    assert "\n" not in text
    assert "<" not in text
    assert "?" not in text
    assert len(text) < 500
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", NETWORK)
def test_a_fault_becomes_one_sentence_and_the_next_request_succeeds(
    server: FaultServer, fault: str, operation: str
) -> None:
    script, expected = NETWORK[fault]
    service = MapService(server.url, limits=IMPATIENT if expected is Timeout else LIMITS)
    good(server)
    ask = OPERATIONS[operation](server, script)
    with pytest.raises(MapExplorerError) as caught:
        ask(service)
    assert type(caught.value) is expected, str(caught.value)
    assert_one_sentence(caught.value)
    good(server)
    if operation == "image":
        server.route("/export", answer(picture(), "image/png"))
    assert ask(service)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nobody_listening_is_unreachable(operation: str) -> None:
    service = MapService(f"http://127.0.0.1:{free_port()}/arcgis/rest/services/X/MapServer", limits=LIMITS)
    with FaultServerGuard() as server, pytest.raises(Unreachable) as caught:
        OPERATIONS[operation](server, answer(b""))(service)
    assert_one_sentence(caught.value)


class FaultServerGuard:
    """A server that must not be asked."""

    def __enter__(self) -> FaultServer:
        self._server = FaultServer()
        return self._server

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        assert self._server.received == []


def test_a_name_that_does_not_exist_is_unreachable_after_three_lookups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import socket

    lookups: list[str] = []

    def refuse(host: str, *_: Any, **__: Any) -> Any:
        lookups.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    service = MapService("https://nobody.invalid/arcgis/rest/services/X/MapServer", limits=LIMITS)
    with pytest.raises(Unreachable):
        _ = service.info
    assert lookups == ["nobody.invalid"] * 3


@pytest.mark.parametrize(
    ("fault", "requests_sent"),
    [
        ("never answers", 1),
        ("slow body", 1),
        ("reset before the headers", 3),
        ("reset in the body", 3),
        ("shorter than announced", 1),
        ("500 with a page", 1),
        ("502 with a page", 3),
        ("503", 3),
        ("504", 3),
        ("429 for an hour", 1),
        ("503 until a date", 1),
        ("429 with garbage", 3),
        ("envelope", 1),
        ("499 in the body", 1),
        ("redirect elsewhere", 1),
        ("redirect in a circle", 4),
    ],
)
def test_only_what_may_pass_is_asked_again(server: FaultServer, fault: str, requests_sent: int) -> None:
    service = MapService(server.url, limits=IMPATIENT if NETWORK[fault][1] is Timeout else LIMITS)
    server.route("/MapServer", NETWORK[fault][0])
    with pytest.raises(MapExplorerError):
        _ = service.info
    assert len(server.received) == requests_sent


@pytest.mark.parametrize("status", ["429 Too Many", "502 Bad", "503 Busy", "504 Late"])
def test_a_server_that_recovers_is_not_noticed(server: FaultServer, service: MapService, status: str) -> None:
    server.route("/MapServer", answer(b"", status=status), answer(b"", status=status), answer(ROOT))
    assert service.info.current_version == 11.4


def test_a_short_pause_that_the_server_asks_for_is_kept(server: FaultServer, service: MapService) -> None:
    server.route("/MapServer", answer(b"", status="429 No", headers=[("Retry-After", "0")]), answer(ROOT))
    assert service.info.layers[0].name == "Roads"


def test_retries_stay_within_the_deadline(server: FaultServer) -> None:
    limits = Limits(total=1.0, connect=1, idle=1, retries=50, backoff=0.6)
    server.route("/MapServer", answer(b"", status="503 No"))
    with pytest.raises(ServerError):
        _ = MapService(server.url, limits=limits).info
    assert len(server.received) == 2


@pytest.mark.parametrize(("side", "sent"), [(300, 3), (700, 1)])
def test_a_large_picture_that_came_too_late_is_not_asked_again(
    server: FaultServer, service: MapService, side: int, sent: int
) -> None:
    server.route("/export", answer(b"", status="504 Gateway Timeout"))
    with pytest.raises(ServerError):
        service.export(**{**BOX, "size": side})
    assert len(server.received) == sent


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_a_redirect_to_the_same_origin_is_followed(
    server: FaultServer, service: MapService, status: str
) -> None:
    server.route("/MapServer", answer(b"", status=status, headers=[("Location", "/moved/here?f=json")]))
    server.route("/moved/here", answer(ROOT))
    assert service.info.layers[0].name == "Roads"


@pytest.mark.parametrize(
    ("status", "method"), [("307 Temporary", "POST"), ("302 Found", "POST"), ("303 See", "GET")]
)
def test_a_redirected_form_is_sent_again_unless_the_answer_is_to_be_fetched(
    server: FaultServer, service: MapService, status: str, method: str
) -> None:
    server.route("/export", answer(b"", status=status, headers=[("Location", "/moved")]))
    server.route("/moved", answer(export_body()))
    server.route("/map.png", answer(picture(), "image/png"))
    service.export(**BOX, layer_defs={0: "NAME <> '" + "x" * 3000 + "'"})
    assert server.received[1].method == method
    assert ("layerDefs" in server.received[1].fields) == (method == "POST")


def test_a_service_that_moved_to_https_says_where(server: FaultServer, service: MapService) -> None:
    location = server.url.replace("http:", "https:")
    server.route("/MapServer", answer(b"", status="301 Moved", headers=[("Location", location)]))
    with pytest.raises(RedirectRefused, match="use that address") as caught:
        _ = service.info
    assert location in str(caught.value)


@pytest.mark.parametrize("fault", ["never answers", "slow headers", "slow body"])
def test_deadlines_hold_through_a_proxy_as_well(server: FaultServer, fault: str) -> None:
    session = requests.Session()
    session.proxies = {"http": server.origin}
    address = "http://maps.invalid/arcgis/rest/services/Roads/MapServer"
    service = MapService(address, session=session, limits=IMPATIENT)
    server.route("/MapServer", NETWORK[fault][0])
    with pytest.raises(Timeout):
        _ = service.info
    server.route("/MapServer", answer(ROOT))
    assert service.info.layers[0].name == "Roads"
    assert server.received[-1].target.startswith(address)


def test_a_proxy_that_is_not_there_is_unreachable() -> None:
    session = requests.Session()
    session.proxies = {"http": f"http://127.0.0.1:{free_port()}"}
    with pytest.raises(Unreachable):
        _ = MapService("http://maps.invalid/a/MapServer", session=session, limits=LIMITS).info


def test_the_browser_keeps_its_own_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    from urllib3.poolmanager import pool_classes_by_scheme

    from mapexplorer.client.deadline import DeadlineAdapter

    assert DeadlineAdapter().poolmanager.pool_classes_by_scheme != pool_classes_by_scheme
    monkeypatch.setattr("sys.platform", "emscripten")
    assert DeadlineAdapter().poolmanager.pool_classes_by_scheme == pool_classes_by_scheme


def test_one_connection_serves_many_requests_each_with_its_own_deadline(server: FaultServer) -> None:
    service = MapService(server.url, limits=replace(LIMITS, idle=1, total=1))
    before = server.connections
    server.route("/MapServer", answer(ROOT, keep=True))
    for number in range(3):
        server.route(f"/{number}", answer(b'{"id": 1}', keep=True))
        assert service.info
        assert service.layer(number).id == 1
    assert server.connections == before + 1
    server.route("/7", [drip(HEAD, 0.05)])
    with pytest.raises(Timeout):
        service.layer(7)
    server.route("/8", answer(b'{"id": 8}', keep=True))
    assert service.layer(8).id == 8
    assert server.connections == before + 2


def test_a_connection_that_went_away_in_the_meantime_is_not_noticed(
    server: FaultServer, service: MapService
) -> None:
    server.route("/MapServer", [*answer(ROOT, keep=True), close()])
    assert service.info
    for number in range(5):
        server.route(f"/{number}", [*answer(b'{"id": 1}', keep=True), reset()])
        assert service.layer(number).id == 1


def test_old_and_odd_but_complete_answers_are_read(server: FaultServer, service: MapService) -> None:
    lower = b"HTTP/1.0 200 ok\r\ncontent-type: text/html\r\ncontent-length: %d\r\n\r\n" % len(ROOT)
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    server.route("/MapServer", [send(interim + lower + b"\xef\xbb\xbf"[:0] + ROOT), close()])
    assert service.info.layers[0].name == "Roads"


def test_a_byte_order_mark_before_the_json_is_tolerated(server: FaultServer, service: MapService) -> None:
    server.route("/MapServer", answer(b"\xef\xbb\xbf" + ROOT))
    assert service.info.layers[0].name == "Roads"


def test_json_cut_at_any_byte_is_a_bad_answer(server: FaultServer, service: MapService) -> None:
    for cut in range(len(ROOT)):
        server.route("/MapServer", answer(ROOT[:cut], length=-1))
        with pytest.raises(BadAnswer):
            _ = service.info


def test_the_hint_names_a_login_page(server: FaultServer, service: MapService) -> None:
    server.route("/MapServer", NETWORK["a login page"][0])
    with pytest.raises(BadAnswer, match="login page"):
        _ = service.info


def test_a_bomb_is_refused_without_unpacking_it(server: FaultServer, service: MapService) -> None:
    import tracemalloc

    server.route("/MapServer", NETWORK["gzip bomb"][0])
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            _ = service.info
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024


@pytest.fixture(params=["self-signed", "expired"])
def untrusted(request: pytest.FixtureRequest) -> Iterator[FaultServer]:
    server = FaultServer(CERTIFICATES / f"{request.param}.pem")
    yield server
    server.stop()


def test_a_certificate_that_cannot_be_verified_ends_the_call(untrusted: FaultServer) -> None:
    with pytest.raises(CertificateError) as caught:
        _ = MapService(untrusted.url, limits=LIMITS).info
    assert_one_sentence(caught.value)
    assert untrusted.received == []


@pytest.fixture
def secure() -> Iterator[FaultServer]:
    server = FaultServer(CERTIFICATES / "self-signed.pem")
    yield server
    server.stop()


def trusting() -> requests.Session:
    session = requests.Session()
    session.verify = str(CERTIFICATES / "self-signed.pem")
    return session


def test_the_certificate_of_another_host_ends_the_call(secure: FaultServer) -> None:
    with pytest.raises(CertificateError):
        _ = MapService(secure.url.replace("localhost", "127.0.0.1"), session=trusting(), limits=LIMITS).info


@pytest.mark.parametrize("fault", ["never answers", "slow headers", "slow body"])
def test_deadlines_hold_over_tls_as_well(secure: FaultServer, fault: str) -> None:
    service = MapService(secure.url, session=trusting(), limits=IMPATIENT)
    secure.route("/MapServer", NETWORK[fault][0])
    with pytest.raises(Timeout):
        _ = service.info
    secure.route("/MapServer", answer(ROOT))
    assert service.info.layers[0].name == "Roads"


def test_threads_share_one_service(server: FaultServer, service: MapService) -> None:
    good(server)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                assert service.export(**BOX).width == 20
                assert service.query_legends(**BOX).layers[0].layer_name == "Roads"
                assert len(service.layers) == 1
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(request.path.endswith("/MapServer") for request in server.received) == 1


def test_every_error_belongs_to_the_tree() -> None:
    assert issubclass(BadAnswer, AnswerError)
