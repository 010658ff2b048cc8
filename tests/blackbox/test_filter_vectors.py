"""Filters and versions of `export` and `queryLegends`, asked of a running server with nothing but HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.blackbox.test_vectors import STRIP, Ask, standing

RED, BLUE, GREEN, GREY = (200, 0, 0), (0, 0, 200), (0, 150, 0), (90, 90, 90)


@pytest.mark.parametrize(
    ("parameters", "rows"),
    [
        ({"layerRangeValues": [{"0": {"elevation": 5}}]}, [2]),
        ({"layerRangeValues": [{"0": {"elevation": [1000, 1500]}}]}, [3, 4]),
        ({"layerRangeValues": [{"0": [{"name": "elevation", "value": [None, 1500]}]}]}, [1, 2, 3, 4]),
        ({"layerRangeValues": [{"0": [{"name": "elevation", "value": [1000, None]}]}]}, [3, 4, 5]),
        ({"layerRangeValues": [{"0": {"elevation": [None, None]}}]}, [1, 2, 3, 4, 5, 6]),
        ({"layerRangeValues": [{"3": {"elevation": 5}, "77": {"elevation": 5}}]}, [1, 2, 3, 4, 5, 6]),
        (
            {
                "mapRangeValues": [{"name": "elevation", "value": 5}],
                "layerRangeValues": [{"0": {"elevation": [1000, None], "number": [1, 4]}}],
            },
            [3, 4],
        ),
    ],
)
def test_layer_ranges_override_map_ranges(service: Ask, parameters: dict[str, Any], rows: list[int]) -> None:
    given = {name: json.dumps(value) for name, value in parameters.items()}
    assert standing(service("values").picture(**STRIP, layers="show:0", **given), RED) == rows


def test_a_layer_range_leaves_the_other_layers_to_the_map_range(service: Ask) -> None:
    given = {
        "mapRangeValues": '[{"name":"elevation","value":5}]',
        "layerRangeValues": '[{"0":{"elevation":4}}]',
    }
    assert standing(service("values").picture(**STRIP, layers="show:0", **given), RED) == [1]
    assert standing(service("values").picture(**STRIP, layers="show:3", **given), GREY) == [2]


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        (None, [1]),
        ({"floor": 10}, [2]),
        ({"floor": 10, "kinds": ["a", "b"]}, [2, 3]),
        ({"kinds": ["c"]}, [4]),
        ({"kinds": ["a') OR 1=1 --"]}, []),
        ({"floor": 10, "kinds": ["a') OR 1=1 --"]}, [6]),
    ],
)
def test_parameter_values_are_bound_to_their_placeholders(
    service: Ask, values: dict[str, Any] | None, rows: list[int]
) -> None:
    given = {} if values is None else {"layerParameterValues": json.dumps([{"1": values, "99": {"x": 1}}])}
    asked = {**STRIP, "layers": "show:1", **given}
    assert standing(service("values").picture(**asked), BLUE) == rows
    assert service("values").legend(**asked) == {1: [""] if rows else []}


@pytest.mark.parametrize(
    "values", [{"floor": [10]}, {"floor": "ten"}, {"x": 1}, {"kinds": "a"}, {"kinds": [1]}, {"floor": 1.5}]
)
def test_wrong_parameter_values_are_refused(service: Ask, values: dict[str, Any]) -> None:
    given = json.dumps([{"1": values}])
    for operation in ("export", "queryLegends"):
        assert "layerParameterValues" in service("values").fault(
            operation, **STRIP, layerParameterValues=given
        )


def test_a_range_that_a_layer_lacks_is_refused(service: Ask) -> None:
    for given in ('[{"0":{"depth":5}}]', '[{"1":{"elevation":5}}]', '[{"0":[{"name":"depth","value":5}]}]'):
        assert "layerRangeValues" in service("values").fault(**STRIP, layerRangeValues=given)


@pytest.mark.parametrize(
    ("moment", "rows"), [(None, [2, 3, 6]), (100, [1, 4, 6]), (199, [1, 4, 6]), (200, [2, 4, 6]), (-1, [])]
)
def test_archived_layers_are_drawn_as_of_a_moment(service: Ask, moment: int | None, rows: list[int]) -> None:
    given = {} if moment is None else {"historicMoment": str(moment)}
    asked = {**STRIP, "layers": "show:2", **given}
    assert standing(service("values").picture(**asked), GREEN) == rows
    assert service("values").legend(**asked) == {2: [""] if rows else []}
    assert standing(service("values").picture(**{**asked, "layers": "show:0"}), RED) == [1, 2, 3, 4, 5, 6]


def test_only_layers_with_an_archive_announce_one(service: Ask) -> None:
    announced = [
        service("values").json(str(ident))["supportsQueryWithHistoricMoment"] for ident in (0, 1, 2, 3)
    ]
    assert announced == [False, False, True, False]
    assert "historicMoment" in service("values").fault(**STRIP, historicMoment="1.5")


@pytest.mark.parametrize(
    ("version", "places"),
    [
        (None, (1, 1, 1)),
        ("sde.EDIT", (2, 1, 1)),
        ("sde.PLAN", (1, 3, 1)),
        ("sde.DEFAULT", (1, 1, 1)),
        ("SDE.Default", (1, 1, 1)),
    ],
)
def test_a_version_replaces_the_source_of_the_layers_that_declare_it(
    service: Ask, version: str | None, places: tuple[int, int, int]
) -> None:
    given = {} if version is None else {"gdbVersion": version}
    for ident, (colour, place) in enumerate(zip((RED, BLUE, GREEN), places, strict=True)):
        asked = {**STRIP, **given, "layers": f"show:{ident}"}
        assert standing(service("versions").picture(**asked), colour) == [place]
        assert service("versions").legend(**asked) == {ident: [""]}


def test_only_versions_that_a_layer_declares_are_known(service: Ask) -> None:
    assert service("versions").json()["hasVersionedData"] is True
    assert service("values").json()["hasVersionedData"] is False
    for name in ("versions", "values"):
        assert "gdbVersion" in service(name).fault(**STRIP, gdbVersion="sde.NOBODY")


WHOLE = {"bbox": "-1000,-1000,4000,4000", "size": "500,500"}
SQUARE = {"rings": [[[0, 0], [0, 1000], [1000, 1000], [1000, 0], [0, 0]]]}
BAR = {"paths": [[[-500, 500], [1500, 500]]]}


def passing(service: Ask, geometry_type: str, geometry: dict[str, Any], **keys: str) -> list[int]:
    """The numbers of the table's features, points first, that the legend still lists."""
    asked = json.dumps({"geometryType": geometry_type, "geometry": geometry, **keys})
    listed = service("places").legend(**WHOLE, spatialFilter=asked)
    return [
        int(label.split()[1]) + start for ident, start in ((0, 0), (1, 3), (2, 7)) for label in listed[ident]
    ]


@pytest.mark.parametrize(
    ("relation", "of_square", "of_line"),
    [
        ("Intersects", [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11], [0, 1, 3, 4, 5, 6, 10, 11]),
        ("Contains", [0, 3, 7, 11], [0, 1, 4, 6]),
        ("Within", [10, 11], [10]),
        ("Crosses", [4], [3, 5, 11]),
        ("Overlaps", [8], []),
        ("Touches", [1, 5, 6, 9], []),
        ("EnvelopeIntersects", [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [0, 1, 3, 4, 5, 6, 10, 11]),
        ("IndexIntersects", [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [0, 1, 3, 4, 5, 6, 10, 11]),
    ],
)
def test_both_tables_of_spatial_relations(
    service: Ask, relation: str, of_square: list[int], of_line: list[int]
) -> None:
    relation = f"esriSpatialRel{relation}"
    assert passing(service, "esriGeometryPolygon", SQUARE, spatialRel=relation) == of_square
    assert passing(service, "esriGeometryPolyline", BAR, spatialRel=relation) == of_line


def test_a_relation_given_as_a_pattern(service: Ask) -> None:
    keys = {"spatialRel": "esriSpatialRelRelation", "relationParam": "T*T***T**"}
    assert passing(service, "esriGeometryPolygon", SQUARE, **keys) == [4, 8]
    for wrong in ({}, {"relationParam": "T*T"}, {"relationParam": "T*T***T*X"}):
        asked = {"spatialRel": "esriSpatialRelRelation", "geometryType": "esriGeometryPolygon", **wrong}
        given = json.dumps({**asked, "geometry": SQUARE})
        assert "spatialFilter" in service("places").fault(**WHOLE, spatialFilter=given)


def test_features_are_kept_whole_in_the_picture(service: Ask) -> None:
    spot = json.dumps({"geometryType": "esriGeometryPoint", "geometry": {"x": 1100, "y": 1100}})
    asked = {**WHOLE, "layers": "show:2", "spatialFilter": spot}
    kept = service("places").picture(**asked, layerDefs='{"2":"n = 3"}')
    assert tuple(kept[440, 60, :3]) == tuple(kept[260, 240, :3]) == (0, 0, 0)
    dropped = service("places").picture(**asked, layerDefs='{"2":"n = 0"}')
    assert (dropped == 255).all()


def test_a_polygon_that_crosses_itself_is_refused(service: Ask) -> None:
    bow = {"rings": [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]]}
    asked = json.dumps({"geometryType": "esriGeometryPolygon", "geometry": bow})
    for operation in ("export", "queryLegends"):
        assert "spatialFilter" in service("places").fault(operation, **WHOLE, spatialFilter=asked)
    assert service("places").json()["supportsSpatialFilter"] is True


FRAME = {"bbox": "0,0,1000,1000", "size": "100,100"}
HALF = {"xmin": 0, "ymin": 0, "xmax": 500, "ymax": 1000}
WHITE = (255, 255, 255)


def clip(geometry: dict[str, Any], **keys: Any) -> str:
    kind = "Envelope" if "xmin" in geometry else "Polygon"
    return json.dumps({"geometryType": f"esriGeometry{kind}", "geometry": geometry, **keys})


@pytest.mark.parametrize(
    ("extra", "right"),
    [
        ({"clipping": clip(HALF)}, WHITE),
        ({"clipping": clip(HALF, excludedLayers=[0])}, BLUE),
        (
            {
                "clipping": clip(HALF),
                "spatialFilter": '{"geometryType":"esriGeometryPoint","geometry":{"x":9e6,"y":9e6}}',
            },
            WHITE,
        ),
    ],
)
def test_clipping_shows_the_background_outside_its_shape(
    service: Ask, extra: dict[str, str], right: tuple[int, int, int]
) -> None:
    picture = service("masks").picture(**FRAME, **extra, layers="show:0")
    assert {tuple(pixel) for pixel in picture[:, :50, :3].reshape(-1, 3)} == {BLUE}
    assert {tuple(pixel) for pixel in picture[:, 50:, :3].reshape(-1, 3)} == {right}


@pytest.mark.parametrize(
    ("geometry", "keys", "listed"),
    [
        (HALF, {}, ["A", "B"]),
        ({**HALF, "xmin": 600, "xmax": 700}, {}, []),
        ({**HALF, "xmin": 600, "xmax": 700}, {"excludedLayers": [6]}, ["A", "B", "C"]),
        ({**HALF, "xmin": 600, "xmax": 700}, {"excludedLayers": [5]}, ["A", "B", "C"]),
    ],
)
def test_the_legend_is_judged_inside_the_shape(
    service: Ask, geometry: dict[str, Any], keys: dict[str, Any], listed: list[str]
) -> None:
    found = service("masks").legend(**FRAME, layers="show:6", clipping=clip(geometry, **keys))
    assert found == {6: listed}


def test_a_faulty_clipping_is_refused(service: Ask) -> None:
    for wrong in (
        clip({"rings": [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]]}),
        '{"geometryType":"esriGeometryPoint","geometry":{"x":1,"y":1}}',
        clip({**HALF, "spatialReference": {"wkid": 999999}}),
    ):
        for operation in ("export", "queryLegends"):
            assert "clipping" in service("masks").fault(operation, **FRAME, clipping=wrong)
    assert service("masks").json()["supportsClipping"] is True


CYAN = (0, 255, 255)


@pytest.mark.parametrize(
    ("ident", "ids", "outlined"),
    [
        (0, {"objectIds": [1]}, [0]),
        (0, {"objectIds": [2, 99999]}, [1]),
        (0, {"objectIds": [99999]}, []),
        (1, {"uniqueIds": ["b"]}, [1]),
        (2, {"uniqueIds": [["a", "b"]]}, [0]),
        (2, {"uniqueIds": [["b", "a"]]}, []),
        ("2", {"uniqueIds": [["a", "b"], ["b", "c"]]}, [0, 1]),
        (77, {"uniqueIds": ["b"]}, []),
    ],
)
def test_selected_features_are_outlined_in_cyan(
    service: Ask, ident: Any, ids: dict[str, Any], outlined: list[int]
) -> None:
    asked = json.dumps([{"layerId": ident, **ids}])
    picture = service("selections").picture(**FRAME, layers=f"show:{ident}", selectionDefinitions=asked)
    shown = [n for n, x in enumerate((10, 60)) if tuple(picture[75, x, :3]) == CYAN]
    assert shown == outlined
    if ident != 77:
        assert tuple(picture[75, 25, :3]) == tuple(picture[75, 75, :3]) == BLUE


def test_the_inside_of_a_selection_is_filled_when_asked(service: Ask) -> None:
    asked = {"layerId": 0, "objectIds": [1, 2], "selectionFillColor": [255, 0, 255]}
    given = json.dumps([{**asked, "selectionColor": [255, 255, 0]}])
    picture = service("selections").picture(
        **FRAME, layers="show:0", layerDefs="0:k='a'", selectionDefinitions=given
    )
    assert tuple(picture[75, 25, :3]) == (255, 0, 255)
    assert tuple(picture[75, 10, :3]) == (255, 255, 0)
    assert tuple(picture[75, 75, :3]) == tuple(picture[75, 60, :3]) == WHITE


@pytest.mark.parametrize(
    "definitions",
    [
        [{"layerId": 0, "uniqueIds": ["a"]}],
        [{"layerId": 1, "objectIds": [1]}],
        [{"layerId": 0, "objectIds": [1]}, {"layerId": 1, "uniqueIds": ["a"]}],
        [{"layerId": 0, "objectIds": [1], "selectionColor": [0, 0, 256]}],
        [{"layerId": 0, "objectIds": [1], "selectionFillColor": [0, 0, 0, 0]}],
    ],
)
def test_wrong_selections_are_refused_and_no_parameter_of_a_legend(
    service: Ask, definitions: list[dict[str, Any]]
) -> None:
    given = json.dumps(definitions)
    assert "selectionDefinitions" in service("selections").fault(**FRAME, selectionDefinitions=given)
    assert set(service("selections").legend(**FRAME, selectionDefinitions=given)) == {0, 1, 2}
