"""The table says everything about every parameter once."""

import json
import re

import jsonschema
import pytest

from mapexplorer.protocol import (
    BY_NAME,
    BY_WIRE,
    DISPLACED,
    PARAMETERS,
    ImageFormat,
    MapRequest,
    Operation,
    PatchSize,
    ResponseFormat,
    ServiceInfo,
    Size,
    TimeRelation,
    ValueType,
)

WIRE_NAMES = [
    "bbox",
    "bboxSR",
    "size",
    "imageSR",
    "dpi",
    "mapScale",
    "rotation",
    "format",
    "transparent",
    "layers",
    "layerDefs",
    "time",
    "timeRelation",
    "layerTimeOptions",
    "historicMoment",
    "gdbVersion",
    "mapRangeValues",
    "layerRangeValues",
    "layerParameterValues",
    "spatialFilter",
    "clipping",
    "selectionDefinitions",
    "dynamicLayers",
    "datumTransformations",
    "returnVisibleOnly",
    "patchSize",
    "f",
]

rows = pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.wire)


def test_the_table_holds_the_27_parameters_of_both_specifications():
    assert [row.wire for row in PARAMETERS] == WIRE_NAMES
    assert len(BY_NAME) == len(BY_WIRE) == 27


@rows
def test_python_names_follow_from_wire_names(row):
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", row.wire).lower()
    assert row.name == words


@rows
def test_a_row_says_everything(row):
    assert isinstance(row.type, ValueType)
    assert row.operations
    assert row.operations <= frozenset(Operation)
    assert row.required_by <= row.operations
    assert re.fullmatch(r"\d+(\.(\d+|x))*|not stated", row.since)
    assert row.help.endswith(".")
    assert 30 < len(row.help) <= 110
    operation, name = row.source.split(", ")
    assert operation in ("Export Map", "Query Legends")
    assert name == row.wire
    assert row.gate_scope in ("root", "layer")


def test_only_three_parameters_belong_to_one_operation():
    single = {row.wire: set(row.operations) for row in PARAMETERS if len(row.operations) == 1}
    assert single == {
        "selectionDefinitions": {Operation.EXPORT},
        "returnVisibleOnly": {Operation.QUERY_LEGENDS},
        "patchSize": {Operation.QUERY_LEGENDS},
    }


def test_only_the_box_of_export_is_required():
    assert {row.wire: set(row.required_by) for row in PARAMETERS if row.required_by} == {
        "bbox": {Operation.EXPORT}
    }


def test_the_defaults_are_those_of_the_specification():
    assert {row.name: row.default for row in PARAMETERS if row.default is not None} == {
        "size": Size(400, 400),
        "dpi": 96.0,
        "rotation": 0.0,
        "format": ImageFormat.PNG,
        "transparent": False,
        "time_relation": TimeRelation.OVERLAPS,
        "return_visible_only": True,
        "patch_size": PatchSize(15, 15),
        "f": ResponseFormat.HTML,
    }


def test_gates_are_keys_that_services_publish():
    assert {row.wire: (row.gate, row.gate_scope) for row in PARAMETERS if row.gate} == {
        "time": ("timeInfo", "root"),
        "timeRelation": ("supportsTimeRelation", "root"),
        "layerTimeOptions": ("timeInfo", "root"),
        "historicMoment": ("supportsQueryWithHistoricMoment", "layer"),
        "gdbVersion": ("hasVersionedData", "root"),
        "mapRangeValues": ("rangeInfos", "layer"),
        "layerRangeValues": ("rangeInfos", "layer"),
        "layerParameterValues": ("parameterInfos", "layer"),
        "spatialFilter": ("supportsSpatialFilter", "root"),
        "clipping": ("supportsClipping", "root"),
        "dynamicLayers": ("supportsDynamicLayers", "root"),
        "datumTransformations": ("supportsDatumTransformation", "root"),
    }


def test_a_gate_can_be_asked_of_the_metadata():
    info = ServiceInfo.parse({"supportsClipping": True, "supportsSpatialFilter": False, "timeInfo": {}})
    assert info.offers("supportsClipping")
    assert not info.offers("supportsSpatialFilter")
    assert not info.offers("supportsTimeRelation")


EXAMPLES = {
    "bbox": ["1,2,3,4", {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}],
    "bbox_sr": [4326, "4326", {"wkid": 102100, "latestWkid": 3857}, {"wkt": "GEOGCS[]"}],
    "image_sr": [4326],
    "size": ["600,550", "640"],
    "dpi": [96, 144.5],
    "map_scale": [5e6],
    "rotation": [-45],
    "format": ["png32"],
    "transparent": [True],
    "layers": ["show:1,2", "4", "show:"],
    "layer_defs": [{"0": "A = 1", "3": None}],
    "time": ["null,5", 5],
    "time_relation": ["esriTimeRelationWithin"],
    "layer_time_options": [
        {"0": {"useTime": True, "timeOffset": 1, "timeOffsetUnits": "esriTimeUnitsYears"}}
    ],
    "historic_moment": [5],
    "gdb_version": ["sde.USER1"],
    "map_range_values": [[{"name": "depth", "value": [5, None]}]],
    "layer_range_values": [[{"0": {"depth": [5, None]}}]],
    "layer_parameter_values": [[{"0": {"floor": 10, "kinds": ["a", "b"]}}]],
    "spatial_filter": [{"geometryType": "esriGeometryPoint", "geometry": {"x": 1, "y": 2}}],
    "clipping": [
        {
            "geometryType": "esriGeometryPolygon",
            "geometry": {"rings": [[[0, 0], [1, 1], [1, 0]]], "spatialReference": {"wkid": 4326}},
            "excludedLayers": [1],
        }
    ],
    "selection_definitions": [[{"layerId": 1, "objectIds": [1], "selectionColor": [1, 2, 3]}]],
    "dynamic_layers": [
        [
            {
                "id": 1,
                "source": {"type": "mapLayer", "mapLayerId": 3},
                "drawingInfo": {
                    "renderer": {
                        "type": "simple",
                        "symbol": {"type": "esriSFS", "color": [1, 2, 3, 4], "outline": {"type": "esriSLS"}},
                    }
                },
            }
        ]
    ],
    "datum_transformations": [[{"wkid": 1623}, {"geoTransforms": [{"wkid": 1, "transformForward": True}]}]],
    "return_visible_only": [False],
    "patch_size": ["24,12"],
    "f": ["json"],
}


@rows
def test_the_schema_is_valid_and_accepts_what_the_parser_accepts(row):
    schema = row.type.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    json.dumps(schema, allow_nan=False)
    validator = jsonschema.Draft202012Validator(schema)
    for example in EXAMPLES[row.name]:
        validator.validate(example)
        text = example if isinstance(example, str) else json.dumps(example)
        if not text.endswith(":"):
            assert row.parse(text) is not None


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("dpi", 0),
        ("dpi", "x"),
        ("format", "tiff"),
        ("transparent", "yes"),
        ("size", "a,b"),
        ("layers", "show:a"),
        ("layer_defs", {"x": "A"}),
        ("layer_defs", {"0": 5}),
        ("map_range_values", [{"name": "a"}]),
        ("clipping", {"geometryType": "esriGeometryPoint", "geometry": {"x": 1, "y": 2}}),
        ("selection_definitions", [{"objectIds": [1]}]),
        ("dynamic_layers", [{"id": 1, "source": {"type": "elsewhere"}}]),
        ("bbox_sr", {}),
    ],
)
def test_the_schema_refuses_what_the_parser_refuses(name, wrong):
    row = BY_NAME[name]
    assert not jsonschema.Draft202012Validator(row.type.schema()).is_valid(wrong)
    with pytest.raises(ValueError, match=f"^{row.wire}"):
        row.coerce(wrong)


def test_displaced_parameters_are_rows_of_the_table():
    for winner, losers in DISPLACED.items():
        assert {winner, *losers} <= BY_NAME.keys()


@rows
def test_a_default_is_a_value_of_its_type(row):
    if row.default is not None:
        assert row.parse(row.write(row.default)) == row.default
        assert MapRequest().effective(row.name) == row.default
