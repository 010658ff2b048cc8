"""A drawing that takes too long gives itself up between two batches; batches leave no trace in a picture."""

import json

import numpy as np
import pytest
from werkzeug.test import Client

from mapexplorer.protocol import ServiceFault
from mapexplorer.service import time_limit as clock
from mapexplorer.service.app import MapServiceApp
from mapexplorer.service.limits import Limits
from mapexplorer.service.render import surface
from mapexplorer.service.time_limit import check_time, time_limit
from tests.service.conftest import BLUE, GREEN, RED, box, collection, layer, marker, point


def line(*places):
    return {"type": "LineString", "coordinates": [list(place) for place in places]}


def unique(*symbols):
    infos = [{"value": str(number), "symbol": symbol} for number, symbol in enumerate(symbols)]
    return {"renderer": {"type": "uniqueValue", "field1": "k", "uniqueValueInfos": infos}}


def stroke(color, width, style="Solid"):
    return {"type": "esriSLS", "style": f"esriSLS{style}", "color": color, "width": width}


def area(color, outline):
    return {"type": "esriSFS", "style": "esriSFSSolid", "color": color, "outline": outline}


def picture_mark(color, outline):
    return {**marker([*color[:3], 120], 14), "outline": outline}


RENDERERS = {
    "areas.geojson": unique(area([200, 0, 0, 90], stroke(BLUE, 3)), area(GREEN, None)),
    "lines.geojson": unique(stroke([200, 0, 0, 90], 4), stroke(BLUE, 2, "Dash"), stroke(GREEN, 1)),
    "points.geojson": unique(picture_mark(RED, stroke(BLUE, 2)), marker(GREEN, 6)),
    "turned.geojson": {
        "renderer": {
            **unique(marker(RED, 20), marker([0, 0, 0, 99], 9))["renderer"],
            "rotationExpression": "[n]",
            "rotationType": "geographic",
        }
    },
}
PLACES = np.random.default_rng(5).uniform(5, 90, (60, 2)).round(2).tolist()
ROWS = list(enumerate(PLACES))
FILES = {
    "areas.geojson": collection(*((box(x, y, x + 9, y + 7), {"k": n % 2}) for n, (x, y) in ROWS)),
    "lines.geojson": collection(*((line((x, y), (y, x), (50, 50)), {"k": n % 3}) for n, (x, y) in ROWS)),
    "points.geojson": collection(*((point(x, y), {"k": n % 2}) for n, (x, y) in ROWS)),
    "turned.geojson": collection(*((point(x, y), {"k": n % 2, "n": 7 * n}) for n, (x, y) in ROWS)),
}
FRAME = {"bbox": "0,0,100,100", "size": "200,200"}


@pytest.mark.parametrize("file", list(RENDERERS))
@pytest.mark.parametrize("batch", [1, 7, 64])
def test_a_picture_is_the_same_in_batches_of_any_size(serve, monkeypatch, file, batch):
    service = serve([layer(0, file, RENDERERS[file])], FILES)
    whole = service.picture(**FRAME)
    assert len(np.unique(whole.reshape(-1, 4), axis=0)) > 3
    monkeypatch.setattr(surface, "_BATCH", batch)
    assert np.array_equal(service.picture(**FRAME), whole)


@pytest.mark.parametrize(
    ("operation", "form"), [("export", "json"), ("export", "image"), ("queryLegends", "json")]
)
def test_what_takes_too_long_is_told_as_code_503(serve, operation, form):
    service = serve([layer(0, "points.geojson")], FILES)
    patient = service.get(operation, **FRAME, f=form)
    assert b'"error"' not in patient.data
    hurried = Client(MapServiceApp({"test": service.catalog}, limits=Limits(drawing_seconds=-1)))
    answer = hurried.get(f"{service.path}/{operation}", query_string={**FRAME, "f": form})
    assert answer.content_type == "application/json"
    error = json.loads(answer.data)["error"]
    assert error["code"] == 503
    assert "seconds" in error["details"][0]
    assert json.loads(hurried.get(f"{service.path}?f=json").data)["mapName"] == "test"


def test_the_time_is_looked_at_between_batches(serve, monkeypatch):
    service = serve([layer(0, "lines.geojson", RENDERERS["lines.geojson"])], FILES)
    monkeypatch.setattr(surface, "_BATCH", 10)
    moments = []

    def tick():
        moments.append(len(moments))
        return float(len(moments))

    monkeypatch.setattr(clock.time, "monotonic", tick)
    body = service.json("export", **FRAME)
    assert body["error"]["code"] == 503
    assert len(moments) == 12, "the start, ten seconds that passed, and the look that found them gone"


def test_without_a_limit_there_is_always_time_and_limits_end_with_their_work():
    check_time()
    with time_limit(-1), pytest.raises(ServiceFault):
        check_time()
    check_time()
