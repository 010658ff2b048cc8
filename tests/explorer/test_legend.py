"""The legend: headings, groups, a real list, labels beside symbols in one column."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import pytest
from PIL import Image

from mapexplorer.explorer.legend import WIDEST_SYMBOL, LegendBox, draw_legend
from mapexplorer.protocol import Legend

from .fake_service import png
from .test_markup import read


def entry(label: str, width: int = 20, **more: Any) -> dict[str, Any]:
    return {
        "label": label,
        "imageData": base64.b64encode(png(width, 20)).decode(),
        "width": width,
        "height": 20,
        **more,
    }


def drawn(*layers: dict[str, Any], **more: Any) -> str:
    return draw_legend(Legend.parse({"layers": list(layers)}).layers, **more)


def test_each_layer_is_a_heading_and_a_list_with_labels_beside_symbols() -> None:
    page = drawn(
        {"layerId": 0, "layerName": "Towns", "legend": [entry("Small"), entry("Large")]},
        {"layerId": 1, "layerName": "Roads", "legend": [entry("Road")]},
    )
    names = [name for name, _ in read(page).elements]
    assert (names.count("h4"), names.count("ul"), names.count("li"), names.count("img")) == (2, 2, 3, 3)
    assert re.search(
        r"<li[^>]*><span[^>]*><img[^>]*></span><span class=\"me-label\"><bdi>Small</bdi></span></li>", page
    )


def test_symbols_of_all_layers_are_centred_in_one_column() -> None:
    page = drawn(
        {"layerId": 0, "layerName": "a", "legend": [entry("x", 12), entry("y", 53)]},
        {"layerId": 1, "layerName": "b", "legend": [entry("z", 20)]},
    )
    columns = re.findall(r'class="me-swatch" style="flex:none;width:(\d+)px;text-align:center', page)
    assert columns == ["53", "53", "53"]


def test_a_very_wide_symbol_is_scaled_down() -> None:
    page = drawn({"layerId": 0, "layerName": "a", "legend": [entry("x", 400)]})
    assert f'width="{WIDEST_SYMBOL}" height="5"' in page


def test_a_layer_with_nothing_to_see_says_so() -> None:
    reader = read(drawn({"layerId": 0, "layerName": "Towns", "legend": []}))
    assert reader.text == "Townsnothing visible here"


def test_the_bands_of_a_picture_are_not_listed() -> None:
    bands = [entry(name) for name in ("Red", "Green", "Blue")]
    page = drawn({"layerId": 0, "layerName": "Relief", "legendType": "RGB Composite", "legend": bands})
    assert "a picture in its own colours" in page
    assert "Red" not in page
    assert "<img" not in page


def test_a_map_without_layers_says_so() -> None:
    assert read(drawn()).text == "No layer is drawn here."


def test_groups_have_headings_and_entries_without_a_group_stay() -> None:
    groups = [{"id": "0", "heading": "Use"}, {"id": "1", "heading": "Age"}]
    kinds = [("Farm", "0"), ("Old", "1"), ("Other", None), ("Town", "0")]
    entries = [entry(label, groupId=group) for label, group in kinds]
    page = drawn({"layerId": 0, "layerName": "Land", "legendGroups": groups, "legend": entries})
    reader = read(page)
    assert reader.text == "LandUseFarmTownAgeOldOther"
    assert [attributes["aria-label"] for name, attributes in reader.elements if name == "ul"] == [
        "Use",
        "Age",
        "Land",
    ]


def test_the_note_comes_first_and_layers_out_of_scale_last() -> None:
    page = drawn(
        {"layerId": 0, "layerName": "a", "legend": [entry("x")]},
        note="Static legend.",
        out_of_scale=["Roads"],
    )
    assert read(page).text == "Static legend.axNot drawn at this scale:Roads"


@pytest.mark.parametrize(
    ("label", "alternative"), [("Small", "symbol of Small"), ("", "symbol")], ids=["labelled", "unlabelled"]
)
def test_every_symbol_has_an_alternative_text(label: str, alternative: str) -> None:
    page = drawn({"layerId": 0, "layerName": "a", "legend": [entry(label)]})
    assert [attributes["alt"] for name, attributes in read(page).elements if name == "img"] == [alternative]


@pytest.mark.parametrize(
    "image_data",
    [
        None,
        "",
        "not base64!",
        base64.b64encode(b"<svg onload='alert(1)'/>").decode(),
        base64.b64encode(png()[:30]).decode(),
        base64.b64encode(png(600, 600)).decode(),
        "A" * 600_000,
    ],
    ids=["none", "empty", "text", "svg", "cut", "huge", "long"],
)
def test_an_image_that_cannot_be_read_leaves_an_empty_box(image_data: str | None) -> None:
    page = drawn({"layerId": 0, "layerName": "a", "legend": [entry("x", imageData=image_data)]})
    reader = read(page)
    assert "img" not in [name for name, _ in reader.elements]
    assert "me-swatch-missing" in page
    assert reader.text == "ax"


def test_images_are_written_anew_without_what_else_was_in_the_file() -> None:
    buffer = io.BytesIO()
    from PIL.PngImagePlugin import PngInfo

    chunk = PngInfo()
    chunk.add_text("Comment", "SECRET-CHUNK")
    Image.new("RGB", (20, 20)).save(buffer, "PNG", pnginfo=chunk)
    assert b"SECRET-CHUNK" in buffer.getvalue()
    page = drawn(
        {
            "layerId": 0,
            "layerName": "a",
            "legend": [entry("x", imageData=base64.b64encode(buffer.getvalue()).decode())],
        }
    )
    shown = re.search(r"base64,([^\"]+)", page)
    assert shown is not None
    assert b"SECRET-CHUNK" not in base64.b64decode(shown[1])


def test_a_legend_of_an_earlier_request_is_marked() -> None:
    box = LegendBox()
    box.mark(True)
    box.mark(True)
    assert box._dom_classes.count("me-stale") == 1
    box.show(drawn())
    assert "me-stale" not in box._dom_classes
