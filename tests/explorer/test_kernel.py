"""The explorer in a real kernel with a fake front end: what crosses the wire, and on which thread."""

from __future__ import annotations

import base64
import io
import json
import queue
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipykernel
import pytest
from jupyter_client.manager import start_new_kernel
from PIL import Image

ROOT = Path(__file__).parents[2]
CODE = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import ipywidgets, mapexplorer
from tests.explorer.fake_service import FakeService
service = FakeService()
explorer = mapexplorer.explore(service)
slider = ipywidgets.IntSlider(max=1000)
slider.observe(lambda change: setattr(explorer.parameters, "time", change.new), names="value")
explorer
"""


class FrontEnd:
    """Keeps the models that the kernel sends and sends changes of its own, on a subshell if asked to."""

    def __init__(self, subshell: bool) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3")
        self.models: dict[str, dict[str, Any]] = {}
        self.updates: list[tuple[str, dict[str, Any]]] = []
        self.subshell: str | None = None
        if subshell:
            self.client.control_channel.send(self.client.session.msg("create_subshell_request", {}))
            self.subshell = self.client.control_channel.get_msg(timeout=20)["content"]["subshell_id"]

    def pump(self, seconds: float = 0.05) -> None:
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=seconds)
            except queue.Empty:
                return
            content = message["content"]
            assert message["msg_type"] != "error", "\n".join(content["traceback"])
            if message["msg_type"] == "comm_open":
                self.models[content["comm_id"]] = dict(content["data"]["state"])
            elif message["msg_type"] == "comm_msg" and content["data"].get("method") == "update":
                self.models[content["comm_id"]].update(content["data"]["state"])
                self.updates.append((content["comm_id"], content["data"]["state"]))

    def run(self, code: str, *, wait: bool = True) -> None:
        message = self.client.execute(code)
        if wait:
            reply = self.client._recv_reply(message, timeout=60)
            assert reply["content"]["status"] == "ok", reply["content"]
            self.pump()

    def value(self, expression: str) -> Any:
        message = self.client.execute(
            "", user_expressions={"value": f"__import__('json').dumps({expression})"}
        )
        shown = self.client._recv_reply(message, timeout=60)["content"]["user_expressions"]["value"]
        assert shown["status"] == "ok", shown
        text: str = shown["data"]["text/plain"]
        return json.loads(text[1:-1].encode().decode("unicode_escape"))

    def find(self, model: str) -> str:
        return next(key for key, state in self.models.items() if state.get("_model_name") == model)

    def send(self, model: str, state: dict[str, Any]) -> None:
        data = {"method": "update", "state": state, "buffer_paths": []}
        message = self.client.session.msg("comm_msg", {"comm_id": model, "data": data})
        if self.subshell:
            message["header"]["subshell_id"] = self.subshell
        self.client.shell_channel.send(message)

    def until(self, condition: Any) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline
            self.pump()

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module", params=[False, True], ids=["main thread", "subshell"])
def front_end(request: pytest.FixtureRequest) -> Iterator[FrontEnd]:
    if request.param and ipykernel.version_info < (7,):
        pytest.skip("this ipykernel has no subshells")
    running = FrontEnd(request.param)
    try:
        running.run(CODE)
        running.until(lambda: _picture(running) is not None)
        yield running
    finally:
        running.close()


def _picture(front_end: FrontEnd) -> Image.Image | None:
    url = front_end.models[front_end.find("LeafletImageOverlayModel")]["url"]
    if not url.startswith("data:image/png"):
        return None
    return Image.open(io.BytesIO(base64.b64decode(url.partition("base64,")[2])))


def _look(front_end: FrontEnd, west: float) -> None:
    state = {"south": -10.0, "north": 10.0, "west": west, "east": west + 40.0, "center": [0.0, west + 20.0]}
    pixels = {"left": 1000.0, "right": 1800.0, "top": 500.0, "bottom": 900.0}
    front_end.send(front_end.find("LeafletMapModel"), {**state, **pixels})


def test_a_pan_in_the_browser_brings_one_message_with_picture_and_bounds(front_end: FrontEnd) -> None:
    overlay = front_end.find("LeafletImageOverlayModel")
    front_end.pump()
    front_end.updates.clear()
    before = front_end.value("len(service.exports)")
    _look(front_end, -60.0)
    front_end.until(lambda: any(model == overlay for model, _ in front_end.updates))
    front_end.pump(0.3)
    messages = [state for model, state in front_end.updates if model == overlay]
    assert [set(state) for state in messages] == [{"url", "bounds"}]
    assert front_end.value("len(service.exports)") == before + 1
    (_, west), (_, east) = messages[0]["bounds"]
    assert (west, east) == pytest.approx((-60.0, -20.0))
    picture = _picture(front_end)
    assert picture is not None
    assert picture.size == (800, 400)


def test_a_slider_drag_becomes_few_requests_and_ends_at_the_last_value(front_end: FrontEnd) -> None:
    front_end.run("slider")
    slider = next(model for model, state in front_end.models.items() if state.get("max") == 1000)
    before = front_end.value("len(service.exports)")
    for value in range(200):
        front_end.send(slider, {"value": value + 1})
        time.sleep(0.002)
    wanted = "explorer.answer.request.time is not None and explorer.answer.request.time.start"
    front_end.until(lambda: front_end.value(wanted) == 200)
    assert front_end.value("len(service.exports)") - before <= 8
    number = front_end.value("len(service.exports)")
    front_end.pump(0.2)
    picture = _picture(front_end)
    assert picture is not None
    assert picture.getpixel((5, 5))[0] == number % 256


def test_a_cell_may_wait_for_its_own_change(front_end: FrontEnd) -> None:
    front_end.run("explorer.parameters.time = 777; answer = explorer.run_now(20)")
    assert front_end.value("[answer.request.time.start, answer.error, explorer.controller.settled]") == [
        777, None, True,
    ]  # fmt: skip


BUSY_CELL = """
import time
explorer.parameters.time = 901
until = time.monotonic() + 20
while explorer.answer.request.time.start != 901 and time.monotonic() < until:
    time.sleep(0.02)
seen_by_the_cell = explorer.answer.request.time.start
"""


def test_the_map_follows_while_a_cell_is_running(front_end: FrontEnd) -> None:
    front_end.run("explorer.parameters.time = 900; explorer.run_now(20)")
    front_end.run(BUSY_CELL)
    assert front_end.value("seen_by_the_cell") == 901


def test_after_close_a_pan_asks_for_nothing(front_end: FrontEnd) -> None:
    map_model = front_end.find("LeafletMapModel")
    front_end.run("explorer.close()")
    before = front_end.value("len(service.exports)")
    front_end.send(map_model, {"south": 0.0, "north": 9.0, "west": 0.0, "east": 9.0})
    front_end.run(
        "import threading; left = [t.name for t in threading.enumerate() if t.name == 'mapexplorer']"
    )
    assert front_end.value("len(service.exports)") == before
    assert front_end.value("left") == []


FLOOD = """
from comm import create_comm
counting = create_comm(target_name="counting")
for number in range(4_500):
    counting.send({"number": number, "filling": "x" * 2_000})
"""


def test_a_page_that_is_slow_to_listen_misses_nothing(front_end: FrontEnd) -> None:
    front_end.run(FLOOD, wait=False)
    front_end.client.get_shell_msg(timeout=60)  # all is sent, and nothing is read so far
    heard = []
    while len(heard) < 4_500:
        content = front_end.client.get_iopub_msg(timeout=10)["content"]
        if "number" in content.get("data", {}):
            heard.append(content["data"]["number"])
    assert heard == list(range(4_500))
