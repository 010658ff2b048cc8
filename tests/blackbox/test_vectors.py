"""The published behaviour of `export` and `queryLegends`, asked of a running server with nothing but HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from tests.blackbox.conftest import Service
from tests.blackbox.documents import JAN_2007, JAN_2008, JAN_2009, JUL_2008, PALETTE

Ask = Callable[[str], Service]
STRIP = {"bbox": "0,-50,700,50", "size": "700,100"}
"""One pixel a metre; features stand at x = 100, 200, 300 …"""
B_ALONE = {"bbox": "150,-50,250,50", "size": "100,100"}


def standing(picture: np.ndarray, colour: tuple[int, int, int], count: int = 6) -> list[int]:
    """The numbers n whose place x = 100 n shows the colour at its centre."""
    return [n for n in range(1, count + 1) if tuple(picture[50, 100 * n, :3]) == colour]


@pytest.mark.parametrize(
    ("layers", "drawn"),
    [
        (None, [1, 3]),
        ("show:0", [1]),
        ("show:0,2", [1, 2]),
        ("show:5", [6]),
        ("show:6", [6]),
        ("4", [4]),
        ("hide:3", [1, 2, 4, 6]),
        ("hide:0", [3, 4, 6]),
        ("include:4", [1, 3, 4]),
        ("include:5", [1, 3, 6]),
        ("include:0", [1, 3]),
        ("include:2", [1, 2, 3]),
        ("exclude:0", [3]),
        ("exclude:3", [1]),
        ("exclude:5", [1, 3]),
        ("show:-1", []),
        ("show:99", []),
        ("show:", [1, 3]),
        ("SHOW:3", [3]),
    ],
)
def test_the_four_verbs_pick_the_layers_of_the_picture_and_of_the_legend(
    service: Ask, layers: str | None, drawn: list[int]
) -> None:
    frame = {"bbox": "0,0,700,100", "size": "700,100"} | ({"layers": layers} if layers is not None else {})
    picture = service("tree").picture(**frame)
    assert [i for i in PALETTE if tuple(picture[75, 100 * i + 25, :3]) == PALETTE[i]] == drawn
    assert sorted(service("tree").legend(**frame)) == drawn


@pytest.mark.parametrize("layers", ["show:1,,2", "show:1,", "show:a", "show:1.5", "only:1"])
def test_a_malformed_layer_list_is_refused_by_name(service: Ask, layers: str) -> None:
    assert "layers" in service("tree").fault(bbox="0,0,1,1", layers=layers)


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("NAME = 'O''Brien'", [1]),
        ("NOT (POP > 15)", [1]),
        ("NAME <> 'Smith'", [1]),
        ("POP BETWEEN 10 AND 20", [1, 2]),
        ("NAME LIKE 'S%'", [2]),
        ("UPPER(NAME)='SMITH'", [2]),
        ("NAME IS NULL", [3]),
        ("POP IN (10,30)", [1, 3]),
        ("pop * 2 = 40", [2]),
        ("\"POP\" = 10 OR name = 'Smith'", [1, 2]),
        ("", [1, 2, 3]),
    ],
)
def test_definition_expressions_choose_rows(service: Ask, expression: str, rows: list[int]) -> None:
    picture = service("rows").picture(**STRIP, layers="show:0", layerDefs=json.dumps({"0": expression}))
    assert standing(picture, (200, 0, 0)) == rows
    listed = service("rows").legend(**STRIP, layers="show:0", layerDefs=json.dumps({"0": expression}))
    assert listed == {0: [""]}


def test_the_published_expression_always_holds_and_the_old_text_form_is_read(service: Ask) -> None:
    asked = dict(STRIP, layers="show:1")
    assert standing(service("rows").picture(**asked), (0, 0, 200)) == [1, 2]
    assert standing(service("rows").picture(**asked, layerDefs="1:NAME='Smith';0:POP=1"), (0, 0, 200)) == [2]


@pytest.mark.parametrize(
    "expression", ["1=1);DROP TABLE t", "NOFIELD=1", "POP IN (SELECT 1)", "POP = 1 -- x", "POP ="]
)
def test_a_faulty_expression_is_refused_naming_layer_defs(service: Ask, expression: str) -> None:
    assert "layerDefs" in service("rows").fault(**STRIP, layerDefs=json.dumps({"0": expression}))


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (5, [2]),
        ([1000, 1500], [3, 4]),
        ([None, 1500], [1, 2, 3, 4]),
        ([1000, None], [3, 4, 5]),
        ([None, None], [1, 2, 3, 4, 5, 6]),
    ],
)
def test_map_range_values_filter_the_layers_with_that_range(
    service: Ask, value: object, rows: list[int]
) -> None:
    ranges = json.dumps([{"name": "elevation", "value": value}])
    picture = service("rows").picture(**STRIP, layers="show:2", mapRangeValues=ranges)
    assert standing(picture, (0, 150, 0)) == rows
    untouched = service("rows").picture(**STRIP, layers="show:0", mapRangeValues=ranges)
    assert standing(untouched, (200, 0, 0)) == [1, 2, 3]


YEAR = f"{JAN_2008},{JAN_2009}"
RELATIONS = {
    "esriTimeRelationOverlaps": ([1, 2, 3], [1, 2, 3, 4, 5, 6]),
    "esriTimeRelationOverlapsStartWithinEnd": ([1, 2], [1, 3, 4, 5, 6]),
    "esriTimeRelationAfterStartOverlapsEnd": ([2, 3], [2, 3, 4, 5, 6]),
    "esriTimeRelationWithin": ([2], [3, 4, 5, 6]),
}


@pytest.mark.parametrize("relation", RELATIONS)
def test_the_four_time_relations_compare_both_ends(service: Ask, relation: str) -> None:
    asked = dict(STRIP, time=YEAR, timeRelation=relation)
    instants, spans = RELATIONS[relation]
    assert standing(service("times").picture(**asked, layers="show:0"), (200, 0, 0)) == instants
    assert standing(service("times").picture(**asked, layers="show:1"), (0, 0, 200)) == spans


@pytest.mark.parametrize(
    ("time", "rows"),
    [
        (str(JUL_2008), [2]),
        (f"null,{JAN_2008}", [1, 4]),
        (f"{JAN_2009},null", [3, 5]),
        ("null,null", [1, 2, 3, 4, 5, 6]),
        ("", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_open_ends_and_instants(service: Ask, time: str, rows: list[int]) -> None:
    picture = service("times").picture(**STRIP, layers="show:0", time=time)
    assert standing(picture, (200, 0, 0)) == rows
    untimed = service("times").picture(**STRIP, layers="show:2", time=time)
    assert standing(untimed, (0, 150, 0)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("options", "time", "rows"),
    [
        ({"useTime": False}, YEAR, [1, 2, 3, 4, 5, 6]),
        ({"timeDataCumulative": True}, str(JUL_2008), [1, 2, 4]),
        ({"timeOffset": 1, "timeOffsetUnits": "esriTimeUnitsYears"}, f"{JAN_2009},1262304000000", [1, 2, 3]),
        ({"timeOffset": -1, "timeOffsetUnits": "esriTimeUnitsYears"}, f"{JAN_2007},{JAN_2008}", [1, 2, 3]),
    ],
)
def test_layer_time_options_change_the_window_of_one_layer(
    service: Ask, options: dict[str, object], time: str, rows: list[int]
) -> None:
    asked = dict(STRIP, layers="show:0", time=time, layerTimeOptions=json.dumps({"0": options}))
    assert standing(service("times").picture(**asked), (200, 0, 0)) == rows


@pytest.mark.parametrize("time", ["None,1", "2008-01-01", "1,2,3", f"{JAN_2009},{JAN_2008}"])
def test_a_malformed_time_is_refused(service: Ask, time: str) -> None:
    assert "time" in service("times").fault(**STRIP, time=time)


def test_class_edges_belong_to_the_lower_class(service: Ask) -> None:
    picture = service("classes").picture(bbox="0,-50,800,50", size="800,100", layers="show:0")
    colours = {(90, 90, 90): "other", (200, 0, 0): "A", (0, 0, 200): "B"}
    seen = [colours[tuple(int(c) for c in picture[50, 100 * n, :3])] for n in range(1, 8)]
    assert seen == ["other", "A", "A", "B", "B", "other", "other"]


@pytest.mark.parametrize(
    ("extra", "labels"),
    [
        ({}, ["A", "B", "C", "rest"]),
        (B_ALONE, ["B"]),
        (
            {"bbox": "150,-50,250,50", "size": "100,100", "returnVisibleOnly": "false"},
            ["A", "B", "C", "rest"],
        ),
        ({"layerDefs": '{"1":"k = \'b\'"}'}, ["B"]),
        ({"layerDefs": '{"1":"w > 9"}'}, []),
        ({"bbox": "200,-50,300,50", "size": "100,100"}, ["B", "C"]),
        ({"bbox": "350,-50,450,50", "size": "100,100"}, ["rest"]),
    ],
)
def test_the_legend_lists_the_classes_that_are_there(
    service: Ask, extra: dict[str, str], labels: list[str]
) -> None:
    assert service("classes").legend(**{**STRIP, "layers": "show:1", **extra}) == {1: labels}


@pytest.mark.parametrize(
    ("scale", "drawn"), [(50000, True), (10000, True), (50000.5, False), (9999.5, False)]
)
def test_scale_ranges_include_both_ends(service: Ask, scale: float, drawn: bool) -> None:
    asked = {"bbox": "50,-50,150,50", "size": "101,101", "layers": "show:2", "mapScale": scale}
    assert bool((service("classes").picture(**asked)[50, 50, :3] == 0).all()) is drawn
    for visible_only in ("true", "false"):
        assert (2 in service("classes").legend(**asked, returnVisibleOnly=visible_only)) is drawn


@pytest.mark.parametrize(
    ("extra", "extent", "scale"),
    [
        ({"bbox": "-127.8,15.4,-63.5,60.5"}, (-127.8, 5.8, -63.5, 70.1), 67557316.38640934),
        (
            {"bbox": "-115.8,30.4,-85.5,50.5", "size": "800,600"},
            (-115.8, 29.0875, -85.5, 51.8125),
            15917470.346098004,
        ),
        ({"bbox": "-180,-90,180,90", "size": "800,600"}, (-180, -135, 180, 135), 189118459.5576),
        (
            {"bbox": "-127.8,15.4,-63.5,60.5", "imageSR": "102004"},
            (-3600302.0803, -3583437.1391, 3676184.8154, 3693049.7566),
            68754069.38,
        ),
        (
            {"bbox": "-10,35,20,60", "imageSR": "3035"},
            (2405281.491, 1327980.832, 5334103.844, 4256803.185),
            27673856.642,
        ),
        (
            {"bbox": "0,0,1000,500", "bboxSR": "3857", "imageSR": "3857", "mapScale": "5E6"},
            (-264083.8625, -264333.8625, 265083.8625, 264833.8625),
            5000000,
        ),
    ],
)
def test_the_frame_grows_its_short_side_and_tells_its_scale(
    service: Ask, extra: dict[str, str], extent: tuple[float, ...], scale: float
) -> None:
    body = service("frames").json("export", **extra)
    found = [body["extent"][key] for key in ("xmin", "ymin", "xmax", "ymax")]
    assert found == pytest.approx(extent, abs=0.01 if max(map(abs, extent)) > 1000 else 1e-7)
    assert body["scale"] == pytest.approx(scale, rel=1e-8)


@pytest.mark.parametrize(
    ("rotation", "place"),
    [
        (0, (50, 10)),
        (360, (50, 10)),
        (45, (21.716, 21.716)),
        (90, (10, 50)),
        (-90, (90, 50)),
        (180, (50, 90)),
    ],
)
def test_rotation_turns_the_picture_counter_clockwise(
    service: Ask, rotation: float, place: tuple[float, float]
) -> None:
    asked = {"bbox": "150,-90,250,10", "size": "100,100", "layers": "show:0", "layerDefs": '{"0":"POP=20"}'}
    reddish = np.argwhere(service("rows").picture(**asked, rotation=rotation)[..., 1] < 128)
    # The marker stands at (50, 90) of a 100 m frame and is 26.67 px wide, cut by the edge of the picture.
    column, row = place
    assert reddish[:, 1].mean() == pytest.approx(min(max(column, 11.7), 88.3), abs=1)
    assert reddish[:, 0].mean() == pytest.approx(min(max(row, 11.7), 88.3), abs=1)


@pytest.mark.parametrize(
    ("image_format", "start"),
    [
        ("png", b"\x89PNG"),
        ("png8", b"\x89PNG"),
        ("png24", b"\x89PNG"),
        ("PNG32", b"\x89PNG"),
        ("jpg", b"\xff\xd8\xff"),
        ("gif", b"GIF8"),
        ("bmp", b"BM"),
    ],
)
def test_the_bytes_match_the_format_and_href_serves_them_again(
    service: Ask, image_format: str, start: bytes
) -> None:
    asked = {"bbox": "-20,-20,20,20", "size": "60,40", "format": image_format}
    session, url = service("frames").session, service("frames").url
    streamed = session.get(f"{url}/export", params={**asked, "f": "image"}, timeout=30)
    assert streamed.content.startswith(start)
    if start == b"\x89PNG":
        kinds = {"png": 2, "png8": 3, "png24": 2, "PNG32": 6}
        assert streamed.content[25] == kinds[image_format]
    href = service("frames").json("export", **asked)["href"]
    fetched = session.get(href, timeout=30)
    assert fetched.content == streamed.content
    assert fetched.headers["Content-Type"] == streamed.headers["Content-Type"]
    posted = session.post(f"{url}/export", data={**asked, "f": "image"}, timeout=30)
    assert posted.content == streamed.content


@pytest.mark.parametrize(
    ("image_format", "alpha_inside", "alpha_outside"),
    [("png24", 0, 0), ("png32", 255, 0), ("png8", 0, 0), ("gif", 0, 0), ("jpg", 255, 255), ("bmp", 255, 255)],
)
def test_transparency_keys_the_background_or_what_was_not_drawn(
    service: Ask, image_format: str, alpha_inside: int, alpha_outside: int
) -> None:
    picture = service("frames").picture(
        bbox="-20,-20,20,20", size="40,40", format=image_format, transparent="true", layers="show:0"
    )
    assert (picture[20, 20, 3], picture[2, 2, 3]) == (alpha_inside, alpha_outside)


def test_layer_transparency_blends_the_layer_as_a_whole(service: Ask) -> None:
    picture = service("frames").picture(bbox="-20,-20,20,20", size="40,40", layers="show:1")
    assert abs(int(picture[20, 20, 0]) - 153) <= 1


@pytest.mark.parametrize(
    ("extra", "size"),
    [
        ({}, (27, 27)),
        ({"dpi": "192"}, (53, 53)),
        ({"patchSize": "30,20"}, (27, 27)),
    ],
)
def test_marker_swatches_are_as_large_as_the_marker(
    service: Ask, extra: dict[str, str], size: tuple[int, int]
) -> None:
    body = service("classes").json("queryLegends", **STRIP, layers="show:1", **extra)
    assert {(e["width"], e["height"]) for e in body["layers"][0]["legend"]} == {size}


@pytest.mark.parametrize(
    ("patch", "dpi", "size"),
    [
        (None, 96, (20, 20)),
        ("30,20", 120, (50, 33)),
        ("24,12", 200, (67, 33)),
        ("15", 192, (40, 40)),
    ],
)
def test_patch_size_is_in_points(service: Ask, patch: str | None, dpi: int, size: tuple[int, int]) -> None:
    extra = {"patchSize": patch} if patch else {}
    body = service("tree").json("queryLegends", bbox="0,0,700,100", size="700,100", dpi=dpi, **extra)
    assert {(e["width"], e["height"]) for layer in body["layers"] for e in layer["legend"]} == {size}


def test_legend_images_are_served_under_their_relative_url(service: Ask) -> None:
    import base64

    body = service("classes").json("queryLegends", **STRIP, layers="show:1")
    for entry in body["layers"][0]["legend"]:
        answer = service("classes").session.get(
            f"{service('classes').url}/1/images/{entry['url']}", timeout=30
        )
        assert answer.content == base64.b64decode(entry["imageData"])
        assert entry["contentType"] == answer.headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({}, "bbox"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "0,0,1,1", "imageSR": "999999"}, "imageSR"),
        ({"bbox": "0,0,1,1", "size": "0,10"}, "size"),
        ({"bbox": "0,0,1,1", "size": "5000,10"}, "4096"),
        ({"bbox": "0,0,1,1", "dpi": "0"}, "dpi"),
        ({"bbox": "0,0,1,1", "mapScale": "-1"}, "mapScale"),
        ({"bbox": "0,0,1,1", "rotation": "NaN"}, "rotation"),
        ({"bbox": "0,0,1,1", "format": "webp"}, "format"),
        ({"bbox": "0,0,1,1", "transparent": "maybe"}, "transparent"),
        ({"bbox": "0,0,1,1", "layerDefs": "[]"}, "layerDefs"),
    ],
)
def test_faults_are_envelopes_that_name_the_parameter(
    service: Ask, parameters: dict[str, str], named: str
) -> None:
    assert named in service("frames").fault(**parameters)


def test_unknown_paths_and_markup_are_answered_safely(service: Ask) -> None:
    body = service("frames").json("nothing/here")
    assert body["error"]["code"] == 400
    raw = service("frames").session.get(
        f"{service('frames').url}/export", params={"bbox": "<script>", "f": "json"}, timeout=30
    )
    assert "<script>" not in raw.text


def test_the_first_line_named_a_service_that_answers(service: Ask) -> None:
    root = service("tree").json()
    assert [layer["id"] for layer in root["layers"]] == [0, 1, 2, 3, 4, 5, 6]
    assert root["supportsClipping"] in (True, False)
    assert root["capabilities"].startswith("Map")
