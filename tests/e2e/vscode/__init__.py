"""A notebook's output as Visual Studio Code shows it: its own widget bundle, its way to modules, its themes.

There is no Jupyter front end in that page. Widgets come from the package that its Jupyter extension loads,
other modules from the folder nbextensions beside the kernel, as AMD modules; colours from the variables of
its theme.
"""

from __future__ import annotations

import functools
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import BrowserContext, Route

from tests.e2e.front_ends import FrontEnd
from tests.e2e.live_page import PATIENCE, LivePage, client_of
from tests.widget_modules import NBEXTENSIONS, local_modules

HERE = Path(__file__).parent
PACKAGE = "@vscode/jupyter-ipywidgets8@1"
REQUIRE = Path(sys.prefix, "share", "jupyter", "voila", "templates", "base", "static", "require.min.js")
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:;"
    " style-src 'self' 'unsafe-inline'; img-src 'self' https: http: data:; font-src 'self' https: data:;"
    " connect-src 'self' https:"
)


@dataclass(frozen=True)
class Theme:
    """A theme of the editor: the class of its kind, and the variables that widgets can see."""

    kind: str
    colours: dict[str, str] = field(hash=False)

    @property
    def variables(self) -> str:
        return "".join(f"--vscode-{name}: {value}; " for name, value in self.colours.items())


DARK = Theme(
    "vscode-dark",
    {
        "editor-background": "#1f1f1f",
        "editor-foreground": "#cccccc",
        "foreground": "#cccccc",
        "input-background": "#313131",
        "input-foreground": "#cccccc",
        "notebook-cellEditorBackground": "#202020",
        "focusBorder": "#0078d4",
        "textLink-foreground": "#4daafc",
        "textPreformat-foreground": "#d0d0d0",
        "textPreformat-background": "#3c3c3c",
    },
)
LIGHT = Theme(
    "vscode-light",
    {
        "editor-background": "#ffffff",
        "editor-foreground": "#3b3b3b",
        "foreground": "#3b3b3b",
        "input-background": "#ffffff",
        "input-foreground": "#3b3b3b",
        "notebook-cellEditorBackground": "#f8f8f8",
        "focusBorder": "#005fb8",
        "textLink-foreground": "#005fb8",
        "textPreformat-foreground": "#3b3b3b",
        "textPreformat-background": "#0000001f",
    },
)
SOLARIZED = Theme(
    "vscode-light",
    LIGHT.colours
    | {
        "editor-background": "#fdf6e3",
        "editor-foreground": "#657b83",
        "input-background": "#ddd6c1",
        "input-foreground": "#586e75",
        "notebook-cellEditorBackground": "#f7f0e0",
    },
)
HIGH_CONTRAST = Theme(
    "vscode-high-contrast",
    {
        "editor-background": "#000000",
        "editor-foreground": "#ffffff",
        "foreground": "#ffffff",
        "input-background": "#000000",
        "input-foreground": "#ffffff",
        "contrastBorder": "#6fc3df",
        "contrastActiveBorder": "#f38518",
        "focusBorder": "#f38518",
        "textLink-foreground": "#21a6ff",
    },
)


class Webview(LivePage):
    """A page with the output of one cell; the kernel is one of the server of another front end."""

    def __init__(self, front_end: FrontEnd, context: BrowserContext, code: str, bundle: Path) -> None:
        self.bundle = bundle
        super().__init__(front_end, context, code)

    def choose(self, theme: Theme) -> None:
        """Change the theme as the editor does: the class of the body, and the variables."""
        self.page.evaluate(
            "([kind, variables]) => { document.body.className = kind;"
            " document.documentElement.style.cssText = variables; }",
            [theme.kind, theme.variables],
        )

    def _open(self, code: str | None) -> BlockingKernelClient:
        address = self.front_end.address
        before = self.front_end.connection_files()
        kernel = _start_kernel(address)
        html = (HERE / "webview.html").read_text(encoding="utf-8")
        modules = {name: f"{address}webview/{script}" for name, script in local_modules().items()}
        filled = {
            "variables": DARK.variables,
            "kind": DARK.kind,
            "modules": json.dumps(modules),
            "kernel": kernel,
        }
        for name, value in filled.items():
            html = html.replace(f"{{{name}}}", value)
        self.page.route(f"{address}webview/**", functools.partial(self._serve, html))
        self.page.goto(f"{address}webview/")
        self.page.wait_for_function("() => window.ready", timeout=PATIENCE)
        self.kernel = client_of(self.front_end.connection_files() - before)
        self.run(code or "")
        self.page.evaluate("id => window.show(id)", self.value("explorer.model_id"))
        return self.kernel

    def _serve(self, html: str, route: Route) -> None:
        name = route.request.url.partition("/webview/")[2].partition("?")[0]
        if not name:
            headers = {"Content-Type": "text/html", "Content-Security-Policy": POLICY}
            route.fulfill(body=html, headers=headers)
            return
        files = {"require.min.js": REQUIRE, "kernel.js": HERE / "kernel.js", "ipywidgets.js": self.bundle}
        path = files.get(name, NBEXTENSIONS / name.removesuffix("/"))
        route.fulfill(path=path, content_type="text/javascript" if path.suffix == ".js" else None)


def _start_kernel(address: str) -> str:
    with requests.Session() as session:
        session.get(f"{address}lab", timeout=30)
        token = {"X-XSRFToken": session.cookies["_xsrf"]}
        answer: Any = session.post(
            f"{address}api/kernels", json={"name": "python3"}, headers=token, timeout=30
        ).json()
    return str(answer["id"])
