"""What the writers of vector files have in common: going through a recording."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from mapexplorer.service.render.recording import Item, Paths, Picture, Sheet, Stamps
from mapexplorer.service.time_limit import check_time


class ItemWriter(ABC):
    """Writes recorded items one after the other, as long as there is time."""

    def write(self, items: Sequence[Item]) -> None:
        """Write items; a sheet calls this again for what is on it."""
        for item in items:
            check_time()
            match item:
                case Paths():
                    self._paths(item)
                case Stamps():
                    self._stamps(item)
                case Picture():
                    self._picture(item)
                case Sheet():
                    self._sheet(item)

    @abstractmethod
    def _paths(self, paths: Paths) -> None: ...

    @abstractmethod
    def _stamps(self, stamps: Stamps) -> None: ...

    @abstractmethod
    def _picture(self, picture: Picture) -> None: ...

    @abstractmethod
    def _sheet(self, sheet: Sheet) -> None: ...
