"""Several processes behind one address answer as one: the command line, and any WSGI server."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from werkzeug.test import Client

from mapexplorer.__main__ import main
from mapexplorer.service import application
from mapexplorer.service.limits import Limits
from mapexplorer.service.shared_outputs import SharedOutputs, SharedSwatches
from tests.service.conftest import collection, layer, point

FILES = {"a.geojson": collection((point(5, 5), {"n": 1}))}
PICTURE = "export?bbox=0,0,10,10&size=20,20&f="


@pytest.fixture
def document(write):
    return write([layer(0, "a.geojson")], FILES)


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def shared_folders(place):
    return list(place.glob("mapexplorer-*"))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks at processes as Linux shows them")
def test_the_command_line_starts_processes_that_share_their_pictures(document, tmp_path):
    pytest.importorskip("gunicorn", reason="gunicorn is not installed")
    place = tmp_path / "temporary"
    place.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "mapexplorer", "serve", str(document), "--workers", "3", "--token", "x"],
        stdout=subprocess.PIPE,
        text=True,
        # Of its own, since other services of this machine keep their folders in the common one.
        env={**os.environ, "TMPDIR": str(place)},
    )
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        for _ in range(100):
            if len(children(process.pid)) == 3:
                break
            time.sleep(0.1)
        assert len(children(process.pid)) == 3
        hrefs = []
        for _ in range(6):
            with urllib.request.urlopen(f"{address}/{PICTURE}json&token=x") as answer:
                hrefs.append(json.load(answer)["href"])
        for href in hrefs * 3:
            with urllib.request.urlopen(f"{href}?token=x") as answer:
                assert answer.read().startswith(b"\x89PNG")
        with urllib.request.urlopen(f"{address}?f=json") as answer:
            assert json.load(answer)["error"]["code"] == 499
        assert len(shared_folders(place)) == 1
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.stdout.close()
    assert not shared_folders(place)


def test_without_gunicorn_a_sentence_says_what_to_do(document, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "gunicorn", None)
    monkeypatch.setitem(sys.modules, "gunicorn.app.base", None)
    assert main(["serve", str(document), "--workers", "2"]) == 3
    told = capsys.readouterr().err
    assert told == 'mapexplorer: gunicorn is not installed: run python -m pip install "mapexplorer[serve]".\n'


def test_where_nothing_can_fork_a_sentence_says_so(document, monkeypatch, capsys):
    monkeypatch.delattr("os.fork")
    assert main(["serve", str(document), "--workers", "2"]) == 1
    assert "Linux or macOS" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "65", "many", "-1", "1.5"])
def test_a_wrong_number_of_processes_is_told(number, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["serve", "map.json", "--workers", number])
    assert "expected 1 to 64" in capsys.readouterr().err


def test_any_server_can_run_the_application(document, tmp_path):
    apps = [Client(application(document, shared=tmp_path / "shared")) for _ in range(2)]
    path = "/arcgis/rest/services/test/MapServer"
    href = apps[0].get(f"{path}/{PICTURE}json").json["href"]
    direct = apps[0].get(f"{path}/{PICTURE}image")
    behind = apps[1].get(href)
    assert (behind.data, behind.content_type) == (direct.data, direct.content_type)
    dynamic = json.dumps([{"id": 7, "source": {"type": "mapLayer", "mapLayerId": 0}}])
    legend = apps[0].get(f"{path}/queryLegends", query_string={"dynamicLayers": dynamic, "f": "json"}).json
    entry = legend["layers"][0]["legend"][0]
    assert apps[1].get(entry["url"]).data.startswith(b"\x89PNG")
    alone = Client(application(str(document), token="x"))
    assert alone.get(f"{path}?f=json").json["error"]["code"] == 499


def test_shared_pictures_are_bounded_in_number_bytes_and_age(tmp_path):
    store = SharedOutputs(tmp_path, Limits(output_entries=3, output_bytes=1000, output_seconds=1000))
    names = []
    for number in range(5):
        names.append(store.keep(bytes([number]) * 10, "image/png", "png"))
        time.sleep(0.002)
    assert [store.find(name) is not None for name in names] == [False, False, True, True, True]
    large = store.keep(b"x" * 5000, "image/svg+xml", "svgz")
    assert store.find(large).content == b"x" * 5000
    assert store.find(large).content_type == "image/svg+xml"
    assert [store.find(name) for name in names] == [None] * 5
    old = SharedOutputs(tmp_path, Limits(output_seconds=-1))
    assert old.find(large) is None


@pytest.mark.parametrize("name", ["../x", "..%2fx", "/etc/passwd", "x", "0" * 32, "0" * 32 + ".png/../x", ""])
def test_a_name_that_is_none_opens_no_file(tmp_path, monkeypatch, name):
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("a file was opened"))
    assert SharedOutputs(tmp_path).find(name) is None
    assert SharedSwatches(tmp_path).find(name) is None


def test_shared_swatches_are_named_by_their_bytes_and_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("mapexplorer.service.shared_outputs._LOOKED_AFTER", 1)
    store = SharedSwatches(tmp_path, most=3)
    first = store.keep(b"a")
    assert store.keep(b"a") == first
    for letter in (b"b", b"c", b"d"):
        time.sleep(0.002)
        store.keep(letter)
    assert store.find(first) is None
    assert store.find(store.keep(b"d")) == b"d"
