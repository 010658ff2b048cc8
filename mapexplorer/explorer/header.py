"""The top row: which service is shown, and where another one is opened."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from mapexplorer.explorer.markup import tag
from mapexplorer.explorer.sharing import create

OTHER = "another service …"


class Header(ipywidgets.HBox):  # type: ignore[misc]  # ipywidgets has no types
    """Title, undo and redo, a chooser of the demo services, and a box for an address or path.

    `on_open` is called with what the person chose or typed, `undo` and `redo` without anything.
    """

    def __init__(
        self,
        samples: tuple[str, ...],
        on_open: Callable[[str], None],
        undo: Callable[[], object],
        redo: Callable[[], object],
    ) -> None:
        self._on_open = on_open
        self._quiet = False
        self.title = create(ipywidgets.HTML)
        self.title.add_class("me-title")
        self.chooser = create(
            ipywidgets.Dropdown,
            options=[(f"Demo: {name}", f"sample:{name}") for name in samples] + [(OTHER, "")],
            value="",
            description="Demo maps",
            tooltip="Choose one of the demo services",
            layout={"width": "190px"},
        )
        self.chooser.add_class("me-chooser")
        self.address = create(
            ipywidgets.Text,
            description="Map service",
            tooltip="The address of a map service, or the path of a file",
            placeholder="https://…/MapServer, or the path of a file",
            continuous_update=False,
            layout={"flex": "1 1 220px", "width": "auto", "min_width": "140px"},
        )
        self.address.add_class("me-address")
        for control in (self.chooser, self.address):
            control.add_class("me-named")
        self.button = create(
            ipywidgets.Button, description="Open", tooltip="Show this map service", layout={"width": "72px"}
        )
        self.undo, self.redo = _step("Undo", undo), _step("Redo", redo)
        self.chooser.observe(self._choose, names=["value"])
        self.button.on_click(self._press)
        self.address.observe(self._press, names=["value"])
        steps = create(ipywidgets.HBox, [self.undo, self.redo])
        steps.add_class("me-steps")
        super().__init__([self.title, steps, self.chooser, self.address, self.button])
        self.add_class("me-header")
        self.steps(0, 0)

    def steps(self, past: int, future: int) -> None:
        """Say how many changes can be taken back, and made again."""
        for button, word, count in ((self.undo, "Undo", past), (self.redo, "Redo", future)):
            button.disabled = count == 0
            button.tooltip = f"{word} the last change" if count else f"Nothing to {word.lower()}"

    def show(self, title: str, detail: str, target: object) -> None:
        """Name the service; `target` is what it was opened from."""
        heading = [tag("h3", tag("bdi", title))]
        if detail:
            heading.append(tag("p", tag("bdi", detail)))
        self.title.value = str(tag("div", heading, class_="me-heading"))
        self._quiet = True
        try:
            # A target may be a table or a document, which cannot be compared with texts.
            named = target if isinstance(target, str) else ""
            is_demo = named in [value for _, value in self.chooser.options]
            self.chooser.value = named if is_demo else ""
            self.address.value = "" if is_demo else named
        finally:
            self._quiet = False

    def _choose(self, _: object) -> None:
        if self.chooser.value and not self._quiet:
            self._on_open(self.chooser.value)

    def _press(self, _: object) -> None:
        if self.address.value.strip() and not self._quiet:
            self._on_open(self.address.value.strip())


def _step(word: str, pressed: Callable[[], object]) -> ipywidgets.Button:
    button = create(ipywidgets.Button, description=word, layout={"width": "auto"})
    button.add_class("me-button")
    button.on_click(lambda _: pressed())
    return button
