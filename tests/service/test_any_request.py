"""Whatever is asked, the service answers: a picture of the size asked, or an envelope that is no internal
fault.
"""

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.service.conftest import BLUE, RED, Asker, box, collection, fill, layer, marker, point, simple

FILES = {
    "areas.geojson": collection((box(0, 0, 1000, 1000), {"KIND": "a", "t": 5})),
    "towns.geojson": collection((point(500, 500), {"NAME": "x", "POP": 5, "t": "2008-01-01"})),
}
LAYERS = [
    layer(
        1,
        "towns.geojson",
        simple(marker(RED)),
        timeInfo={"startTimeField": "t"},
        rangeInfos=[{"name": "pop", "field": "POP"}],
        minScale=1e6,
    ),
    layer(2, "areas.geojson", simple(fill(BLUE), transparency=40)),
]
numbers = st.one_of(
    st.floats(allow_nan=True).map(repr),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(["0", "-0.0", "1e-300", "1e308", "90", "180", "-180", "5E6", " 7 "]),
)
VALUES = {
    "bbox": st.one_of(
        st.lists(numbers, min_size=4, max_size=4).map(",".join),
        st.sampled_from(
            ["0,0,1000,1000", "-180,-90,180,90", "0,0,0,5", '{"xmin":0,"ymin":0,"xmax":9,"ymax":9}']
        ),
    ),
    "bboxSR": st.sampled_from(
        ["4326", "3857", "102100", "102004", "2154", "3031", "27700", "5041", "4978", "0"]
    ),
    "imageSR": st.sampled_from(
        ["4326", "3857", "102100", "102004", "2154", "3031", "27700", "32661", "54009", "1"]
    ),
    "size": st.sampled_from(["1,1", "8,5", "33,70", "1,200", "0,1", "9999,1", ""]),
    "dpi": st.one_of(numbers, st.sampled_from(["96", "1", "1200", "0.5"])),
    "mapScale": numbers,
    "rotation": numbers,
    "format": st.sampled_from(["png", "png8", "png24", "png32", "jpg", "gif", "bmp", "pdf", "x"]),
    "transparent": st.sampled_from(["true", "false", "1"]),
    "layers": st.one_of(st.sampled_from(["show:1", "hide:2", "exclude:1", "show:-1"]), st.text(max_size=12)),
    "layerDefs": st.one_of(
        st.text(max_size=30), st.text(max_size=30).map(lambda text: json.dumps({"1": text, "2": text}))
    ),
    "time": st.one_of(numbers, st.lists(numbers, min_size=2, max_size=2).map(",".join), st.text(max_size=8)),
    "timeRelation": st.sampled_from(["esriTimeRelationWithin", "esriTimeRelationOverlaps", "x"]),
    "layerTimeOptions": st.sampled_from(
        [
            '{"1":{"timeOffset":1e300,"timeOffsetUnits":"esriTimeUnitsDays"}}',
            '{"1":{"timeOffset":1e305,"timeOffsetUnits":"esriTimeUnitsWeeks"}}',
            '{"1":{"timeOffset":3,"timeOffsetUnits":"esriTimeUnitsMonths"}}',
            '{"1":{"timeDataCumulative":true}}',
            "{}",
        ]
    ),
    "mapRangeValues": st.sampled_from(
        ['[{"name":"pop","value":5}]', '[{"name":"pop","value":[null,1e308]}]', "[1]"]
    ),
    "returnVisibleOnly": st.sampled_from(["true", "false", "no"]),
    "patchSize": st.sampled_from(["15,15", "1,200", "0.1", "256", "300", "1e-9,1e-9"]),
}
requests = st.fixed_dictionaries(
    {"bbox": VALUES["bbox"]}, optional={k: v for k, v in VALUES.items() if k != "bbox"}
)


@pytest.fixture
def service(serve) -> Asker:
    return serve(LAYERS, FILES)


@given(asked=requests)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_export_gives_a_picture_of_the_size_asked_or_an_envelope(service, asked):
    answer = service.get("export", **asked, f="image")
    assert answer.status_code == 200
    if answer.content_type == "application/json":
        assert json.loads(answer.data)["error"]["code"] == 400, asked
        return
    if answer.content_type == "application/pdf":
        assert answer.data.startswith(b"%PDF-")
        return
    width, height = Image.open(io.BytesIO(answer.data)).size
    assert f"{width},{height}" == (asked.get("size") or "400,400")


@given(asked=requests)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_query_legends_gives_layers_or_an_envelope(service, asked):
    body = json.loads(service.get("queryLegends", **asked).data)
    assert "layers" in body or body["error"]["code"] == 400, asked
