"""Draw a map view in the vector formats."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from mapexplorer.protocol.formats import ImageFormat
from mapexplorer.service.render.canvas import check_size, draw_layers, ground_of
from mapexplorer.service.render.emf import write_emf
from mapexplorer.service.render.pdf import write_pdf
from mapexplorer.service.render.postscript import write_ps
from mapexplorer.service.render.recording import Recording
from mapexplorer.service.render.svg import write_svg

if TYPE_CHECKING:
    from mapexplorer.service.view import MapView


def draw_vectors(view: MapView) -> bytes:
    """Return the picture of a view as a file of its vector format; the same view always gives the same bytes.

    The page is the picture at its dpi; rasters are embedded at the resolution of the picture. Raises
    `ParameterError` when the picture is too large or holds too much.
    """
    size = view.frame.size
    check_size(size)
    recording = Recording(size.width, size.height, ground_of(view))
    draw_layers(recording, view)
    return _WRITERS[view.request.effective("format")](recording, view.frame.dpi)


def write_svgz(recording: Recording, dpi: float) -> bytes:
    """Return a drawing as compressed SVG, without a time in the header."""
    return gzip.compress(write_svg(recording, dpi), compresslevel=6, mtime=0)


_WRITERS: Final[Mapping[ImageFormat, Callable[[Recording, float], bytes]]] = {
    ImageFormat.SVG: write_svg,
    ImageFormat.SVGZ: write_svgz,
    ImageFormat.PDF: write_pdf,
    ImageFormat.PS: write_ps,
    ImageFormat.EMF: write_emf,
}
