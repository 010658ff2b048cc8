"""The parameters: one trait per row of the table, coerced and checked by the table."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from traitlets import TraitError

from mapexplorer.explorer.parameters import Parameters
from mapexplorer.protocol import (
    PARAMETERS,
    Extent,
    ImageFormat,
    LayerSelection,
    MapRequest,
    Size,
    SpatialReference,
    TimeExtent,
    Verb,
)


def test_there_is_one_trait_for_every_row_of_the_table_and_no_other() -> None:
    parameters = Parameters()
    assert set(parameters.trait_names()) == {row.name for row in PARAMETERS}
    assert Parameters.names == tuple(row.name for row in PARAMETERS)


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)
def test_nothing_is_given_at_first_and_none_takes_a_value_away(row: Any) -> None:
    parameters = Parameters()
    assert getattr(parameters, row.name) is None
    setattr(parameters, row.name, None)
    assert parameters.given() == {}
    assert Parameters.class_traits()[row.name].help == row.help


@pytest.mark.parametrize(
    ("name", "written", "kept"),
    [
        ("bbox", (1, 2, 3, 4), Extent(1, 2, 3, 4)),
        ("bbox", "3,4,1,2", Extent(1, 2, 3, 4)),
        ("image_sr", 4326, SpatialReference(4326)),
        ("size", "600,550", Size(600, 550)),
        ("size", 640, Size(640, 640)),
        ("dpi", "120", 120.0),
        ("format", "PNG32", ImageFormat.PNG32),
        ("transparent", True, True),
        ("layers", [1, 2], LayerSelection(Verb.SHOW, (1, 2))),
        ("layer_defs", {"3": "POP > 5"}, {3: "POP > 5"}),
        ("time", 5, TimeExtent(5, 5)),
        ("rotation", 30, 30.0),
    ],
)
def test_values_are_coerced(name: str, written: Any, kept: Any) -> None:
    parameters = Parameters(**{name: written})
    assert getattr(parameters, name) == kept
    assert getattr(parameters.request(), name) == kept


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("dpi", -5, "dpi"),
        ("size", (0, 10), "size"),
        ("bbox", (1, 2, 3), "bbox"),
        ("format", "tiff", "format"),
        ("map_scale", float("nan"), "mapScale"),
        ("image_sr", "moon", "imageSR"),
        ("transparent", "maybe", "transparent"),
        ("time", "soon", "time"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_one_sentence_and_the_old_one_stays(
    name: str, value: Any, told: str
) -> None:
    parameters = Parameters()
    with pytest.raises(TraitError, match=rf"^{told}: ") as caught:
        setattr(parameters, name, value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError) as direct:  # noqa: PT011 - the sentence is compared below
        MapRequest(**{name: value})
    assert str(caught.value) == str(direct.value)
    assert getattr(parameters, name) is None


@pytest.mark.parametrize(
    "way", [lambda p: p.update(boxx=1), lambda p: setattr(p, "boxx", 1), lambda p: Parameters(boxx=1)]
)
def test_unknown_parameters_are_refused(way: Any) -> None:
    with pytest.raises(TraitError, match="boxx: is not a parameter"):
        way(Parameters())


def test_an_update_is_all_or_nothing_and_one_change() -> None:
    parameters, seen = Parameters(), []
    parameters.watch(lambda change: seen.append((change.name, parameters.dpi, parameters.rotation)))
    with pytest.raises(TraitError):
        parameters.update(dpi=120, rotation=float("nan"))
    assert (parameters.dpi, seen) == (None, [])
    parameters.update(dpi=120, rotation=30)
    assert sorted(seen) == [("dpi", 120.0, 30.0), ("rotation", 120.0, 30.0)]


def test_the_same_value_is_no_change() -> None:
    parameters, seen = Parameters(bbox=(0, 0, 1, 1), layers=[1]), []
    parameters.watch(lambda change: seen.append(change.name))
    parameters.update(bbox="0,0,1,1", layers="show:1")
    parameters.layers = [1]
    assert seen == []


def test_a_bbox_with_a_spatial_reference_brings_it_along() -> None:
    parameters = Parameters(bbox_sr=102100)
    parameters.bbox = {"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1, "spatialReference": {"wkid": 4326}}
    assert parameters.bbox_sr.code == 4326
    assert parameters.request().bbox_sr.code == 4326


def test_changes_in_a_block_are_told_at_its_end() -> None:
    parameters, seen = Parameters(), []
    parameters.watch(lambda change: seen.append(change.name))
    with parameters.together():
        parameters.dpi = 120
        parameters.update(rotation=5)
        assert seen == []
    assert sorted(seen) == ["dpi", "rotation"]


def test_requests_are_frozen_copies_and_keywords_replace_values() -> None:
    parameters = Parameters(dpi=96)
    request = parameters.request(rotation=10)
    parameters.dpi = 300
    assert (request.dpi, request.rotation, parameters.rotation) == (96.0, 10.0, None)


def test_many_threads_may_write() -> None:
    parameters = Parameters()
    requests: list[MapRequest] = []
    parameters.watch(lambda change: requests.append(parameters.request()))

    def write(step: int) -> None:
        for number in range(100):
            parameters.update(dpi=1 + step + number, rotation=1 + step + number)

    threads = [threading.Thread(target=write, args=[step * 1000]) for step in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(requests) == 800
    assert all(request.dpi == request.rotation for request in requests)
