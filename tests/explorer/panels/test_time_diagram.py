"""The drawing of a relation agrees with what the embedded service draws."""

from __future__ import annotations

import numpy as np
import pytest

from mapexplorer.explorer.panels.time_diagram import AROUND_AN_INSTANT, INTERVALS, WINDOWS, draw, is_drawn
from mapexplorer.explorer.panels.time_window import Mode
from mapexplorer.protocol import TimeRelation
from mapexplorer.service.temporal import FeatureTimes, time_mask


@pytest.mark.parametrize("relation", list(TimeRelation))
@pytest.mark.parametrize("mode", [Mode.WINDOW, Mode.INSTANT, Mode.CUMULATIVE])
def test_it_draws_what_the_service_draws(relation, mode):
    start, end = WINDOWS[mode]
    spans = [span for _, span in (*INTERVALS, *AROUND_AN_INSTANT)]
    starts, ends = (np.array([round(span[place] * 10) for span in spans], dtype=np.int64) for place in (0, 1))
    times = FeatureTimes(starts, ends, np.zeros(len(spans), dtype=bool), None)
    window = (None if start is None else round(start * 10), round(end * 10))
    expected = time_mask(times, window, relation)
    assert [is_drawn(relation, span, WINDOWS[mode]) for span in spans] == expected.tolist()


def test_the_picture_says_in_words_what_it_shows():
    within = draw(TimeRelation.WITHIN, Mode.WINDOW)
    assert "moment at its start" not in within.partition('aria-label="')[2].partition('"')[0]
    assert within.count("me-diagram-out") == 6
    assert draw(TimeRelation.OVERLAPS, Mode.OFF) is None
    assert "ends as it begins" not in draw(TimeRelation.OVERLAPS, Mode.CUMULATIVE)
