"""What a legend lists as visible is what has ink when it is drawn alone: under every filter, in any frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from mapexplorer.protocol import MapRequest, Operation, PatchSize
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from mapexplorer.service.legend import query_legends
from mapexplorer.service.render.canvas import draw
from mapexplorer.service.view import build_view

REACH = 5
"""Pixels within which ink may come from a neighbour outside: half the widest symbol, and antialiasing."""
SIDE = 90
NAMES = "ABC"
DEGREES, METRES = 4326, 3857
FRAMES = ["in the world", "across the date line", "far beyond", "in web mercator", "three worlds", "conic"]


def shapes_of(rng: np.random.Generator, kind: str, count: int) -> list[Any]:
    places = np.column_stack([rng.uniform(-180, 180, count), rng.uniform(20, 60, count)])
    places[: count // 2, 0] = (
        places[: count // 2, 0] / 8 + 360
    ) % 360 - 180  # half of them near the date line
    if kind == "points":
        return [shapely.Point(place) for place in places]
    ends = np.clip(places + rng.normal(0, 8, (count, 2)), (-180, -80), (180, 80))
    if kind == "lines":
        return [shapely.LineString([a, b]) for a, b in zip(places, ends, strict=True)]
    return [shapely.box(*np.minimum(a, b), *np.maximum(a, b)) for a, b in zip(places, ends, strict=True)]


def symbol_of(make: Any, kind: str, color: tuple[int, ...]) -> Any:
    match kind:
        case "points":
            return make.sms("Square", size=4, color=color, outline=None)
        case "lines":
            return make.sls("Solid", 1.5, color)
        case _:
            return make.sfs(color=color, outline=None)


def renderer_of(make: Any, rng: np.random.Generator, kind: str, chosen: str) -> dict[str, Any]:
    """A renderer of the chosen classes, by value or by breaks, with or without visual variables."""
    black = symbol_of(make, kind, (0, 0, 0, 255))
    variables = []
    if rng.random() < 0.5:
        stops = [{"value": 0, "color": (0, 0, 0, 255)}, {"value": 1, "color": (90, 0, 60, 255)}]
        fading = [{"value": 0, "transparency": 0}, {"value": 1, "transparency": 40}]
        variables = [
            {"type": "colorInfo", "field": "w", "stops": stops},
            {"type": "transparencyInfo", "field": "w", "stops": fading},
        ]
        if kind != "polygons":
            sizes = {"minDataValue": 0, "maxDataValue": 1, "minSize": 2, "maxSize": 5}
            variables.append({"type": "sizeInfo", "field": "w", **sizes})
    if rng.random() < 0.5:
        infos = [{"value": name, "label": name, "symbol": black} for name in chosen]
        kinds = {"type": "uniqueValue", "field1": "k", "uniqueValueInfos": infos}
    else:
        breaks = [
            {"classMinValue": n, "classMaxValue": n + 0.5, "label": name, "symbol": black}
            for n, name in enumerate(NAMES)
            if name in chosen
        ]
        kinds = {"type": "classBreaks", "field": "n", "minValue": 0, "classBreakInfos": breaks}
    return {**kinds, "visualVariables": variables}


def frame_of(rng: np.random.Generator, name: str) -> dict[str, Any]:
    south = float(rng.uniform(15, 35))
    west, width = float(rng.uniform(-170, 130)), 30.0
    match name:
        case "across the date line":
            west = float(rng.uniform(155, 175))
        case "far beyond":
            west = float(rng.choice([-360, 360, 720])) + west
        case "three worlds":
            west, width = -540.0, 1080.0
    frame = {"bbox": (west, south, west + width, south + 30), "bbox_sr": DEGREES, "image_sr": DEGREES}
    if name == "in web mercator":
        frame |= {"bbox": (165, south, 195, south + 25), "image_sr": METRES}
    if name == "conic":
        frame |= {"bbox": (-120, south, -80, south + 25), "image_sr": 102004}
    return {**frame, "size": (SIDE, SIDE), "rotation": float(rng.choice([0, 0, 30, 90, 211]))}


def filters_of(rng: np.random.Generator, frame: dict[str, Any], *, clipped: bool) -> dict[str, Any]:
    xmin, ymin, xmax, ymax = frame["bbox"]
    west, south = rng.uniform(xmin, (xmin + xmax) / 2), rng.uniform(ymin, (ymin + ymax) / 2)
    ring = [(west, south), (west + 14, south + 3), (west + 9, south + 16), (west - 3, south + 8)]
    if not clipped:
        relation = str(rng.choice(["Intersects", "Contains", "EnvelopeIntersects"]))
        shape = {"rings": [ring], "spatialReference": {"wkid": DEGREES}}
        kind = {"geometryType": "esriGeometryPolygon", "geometry": shape}
        return {"spatial_filter": {**kind, "spatialRel": f"esriSpatialRel{relation}"}}
    shape = {"rings": [ring], "spatialReference": {"wkid": DEGREES}}
    return {"clipping": {"geometryType": "esriGeometryPolygon", "geometry": shape}}


@pytest.fixture
def agree(scene: Any, make: Any) -> Any:
    """Draw every class of a map alone and compare its ink with what the legend of all classes lists."""

    def compare(seed: int, kind: str, frame_name: str, filtering: str) -> tuple[int, int]:
        rng = np.random.default_rng([seed, *map(ord, kind + frame_name + filtering)])
        shapes = shapes_of(rng, kind, 24)
        numbers = rng.integers(0, 3, 24)
        columns = {"k": [NAMES[n] for n in numbers], "n": numbers + 0.25, "w": rng.uniform(0, 1, 24)}
        frame = frame_of(rng, frame_name)
        asked = dict(frame)
        if filtering in ("clip", "filter"):
            asked |= filters_of(rng, frame, clipped=filtering == "clip")
        if filtering == "definition":
            asked["layer_defs"] = dict.fromkeys(range(4), "w < 0.4 OR k = 'B'")
        look = int(rng.integers(1 << 30))

        cover = [shapely.box(-180, -89, 180, 89)], make.simple(make.sfs(color=(0, 0, 0, 255)))
        renderers = [
            renderer_of(make, np.random.default_rng(look), kind, chosen) for chosen in (NAMES, *NAMES)
        ]
        layers = [(shapes, renderer, {"columns": columns}) for renderer in renderers]
        drawn = scene([*layers, cover], wkid=DEGREES)
        listed = visible(drawn, {**asked, "layers": "show:0"})
        inside = shrunk(drawn.ink(**{**asked, "spatial_filter": None, "layers": "show:4"}) > 0.99)
        for number, name in enumerate(NAMES, start=1):
            ink = drawn.ink(**{**asked, "layers": f"show:{number}"})
            if name in listed:
                assert ink.max() > 0, f"{name} is listed and not drawn"
            else:
                assert ink[inside].max(initial=0.0) == 0, f"{name} is drawn and not listed"
        return len(listed), len(NAMES)

    return compare


def visible(drawn: Any, asked: dict[str, Any]) -> set[str]:
    view = drawn.view(Operation.QUERY_LEGENDS, **asked)
    body = query_legends(view, return_visible_only=True, patch_size=PatchSize(width=15, height=15))
    entries = body["layers"][0]["legend"]
    classes = {entry["label"] for entry in entries if "groupId" not in entry}
    # Where anything is drawn all variables are followed, because no value is null.
    assert bool(classes) or not entries
    return classes


def shrunk(flags: np.ndarray) -> np.ndarray:
    """Flags whose neighbours up to the reach of symbols are flagged as well."""
    wide = np.pad(flags, REACH)
    high, across = flags.shape
    found = flags.copy()
    for down in range(2 * REACH + 1):
        for right in (0, REACH, 2 * REACH) if down not in (0, 2 * REACH) else range(2 * REACH + 1):
            found &= wide[down : down + high, right : right + across]
    return found


@pytest.mark.parametrize("filtering", ["all", "clip", "filter", "definition"])
@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("kind", ["points", "lines", "polygons"])
def test_every_class_with_ink_is_listed_and_every_listed_class_has_ink(agree, kind, frame, filtering):
    agree(1, kind, frame, filtering)


def test_the_comparison_meets_both_cases(agree):
    counts = [agree(seed, "points", frame, "clip")[0] for seed in range(2, 6) for frame in FRAMES[:3]]
    assert min(counts) == 0
    assert max(counts) > 0


@pytest.mark.parametrize("scale", [999, 1000, 5000, 20000, 20001])
@pytest.mark.parametrize("dpi", [96, 192])
def test_scale_ranges_hold_for_both(scene, make, scale, dpi):
    layer = ([shapely.box(0, 0, 1e4, 1e4)], make.simple(make.sfs()), {"minScale": 20000, "maxScale": 1000})
    drawn = scene([layer])
    asked = {"bbox": (0, 0, 100, 100), "map_scale": scale, "dpi": dpi}
    body = query_legends(
        drawn.view(Operation.QUERY_LEGENDS, **asked),
        return_visible_only=True,
        patch_size=PatchSize(width=15, height=15),
    )
    assert bool(body["layers"]) == bool(drawn.ink(**asked).max() > 0) == (1000 <= scale <= 20000)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("filtering", ["all", "clip"])
@pytest.mark.parametrize("wkid", [DEGREES, METRES])
def test_a_raster_is_listed_where_it_is_drawn(tmp_path, frame, filtering, wkid):
    from PIL import Image

    rng = np.random.default_rng([5, *map(ord, frame + filtering)])
    for number in range(4):
        step = 1.0 if wkid == DEGREES else 111_000.0
        west, north = rng.uniform(-180, 160) * step, rng.uniform(30, 55) * step
        Image.fromarray(np.zeros((15, 20, 3), dtype=np.uint8)).save(tmp_path / f"{number}.png")
        world = (step, 0, 0, -step, west + step / 2, north - step / 2)
        (tmp_path / f"{number}.pgw").write_text("\n".join(map(repr, map(float, world))))
        layer = {"id": 0, "name": "R", "type": "Raster Layer", "source": f"{number}.png"}
        value = {"name": "r", "spatialReference": {"wkid": wkid}, "layers": [layer]}
        catalog = MapCatalog(load_document(value, tmp_path))
        asked = frame_of(rng, frame)
        if filtering == "clip":
            asked |= filters_of(rng, asked, clipped=True)
        view = build_view(catalog, MapRequest(**asked), Operation.QUERY_LEGENDS)
        body = query_legends(view, return_visible_only=True, patch_size=PatchSize(width=15, height=15))
        pixels = draw(build_view(catalog, MapRequest(**asked), Operation.EXPORT))
        drawn = int((pixels[..., 0] < 128).sum())
        if body["layers"][0]["legend"]:
            assert drawn > 0
        else:
            assert drawn == 0
