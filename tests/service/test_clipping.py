"""Clipping: masks of every kind of layer, in picture and legend."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.service.conftest import BLUE, GREEN, RED, box, collection, fill, layer, marker, point, simple

VIEW = {"bbox": "0,0,1000,1000", "size": "100,100"}
WHITE = (255, 255, 255)
ALL = box(-1000, -1000, 2000, 2000)
LEFT = {"xmin": -500, "ymin": -500, "xmax": 500, "ymax": 1500}


def clip(geometry, **keys):
    kind = "esriGeometryEnvelope" if "xmin" in geometry else "esriGeometryPolygon"
    return json.dumps({"geometryType": kind, "geometry": geometry, **keys})


def ring(*pairs):
    return [list(pair) for pair in pairs]


@pytest.fixture
def service(serve):
    """Layer 1 all blue, below it layer 2 all green, in group 9."""
    layers = [
        layer(9),
        layer(1, "all.geojson", simple(fill(BLUE)), parentLayerId=9),
        layer(2, "all.geojson", simple(fill(GREEN)), parentLayerId=9),
    ]
    return serve(layers, {"all.geojson": collection((ALL, {"n": 1}))})


def at(picture, *places):
    return [tuple(int(part) for part in picture[y, x, :3]) for x, y in places]


ENDS = ((2, 50), (49, 50), (50, 50), (97, 50))
INK, LEAF = (0, 0, 200), (0, 150, 0)


def test_the_background_shows_outside_an_envelope(service):
    picture = service.picture(**VIEW, clipping=clip(LEFT))
    assert at(picture, *ENDS) == [INK, INK, WHITE, WHITE]


def test_excluded_layers_are_not_masked(service):
    assert at(service.picture(**VIEW, clipping=clip(LEFT, excludedLayers=[1])), *ENDS) == [INK] * 4
    half = service.picture(**VIEW, clipping=clip(LEFT, excludedLayers=[2, 77]))
    assert at(half, *ENDS) == [INK, INK, LEAF, LEAF]
    assert at(service.picture(**VIEW, clipping=clip(LEFT, excludedLayers=[9])), *ENDS) == [INK] * 4


def test_a_spatial_filter_beside_it_has_no_effect(service):
    spatial = json.dumps({"geometryType": "esriGeometryPoint", "geometry": {"x": 9e6, "y": 9e6}})
    picture = service.picture(**VIEW, clipping=clip(LEFT), spatialFilter=spatial)
    assert at(picture, *ENDS) == [INK, INK, WHITE, WHITE]


@pytest.mark.parametrize("turn", [1, -1])
def test_holes_are_even_odd_in_any_sense(service, turn):
    outer = ring((100, 100), (900, 100), (900, 900), (100, 900), (100, 100))
    hole = ring((400, 400), (600, 400), (600, 600), (400, 600), (400, 400))[::turn]
    island = ring((450, 450), (550, 450), (550, 550), (450, 550))
    picture = service.picture(**VIEW, clipping=clip({"rings": [hole, outer, island]}))
    places = ((5, 50), (25, 50), (42, 50), (50, 50), (75, 50), (95, 50))
    assert at(picture, *places) == [WHITE, INK, WHITE, INK, INK, WHITE]


def test_the_edge_is_antialiased(service):
    half = {"xmin": -500, "ymin": -500, "xmax": 505, "ymax": 1500}
    mixed = at(service.picture(**VIEW, clipping=clip(half)), (50, 50))[0]
    assert all(abs(have - want) <= 2 for have, want in zip(mixed, (127, 127, 227), strict=True))


def test_masked_ground_is_transparent_where_asked(service):
    picture = service.picture(**VIEW, clipping=clip(LEFT), format="png32", transparent="true")
    assert [int(picture[50, x, 3]) for x in (10, 49, 50, 90)] == [255, 255, 0, 0]


def test_the_shape_turns_with_the_map(service):
    picture = service.picture(**VIEW, clipping=clip(LEFT), rotation="90")
    assert at(picture, (50, 97), (50, 51), (50, 48), (50, 2)) == [INK, INK, WHITE, WHITE]
    assert at(picture, (2, 97), (97, 97)) == [INK, INK]


def test_a_shape_of_another_system_is_carried_along_its_edges(serve):
    """In a Lambert map the parallel of 40 degrees is bowed, and the mask with it."""
    service = serve(
        [layer(1, "all.geojson", simple(fill(BLUE)))],
        {"all.geojson": collection((box(-3e6, -3e6, 3e6, 3e6), {}))},
        spatialReference={"wkid": 102004},
    )
    from pyproj import Transformer

    degrees = Transformer.from_crs("ESRI:102004", 4326, always_xy=True)
    south = {"xmin": -130, "ymin": 20, "xmax": -60, "ymax": 40, "spatialReference": {"wkid": 4326}}
    picture = service.picture(bbox="-2000000,-1000000,2000000,1000000", size="200,100", clipping=clip(south))
    for column in (5, 60, 100, 140, 195):
        x = -2e6 + (column + 0.5) * 20000
        for row in range(5, 95, 3):
            latitude = degrees.transform(x, 1e6 - (row + 0.5) * 20000)[1]
            if abs(latitude - 40) > 0.3:
                assert at(picture, (column, row)) == [INK if latitude < 40 else WHITE]


def test_a_shape_out_of_sight_masks_everything(service):
    far = {"xmin": 5000, "ymin": 5000, "xmax": 6000, "ymax": 6000}
    assert (service.picture(**VIEW, clipping=clip(far)) == 255).all()
    assert (service.picture(**VIEW, clipping=clip({**LEFT, "xmax": -500})) == 255).all()
    assert service.json("queryLegends", **VIEW, clipping=clip(far))["layers"][0]["legend"] == []


def test_an_envelope_of_everything_masks_nothing(service):
    everything = dict.fromkeys(("xmin", "ymin"), -1e308) | dict.fromkeys(("xmax", "ymax"), 1e308)
    picture = service.picture(**VIEW, clipping=clip(everything))
    assert (picture == service.picture(**VIEW)).all()
    assert len(service.json("queryLegends", **VIEW, clipping=clip(everything))["layers"][0]["legend"]) == 1


def test_rasters_are_masked(serve, folder):
    Image.fromarray(np.full((10, 10, 3), (200, 0, 0), dtype=np.uint8)).save(folder / "red.png")
    (folder / "red.pgw").write_text("100\n0\n0\n-100\n50\n950\n")
    raster = {"id": 1, "name": "R", "type": "Raster Layer", "source": "red.png"}
    service = serve([raster])
    assert at(service.picture(**VIEW, clipping=clip(LEFT)), *ENDS) == [(200, 0, 0)] * 2 + [WHITE] * 2
    far = {"xmin": 5000, "ymin": 5000, "xmax": 6000, "ymax": 6000}
    listed = service.json("queryLegends", **{**VIEW, "bbox": "0,0,9000,9000"}, clipping=clip(far))["layers"][
        0
    ]
    assert listed["legend"] == []
    excluded = clip(far, excludedLayers=[1])
    assert len(service.json("queryLegends", **VIEW, clipping=excluded)["layers"][0]["legend"]) == 3


def test_translucent_layers_are_masked_after_blending(serve):
    layers = [layer(1, "all.geojson", simple(fill([0, 0, 0, 255]), transparency=60))]
    service = serve(layers, {"all.geojson": collection((ALL, {}))})
    picture = service.picture(**VIEW, clipping=clip(LEFT))
    assert abs(at(picture, (10, 50))[0][0] - 153) <= 1
    assert at(picture, (90, 50)) == [WHITE]


def test_labels_are_cut_off_with_their_layer(serve):
    label = {
        "labelPlacement": "esriServerPointLabelPlacementAboveCenter",
        "labelExpression": "[name]",
        "symbol": {"type": "esriTS", "color": [0, 0, 0, 255], "font": {"family": "Arial", "size": 20}},
    }
    drawing = simple(marker(RED, 2), showLabels=True, labelingInfo=[label])
    rows = collection((point(500, 500), {"name": "MMMM"}))
    service = serve([layer(1, "rows.geojson", drawing)], {"rows.geojson": rows})

    def dark(picture):
        ink = (picture[..., :3].max(axis=2) < 100).any(axis=0)
        return bool(ink[:50].any()), bool(ink[51:].any())

    assert dark(service.picture(**VIEW)) == (True, True)
    assert dark(service.picture(**VIEW, clipping=clip(LEFT))) == (True, False)
    assert dark(service.picture(**VIEW, clipping=clip(LEFT, excludedLayers=[1]))) == (True, True)


@pytest.fixture
def classes(serve):
    unique = {
        "renderer": {
            "type": "uniqueValue",
            "field1": "k",
            "uniqueValueInfos": [{"value": v, "label": v, "symbol": marker(RED)} for v in "ABC"],
        }
    }
    rows = collection(*((point(x, 500), {"k": k}) for x, k in ((200, "A"), (500, "B"), (800, "C"))))
    return serve([layer(0, "rows.geojson", unique)], {"rows.geojson": rows})


def labels(service, **keys):
    return [e["label"] for e in service.json("queryLegends", **VIEW, **keys)["layers"][0]["legend"]]


@pytest.mark.parametrize(
    ("shape", "keys", "listed"),
    [
        (LEFT, {}, ["A", "B"]),
        ({**LEFT, "xmax": 499}, {}, ["A"]),
        ({**LEFT, "xmin": 500, "xmax": 600}, {}, ["B"]),
        ({**LEFT, "xmin": 550, "xmax": 600}, {}, []),
        ({**LEFT, "xmin": 550, "xmax": 600}, {"excludedLayers": [0]}, ["A", "B", "C"]),
        ({"rings": [ring((0, 0), (1000, 0), (1000, 1000), (0, 1000))]}, {}, ["A", "B", "C"]),
        (
            {
                "rings": [
                    ring((0, 0), (1000, 0), (1000, 1000), (0, 1000)),
                    ring((400, 400), (600, 400), (600, 600), (400, 600)),
                ]
            },
            {},
            ["A", "C"],
        ),
    ],
)
def test_the_legend_is_judged_inside_the_shape(classes, shape, keys, listed):
    assert labels(classes, clipping=clip(shape, **keys)) == listed
    assert labels(classes, clipping=clip(shape, **keys), returnVisibleOnly="false") == ["A", "B", "C"]


def test_a_feature_counts_where_frame_and_shape_overlap_only(serve):
    """The feature meets the frame on one side and the shape on the other, outside the frame."""
    rows = collection((box(900, 400, 3000, 600), {}))
    service = serve([layer(0, "rows.geojson", simple(fill(RED)))], {"rows.geojson": rows})
    right = {"xmin": 1500, "ymin": 0, "xmax": 4000, "ymax": 1000}
    assert labels(service, clipping=clip(right)) == []
    assert labels(service, clipping=clip({**right, "xmin": 950})) == [""]
    assert labels(service, clipping=clip({**right, "xmin": 950}), rotation="45") == [""]


@pytest.mark.parametrize(
    "value",
    [
        {"geometryType": "esriGeometryPoint", "geometry": {"x": 1, "y": 1}},
        {"geometryType": "esriGeometryPolyline", "geometry": {"paths": [[[0, 0], [1, 1]]]}},
        {"geometryType": "esriGeometryPolygon", "geometry": LEFT},
        {
            "geometryType": "esriGeometryPolygon",
            "geometry": {"rings": [ring((0, 0), (9, 9), (9, 0), (0, 9))]},
        },
        {"geometryType": "esriGeometryEnvelope", "geometry": {**LEFT, "spatialReference": {"wkid": 999999}}},
        {"geometryType": "esriGeometryEnvelope"},
        {"geometry": LEFT},
    ],
)
@pytest.mark.parametrize("operation", ["export", "queryLegends"])
def test_other_shapes_are_refused(service, operation, value):
    assert service.fault(operation, **VIEW, clipping=json.dumps(value))[0].startswith("clipping")


def test_dynamic_layers_are_excluded_by_their_own_ids(service):
    element = json.dumps([{"id": 7, "source": {"type": "mapLayer", "mapLayerId": 1}}])
    for excluded, last in (([7], INK), ([1], WHITE)):
        picture = service.picture(**VIEW, dynamicLayers=element, clipping=clip(LEFT, excludedLayers=excluded))
        assert at(picture, (97, 50)) == [last]


@pytest.mark.parametrize("image_format", ["svg", "pdf"])
def test_vector_formats_carry_the_shape_as_a_clip_path(service, image_format):
    answer = service.get("export", **VIEW, f="image", format=image_format, clipping=clip(LEFT))
    assert answer.content_type.startswith("image/svg" if image_format == "svg" else "application/pdf")
    if image_format == "svg":
        assert answer.text.count("<clipPath") == 2


def test_clipping_is_announced(service):
    assert service.json()["supportsClipping"] is True
