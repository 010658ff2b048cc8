"""A panel whose widgets and the parameters follow each other."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets
from traitlets import TraitError

from mapexplorer.explorer import style
from mapexplorer.explorer.closing import close_whole
from mapexplorer.explorer.panel import Panel

from .echoes import Echoes

if TYPE_CHECKING:
    from mapexplorer.explorer.explorer import MapExplorer


class BoundPanel(Panel, ABC):
    """A panel that shows some parameters and writes them.

    Subclasses name the parameters in `bound`, and those that they only follow in `followed`, build their
    widgets in `build`, set them from the parameters in `show` and listen to them with `listen`. Widgets set
    inside `quietly` are not heard: the rule is kept for each thread, because callbacks may arrive on several
    at the same time.
    """

    bound: ClassVar[tuple[str, ...]] = ()
    followed: ClassVar[tuple[str, ...]] = ()
    called: ClassVar[Mapping[str, str]] = {}
    """What the controls of parameters are called here, by their names in a request."""

    def __init__(self, explorer: MapExplorer) -> None:
        super().__init__(explorer)
        self._silence = threading.local()
        self._alone: ipywidgets.Widget | None = None
        self.widget = ipywidgets.VBox(self.build())
        for name in (
            "mapexplorer",
            "me-panel",
            f"me-{type(self).__name__.removesuffix('Panel').lower()}-panel",
        ):
            self.widget.add_class(name)
        self.on_service()
        if self._names:
            explorer.parameters.observe(self._follow, names=self._names)
        self._info = explorer.info
        explorer.observe(self._answered, names=["answer"])
        explorer.observe(self._zone_changed, names=["time_zone"])
        if explorer.answer is not None:
            self.on_answer(explorer.answer)

    @abstractmethod
    def build(self) -> tuple[Any, ...]:
        """Make the widgets, from top to bottom, before anything is known about the service."""

    @abstractmethod
    def show(self) -> None:
        """Set the widgets from the parameters."""

    @abstractmethod
    def refuse(self, sentence: str) -> None:
        """Show why a value was not taken; an empty sentence takes the message away."""

    def on_service(self) -> None:
        """Set the widgets anew."""
        with self.quietly():
            self.show()

    def on_zone(self) -> None:
        """Show times in the time zone that was chosen; what a panel without times need not do."""

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Set widgets without hearing them."""
        before = getattr(self._silence, "on", False)
        self._silence.on = True
        try:
            yield
        finally:
            self._silence.on = before

    def listen(self, widget: Any, heard: Callable[[], object]) -> None:
        """Call `heard` after a person changed the value of a widget."""

        echoes = Echoes(lambda: self.explorer.controller.scheduler.now())

        def changed(change: Any) -> None:
            if getattr(self._silence, "on", False):
                echoes.tell(change.new)
            elif echoes.overtaken(change.new):
                with self.quietly():
                    widget.value = echoes.latest
            elif not echoes.rounded(change.new, getattr(widget, "step", None)):
                echoes.answered()
                heard()

        widget.observe(changed, names="value")

    def write(self, **values: Any) -> bool:
        """Set parameters; a refused value is shown as a sentence. Gives whether they were taken."""
        try:
            with self.explorer.parameters.by_hand():
                self.explorer.parameters.update(**values)
        except (TraitError, ValueError) as error:
            self.refuse(self._with_label(str(error)))
            return False
        self.refuse("")
        return True

    def close(self) -> None:
        """Stop following the parameters and release the widgets."""
        if self._names:
            self.explorer.parameters.unobserve(self._follow, names=self._names)
        self.explorer.unobserve(self._answered, names=["answer"])
        self.explorer.unobserve(self._zone_changed, names=["time_zone"])
        if self._alone is not None:
            close_whole(self._alone)
        super().close()

    def _with_label(self, sentence: str) -> str:
        """A sentence about a parameter with the label of its control in place of its name."""
        name, colon, rest = sentence.partition(": ")
        return f"{self.called[name]}: {rest}" if colon and name in self.called else sentence

    @property
    def _names(self) -> list[str]:
        return [*self.bound, *self.followed]

    def _follow(self, change: Any) -> None:
        with self.quietly():
            self.show()

    def _zone_changed(self, change: Any) -> None:
        with self.quietly():
            self.on_zone()

    def _answered(self, change: Any) -> None:
        """Hear of answers and services when this panel stands alone, outside the explorer's own panels."""
        if change.new is None or any(panel is self for panel in self.explorer.panels.values()):
            return
        if self.explorer.info is not self._info:
            self._info = self.explorer.info
            self.on_service()
        self.on_answer(change.new)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        if self._alone is None:
            from mapexplorer.explorer.companion import Companion

            self._alone = ipywidgets.VBox([style.sheet(), self.widget, Companion()])
        return self._alone._repr_mimebundle_(**options)
