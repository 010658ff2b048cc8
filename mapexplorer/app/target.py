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
    if text.startswith(("http://", "https://", "sample:")):
        return text
    if "://" in text:
        raise TargetError(f"{text}: only http and https addresses can be opened.")
    path = Path(text).expanduser()
    if not path.exists():
        raise TargetError(f"{text}: there is no such file, and it is not an http or https address.")
    return str(path.resolve())


def open_target() -> Widget:
    """Open in an explorer what the command line asked for: the demo when it asked for nothing.

    A target that cannot be opened becomes a line of text in the page, since nobody looks at the kernel's log.
    Paths that the person types, and files that are written, belong to the folder of the command.
    """
    from ipywidgets import Label

    from mapexplorer import explore

    folder = os.environ.get(FOLDER_VARIABLE)
    if folder and Path(folder).is_dir():
        os.chdir(folder)
    try:
        return explore(os.environ.get(TARGET_VARIABLE) or None)
    except (MapExplorerError, OSError) as problem:
        return Label(f"The map could not be opened. {problem}")
