"""What is translucent becomes pictures, which overlap: no gap is seen where a program smooths their edges."""

import numpy as np

from mapexplorer.service.render.drawing import outline_of
from mapexplorer.service.render.flattening import TILE, flattened
from mapexplorer.service.render.recording import Picture, Recording
from mapexplorer.service.render.symbols import NO_STROKE


def test_pictures_reach_one_fine_pixel_over_the_next_and_not_over_the_edge():
    recording = Recording(4 * TILE, 2 * TILE, (255, 255, 255, 255))
    corners = np.array([[1.0, 1], [63, 1], [63, 15], [31, 15], [31, 31], [1, 31], [1, 1]])
    shape = outline_of([corners], closed=True)
    recording.draw_each([shape], np.array([[1.0, 0, 0, 0.5]]), [NO_STROKE])
    upper, lower = (item for item in flattened(recording) if isinstance(item, Picture))
    assert (upper.left, upper.top, upper.width, upper.height) == (0, 0, 4 * TILE, TILE + 0.5)
    assert (lower.left, lower.top, lower.height) == (0, TILE, TILE)
    assert (upper.pixels[-1, : lower.pixels.shape[1]] == lower.pixels[0]).all()
