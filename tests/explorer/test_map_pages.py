"""The map: panning, zooming, resizing and turning, seen from both sides of the wire."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ipyleaflet
import pytest

from mapexplorer.explorer.overlay import EMPTY_PICTURE, MERCATOR_LIMIT
from mapexplorer.explorer.pages import MercatorPage, Plane, PlanePage, View, latitude, ordinate
from mapexplorer.protocol import Extent, Size, SpatialReference

from .conftest import Bench, browser_echo, browser_view
from .fake_service import FakeService
from .panels.stand_in import press


def sides(extent: Any) -> tuple[float, ...]:
    return extent.xmin, extent.ymin, extent.xmax, extent.ymax


def updates(wire: list[Any], widget: Any) -> list[dict[str, Any]]:
    return [
        data["state"] for sender, data in wire if sender == widget.model_id and data.get("method") == "update"
    ]


# ---- before a browser shows the map


def test_without_a_browser_there_is_an_answer_of_a_sensible_size(bench: Bench) -> None:
    answer = bench.explorer.answer
    assert answer is not None
    assert answer.error is None
    assert (answer.export.width, answer.export.height) == (800, 500)
    assert bench.explorer.map.view.near(View((500_000, 250_000), 1250))


def test_the_overlay_is_transparent_until_the_first_picture(make: Callable[..., Bench]) -> None:
    bench = make()
    assert bench.page.overlay.url == EMPTY_PICTURE
    bench.settle()
    assert bench.page.overlay.url.startswith("data:image/png;base64,")


def test_the_first_display_fits_the_first_extent_to_the_real_size(bench: Bench) -> None:
    bench.display((1000, 400))
    assert bench.service.exports[-1].size == Size(1000, 400)
    assert sides(bench.explorer.parameters.bbox) == (0, 0, 1_000_000, 500_000)
    assert sides(bench.explorer.map.extent) == pytest.approx((-125_000, 0, 1_125_000, 500_000), abs=1)
    assert bench.explorer.parameters.size is None


def test_a_hidden_map_without_size_is_no_change(bench: Bench) -> None:
    before = len(bench.service.exports)
    bench.page.widget.set_state(
        {
            "south": 1.0,
            "north": 1.0,
            "west": 1.0,
            "east": 1.0,
            "left": 5.0,
            "right": 5.0,
            "top": 5.0,
            "bottom": 5.0,
        }
    )
    bench.settle()
    assert len(bench.service.exports) == before


# ---- the person moves the map


def test_a_drag_is_one_request_for_what_is_then_in_view(bench: Bench) -> None:
    bench.display()
    before = len(bench.service.exports)
    resolution = bench.page.current.resolution
    start = bench.explorer.map.extent
    bench.drag(100, 50)
    bench.settle()
    assert len(bench.service.exports) == before + 1
    wanted = (
        start.xmin - 100 * resolution, start.ymin + 50 * resolution,
        start.xmax - 100 * resolution, start.ymax + 50 * resolution,
    )  # fmt: skip
    assert sides(bench.service.exports[-1].bbox) == pytest.approx(wanted, abs=1.1 * resolution)
    assert sides(bench.explorer.parameters.bbox) == sides(bench.service.exports[-1].bbox)
    assert bench.explorer.parameters.bbox_sr.code == 3857


def test_the_map_is_never_moved_by_the_answer_to_its_own_move(bench: Bench, wire: list[Any]) -> None:
    bench.display()
    wire.clear()
    for _ in range(5):
        bench.drag(37, -21)
        bench.settle()
        browser_echo(bench.page, (1000, 500))
        bench.settle()
    assert not [state for state in updates(wire, bench.page.widget) if "center" in state or "zoom" in state]


def test_zooming_is_one_request_with_another_resolution(bench: Bench) -> None:
    bench.display()
    before = len(bench.service.exports)
    view = bench.page.current
    browser_view(bench.page, view.center, view.resolution / 2, (1000, 500))
    bench.settle()
    assert len(bench.service.exports) == before + 1
    assert bench.service.exports[-1].bbox.width == pytest.approx(500 * view.resolution)


def test_resizing_after_a_drag_keeps_centre_and_scale(bench: Bench) -> None:
    bench.display()
    bench.drag(100, 0)
    bench.settle()
    before, center, resolution = (
        len(bench.service.exports),
        bench.page.current.center,
        bench.page.current.resolution,
    )
    browser_view(bench.page, center, resolution, (600, 300))
    bench.settle()
    request = bench.service.exports[-1]
    assert len(bench.service.exports) == before + 1
    assert request.size == Size(600, 300)
    assert request.bbox.width == pytest.approx(600 * resolution)
    assert request.bbox.center == pytest.approx(center, abs=resolution)


def test_a_size_from_code_stays_whatever_the_map_measures(make: Callable[..., Bench]) -> None:
    bench = make(size=(300, 200))
    bench.settle()
    bench.display((1000, 500))
    assert {request.size for request in bench.service.exports} == {Size(300, 200)}
    bench.explorer.parameters.size = None
    bench.settle()
    assert bench.service.exports[-1].size == Size(1000, 500)


def test_the_size_of_the_picture_stays_within_the_limit_of_the_service(make: Callable[..., Bench]) -> None:
    bench = make(FakeService(maxImageWidth=640, maxImageHeight=480))
    bench.settle()
    bench.display((1000, 500))
    assert bench.service.exports[-1].size == Size(640, 480)


@pytest.mark.parametrize("longitude", [-540.0, -200.0, 179.0, 560.0])
def test_beyond_the_date_line_the_bbox_goes_on_and_stays_finite(bench: Bench, longitude: float) -> None:
    bench.display()
    x = longitude * 20037508.342789244 / 180
    browser_view(bench.page, (x, 0.0), 1000.0, (1000, 500))
    bench.settle()
    bbox = bench.service.exports[-1].bbox
    assert bbox.center[0] == pytest.approx(x, abs=1000)
    assert bbox.width == pytest.approx(1_000_000)
    assert bench.service.exports[-1].size == Size(1000, 500)


def test_at_the_poles_the_bbox_is_finite(bench: Bench) -> None:
    bench.display()
    browser_view(bench.page, (0.0, 0.0), 156543.0, (1000, 500))
    bench.settle()
    assert all(map(math.isfinite, sides(bench.service.exports[-1].bbox)))


# ---- code moves the map


def test_a_bbox_from_code_moves_the_map_and_stays_as_it_was_written(bench: Bench) -> None:
    bench.display()
    bench.explorer.parameters.bbox = (2_000_000, 1_000_000, 2_500_000, 1_100_000)
    bench.settle()
    browser_echo(bench.page, (1000, 500))
    bench.settle()
    assert bench.explorer.map.view.near(View((2_250_000, 1_050_000), 500))
    assert sides(bench.explorer.parameters.bbox) == (2_000_000, 1_000_000, 2_500_000, 1_100_000)


def test_map_and_bbox_do_not_chase_each_other(bench: Bench) -> None:
    bench.display()
    for shift in range(4):
        bench.explorer.parameters.bbox = (shift * 1e5, 0, shift * 1e5 + 3e5, 2e5)
        bench.settle()
        before = len(bench.service.exports)
        for _ in range(5):
            browser_echo(bench.page, (1000, 500))
            bench.settle()
        assert len(bench.service.exports) == before


def test_a_bbox_in_another_system_moves_the_map_to_what_the_service_drew(bench: Bench) -> None:
    bench.display()
    bench.explorer.fit((0, 0, 100_000, 50_000), 102100)
    bench.settle()
    assert bench.explorer.map.view.near(View((50_000, 25_000), 100))


def test_an_old_answer_does_not_take_the_map_back(bench: Bench) -> None:
    bench.display()
    bench.explorer.parameters.bbox = (0, 0, 10_000, 5_000)
    bench.scheduler.advance(0.2)
    bench.drag(100, 0)
    bench.settle()
    held = bench.page.current
    bench.explorer.parameters.transparent = True
    bench.settle()
    assert bench.page.current == held


def test_a_map_scale_zooms_the_map_and_zooming_by_hand_ends_it(bench: Bench) -> None:
    bench.display()
    bench.explorer.parameters.map_scale = 1_000_000
    bench.settle()
    resolution = 1_000_000 / (96 * 39.37)
    assert bench.page.current.resolution == pytest.approx(resolution)
    browser_echo(bench.page, (1000, 500))
    bench.drag(50, 0)
    bench.settle()
    assert bench.explorer.parameters.map_scale == 1_000_000
    browser_view(bench.page, bench.page.current.center, resolution / 4, (1000, 500))
    bench.settle()
    assert bench.explorer.parameters.map_scale is None
    assert bench.service.exports[-1].bbox.width == pytest.approx(250 * resolution)


def test_center_and_zoom_travel_in_one_message(bench: Bench, wire: list[Any]) -> None:
    bench.display()
    wire.clear()
    bench.explorer.parameters.bbox = (5e6, 1e6, 5.5e6, 1.25e6)
    bench.settle()
    states = [state for state in updates(wire, bench.page.widget) if "center" in state or "zoom" in state]
    assert {"center", "zoom"} <= set(states[0])
    assert all(state == states[0] for state in states)  # what comes again is no change to the browser


# ---- the picture


def test_address_and_bounds_travel_in_one_message(bench: Bench, wire: list[Any]) -> None:
    bench.display()
    wire.clear()
    bench.drag(10, 10)
    bench.settle()
    states = updates(wire, bench.page.overlay)
    assert [set(state) for state in states] == [{"url", "bounds"}]


def test_the_picture_lies_where_the_service_says_not_where_it_was_asked_for(bench: Bench) -> None:
    bench.explorer.parameters.bbox = (0, 0, 100_000, 100_000)
    bench.settle()
    (south, west), (north, east) = bench.page.overlay.bounds
    extent = bench.explorer.answer.export.extent
    assert (extent.width, extent.height) == pytest.approx((160_000, 100_000))
    metres = 20037508.342789244 / 180
    assert (west * metres, ordinate(south), east * metres, ordinate(north)) == pytest.approx(
        sides(extent), abs=1e-3
    )


def test_a_picture_beyond_the_end_of_web_mercator_is_cut_there(make: Callable[..., Bench]) -> None:
    bench = make(bbox=(-4e7, -3e7, 4e7, 3e7), bbox_sr=102100)
    bench.settle()
    (south, _), (north, _) = bench.page.overlay.bounds
    assert -85.06 < south < -84.9
    assert 84.9 < north < 85.06
    picture = bench.page.picture
    step = picture.extent.height / 500
    assert abs(picture.covered.ymax - MERCATOR_LIMIT) < step
    assert (picture.extent.ymax - picture.covered.ymax) / step == pytest.approx(
        round((picture.extent.ymax - picture.covered.ymax) / step)
    )


def test_a_failure_leaves_picture_legend_and_map_and_shows_a_sentence(bench: Bench) -> None:
    bench.display()
    before = (
        bench.page.overlay.url,
        bench.page.overlay.bounds,
        bench.explorer.legend.value,
        bench.page.current,
    )
    bench.service.failing = "Nobody answers at fake.invalid."
    bench.explorer.parameters.bbox = (1, 2, 30_000, 40_000)
    bench.settle()
    after = (
        bench.page.overlay.url,
        bench.page.overlay.bounds,
        bench.explorer.legend.value,
        bench.page.current,
    )
    assert after == before
    assert bench.explorer.status.text == "Nobody answers at fake.invalid."
    assert "Nobody answers at fake.invalid." in bench.explorer.status.value
    assert sides(bench.explorer.parameters.bbox) == (1, 2, 30_000, 40_000)
    bench.service.failing = None
    bench.explorer.parameters.transparent = True
    bench.settle()
    assert bench.explorer.status.text == ""
    assert bench.page.overlay.url != before[0]


def test_bytes_that_are_no_picture_leave_the_last_one(bench: Bench) -> None:
    before = bench.page.overlay.url
    bench.service.garbage = True
    bench.explorer.parameters.dpi = 120
    bench.settle()
    assert bench.page.overlay.url == before
    assert bench.explorer.answer.export_error is not None


# ---- turned pages


@pytest.mark.parametrize(
    ("rotation", "point", "turned"),
    [
        (0, (50, 90), (50, 90)),
        (90, (50, 90), (10, 50)),
        (-90, (50, 90), (90, 50)),
        (180, (50, 90), (50, 10)),
        (45, (50, 90), (21.7157, 78.2843)),
    ],
)
def test_the_plane_turns_counter_clockwise(
    rotation: float, point: tuple[float, float], turned: tuple[float, float]
) -> None:
    plane = Plane(rotation, (50, 50), (50, 50))
    assert plane.to_plane(point) == pytest.approx(turned, abs=1e-4)
    assert plane.to_map(plane.to_plane(point)) == pytest.approx(point)


def test_a_rotation_brings_a_page_of_its_own_and_keeps_centre_and_scale(bench: Bench) -> None:
    bench.display()
    bench.drag(64, 32)
    bench.settle()
    view = bench.page.current
    bench.explorer.parameters.rotation = 30
    bench.settle()
    assert isinstance(bench.page, PlanePage)
    mercator, plane, *_ = bench.explorer.map.children
    assert (mercator.layout.display, plane.layout.display) == ("none", None)
    assert bench.page.current.near(view)
    bench.explorer.parameters.rotation = None
    bench.settle()
    assert isinstance(bench.page, MercatorPage)
    assert (mercator.layout.display, plane.layout.display) == (None, "none")
    assert bench.page.current.near(view)


def test_what_a_hidden_page_reports_is_no_change(bench: Bench) -> None:
    bench.display()
    bench.explorer.parameters.rotation = 30
    bench.settle()
    before = len(bench.service.exports)
    hidden = bench.explorer.map._pages[MercatorPage]
    browser_view(hidden, (1e6, 1e6), 500.0, (640, 480))
    bench.settle()
    assert len(bench.service.exports) == before


@pytest.mark.parametrize("rotation", [360, -720, 0])
def test_a_full_turn_stays_on_the_mercator_page(bench: Bench, rotation: float) -> None:
    bench.explorer.parameters.rotation = rotation
    bench.settle()
    assert isinstance(bench.page, MercatorPage)


@pytest.mark.parametrize("rotation", [30.0, 90.0, -45.0, 200.0])
def test_dragging_a_turned_page_moves_the_picture_with_the_cursor(bench: Bench, rotation: float) -> None:
    bench.display()
    bench.explorer.parameters.rotation = rotation
    bench.settle()
    bench.display()
    view, plane = bench.page.current, bench.page.plane
    grabbed_map = view.center
    bench.drag(120, 40)  # the point that was in the middle is now 120 px right of it and 40 px below
    bench.settle()
    request = bench.service.exports[-1]
    new_center = request.bbox.center
    offset = Plane(rotation).to_plane((grabbed_map[0] - new_center[0], grabbed_map[1] - new_center[1]))
    assert offset == pytest.approx((120 * view.resolution, -40 * view.resolution), abs=1.1 * view.resolution)
    assert bench.page.plane == plane
    (south, west), (north, east) = bench.page.overlay.bounds
    middle = ((west + east) / 2, (south + north) / 2)
    assert middle == pytest.approx(plane.to_plane(new_center), abs=0.01 * view.resolution)
    assert (east - west, north - south) == pytest.approx((request.bbox.width, request.bbox.height))


def test_turning_a_turned_page_further_leaves_the_view_and_moves_only_the_overlay(
    bench: Bench, wire: list[Any]
) -> None:
    bench.display()
    bench.explorer.parameters.rotation = 20
    bench.settle()
    bench.display()
    bench.drag(50, 50)
    bench.settle()
    view = bench.page.current
    wire.clear()
    bench.explorer.parameters.rotation = 70
    bench.settle()
    assert not [state for state in updates(wire, bench.page.widget) if "center" in state]
    assert [set(state) >= {"url"} for state in updates(wire, bench.page.overlay)] == [True]
    assert bench.page.current.near(view)
    (south, west), (north, east) = bench.page.overlay.bounds
    assert ((south + north) / 2, (west + east) / 2) == pytest.approx(
        tuple(bench.page.widget.center), abs=2 * view.resolution
    )


def test_a_system_other_than_web_mercator_has_its_own_plane(make: Callable[..., Bench]) -> None:
    bench = make(FakeService(spatialReference={"wkid": 102004}))
    bench.settle()
    assert bench.explorer.parameters.image_sr.wkid == 102004
    assert isinstance(bench.page, PlanePage)
    bench.display()
    assert bench.explorer.map.view.near(View((500_000, 250_000), 1000))
    bench.drag(100, 0)
    bench.settle()
    assert bench.service.exports[-1].bbox_sr.wkid == 102004
    assert bench.service.exports[-1].bbox.center == pytest.approx((400_000, 250_000), abs=1000)


def test_a_geographic_service_is_shown_in_web_mercator(make: Callable[..., Bench]) -> None:
    bench = make(
        FakeService(
            spatialReference={"wkid": 4326},
            initialExtent={"xmin": -180, "ymin": -90, "xmax": 180, "ymax": 90},
        )
    )
    assert bench.explorer.parameters.image_sr.wkid == 102100
    assert sides(bench.explorer.parameters.bbox) == (-180, -85, 180, 85)
    assert bench.explorer.parameters.bbox_sr.wkid == 4326


def test_another_system_keeps_centre_and_scale(bench: Bench) -> None:
    bench.display()
    bench.drag(64, 32)
    bench.settle()
    resolution = bench.page.current.resolution
    bench.explorer.parameters.image_sr = 3395  # World Mercator: metres as well, same abscissas
    bench.settle()
    assert isinstance(bench.page, PlanePage)
    assert bench.page.current.resolution == pytest.approx(resolution, rel=1e-6)
    assert bench.page.current.center[0] == pytest.approx(bench.service.exports[-2].bbox.center[0], abs=1)


@pytest.mark.parametrize("degrees", [-85.05, -60.0, 0.0, 12.5, 85.05])
def test_latitudes_and_ordinates_are_inverse(degrees: float) -> None:
    assert latitude(ordinate(degrees)) == pytest.approx(degrees)


def test_a_view_fits_an_extent_into_its_size() -> None:
    assert View.fitting(Extent(0, 0, 100, 10), Size(50, 50)) == View((50, 5), 2, Size(50, 50))


def test_closing_releases_both_pages(bench: Bench) -> None:
    bench.explorer.parameters.rotation = 10
    bench.settle()
    pages = list(bench.explorer.map._pages.values())
    assert len(pages) == 2
    bench.explorer.close()
    assert all(page.widget.comm is None and page.overlay.comm is None for page in pages)


def test_a_place_set_together_with_another_system_counts(bench: Bench) -> None:
    bench.display()
    bench.explorer.parameters.update(image_sr=3395, bbox=(0, 0, 10_000, 5_000), bbox_sr=3395)
    bench.settle()
    assert sides(bench.service.exports[-1].bbox) == (0, 0, 10_000, 5_000)


def test_tiles_lie_under_the_picture_when_they_are_wanted(bench: Bench) -> None:
    assert bench.page.widget.layers == (bench.page.overlay,)
    tiles = ipyleaflet.TileLayer(url="http://tiles.invalid/{z}/{x}/{y}.png")
    bench.explorer.map.set_basemap(tiles)
    assert bench.page.widget.layers == (tiles, bench.page.overlay)
    bench.explorer.map.set_basemap(None)
    assert bench.page.widget.layers == (bench.page.overlay,)


@pytest.mark.parametrize("reference", [102100, 3035])
def test_the_button_on_the_map_leads_back_to_where_the_service_begins(bench: Bench, reference: int) -> None:
    bench.display()
    bench.settle()
    start = bench.explorer.parameters.bbox
    bench.explorer.parameters.image_sr = reference
    bench.settle()
    bench.explorer.fit((1, 1, 2, 2), 4326)
    bench.settle()
    press(bench.explorer.map.home)
    bench.settle()
    assert bench.explorer.parameters.bbox == start
    assert bench.explorer.map.reference.code == SpatialReference.of(reference).code
    bench.explorer.undo()
    assert bench.explorer.parameters.bbox.numbers == (1, 1, 2, 2)
