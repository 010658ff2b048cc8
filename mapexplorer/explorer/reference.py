"""The reference page: every parameter with its panel, trait, effect and tests, written from the table.

``python -m mapexplorer.explorer.reference`` writes ``notebooks/reference.md`` of a clone anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mapexplorer.protocol import PARAMETERS, Operation, Parameter
from mapexplorer.protocol.parameters import DISPLACED

PAGE = Path("notebooks", "reference.md")


@dataclass(frozen=True)
class Effect:
    """Where the embedded service obeys a parameter, and the test that shows it; paths within the clone."""

    module: str
    tests: str
    test: str

    @property
    def source(self) -> str:
        """The path of the module."""
        return f"mapexplorer/service/{self.module}.py"

    @property
    def test_file(self) -> str:
        """The path of the file with the test."""
        return f"tests/service/{self.tests}.py"


EFFECTS = {
    "bbox": Effect("frame", "test_frame", "test_the_short_side_grows_and_the_scale_follows_the_width"),
    "bbox_sr": Effect("frame", "test_frame", "test_edges_are_followed_through_a_projection_with_21_points"),
    "size": Effect("frame", "test_app", "test_every_advertised_format_is_given_in_the_size_asked"),
    "image_sr": Effect("projection", "test_frame", "test_x_comes_first_whatever_the_axis_order_of_the_code"),
    "dpi": Effect("frame", "test_frame", "test_dpi_multiplies_the_scale_and_the_pixels_of_a_point"),
    "map_scale": Effect("frame", "test_frame", "test_map_scale_gives_the_width_of_the_frame"),
    "rotation": Effect("frame", "test_frame", "test_positive_rotation_turns_the_picture_counter_clockwise"),
    "format": Effect("render/encode", "render/test_encode", "test_every_format_has_its_kind_of_pixels"),
    "transparent": Effect(
        "render/canvas", "render/test_areas", "test_the_ground_is_left_out_only_where_alpha_tells"
    ),
    "layers": Effect("visibility", "test_visibility", "test_a_verb_draws_its_layers"),
    "layer_defs": Effect("filters", "test_app", "test_filters_and_layers_reach_the_picture"),
    "time": Effect("temporal", "test_temporal", "test_a_feature_in_the_year_2008"),
    "time_relation": Effect(
        "temporal", "test_temporal", "test_an_open_end_of_the_window_drops_its_comparison"
    ),
    "layer_time_options": Effect("temporal", "test_temporal", "test_options_are_decided_key_by_key"),
    "historic_moment": Effect(
        "archive", "test_layer_values", "test_an_archive_is_drawn_as_it_was_at_a_moment"
    ),
    "gdb_version": Effect(
        "versions", "test_versions", "test_layers_that_declare_the_version_are_drawn_from_its_source"
    ),
    "map_range_values": Effect(
        "ranges", "test_layer_values", "test_a_layer_value_overrides_the_map_value_of_the_same_range"
    ),
    "layer_range_values": Effect(
        "ranges", "test_layer_values", "test_a_layer_range_filters_one_layer_in_both_shapes"
    ),
    "layer_parameter_values": Effect(
        "layer_values", "test_layer_values", "test_parameters_are_bound_and_default_one_by_one"
    ),
    "spatial_filter": Effect(
        "spatial_filter", "test_spatial_filter", "test_relations_read_from_the_filter_to_the_feature"
    ),
    "clipping": Effect("clipping", "test_clipping", "test_the_background_shows_outside_an_envelope"),
    "selection_definitions": Effect(
        "selection", "test_selection", "test_a_polygon_is_outlined_and_stays_hollow"
    ),
    "dynamic_layers": Effect(
        "dynamic/drawing", "dynamic/test_map_layers", "test_the_first_element_is_drawn_on_top"
    ),
    "datum_transformations": Effect(
        "datum", "test_datum", "test_two_transformations_lie_four_pixels_apart_at_a_quarter_of_a_metre"
    ),
    "return_visible_only": Effect(
        "legend", "render/test_legend", "test_all_classes_are_listed_on_demand_with_the_default_last"
    ),
    "patch_size": Effect("legend", "render/test_legend", "test_patches_are_rounded_to_whole_pixels"),
    "f": Effect("app", "test_app", "test_json_tells_where_the_picture_is_and_what_it_shows"),
}

INTRODUCTION = """# Parameters

Every parameter of `MapServer/export` and `MapServer/queryLegends`. This page is written from the table in
`mapexplorer/protocol/parameters.py` and from the panels by `python -m mapexplorer.explorer.reference`; a test
holds that it is current, and that no parameter lacks a control, an effect or a test.

The name on the left goes over the wire. Its Python name is a trait of `explorer.parameters` (observable,
linkable, checked as it is set) and a keyword of `explore`, `MapService.export` and
`MapService.query_legends`; None means "not given".
"""


def panels_of(parameter: Parameter) -> list[str]:
    """The titles of what sets a parameter: the map, and panels."""
    from mapexplorer.explorer.panels import PANELS
    from mapexplorer.explorer.view import MapPane

    titles = ["the map itself"] if parameter.name in MapPane.bound else []
    return titles + [kind.title for kind in PANELS if parameter.name in kind.bound]


def page() -> str:
    """The page as Markdown."""
    return "\n".join([INTRODUCTION, *_meanings(), "", *_places(), ""])


def _meanings() -> Iterator[str]:
    yield "## What they mean"
    yield ""
    yield from _table(
        ("Parameter", "What it does", "Without it", "Since", "Taken by", "Needs"),
        (
            (
                f"`{row.wire}`",
                row.help + _displaced(row),
                _default(row),
                row.since,
                " and ".join(operation.value for operation in Operation if operation in row.operations),
                ""
                if row.gate is None
                else f"`{row.gate}`" + (" of a layer" if row.gate_scope == "layer" else ""),
            )
            for row in PARAMETERS
        ),
    )


def _places() -> Iterator[str]:
    yield "## Where they are"
    yield ""
    yield from _table(
        ("Parameter", "Trait and keyword", "Set in", "Obeyed in", "Shown by"),
        (
            (
                f"`{row.wire}`",
                f"`{row.name}`",
                ", ".join(panels_of(row)),
                _link(EFFECTS[row.name].source, EFFECTS[row.name].module),
                _link(EFFECTS[row.name].test_file, _words(EFFECTS[row.name].test)),
            )
            for row in PARAMETERS
        ),
    )


def _displaced(row: Parameter) -> str:
    winners = [f"`{winner}`" for winner, losers in DISPLACED.items() if row.name in losers]
    return f" No effect beside {' or '.join(winners)}." if winners else ""


def _default(row: Parameter) -> str:
    return "" if row.default is None else f"`{row.write(row.default)}`"


def _words(test: str) -> str:
    return re.sub(r"^test_", "", test).replace("_", " ")


def _link(path: str, words: str) -> str:
    return f"[{words}](../{path})"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
