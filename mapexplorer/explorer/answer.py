"""What the explorer shows: a request with its picture and legend, or the sentence that says why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mapexplorer.client.service import ExportResult, LegendResult
    from mapexplorer.protocol import MapRequest


@dataclass(frozen=True)
class Answer:
    """The outcome of one request, as far as it is known.

    `export` and `legend` belong to `request`; each is None when it failed or, for the legend, when it is
    still on its way (`legend_pending`). `previous` is the request of the answer before, `elapsed` the
    seconds from the change to the moment of showing.
    """

    request: MapRequest
    export: ExportResult | None = None
    legend: LegendResult | None = None
    export_error: str | None = None
    legend_error: str | None = None
    legend_pending: bool = False
    previous: MapRequest | None = None
    elapsed: float = 0.0

    @property
    def error(self) -> str | None:
        """The one sentence to show, or None when nothing failed."""
        return self.export_error or self.legend_error
