"""Labels never lie on each other or over the edge, the important ones come first, and always the same."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely

from mapexplorer.protocol import MapRequest, Operation
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from mapexplorer.service.labels.blocks import PlacedLabel
from mapexplorer.service.labels.placement import place
from mapexplorer.service.labels.writing import outline_of_label
from mapexplorer.service.sources import source_of
from mapexplorer.service.view import build_view

SYMBOLS = {
    "Point": {"type": "esriSMS", "style": "esriSMSCircle", "size": 5, "color": [0, 0, 0, 255]},
    "LineString": {"type": "esriSLS", "style": "esriSLSSolid", "width": 1, "color": [0, 0, 0, 255]},
    "Polygon": {"type": "esriSFS", "style": "esriSFSSolid", "color": [200, 200, 200, 255]},
}


def catalog(*layers: tuple[Any, list[str], float]) -> MapCatalog:
    """A map of layers given as geometries, texts and size of the letters, the first on top."""
    sources, entries = {}, []
    for number, (geometries, texts, size) in enumerate(layers):
        sources[number] = source_of(geopandas.GeoDataFrame({"t": texts}, geometry=list(geometries), crs=3857))
        kind = geometries[0].geom_type.removeprefix("Multi")
        symbol = {"type": "esriTS", "color": [0, 0, 0, 255], "font": {"family": "DejaVu Sans", "size": size}}
        drawing = {
            "renderer": {"type": "simple", "symbol": SYMBOLS[kind]},
            "labelingInfo": [{"labelExpression": "[t]", "symbol": symbol}],
        }
        entries.append({"id": number, "name": f"L{number}", "type": "Feature Layer", "drawingInfo": drawing})
    value = {"name": "labels", "spatialReference": {"wkid": 3857}, "layers": entries}
    return MapCatalog(load_document(value), sources)


def labels(maps: MapCatalog, **parameters: Any) -> tuple[PlacedLabel, ...]:
    parameters = {"bbox": (0, 0, 400, 400), "size": (400, 400), **parameters}
    return place(build_view(maps, MapRequest(**parameters), Operation.EXPORT))


def letters(label: PlacedLabel) -> Any:
    """The letters of a label as a geometry of pixels."""
    outline = outline_of_label(label)
    assert outline is not None
    return shapely.multipoints(outline.vertices).convex_hull if len(label.runs) == 1 else _curved(label)


def _curved(label: PlacedLabel) -> Any:
    from dataclasses import replace

    hulls = []
    for run in label.runs:
        outline = outline_of_label(replace(label, runs=(run,)))
        if outline is not None:
            hulls.append(shapely.multipoints(outline.vertices).convex_hull)
    return shapely.union_all(hulls)


def points(count: int, seed: int) -> list[Any]:
    return list(shapely.points(np.random.default_rng(seed).uniform(0, 400, (count, 2))))


def tracks(count: int, seed: int) -> list[Any]:
    random = np.random.default_rng(seed)
    steps = random.normal(0, 6, (count, 60, 2)).cumsum(axis=1)
    headings = random.uniform(0, 2 * np.pi, count)
    ahead = np.arange(60)[:, None] * 5
    drift = np.stack([np.cos(headings), np.sin(headings)], axis=1)[:, None, :] * ahead
    return list(shapely.linestrings(random.uniform(0, 400, (count, 1, 2)) + drift + steps))


def squares(count: int, seed: int) -> list[Any]:
    random = np.random.default_rng(seed)
    low = random.uniform(-50, 380, (count, 2))
    high = low + random.uniform(10, 150, (count, 2))
    return list(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))


def mixed(seed: int) -> MapCatalog:
    return catalog(
        (points(60, seed), [f"place {n}" for n in range(60)], 9),
        (tracks(25, seed), [f"crooked river {n}" for n in range(25)], 8),
        (squares(25, seed), [f"Land {n}" for n in range(25)], 12),
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rotation", [0, 33])
def test_no_label_lies_on_another_or_over_the_edge(seed: int, rotation: float) -> None:
    found = [letters(label) for label in labels(mixed(seed), rotation=rotation)]
    assert len(found) > 25
    picture = shapely.box(0, 0, 400, 400)
    assert all(shapely.covers(picture, shape) for shape in found)
    tree = shapely.STRtree(found)
    pairs = tree.query(found, predicate="intersects").T
    assert [tuple(pair) for pair in pairs.tolist() if pair[0] < pair[1]] == []


@pytest.mark.parametrize("seed", range(3))
def test_the_same_view_gives_the_same_labels(seed: int) -> None:
    assert labels(mixed(seed)) == labels(mixed(seed))


def test_larger_letters_go_first_then_the_upper_layer() -> None:
    same = [shapely.Point(200, 200)]
    wide = [shapely.box(150, 150, 250, 250)]
    found = labels(catalog((same, ["small"], 8), (wide, ["large"], 14)))
    assert found[0].text == "large"
    found = labels(catalog((wide, ["upper"], 10), (wide, ["lower"], 10)))
    assert found[0].text == "upper"


def test_a_label_that_is_in_the_way_of_another_goes_to_another_side() -> None:
    close = [shapely.Point(200, 200), shapely.Point(206, 201)]
    found = labels(catalog((close, ["first name", "second name"], 10)))
    assert {label.text for label in found} == {"first name", "second name"}


def test_labels_keep_off_the_markers_of_others_where_they_can() -> None:
    neighbours = [shapely.Point(200, 200), shapely.Point(230, 208)]
    found = labels(catalog((neighbours, ["a long name", "b"], 10)))
    assert {label.text for label in found} == {"a long name", "b"}
    marker = shapely.box(228, 190, 232, 194)
    shape = next(letters(label) for label in found if label.text == "a long name")
    assert not shapely.intersects(marker, shape)


@pytest.mark.parametrize(
    "parts",
    [
        shapely.MultiLineString([[(10, 50), (390, 50)], [(10, 200), (390, 200)], [(10, 350), (390, 350)]]),
        shapely.MultiPolygon([shapely.box(10, 10, 190, 190), shapely.box(210, 210, 390, 390)]),
        shapely.MultiPoint([(50, 50), (200, 200), (350, 350)]),
    ],
    ids=["lines", "polygons", "points"],
)
def test_a_feature_of_several_parts_has_one_label(parts: Any) -> None:
    assert [label.text for label in labels(catalog(([parts], ["once"], 10)))] == ["once"]


def test_lines_of_one_name_close_to_each_other_are_labelled_once() -> None:
    pieces = [shapely.LineString([(20 + 60 * n, 100), (80 + 60 * n, 100)]) for n in range(3)]
    assert len(labels(catalog((pieces, ["Amazon"] * 3, 8)))) == 1


def test_many_points_are_labelled_by_a_bounded_number_of_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    from mapexplorer.service.labels import placement

    written: list[int] = []
    whole = placement._Layer._blocks

    def counted(self: Any, labelling: Any, rows: Any) -> Any:
        written.append(len(rows))
        return whole(self, labelling, rows)

    monkeypatch.setattr(placement._Layer, "_blocks", counted)
    found = labels(catalog((points(50_000, 1), [f"p{n}" for n in range(50_000)], 8)))
    assert max(written) <= 2 * 26 * 26
    assert len(found) > 100


def test_a_tiny_polygon_is_not_labelled() -> None:
    assert labels(catalog(([shapely.box(100, 100, 103, 103)], ["much too long"], 10))) == ()


def test_a_line_much_shorter_than_its_label_is_not_labelled() -> None:
    short = [shapely.LineString([(100, 100), (120, 100)])]
    assert labels(catalog((short, ["much too long"], 10))) == ()


def test_letters_do_not_break_round_a_sharp_corner() -> None:
    corner = [shapely.LineString([(100, 200), (200, 200), (200, 100)])]
    found = labels(catalog((corner, ["Market Street"], 8)))
    angles = [run.angle for run in found[0].runs]
    turns = [abs((b - a + 180) % 360 - 180) for a, b in pairwise(angles)]
    assert max(turns, default=0) <= 33


@pytest.mark.parametrize(
    "text", ["السلام عليكم", "שלום עולם", "e\u0301te\u0301", "नमस्ते", "東京", "\U0001f30d", "\x00\x07"]
)
@pytest.mark.parametrize("shape", [shapely.Point(200, 200), shapely.LineString([(10, 200), (390, 260)])])
def test_any_script_can_be_labelled_without_a_warning(text: str, shape: Any) -> None:
    found = labels(catalog(([shape], [text], 14)))
    assert len(found) == (0 if text == "\x00\x07" else 1)


@pytest.mark.parametrize("text", ["ÅÉÎÕŨ", "Ắặ", "السلام عليكم", "fjord"])
@pytest.mark.parametrize("at", [(200, 390), (200, 396), (200, 8), (6, 200)])
def test_accents_and_overhangs_are_not_cut_off_by_the_edge_either(text: str, at: Any) -> None:
    for label in labels(catalog(([shapely.Point(*at)], [text], 12))):
        assert shapely.covers(shapely.box(0, 0, 400, 400), letters(label))


ODD = [
    shapely.Polygon([(50, 50), (350, 350), (350, 50), (50, 350)]),
    shapely.Polygon([(10, 10), (390, 10), (390, 11), (200, 10.5), (10, 300)]),
    shapely.Polygon([(0, 0), (400, 0), (200, 0)]),
    shapely.Polygon(np.random.default_rng(3).uniform(-500, 900, (80, 2))),
    shapely.LineString([(10, 10), (10, 10)]),
    shapely.LineString([(0, 0), (400, 400), (0, 0), (400, 400)]),
    shapely.LineString(np.random.default_rng(4).uniform(0, 400, (3_000, 2))),
    shapely.LineString([(-1e9, 200), (1e9, 200)]),
]


@pytest.mark.parametrize("shape", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("text", ["odd", "x" * 3_000])
def test_odd_geometries_and_endless_texts_do_no_harm(shape: Any, text: str) -> None:
    assert len(labels(catalog(([shape], [text], 10)))) <= 1


DIAMOND = {"rings": [[[200, 20], [380, 200], [200, 380], [20, 200]]]}
CLIPPED = {"clipping": {"geometryType": "esriGeometryPolygon", "geometry": DIAMOND}}
SEEN = shapely.Polygon(DIAMOND["rings"][0])


def on_screen(shape: Any) -> Any:
    return shapely.transform(shape, lambda places: np.column_stack([places[:, 0], 400 - places[:, 1]]))


def test_labels_of_a_clipped_layer_stay_inside_the_shape_where_they_can() -> None:
    clipping = {"xmin": 100, "ymin": 100, "xmax": 300, "ymax": 300}
    asked = {"clipping": {"geometryType": "esriGeometryEnvelope", "geometry": clipping}}
    edges = [shapely.Point(x, y) for x in (108, 292) for y in (108, 150, 200, 250, 292)]
    maps = catalog((edges, [f"place {n}" for n in range(len(edges))], 9))
    found = labels(maps, **asked)
    seen = shapely.box(100, 100, 300, 300)
    assert len(found) == len(edges)
    assert all(shapely.covers(seen, letters(label)) for label in found)
    assert not all(shapely.covers(seen, letters(label)) for label in labels(maps))


def test_what_is_outside_the_shape_displaces_nothing() -> None:
    inside, outside = shapely.Point(60, 200), shapely.Point(42, 230)
    maps = catalog(([inside], ["the name inside"], 9), ([outside], ["BIG"], 20))
    assert not shapely.covers(SEEN, outside)
    found = labels(maps, **CLIPPED)
    assert [label.text for label in found] == ["the name inside"]
    alone = labels(catalog(([inside], ["the name inside"], 9)), **CLIPPED)
    assert found[0].runs == alone[0].runs


def test_a_line_and_a_polygon_are_labelled_where_they_are_seen() -> None:
    line, land = shapely.LineString([(-300, 150), (390, 150)]), shapely.box(0, 240, 150, 380)
    for geometry, text in ((line, "a long river"), (land, "Land")):
        found = labels(catalog(([geometry], [text], 9)), **CLIPPED)
        assert [label.text for label in found] == [text]
        assert shapely.covers(on_screen(SEEN), letters(found[0]))


def test_layers_that_are_not_clipped_keep_their_labels() -> None:
    maps = catalog(([shapely.Point(60, 300)], ["out"], 9), ([shapely.Point(70, 330)], ["too"], 9))
    clipping = {**CLIPPED["clipping"], "excludedLayers": [1]}
    assert [label.text for label in labels(maps, clipping=clipping)] == ["too"]


def test_a_label_that_fits_nowhere_inside_is_cut() -> None:
    sliver = {"rings": [[[190, 0], [210, 0], [210, 400], [190, 400]]]}
    clipping = {"geometryType": "esriGeometryPolygon", "geometry": sliver}
    found = labels(catalog(([shapely.Point(200, 200)], ["wider than that"], 9)), clipping=clipping)
    assert [label.text for label in found] == ["wider than that"]
