"""Picture fills and text symbols as markers, on the map and as swatches."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
import shapely
from PIL import Image

from mapexplorer.protocol import DocumentError
from mapexplorer.protocol.symbols import PictureFillSymbol, TextSymbol
from mapexplorer.service.render.patch import swatch

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


def picture(columns: int = 8, rows: int = 8) -> str:
    """A PNG whose left half is red and whose right half is blue, in base64."""
    pixels = np.zeros((rows, columns, 4), dtype=np.uint8)
    pixels[:, : columns // 2], pixels[:, columns // 2 :] = RED, BLUE
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return base64.b64encode(file.getvalue()).decode("ascii")


def pfs(**keys: Any) -> dict[str, Any]:
    # 6 points are 8 pixels at 96 dpi.
    return {
        "type": "esriPFS",
        "imageData": picture(),
        "contentType": "image/png",
        "width": 6,
        "height": 6,
        **keys,
    }


def ts(text: str | None = "H", **keys: Any) -> dict[str, Any]:
    symbol = {
        "type": "esriTS",
        "color": [0, 0, 0, 255],
        "font": {"family": "DejaVu Sans", "size": 15},
        **keys,
    }
    return symbol if text is None else {**symbol, "text": text}


BOX = shapely.box(20, 20, 80, 80)


def test_a_picture_is_repeated_inside_the_polygon_only(scene: Any, make: Any) -> None:
    pixels = scene([([BOX], make.simple(pfs()))]).pixels()
    assert (pixels[:20, :, :3] == 255).all()
    assert (pixels[:, 80:, :3] == 255).all()
    inside = pixels[25:75, 25:75, :3]
    red, blue = (inside == RED[:3]).all(axis=2), (inside == BLUE[:3]).all(axis=2)
    assert (red | blue).all()
    assert np.array_equal(red[:, 8:], red[:, :-8])
    assert not np.array_equal(red[:, 4:], red[:, :-4])


@pytest.mark.parametrize(("keys", "period"), [({"xscale": 2}, 16), ({"xscale": 0.5}, 4), ({"width": 12}, 16)])
def test_scale_and_width_change_the_period(scene: Any, make: Any, keys: Any, period: int) -> None:
    pixels = scene([([BOX], make.simple(pfs(**keys)))]).pixels()[25:75, 25:75, 0].astype(int)
    assert np.array_equal(pixels[:, period:], pixels[:, :-period])
    assert not np.array_equal(pixels[:, period // 2 :], pixels[:, : -period // 2])


def test_the_picture_is_shifted_by_its_offset(scene: Any, make: Any) -> None:
    plain = scene([([BOX], make.simple(pfs()))]).pixels()
    moved = scene([([BOX], make.simple(pfs(xoffset=3)))]).pixels()
    assert np.array_equal(moved[30:70, 34:70], plain[30:70, 30:66])


def test_the_picture_is_turned_by_its_angle(scene: Any, make: Any) -> None:
    turned = scene([([BOX], make.simple(pfs(angle=90)))]).pixels()[25:75, 25:75, 0].astype(int)
    assert np.abs(np.diff(turned, axis=1)).max() < 10
    assert np.abs(np.diff(turned, axis=0)).max() > 200


def test_the_outline_is_drawn_over_the_picture(scene: Any, make: Any) -> None:
    symbol = pfs(outline=make.sls(width=3, color=(0, 0, 0, 255)))
    pixels = scene([([BOX], make.simple(symbol))]).pixels()
    assert (pixels[50, 20, :3] == 0).all()
    assert (pixels[50, 79, :3] == 0).all()


def test_a_picture_fill_with_an_address_only_is_refused(scene: Any, make: Any) -> None:
    with pytest.raises(DocumentError, match="fetches no pictures"):
        scene([([BOX], make.simple({"type": "esriPFS", "url": "http://127.0.0.1/x.png"}))])


def test_the_swatch_of_a_picture_fill_fills_the_patch() -> None:
    pixels = swatch(PictureFillSymbol.model_validate(pfs()), True, (20, 20), 96)
    assert pixels.shape == (20, 20, 4)
    assert (pixels[..., 3] == 255).all()
    assert (pixels[..., 0] > 0).any()
    assert (pixels[..., 2] > 0).any()


def reach(ink: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(ink > 0.5)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


@pytest.mark.parametrize("horizontal", ["left", "center", "right", "justify"])
@pytest.mark.parametrize("vertical", ["top", "middle", "baseline", "bottom"])
def test_a_text_marker_is_set_by_its_alignment(scene: Any, make: Any, horizontal: str, vertical: str) -> None:
    symbol = ts("HHH", horizontalAlignment=horizontal, verticalAlignment=vertical)
    left, top, right, bottom = reach(scene([([shapely.Point(50, 50)], make.simple(symbol))]).ink())
    match horizontal:
        case "left":
            assert 50 <= left < 54
        case "right":
            assert 46 < right <= 50
        case _:
            assert abs((left + right) / 2 - 50) < 2
    match vertical:
        case "top":
            assert 49 <= top < 53
        case "middle":
            assert abs((top + bottom) / 2 - 50) < 2
        case "baseline":
            assert 47 < bottom <= 50
        case _:
            assert bottom < 49


def test_a_text_marker_has_a_halo_an_offset_an_angle_and_turns(scene: Any, make: Any) -> None:
    point = [shapely.Point(50, 50)]
    centred = {"horizontalAlignment": "center", "verticalAlignment": "middle"}
    plain = reach(scene([(point, make.simple(ts("HHHH", **centred)))]).ink())
    moved = reach(scene([(point, make.simple(ts("HHHH", **centred, xoffset=9, yoffset=-9)))]).ink())
    assert (moved[0] - plain[0], moved[1] - plain[1]) == (12, 12)
    turned = reach(scene([(point, make.simple(ts("HHHH", **centred, angle=90)))]).ink())
    assert abs((turned[3] - turned[1]) - (plain[2] - plain[0])) <= 2
    by_renderer = make.simple(ts("HHHH", **centred), rotationExpression="90")
    assert abs((reach(scene([(point, by_renderer)]).ink())[3]) - turned[3]) <= 2
    halo = scene(
        [(point, make.simple(ts("HHHH", **centred, haloSize=2, haloColor=[255, 0, 0, 255])))]
    ).pixels()
    assert ((halo[..., 0] > 200) & (halo[..., 1] < 60)).sum() > 50


def test_a_text_symbol_without_a_text_draws_nothing(scene: Any, make: Any) -> None:
    assert (scene([([shapely.Point(50, 50)], make.simple(ts(None)))]).ink() == 0).all()


def test_text_marks_the_middle_of_polygons(scene: Any, make: Any) -> None:
    ink = scene(
        [([BOX], make.simple(ts("H", horizontalAlignment="center", verticalAlignment="middle")))]
    ).ink()
    assert ink[40:60, 40:60].max() > 0.9
    assert (ink[:30] == 0).all()


@pytest.mark.parametrize("text", ["HHH", None])
def test_the_swatch_of_a_text_symbol_is_as_large_as_its_text(text: str | None) -> None:
    symbol = TextSymbol.model_validate(ts(text))
    low, high = swatch(symbol, False, (20, 20), 96), swatch(symbol, False, (20, 20), 192)
    assert (low[..., 3] > 128).sum() > 20
    assert abs(high.shape[0] - 2 * low.shape[0]) <= 3
    assert abs(high.shape[1] - 2 * low.shape[1]) <= 4
