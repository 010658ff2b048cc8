"""The address of the page: a view that it names is shown, and the view that is shown is named in it.

The script of the page of the app writes its address into a hidden text and shows the link that is put into
a hidden element. Elsewhere, in notebooks, nobody writes the text and nothing happens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import ipywidgets

from mapexplorer.client.addresses import is_secret
from mapexplorer.explorer.markup import tag
from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.state import KEY, LONGEST, State

LONGEST_LINK = 30_000
"""Characters of a link: browsers and mail programs cut longer ones."""


class PageAddress(ipywidgets.HBox):  # type: ignore[misc]  # ipywidgets has no types
    """Two hidden widgets between the address line and the explorer; `on_link` is called with a fragment."""

    def __init__(self, on_link: Callable[[str], None]) -> None:
        self._on_link = on_link
        self.page: str | None = None
        self.heard = create(ipywidgets.Text, continuous_update=False)
        self.heard.add_class("me-fragment")
        self.told = create(ipywidgets.HTML)
        self.told.add_class("me-link")
        super().__init__([self.heard, self.told], layout=ipywidgets.Layout(display="none"))
        self.heard.observe(self._hear, names=["value"])

    def link(self, state: State) -> str | None:
        """The link to a view; None where the page has no address, or when it would be too long."""
        if self.page is None:
            return None
        link = f"{self.page}#{state.to_fragment()}"
        return link if len(link) <= LONGEST_LINK else None

    def show(self, state: State) -> None:
        """Put the view into the address line."""
        link = self.link(state)
        if self.page is not None:
            self.told.value = str(tag("a", "", href=link or self.page))

    def _hear(self, change: Any) -> None:
        address = str(change.new)[: 2 * LONGEST]
        try:
            parts = urlsplit(address)
        except ValueError:
            return
        if parts.scheme not in ("http", "https"):
            return
        query = urlencode([pair for pair in parse_qsl(parts.query) if not is_secret(pair[0])])
        host = parts.netloc.rpartition("@")[2]
        self.page = urlunsplit((parts.scheme, host, parts.path, query, ""))
        if KEY in parts.fragment:
            self._on_link(parts.fragment)
