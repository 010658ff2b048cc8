"""A browser, the front ends, and pages on which nothing may ask for anything beyond this machine.

Without a Chromium these tests are skipped and say so; MAPEXPLORER_E2E=1 turns that into a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.e2e.front_ends import FrontEnd
    from tests.e2e.live_page import LivePage

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-features=LocalNetworkAccessChecks",  # a page that a test makes up may talk to our own servers
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the browser tests and put them first: they take longest, and one worker runs them all."""
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.e2e)
        # A click is lost when the page is just putting other controls there; what fails three times is ours.
        item.add_marker(pytest.mark.flaky(reruns=2))
        # Playwright's and zmq's own loops are closed by the interpreter, not by us.
        item.add_marker(pytest.mark.filterwarnings("default::ResourceWarning"))
        item.add_marker(pytest.mark.filterwarnings("default::pytest.PytestUnraisableExceptionWarning"))
    items[:] = ours + [item for item in items if item not in ours]


def absent(what: str) -> NoReturn:
    """Skip, or fail where the browser tests have to run."""
    if os.environ.get("MAPEXPLORER_E2E"):
        pytest.fail(f"browser tests must run here (MAPEXPLORER_E2E is set), but {what}")
    pytest.skip(f"browser test skipped: {what}")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser, for these tests only: playwright keeps an event loop running on their thread."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        absent("playwright is not installed")
    named = os.environ.get("CHROMIUM")
    chromium = named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if chromium is None:
        absent("no Chromium was found (install chromium, or name one in the variable CHROMIUM)")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontEnd]:
    from tests.e2e.front_ends import lab

    with lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="package")
def voila(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontEnd]:
    from tests.e2e.front_ends import voila

    with voila(tmp_path_factory.mktemp("voila")) as running:
        yield running


@pytest.fixture(scope="package")
def notebook(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontEnd]:
    from tests.e2e.front_ends import notebook

    with notebook(tmp_path_factory.mktemp("notebook")) as running:
        yield running


EXPLORE = "from mapexplorer import explore\nexplorer = explore()\nexplorer"


@pytest.fixture(scope="module", params=["lab", "voila"])
def open_page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Callable[..., LivePage]]:
    """Open pages in one of the front ends.

    At the end no page may have asked for anything elsewhere, or have lost the connection to its kernel: what
    the kernel says meanwhile never arrives.
    """
    from tests.e2e.live_page import RECORD_REQUESTS, LivePage

    front_end: FrontEnd = request.getfixturevalue(request.param)
    opened: list[LivePage] = []
    with ExitStack() as stack:

        def open_page(
            code: str = EXPLORE, width: int = 1280, height: int = 900, script: str = "", density: float = 1
        ) -> LivePage:
            context = browser.new_context(
                viewport={"width": width, "height": height}, device_scale_factor=density
            )
            context.add_init_script(script)
            live = LivePage(front_end, context, code)
            stack.callback(live.close)
            opened.append(live)
            live.run(RECORD_REQUESTS)
            return live

        yield open_page
        assert [url for live in opened for url in live.strangers] == []
        assert [len(live.channels) for live in opened] == [1] * len(opened)


@pytest.fixture(scope="module")
def shared_page(open_page: Callable[..., LivePage]) -> LivePage:
    """The explorer on the demo, opened once for all tests of a module in one front end."""
    live = open_page()
    live.settle()
    live.await_controls()
    return live
