"""Symbols, renderers, labels and sources of dynamic layers: what is read, and where faults are said to be."""

import pytest

from mapexplorer.protocol import (
    BY_NAME,
    JoinTableSource,
    ParameterError,
    PictureMarkerSymbol,
    SimpleMarkerSymbol,
    SizeInfo,
    TextSymbol,
    UniqueValueRenderer,
    ValueFaults,
)

SYMBOL = {"type": "esriSMS"}


def read(element):
    return BY_NAME["dynamic_layers"].coerce([{"id": 0}, {"id": 1, **element}])[1]


def draw(renderer):
    return read({"drawingInfo": {"renderer": renderer}}).drawing_info.renderer


def in_drawing(**keys):
    return {"drawingInfo": keys}


def in_symbol(**keys):
    return in_drawing(renderer={"type": "simple", "symbol": keys})


FAULTS = [
    ({"id": "1"}, "id", "expected a whole number, not '1'"),
    ({"id": -1}, "id", "expected a number greater than or equal to 0, not -1"),
    ({"source": {}}, "source.type", "is required"),
    (
        {"source": {"type": "featureLayer"}},
        "source.type",
        "expected one of 'mapLayer', 'dataLayer', 'workspaceLayer'",
    ),
    ({"source": {"type": "mapLayer"}}, "source.mapLayerId", "is required"),
    (
        {"source": {"type": "mapLayer", "mapLayerId": "3"}},
        "source.mapLayerId",
        "expected a whole number, not '3'",
    ),
    ({"source": {"type": "dataLayer"}}, "source.dataSource", "is required"),
    (
        {
            "source": {"type": "dataLayer", "dataSource": {"type": "table", "workspaceId": "W"}},
            **in_drawing(),
        },
        "source.dataSource.dataSourceName",
        "is required",
    ),
    (
        {
            "source": {
                "type": "dataLayer",
                "dataSource": {"type": "table", "workspaceId": "W", "dataSourceName": "t"},
            }
        },
        "drawingInfo",
        "is required for a data source of type table",
    ),
    (
        {
            "source": {
                "type": "dataLayer",
                "dataSource": {
                    "type": "joinTable",
                    "leftTableSource": {"type": "raster", "workspaceId": "W", "dataSourceName": "r"},
                    "rightTableSource": {
                        "type": "joinTable",
                        "leftTableSource": {"type": "map"},
                        "rightTableSource": {"type": "raster", "workspaceId": "W", "dataSourceName": "r"},
                        "leftTableKey": "a",
                        "rightTableKey": "b",
                    },
                    "leftTableKey": "a",
                    "rightTableKey": "b",
                },
            }
        },
        "source.dataSource.rightTableSource.leftTableSource.type",
        "expected one of 'table', 'queryTable', 'joinTable', 'raster', not 'map'",
    ),
    (
        in_drawing(renderer={"type": "heatmap"}),
        "drawingInfo.renderer.type",
        "expected one of 'simple', 'uniqueValue'",
    ),
    (in_drawing(renderer={}), "drawingInfo.renderer.type", "is required"),
    (in_drawing(renderer=5), "drawingInfo.renderer", "expected an object, not 5"),
    (in_drawing(transparency=101), "drawingInfo.transparency", "expected a number less than or equal to 100"),
    (in_drawing(transparency="60"), "drawingInfo.transparency", "expected a number, not '60'"),
    (in_drawing(showLabels="true"), "drawingInfo.showLabels", "expected true or false, not 'true'"),
    (in_drawing(labelingInfo={}), "drawingInfo.labelingInfo", "expected an array, not an object"),
    (
        in_drawing(labelingInfo=[{"labelPlacement": "above"}]),
        "drawingInfo.labelingInfo[0].labelPlacement",
        "expected 'esriServerPointLabelPlacementAboveLeft'",
    ),
    (in_drawing(renderer={"type": "simple"}), "drawingInfo.renderer.symbol", "is required"),
    (
        in_symbol(type="CIMPointSymbol"),
        "drawingInfo.renderer.symbol.type",
        "expected one of 'esriSMS', 'esriSLS'",
    ),
    (
        in_symbol(type="esriSMS", style="star"),
        "drawingInfo.renderer.symbol.style",
        "expected 'esriSMSCircle'",
    ),
    (
        in_symbol(type="esriSMS", color=[1, 2]),
        "drawingInfo.renderer.symbol.color",
        "expected a colour [red, green",
    ),
    (
        in_symbol(type="esriSMS", color=[1, 2, 256]),
        "drawingInfo.renderer.symbol.color",
        "expected colour values from",
    ),
    (in_symbol(type="esriSMS", color="red"), "drawingInfo.renderer.symbol.color", "expected a colour"),
    (
        in_symbol(type="esriSMS", size=-1),
        "drawingInfo.renderer.symbol.size",
        "expected a number greater than",
    ),
    (
        in_symbol(type="esriSMS", size=513),
        "drawingInfo.renderer.symbol.size",
        "expected a number less than or equal",
    ),
    (
        in_symbol(type="esriSLS", width=65),
        "drawingInfo.renderer.symbol.width",
        "expected a number less than or equal",
    ),
    (in_symbol(type="esriPMS"), "drawingInfo.renderer.symbol", "expected imageData (base64) or url"),
    (
        in_symbol(type="esriSFS", outline={"width": "1"}),
        "drawingInfo.renderer.symbol.outline.width",
        "expected a number, not '1'",
    ),
    (
        in_drawing(renderer={"type": "uniqueValue", "uniqueValueInfos": []}),
        "drawingInfo.renderer",
        "expected field1 or valueExpression",
    ),
    (
        in_drawing(renderer={"type": "uniqueValue", "field1": "A", "uniqueValueInfos": [{"symbol": SYMBOL}]}),
        "drawingInfo.renderer.uniqueValueInfos[0].value",
        "is required",
    ),
    (
        in_drawing(
            renderer={"type": "classBreaks", "field": "A", "classBreakInfos": [{"classMaxValue": "5"}]},
        ),
        "drawingInfo.renderer.classBreakInfos[0].classMaxValue",
        "expected a number, not '5'",
    ),
    (
        in_drawing(
            renderer={
                "type": "classBreaks",
                "field": "A",
                "classBreakInfos": [],
                "normalizationType": "esriNormalizeByField",
            }
        ),
        "drawingInfo.renderer",
        "esriNormalizeByField needs normalizationField",
    ),
    (
        in_drawing(
            renderer={
                "type": "simple",
                "symbol": SYMBOL,
                "visualVariables": [{"type": "sizeInfo", "minSize": "5"}],
            }
        ),
        "drawingInfo.renderer.visualVariables[0].minSize",
        "expected a number, not '5'",
    ),
    ({"layerTimeOptions": {"useTime": 1}}, "layerTimeOptions.useTime", "expected true or false, not 1"),
    ({"definitionExpression": 5}, "definitionExpression", "expected text, not 5"),
    ({"orderBy": [{"order": "ascending"}]}, "orderBy[0]", "expected field or valueExpression"),
    ({"minScale": -5}, "minScale", "expected a number greater than or equal to 0, not -5"),
]


@pytest.mark.parametrize(
    ("element", "path", "words"), FAULTS, ids=lambda item: item if isinstance(item, str) else ""
)
def test_a_fault_names_its_json_path(element, path, words):
    with pytest.raises(ParameterError) as caught:
        BY_NAME["dynamic_layers"].coerce([{"id": 0}, {"id": 1, **element}])
    assert caught.value.parameter == f"dynamicLayers[1].{path}"
    assert caught.value.problem.startswith(words), caught.value.problem
    assert caught.value.others == ()


def test_equal_ids_are_refused():
    with pytest.raises(ParameterError, match=r"^dynamicLayers\[1\]\.id: 4 is the id of an earlier element"):
        BY_NAME["dynamic_layers"].parse('[{"id":4},{"id":4}]')


def test_a_colour_without_alpha_is_opaque_and_fractions_are_rounded():
    symbol = draw({"type": "simple", "symbol": {"type": "esriSMS", "color": [1, 2.0, 3.6]}}).symbol
    assert symbol.color == (1, 2, 4, 255)


def test_null_is_the_same_as_not_there():
    symbol = draw(
        {
            "type": "simple",
            "symbol": {"type": "esriSMS", "color": None, "size": None, "outline": None, "style": None},
        }
    ).symbol
    assert symbol == SimpleMarkerSymbol()
    assert symbol.color is None


def test_unique_values_in_groups_and_numbers_as_values():
    renderer = draw(
        {
            "type": "uniqueValue",
            "field1": "KIND",
            "field2": "SIZE",
            "uniqueValueInfos": [{"value": 1, "symbol": SYMBOL}, {"value": 1.5, "symbol": SYMBOL}],
            "uniqueValueGroups": [
                {
                    "heading": "H",
                    "classes": [{"label": "L", "symbol": SYMBOL, "values": [["a", "b"], ["c", 2]]}],
                }
            ],
        }
    )
    assert isinstance(renderer, UniqueValueRenderer)
    assert renderer.fields == ("KIND", "SIZE")
    assert renderer.delimiter == ", "
    assert [info.value for info in renderer.unique_value_infos] == ["1", "1.5"]
    assert renderer.unique_value_groups[0].classes[0].values == (("a", "b"), ("c", "2"))


def test_a_bare_value_of_a_group_counts_as_one_field():
    renderer = draw(
        {"type": "uniqueValue", "field1": "K", "uniqueValueGroups": [{"classes": [{"values": ["a", 5]}]}]}
    )
    assert renderer.unique_value_groups[0].classes[0].values == (("a",), ("5",))


def test_a_size_may_depend_on_the_scale():
    renderer = draw(
        {
            "type": "simple",
            "symbol": SYMBOL,
            "rotationExpression": 45,
            "visualVariables": [
                {
                    "type": "sizeInfo",
                    "field": "POP",
                    "minDataValue": 0,
                    "maxDataValue": 10,
                    "minSize": {
                        "type": "sizeInfo",
                        "expression": "view.scale",
                        "stops": [{"value": 1e6, "size": 4}],
                    },
                    "maxSize": 20,
                },
                {"type": "colorInfo", "field": "POP", "stops": [{"value": 0, "color": [0, 0, 0, 255]}]},
                {"type": "transparencyInfo", "field": "POP", "stops": [{"value": 0, "transparency": 40}]},
                {"type": "rotationInfo", "field": "DIR", "rotationType": "arithmetic"},
            ],
        }
    )
    size, color, transparency, rotation = renderer.visual_variables
    assert isinstance(size, SizeInfo)
    assert size.min_size.stops[0].size == 4
    assert size.max_size == 20
    assert color.stops[0].color == (0, 0, 0, 255)
    assert transparency.stops[0].transparency == 40
    assert rotation.rotation_type == "arithmetic"
    assert renderer.rotation_expression == "45"


def test_joins_nest():
    table = {"type": "table", "workspaceId": "W", "dataSourceName": "t"}
    inner = {
        "type": "joinTable",
        "leftTableSource": table,
        "rightTableSource": {
            "type": "queryTable",
            "workspaceId": "W",
            "query": "SELECT * FROM t",
            "oidFields": "id",
        },
        "leftTableKey": "a",
        "rightTableKey": "b",
        "joinType": "esriLeftInnerJoin",
    }
    layer = read({"source": {"type": "dataLayer", "dataSource": {**inner, "leftTableSource": inner}}})
    assert isinstance(layer.source.data_source.left_table_source, JoinTableSource)
    assert layer.source.data_source.left_table_source.right_table_source.oid_fields == "id"


def test_order_by_tells_none_from_empty():
    assert read({"orderBy": None}).order_by is None
    assert read({"orderBy": []}).order_by == ()
    assert read({"orderBy": [{"field": "POP"}]}).order_by[0].order == "ascending"


def test_pictures_and_texts():
    picture = draw(
        {"type": "simple", "symbol": {"type": "esriPMS", "imageData": "AA==", "width": 12, "url": "x"}}
    ).symbol
    text = draw(
        {"type": "simple", "symbol": {"type": "esriTS", "font": {"family": "Arial"}, "text": "ignored"}}
    ).symbol
    assert isinstance(picture, PictureMarkerSymbol)
    assert (picture.image_data, picture.width, picture.height) == ("AA==", 12, None)
    assert isinstance(text, TextSymbol)
    assert text.font.size == 10


def test_a_picture_may_be_longer_than_other_texts():
    symbol = {"type": "esriPMS", "imageData": "A" * 100_000}
    BY_NAME["dynamic_layers"].coerce([{"id": 1, **in_symbol(**symbol)}])
    with pytest.raises(ParameterError, match="holds a text of more than 65536 characters"):
        BY_NAME["dynamic_layers"].coerce([{"id": 1, "definitionExpression": "A" * 100_000}])
    with pytest.raises(ParameterError, match="holds a text of more than 360000 characters"):
        BY_NAME["dynamic_layers"].coerce([{"id": 1, **in_symbol(type="esriPMS", imageData="A" * 400_000)}])


def test_models_are_frozen_and_write_wire_names():
    symbol = SimpleMarkerSymbol(color=(1, 2, 3, 4), size=5)
    with pytest.raises(ValueError, match="frozen"):
        symbol.size = 6
    assert symbol.to_json()["color"] == [1, 2, 3, 4]
    assert "outline" not in symbol.to_json()
    with pytest.raises(ValueError, match="finite"):
        SimpleMarkerSymbol(angle=float("nan"))


def test_faults_can_be_moved_below_another_place():
    faults = ValueFaults([(("a", 1), "is wrong")]).below("top")
    assert str(faults) == "top.a[1]: is wrong"
