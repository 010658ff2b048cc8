"""What the command line was asked to open, checked there and opened in the page's own kernel.

The kernel behind the page is another process: it learns the target from an environment variable, never from
the address of the page, so that no link can make it open something else.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mapexplorer.protocol import MapExplorerError

if TYPE_CHECKING:
    from ipywidgets import Widget

TARGET_VARIABLE = "MAPEXPLORER_TARGET"
FOLDER_VARIABLE = "MAPEXPLORER_FOLDER"
"""Names the folder in which the command was given; Voila starts the kernel beside its notebook."""


class TargetError(MapExplorerError):
    """What the command line named cannot be opened."""


def checked_target(text: str) -> str:
    """Give the target back in a form that holds in any working folder, after a look whether it exists.

    An address, ``sample:<name>`` or a file; a file's path becomes absolute. Raises TargetError.
    """
    if text.startswith("sample:"):
        served_target(text)
        return text
    if text.startswith(("http://", "https://")):
        return text
    if "://" in text:
        raise TargetError(f"{text}: only http and https addresses can be opened.")
    path = Path(text).expanduser()
    if not path.exists():
        raise TargetError(f"{text}: there is no such file, and it is not an http or https address.")
    return str(path.resolve())


def served_target(text: str) -> str | Path:
    """Give what ``mapexplorer serve`` serves: the map document of a demo, else what was named.

    Raises TargetError for a demo that there is not.
    """
    from mapexplorer.sample import NAMES, document_path

    start, colon, name = text.partition(":")
    if not colon or start != "sample":
        return text
    if name not in NAMES:
        raise TargetError(f"{text}: expected one of {', '.join(NAMES)} behind sample:")
    return document_path(name)


def open_target() -> Widget:
    """Open in an explorer what the command line asked for: the demo when it asked for nothing.

    A target that cannot be opened is told above the demo, where the address can be corrected.
    Paths that the person types, and files that are written, belong to the folder of the command.
    """
    from mapexplorer import explore

    folder = os.environ.get(FOLDER_VARIABLE)
    if folder and Path(folder).is_dir():
        os.chdir(folder)
    target = os.environ.get(TARGET_VARIABLE) or None
    try:
        return explore(target)
    except (MapExplorerError, OSError) as problem:
        return _instead(str(target), problem)


def _instead(target: str, problem: Exception) -> Widget:
    """The demo under a sentence that says why the target is not shown, until another map is opened."""
    from ipywidgets import HTML, VBox

    from mapexplorer import explore
    from mapexplorer.explorer.markup import tag
    from mapexplorer.explorer.opener import asks_for_token, why_not

    explorer = explore()
    explorer.header.propose(target, token=asks_for_token(problem))
    words = f"{why_not(target, problem)} This is the demo instead."
    notice = HTML(str(tag("p", words, class_="me-error", role="alert")))
    for name in ("mapexplorer", "me-panel"):
        notice.add_class(name)
    page = VBox([notice, explorer])
    demo = explorer.opened

    def opened(_: object) -> None:
        if explorer.opened is not demo:
            page.children = (explorer,)

    explorer.observe(opened, names=["answer"])
    return page
