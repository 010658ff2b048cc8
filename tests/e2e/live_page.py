"""One page in a browser together with the very kernel behind it."""

from __future__ import annotations

import ast
import base64
import io
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from jupyter_client.blocking.client import BlockingKernelClient
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import BrowserContext, ConsoleMessage, Route, WebSocket
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.e2e.front_ends import FrontEnd

HERE = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:")
PATIENCE = 60_000
SHOWN = """([selector, end]) => [...document.querySelectorAll(selector)]
    .some(image => image.getClientRects().length && image.src.endsWith(end))"""
SHOWN_PICTURES = """selector => [...document.querySelectorAll(selector)]
    .map(image => [image.src.slice(-40), image.getClientRects().length])"""
MARK_CONTROLS = """
def _inside(widget, path):
    for place, child in enumerate(getattr(widget, "children", ())):
        inner = f"{path}/{place}:{type(child).__name__}"
        yield from _inside(child, inner)
        yield inner, child
def _unseen():
    return {path: widget for path, widget in _inside(explorer.tabs, "") if widget.model_id not in _seen}
_seen = globals().get("_seen", set())
_new = _unseen()
_marks = {path: f"MARK-{place}" for place, path in enumerate(_new)}
for _path, _widget in _new.items():
    _widget.add_class(_marks[_path])
"""
REMADE = "{it.model_id for it in _unseen().values()} != {it.model_id for it in _new.values()}"
SEE_CONTROLS = "_seen |= {widget.model_id for widget in _new.values()}"
ABSENT = """marks => Object.keys(marks)
    .filter(path => !document.getElementsByClassName(marks[path]).length)"""
ALL_THERE = f"marks => !({ABSENT})(marks).length"
PANE = ".me-map > :not(.me-away) .leaflet-container"
"""The map in use; the page for turned pictures, once made, stays beside it and is hidden."""
OVERLAY = f"{PANE} img.leaflet-image-layer"

# The command is ignored until the session context is ready, so that is awaited first.
RUN_ALL_CELLS = """async () => {
  const app = window.jupyterapp;
  await app.restored;
  let kernel = null;
  for (let i = 0; i < 600 && !kernel; i++) {
    const session = app.shell.currentWidget?.context?.sessionContext;
    if (session) { await session.ready; kernel = session.session?.kernel; }
    if (!kernel) await new Promise(done => setTimeout(done, 100));
  }
  await kernel.info;
  if (app.name === 'JupyterLab' && !app.shell.leftCollapsed) {
    await app.commands.execute('application:toggle-left-area');
  }
  await app.commands.execute('notebook:run-all-cells');
}"""

# Every request that reaches the embedded service, as its operation and its decoded parameters.
RECORD_REQUESTS = """
import json as _json
from urllib.parse import parse_qsl as _parse_qsl, urlsplit as _urlsplit
import mapexplorer.connection as _connect
RECEIVED = []
if not hasattr(_connect.EmbeddedAdapter, "_sends"):
    _connect.EmbeddedAdapter._sends = _connect.EmbeddedAdapter.send
    def _send(self, request, *arguments, **options):
        parts = _urlsplit(request.url)
        body = request.body or ""
        body = body.decode() if isinstance(body, bytes) else body
        RECEIVED.append([parts.path.rsplit("/", 1)[-1], dict(_parse_qsl(parts.query) + _parse_qsl(body))])
        return self._sends(request, *arguments, **options)
    _connect.EmbeddedAdapter.send = _send
"""


class LivePage:
    """Looks at the page with playwright and runs Python in its kernel."""

    def __init__(self, front_end: FrontEnd, context: BrowserContext, code: str | None = None) -> None:
        self.front_end = front_end
        self.strangers: list[str] = []
        self.errors: list[str] = []
        self.console: list[str] = []
        self.channels: list[str] = []
        context.route("**/*", self._keep_on_this_machine)
        context.on("request", self._watch)
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("websocket", self._connected)
        self.page.on("dialog", lambda dialog: (self.errors.append(dialog.message), dialog.dismiss()))
        before = front_end.connection_files()
        self.kernel = self._open(code) or client_of(front_end.connection_files() - before)
        self.page.wait_for_selector(PANE, state="attached", timeout=PATIENCE)
        self.page.locator(PANE).first.scroll_into_view_if_needed()

    def _keep_on_this_machine(self, route: Route) -> None:
        if route.request.url.startswith(HERE):
            route.continue_()
        else:
            route.abort()

    def _watch(self, request: Any) -> None:
        if not request.url.startswith(HERE):
            self.strangers.append(request.url)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console.append(message.text[:500])

    def _connected(self, socket: WebSocket) -> None:
        if "/channels" in socket.url:
            self.channels.append(socket.url)

    def _open(self, code: str | None) -> BlockingKernelClient | None:
        """Open the page and run its cell; gives a client of its kernel where it had to have one for that."""
        place = ""
        if self.front_end.page:
            name = f"page-{time.monotonic_ns()}.ipynb"
            _write_notebook(self.front_end.notebooks / name, code or "")
            place = self.front_end.page.format(name)
        self.page.goto(f"{self.front_end.address}{place}", timeout=PATIENCE)
        if place:
            self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=PATIENCE)
            self.page.evaluate(RUN_ALL_CELLS)
        return None

    def take_errors(self) -> list[str]:
        """Give the errors of the page since the last call, so that one of them fails one test."""
        taken, self.errors[:] = list(self.errors), []
        return taken

    def close(self) -> None:
        self.kernel.stop_channels()
        self.page.context.close()

    # -- the kernel ---------------------------------------------------------------------------------------

    def run(self, code: str) -> None:
        """Run statements in the kernel."""
        self._execute(code, {})

    def value(self, expression: str, code: str = "") -> Any:
        """Give the value of an expression in the kernel, which must be writable as JSON."""
        wrapped = f"__import__('json').dumps({expression}, default=str)"
        shown = self._execute(code, {"value": wrapped})["user_expressions"]["value"]
        assert shown["status"] == "ok", "\n".join(shown.get("traceback", [str(shown)]))
        return json.loads(ast.literal_eval(shown["data"]["text/plain"]))

    def until(self, asked: str | Callable[[], str], wanted: Any = True, timeout: float = 20) -> Any:
        """Wait until an expression in the kernel has the wanted value (True: any true value).

        A function gives the expression anew each time, from what the page shows at that moment.
        """
        deadline = time.monotonic() + timeout
        while True:
            expression = asked if isinstance(asked, str) else asked()
            value = self.value(expression)
            if value == wanted or (wanted is True and value):
                return value
            assert time.monotonic() < deadline, f"{expression} is {value!r}, wanted {wanted!r}"
            self.page.wait_for_timeout(50)

    def _execute(self, code: str, expressions: dict[str, str]) -> dict[str, Any]:
        message = self.kernel.execute(code, user_expressions=expressions, store_history=False)
        while True:
            reply = self.kernel.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == message:
                break
        content: dict[str, Any] = reply["content"]
        assert content["status"] == "ok", "\n".join(content.get("traceback", [str(content)]))
        return content

    # -- the explorer -------------------------------------------------------------------------------------

    def open(self, target: str = "None") -> None:
        """Open a service (a Python expression) in the explorer; wait for its picture and its controls."""
        self.run(f"explorer.open({target})")
        self.settle()
        self.await_controls()

    def await_controls(self) -> None:
        """Wait until every control of the panels is in the page.

        A service that is opened gets new controls, and the browser puts them in the place of the old ones
        later than it shows the map: what is clicked before that is lost. An answer may make some anew
        while they are awaited, so that those of the moment are marked again.
        """
        marks, least, deadline = self._mark_controls(), 0, 0.0
        while True:
            try:
                self.page.wait_for_function(ALL_THERE, arg=marks, timeout=2_000)
            except PlaywrightTimeout:
                absent = self.page.evaluate(ABSENT, marks)
                # A busy machine may take long, but goes on: what counts is when the last of them came.
                if not least or len(absent) < least:
                    least, deadline = len(absent), time.monotonic() + 30
                assert time.monotonic() < deadline, (
                    f"not in the page, of {len(marks)}: {absent}; the console says {self.console}"
                )
                # Each mark is a message to the page: it gets new ones only when there are other controls.
                if self.value(REMADE):
                    marks, least = self._mark_controls(), 0
                continue
            self.run(SEE_CONTROLS)
            return

    def _mark_controls(self) -> dict[str, str]:
        """Give every control that was not seen yet a class of its own."""
        self.run(MARK_CONTROLS.replace("MARK", f"awaited-{time.monotonic_ns()}"))
        marks: dict[str, str] = self.value("_marks")
        return marks

    def settle(self) -> None:
        """Wait until everything asked for is shown, in the kernel and in the browser."""
        self.until(self._told_the_size)
        self.until("explorer.controller.settled and explorer.answer is not None")
        drawn = self.value("explorer.map.page.overlay.url[-64:]")
        try:
            self.page.wait_for_function(SHOWN, arg=[OVERLAY, drawn], timeout=15_000)
        except PlaywrightTimeout as late:
            shown = self.page.evaluate(SHOWN_PICTURES, OVERLAY)
            raise AssertionError(f"the kernel shows …{drawn[-40:]}, the browser has {shown}") from late

    def _told_the_size(self) -> str:
        """Whether the kernel knows the size that the map has on the page now: it changes with late styles."""
        box = self.page.locator(PANE).first.bounding_box() or {"width": -9, "height": -9}
        return (
            "explorer.map.page.size is not None"
            f" and abs(explorer.map.page.size.width - {box['width']}) <= 1"
            f" and abs(explorer.map.page.size.height - {box['height']}) <= 1"
        )

    def received(self, operation: str = "export") -> list[dict[str, str]]:
        """Give the parameters of the requests that the embedded service received for an operation."""
        named: list[list[Any]] = self.value("RECEIVED")
        return [parameters for name, parameters in named if name == operation]

    def tab(self, title: str) -> None:
        """Show one of the panels."""
        self.page.locator(".mapexplorer .lm-TabBar-tab", has_text=title).first.click()

    def legend(self) -> str:
        """Give the text of the legend as the page shows it."""
        return self.page.locator(".mapexplorer .me-body > .me-legend").first.inner_text()

    # -- the picture --------------------------------------------------------------------------------------

    def shown_picture(self) -> NDArray[np.uint8]:
        """Decode the picture that the page's overlay holds."""
        source = self.page.locator(f"{OVERLAY}:visible").first.get_attribute("src") or ""
        return _pixels(base64.b64decode(source.partition("base64,")[2]))

    def screenshot(self, selector: str = PANE) -> NDArray[np.uint8]:
        return _pixels(self.page.locator(selector).first.screenshot())


def _pixels(content: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGBA"))


def client_of(files: Iterable[Path]) -> BlockingKernelClient:
    newest = max(files, key=lambda file: file.stat().st_mtime)
    client = BlockingKernelClient(connection_file=str(newest))
    client.load_connection_file()
    client.start_channels(hb=False)  # a kernel that is just starting has no heart yet, and is not dead
    client.wait_for_ready(timeout=60)
    return client


def _write_notebook(path: Path, code: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
