"""Archives: rows that were valid for a while, and which of them were at a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Instants = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Archive:
    """When each row of a layer was valid, in milliseconds since 1970 UTC.

    `unstarted` marks rows without a start, which never are; `current` those without an end.
    """

    starts: Instants
    unstarted: Mask
    ends: Instants
    current: Mask

    def at(self, moment: int | None) -> Mask:
        """Return the rows valid at a moment, start included and end not; without one the current rows
        (Export Map, historicMoment).
        """
        if moment is None:
            return self.current
        limits = np.iinfo(np.int64)
        moment = max(limits.min, min(limits.max, moment))
        return (self.starts <= moment) & ~self.unstarted & (self.current | (moment < self.ends))
