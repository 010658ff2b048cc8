"""The command `mapexplorer` as a person runs it."""

from __future__ import annotations

import signal
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.front_ends import FrontEnd, command
from tests.e2e.live_page import LivePage

pytest.importorskip("voila")


def test_the_page_is_served_to_this_machine_and_stops_with_ctrl_c(tmp_path: Path) -> None:
    with command(["mapexplorer", "--no-browser"], tmp_path) as (process, address):
        with urllib.request.urlopen(address, timeout=60) as answer:
            page = answer.read().decode()
        assert answer.status == 200
        assert "<title>mapexplorer</title>" in page
        assert "cdn" not in page.casefold()
        stranger = urllib.request.Request(address, headers={"Host": "attacker.example"})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(stranger, timeout=60)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    said = (tmp_path / "output.log").read_text()
    assert said.splitlines()[0] == f"mapexplorer is at {address}"
    assert "Traceback (most recent call last)" not in said.partition("KeyboardInterrupt")[0]


def test_lab_opens_on_a_copy_of_the_first_notebook(tmp_path: Path) -> None:
    arguments = ["mapexplorer", "--notebook", "--no-browser", "--folder", str(tmp_path / "mine")]
    with command(arguments, tmp_path) as (process, address):
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert answer.status == 200
        assert "lab/tree/01-first-map.ipynb" in address
        assert (tmp_path / "mine" / "01-first-map.ipynb").exists()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_a_data_file_named_on_the_command_line_is_what_the_page_shows(
    browser: object, tmp_path: Path
) -> None:
    import geopandas
    from shapely.geometry import box

    from tests.e2e.front_ends import voila

    squares = geopandas.GeoDataFrame({"name": ["one"]}, geometry=[box(0, 0, 10, 10)], crs=4326)
    squares.to_file(tmp_path / "squares.gpkg")
    with voila(tmp_path, str(tmp_path / "squares.gpkg")) as front_end:
        assert isinstance(front_end, FrontEnd)
        context = browser.new_context(viewport={"width": 1000, "height": 800})  # type: ignore[attr-defined]
        live = LivePage(front_end, context)
        try:
            live.settle()
            assert "squares" in live.legend()
            assert live.strangers == []
        finally:
            live.close()
