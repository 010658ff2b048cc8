"""Connections to the server stay open between requests, and no request is taken for another."""

import http.client
import socket
import threading

import geopandas
import pytest
import shapely

from mapexplorer.service import build_server, catalog_from, persistent

TOWNS = geopandas.GeoDataFrame({"NAME": ["a"]}, geometry=[shapely.Point(10, 50)], crs=4326)
ROOT = "/arcgis/rest/services/data/MapServer"
PICTURE = f"{ROOT}/export?bbox=0,40,20,60&bboxSR=4326&f=image&size=64,64"


@pytest.fixture(scope="module")
def port():
    server, _ = build_server(catalog_from({"towns": TOWNS}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def connection(port):
    opened = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    yield opened
    opened.close()


@pytest.fixture
def wire(port):
    """A bare socket with a reader of whole answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as opened:
        yield opened


def ask(method, path, port, *headers, body=b""):
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def answers(wire, count, *methods):
    found = []
    for number in range(count):
        answer = http.client.HTTPResponse(wire, method=methods[number] if methods else "GET")
        answer.fp = wire.makefile("rb", buffering=0)
        answer.begin()
        found.append((answer.status, answer.headers, answer.read()))
        answer.close()
    return found


def is_closed(wire):
    wire.settimeout(5)
    try:
        return wire.recv(1) == b""
    except ConnectionError:
        return True


def test_one_connection_carries_every_kind_of_request(connection):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    steps = [
        ("GET", f"{ROOT}?f=json", None, {}, 200),
        ("HEAD", PICTURE, None, {}, 200),
        ("POST", f"{ROOT}/export", b"bbox=0,40,20,60&f=image&size=8,8", form, 200),
        ("OPTIONS", ROOT, None, {}, 204),
        ("GET", "/nowhere", None, {}, 404),
        ("PUT", ROOT, b"x" * 5000, {}, 405),
        ("GET", PICTURE, None, {}, 200),
    ]
    connection.connect()
    opened = connection.sock
    for method, path, body, headers, status in steps:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        assert (method, answer.status) == (method, status)
        assert answer.headers["Connection"] is None
        assert content or method in ("HEAD", "OPTIONS")
        assert connection.sock is opened
    assert content.startswith(b"\x89PNG")


def test_requests_sent_ahead_are_answered_in_order(wire, port):
    first, second = ask("GET", f"{ROOT}?f=json", port), ask("GET", PICTURE, port)
    wire.sendall(first + second + first)
    reader = wire.makefile("rb")
    kinds = []
    for _ in range(3):
        assert reader.readline() == b"HTTP/1.1 200 OK\r\n"
        headers = http.client.parse_headers(reader)
        reader.read(int(headers["Content-Length"]))
        kinds.append(headers["Content-Type"])
    reader.close()
    assert kinds == ["application/json", "image/png", "application/json"]


def test_a_body_nobody_reads_is_not_taken_for_the_next_request(wire, port):
    inner = ask("GET", "/smuggled", port)
    wire.sendall(ask("GET", f"{ROOT}?f=json", port, f"Content-Length: {len(inner)}", body=inner))
    assert answers(wire, 1)[0][0] == 200
    wire.sendall(ask("GET", PICTURE, port))
    assert answers(wire, 1)[0][1]["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Content-Length: 7"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: gzip, chunked",),
        ("Content-Length: -1",),
        ("Content-Length: 5x",),
        ("Content-Length: +5",),
        ("Content-Length: ٥",),
    ],
)
def test_a_body_of_doubtful_length_is_refused_and_ends_the_connection(wire, port, headers):
    wire.sendall(ask("POST", ROOT, port, *headers, body=b"aaaaaGET / HTTP/1.1\r\n\r\n"))
    assert answers(wire, 1)[0][0] == 400
    assert is_closed(wire)


def test_a_body_in_chunks_is_read_and_ends_the_connection(wire, port):
    form = b"f=pjson"
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(form), form)
    kind = "Content-Type: application/x-www-form-urlencoded"
    wire.sendall(ask("POST", ROOT, port, "Transfer-Encoding: chunked", kind, body=chunks))
    status, headers, content = answers(wire, 1)[0]
    assert (status, headers["Connection"]) == (200, "close")
    assert content.startswith(b"{\n")
    assert is_closed(wire)


def test_a_client_that_waits_to_be_asked_for_its_body_is_asked_once(wire, port):
    body = b"f=pjson"
    kind = "Content-Type: application/x-www-form-urlencoded"
    wire.sendall(ask("POST", ROOT, port, "Expect: 100-continue", f"Content-Length: {len(body)}", kind))
    assert wire.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.sendall(body)
    assert answers(wire, 1)[0][2].startswith(b"{\n")


def test_a_body_over_the_limit_gets_its_answer_before_the_connection_ends(connection):
    connection.request(
        "POST",
        f"{ROOT}/export",
        body=b"a=" + b"x" * 9_000_000,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    answer = connection.getresponse()
    assert b'"code":413' in answer.read()
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize(
    ("version", "header", "stays"),
    [("1.1", "", True), ("1.1", "close", False), ("1.0", "", False), ("1.0", "keep-alive", True)],
)
def test_the_client_says_whether_the_connection_stays(wire, port, version, header, stays):
    lines = [f"GET {ROOT}?f=json HTTP/{version}", f"Host: 127.0.0.1:{port}"]
    request = "\r\n".join([*lines, *([f"Connection: {header}"] if header else []), "", ""]).encode()
    wire.sendall(request)
    _, headers, _ = answers(wire, 1)[0]
    assert (headers["Connection"] == "close") is not stays
    if stays:
        wire.sendall(request)
        assert answers(wire, 1)[0][0] == 200
    else:
        assert is_closed(wire)


def test_a_silent_connection_is_closed_and_hinders_nobody(port, monkeypatch):
    monkeypatch.setattr(persistent.PersistentHandler, "timeout", 0.3)
    silent = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(40)]
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    asking.request("GET", f"{ROOT}?f=json")
    assert asking.getresponse().read()
    asking.close()
    for one in silent:
        assert is_closed(one)
        one.close()


def test_a_request_that_never_ends_is_given_up(wire, port, monkeypatch):
    monkeypatch.setattr(persistent, "REQUEST_SECONDS", 0.3)
    wire.sendall(
        ask("POST", ROOT, port, "Content-Length: 50", "Content-Type: application/x-www-form-urlencoded")
    )
    assert answers(wire, 1)[0][1]["Connection"] == "close"
    assert is_closed(wire)


def test_when_there_are_too_many_each_connection_ends_with_its_answer(connection, monkeypatch):
    monkeypatch.setattr(persistent, "MOST_CONNECTIONS", 0)
    connection.request("GET", f"{ROOT}?f=json")
    answer = connection.getresponse()
    assert answer.read()
    assert answer.headers["Connection"] == "close"


def test_many_threads_with_a_connection_each_get_the_same_picture(port):
    seen = []

    def draw():
        mine = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(5):
            mine.request("GET", PICTURE)
            seen.append(mine.getresponse().read())
        mine.close()

    threads = [threading.Thread(target=draw) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 40
    assert len(set(seen)) == 1
