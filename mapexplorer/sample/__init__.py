"""Demo maps on real data: the world, Atlantic storms, the United States, a week of earthquakes.

The maps are map documents beside their data in ``maps``; where the data comes from and under which terms
stands in ``LICENSES.md``. They are made by ``python -m mapexplorer.sample.build``.
"""

from __future__ import annotations

from pathlib import Path

MAPS = Path(__file__).parent / "maps"
"""The folder of the map documents; it can be served as a whole."""

NAMES = ("storms", "world", "usa", "earthquakes")
"""The names of the demo maps, the one to begin with first."""


def document_path(name: str = "storms") -> Path:
    """Returns the path of a demo map document.

    Raises ``ValueError`` for a name that is not one of ``NAMES``.

    >>> document_path("world").name
    'world.json'
    """
    if name not in NAMES:
        raise ValueError(f"no demo map named {name!r}; there are {', '.join(NAMES)}")
    return MAPS / f"{name}.json"


__all__ = ["MAPS", "NAMES", "document_path"]
