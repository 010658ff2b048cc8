"""Time windows, relations and offsets."""

import numpy as np
import pandas as pd
import pytest

from mapexplorer.protocol import LayerTimeOptions, ParameterError, TimeExtent, TimeRelation, TimeUnit
from mapexplorer.service.temporal import FeatureTimes, TimeRule, instants, shift, time_mask, time_rule, window

S, JULY, E = 1199145600000, 1214870400000, 1230768000000
RELATIONS = (
    TimeRelation.OVERLAPS,
    TimeRelation.OVERLAPS_START_WITHIN_END,
    TimeRelation.AFTER_START_OVERLAPS_END,
    TimeRelation.WITHIN,
)


def column(*values: int | None) -> tuple[np.ndarray, np.ndarray]:
    return np.array([v or 0 for v in values], dtype=np.int64), np.array([v is None for v in values])


def drawn(start, end, span, relation, *, two_fields) -> bool:
    times = FeatureTimes.of(column(start), column(end) if two_fields else None)
    return bool(time_mask(times, span, relation)[0])


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        (S, "yynn"),
        (JULY, "yyyy"),
        (E, "ynyn"),
        (S - 1, "nnnn"),
        (E + 1, "nnnn"),
        ((1167609600000, S), "yynn"),
        ((E, 1262304000000), "ynyn"),
        ((S - 1, E + 1), "yyyy"),
        (None, "nnnn"),
        ((None, S), "yynn"),
        ((None, S - 1), "nnnn"),
        ((E, None), "ynyn"),
        ((None, None), "yyyy"),
    ],
)
def test_a_feature_in_the_year_2008(feature, expected):
    two = isinstance(feature, tuple)
    start, end = feature if two else (feature, feature)
    found = "".join("ny"[drawn(start, end, (S, E), relation, two_fields=two)] for relation in RELATIONS)
    assert found == expected


@pytest.mark.parametrize(
    ("feature", "expected"),
    [(JULY, "ynnn"), ((JULY - 1, JULY + 1), "yyyy"), ((JULY, JULY + 1), "ynyn"), ((JULY - 1, JULY), "yynn")],
)
def test_a_feature_at_an_instant(feature, expected):
    two = isinstance(feature, tuple)
    start, end = feature if two else (feature, feature)
    found = "".join("ny"[drawn(start, end, (JULY, JULY), relation, two_fields=two)] for relation in RELATIONS)
    assert found == expected


@pytest.mark.parametrize("relation", RELATIONS)
def test_an_open_end_of_the_window_drops_its_comparison(relation):
    assert drawn(S - 5, None, (None, E), relation, two_fields=False)
    assert not drawn(E + 5, None, (None, E), relation, two_fields=False)
    assert drawn(E + 5, None, (S, None), relation, two_fields=False)
    assert drawn(E, None, (None, None), relation, two_fields=False)
    assert not drawn(None, None, (None, None), relation, two_fields=False)


@pytest.mark.parametrize(
    ("instant", "amount", "unit", "expected"),
    [
        (1204243200000, -1, TimeUnit.YEARS, 1172620800000),
        (1206921600000, -1, TimeUnit.MONTHS, 1204243200000),
        (S, -1, TimeUnit.WEEKS, 1198540800000),
        (S, -1, TimeUnit.DECADES, 883612800000),
        (S, -1, TimeUnit.CENTURIES, -1956614400000),
        (S, 1, TimeUnit.MILLISECONDS, S + 1),
        (S, 1.5, TimeUnit.SECONDS, S + 1500),
        (S, 2, TimeUnit.MINUTES, S + 120_000),
        (S, -1, TimeUnit.HOURS, S - 3_600_000),
        (S, 1, TimeUnit.DAYS, S + 86_400_000),
        (-1, 1, TimeUnit.MONTHS, 2678399999),
    ],
)
def test_offsets_follow_the_calendar_from_months_on(instant, amount, unit, expected):
    assert shift(instant, amount, unit) == expected


@pytest.mark.parametrize(
    ("amount", "unit"),
    [(1, TimeUnit.UNKNOWN), (0.5, TimeUnit.YEARS), (90, TimeUnit.CENTURIES), (-3000, TimeUnit.YEARS)],
)
def test_offsets_that_lead_nowhere_are_refused(amount, unit):
    with pytest.raises(ValueError, match=r"unit|whole|calendar"):
        shift(S, amount, unit)


@pytest.mark.parametrize(
    ("span", "rule", "expected"),
    [
        (
            (978307200000, 1009843200000),
            TimeRule(offset=1, unit=TimeUnit.YEARS),
            (946684800000, 978307200000),
        ),
        ((E, 1262304000000), TimeRule(offset=1, unit=TimeUnit.YEARS), (S, E)),
        ((JULY, JULY), TimeRule(cumulative=True), (None, JULY)),
        ((S, E), TimeRule(cumulative=True, offset=1, unit=TimeUnit.DAYS), (None, E - 86_400_000)),
        ((None, E), TimeRule(offset=1, unit=TimeUnit.DAYS), (None, E - 86_400_000)),
    ],
)
def test_the_offset_is_taken_from_the_window(span, rule, expected):
    assert window(TimeExtent(*span), rule) == expected


def test_an_offset_without_a_unit_names_its_parameter():
    with pytest.raises(ParameterError, match="layerTimeOptions"):
        window(TimeExtent(S, E), TimeRule(offset=3))


def test_options_are_decided_key_by_key():
    published = LayerTimeOptions(
        use_time=False, time_data_cumulative=True, time_offset=2, time_offset_units=TimeUnit.DAYS
    )
    assert time_rule(None, None) == TimeRule()
    assert time_rule(None, published) == TimeRule(False, True, 2, TimeUnit.DAYS)
    assert time_rule(LayerTimeOptions(use_time=True), published) == TimeRule(True, True, 2, TimeUnit.DAYS)
    assert time_rule(LayerTimeOptions(time_offset=0), published) == TimeRule(False, True, 0, TimeUnit.DAYS)


@pytest.mark.parametrize(
    "values",
    [
        [S, None],
        [float(S), np.nan],
        ["2008-01-01", None],
        ["2008-01-01T00:00:00Z", None],
        ["2008-01-01T02:00:00+02:00", None],
        ["2008-01-01T00:00:00.000", None],
        pd.to_datetime(["2008-01-01", None]),
        pd.to_datetime(["2008-01-01", None]).tz_localize("UTC").tz_convert("Europe/Berlin"),
    ],
)
def test_times_are_dates_iso_text_or_milliseconds(values):
    moments, nulls = instants(pd.Series(values, dtype=object if isinstance(values[0], str) else None))
    assert (moments[0], nulls.tolist()) == (S, [False, True])


def test_text_that_is_no_date_is_named():
    with pytest.raises(ValueError, match="yesterday"):
        instants(pd.Series(["2008-01-01", "yesterday"]))


def test_the_extent_covers_starts_and_ends():
    assert FeatureTimes.of(column(5, None), column(9, 12)).extent == (5, 12)
    assert FeatureTimes.of(column(5, 3, None), None).extent == (3, 5)
    assert FeatureTimes.of(column(None), None).extent is None
