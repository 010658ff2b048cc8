"""Colour schemes for classes and values, and colours for any number of them.

The colours named after ColorBrewer are those of Cynthia Brewer's colorbrewer2.org (Pennsylvania State
University), the table of viridis is that of Nathaniel Smith and Stéfan van der Walt (public domain).
"""

from __future__ import annotations

from collections.abc import Sequence

from .symbol_edits import Rgb

RAMPS = {
    "Yellow to red": "ffffcc ffeda0 fed976 feb24c fd8d3c fc4e2a e31a1c bd0026 800026",
    "Blues": "f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b",
    "Greens": "f7fcf5 e5f5e0 c7e9c0 a1d99b 74c476 41ab5d 238b45 006d2c 00441b",
    "Purples": "fcfbfd efedf5 dadaeb bcbddc 9e9ac8 807dba 6a51a3 54278f 3f007d",
    "Oranges": "fff5eb fee6ce fdd0a2 fdae6b fd8d3c f16913 d94801 a63603 7f2704",
    "Greys": "ffffff f0f0f0 d9d9d9 bdbdbd 969696 737373 525252 252525 000000",
    "Yellow to blue": "ffffd9 edf8b1 c7e9b4 7fcdbb 41b6c4 1d91c0 225ea8 253494 081d58",
    "Viridis": "440154 472d7b 3b528b 2c728e 21918c 28ae80 5ec962 addc30 fde725",
    "Red to blue": "67001f b2182b d6604d f4a582 fddbc7 f7f7f7 d1e5f0 92c5de 4393c3 2166ac 053061",
    "Red to green": "a50026 d73027 f46d43 fdae61 fee08b ffffbf d9ef8b a6d96a 66bd63 1a9850 006837",
    "Brown to green": "543005 8c510a bf812d dfc27d f6e8c3 f5f5f5 c7eae5 80cdc1 35978f 01665e 003c30",
}
"""Colours from low to high; ColorBrewer's YlOrRd, Blues, Greens, Purples, Oranges, Greys, YlGnBu; viridis;
ColorBrewer's RdBu, RdYlGn and BrBG."""

SETS = {
    "Dark": "1b9e77 d95f02 7570b3 e7298a 66a61e e6ab02 a6761d 666666",
    "Bright": "e41a1c 377eb8 4daf4a 984ea3 ff7f00 ffff33 a65628 f781bf 999999",
    "Soft": "66c2a5 fc8d62 8da0cb e78ac3 a6d854 ffd92f e5c494 b3b3b3",
    "Pairs": "a6cee3 1f78b4 b2df8a 33a02c fb9a99 e31a1c fdbf6f ff7f00 cab2d6 6a3d9a ffff99 b15928",
}
"""Colours that differ without an order; ColorBrewer's Dark2, Set1, Set2 and Paired."""

NAMES = (*RAMPS, *SETS)
"""Every scheme."""

_TOO_PALE = 0.12
"""The part of a one-way ramp that is left out at its pale end, so that the first class shows on white."""
_TWO_WAY = frozenset({"Red to blue", "Red to green", "Brown to green", "Viridis"})


def colors(name: str, count: int, *, reverse: bool = False) -> tuple[Rgb, ...]:
    """So many colours of a scheme; a ramp is spread over them, a set begins again where it is too short.

    >>> colors("Bright", 2)
    ((228, 26, 28), (55, 126, 184))
    """
    listed = [_rgb(text) for text in (RAMPS.get(name) or SETS[name]).split()]
    if name in SETS:
        found = [listed[place % len(listed)] for place in range(count)]
    else:
        start = 0.0 if name in _TWO_WAY else _TOO_PALE
        steps = [
            start + (1 - start) * (place + 0.5 if count == 1 else place / (count - 1))
            for place in range(count)
        ]
        found = [_between(listed, min(step, 1.0)) for step in steps]
    return tuple(reversed(found) if reverse else found)


def scheme_of(shades: Sequence[Rgb]) -> tuple[str, bool] | None:
    """The scheme that gives these colours, and whether in reverse order; None when none does."""
    wanted = tuple(shades)
    for name in NAMES:
        for reverse in (False, True):
            if wanted and colors(name, len(wanted), reverse=reverse) == wanted:
                return name, reverse
    return None


def _between(listed: Sequence[Rgb], step: float) -> Rgb:
    place = step * (len(listed) - 1)
    low = min(int(place), len(listed) - 2)
    part = place - low
    red, green, blue = (
        round(one + (other - one) * part) for one, other in zip(listed[low], listed[low + 1], strict=True)
    )
    return red, green, blue


def _rgb(text: str) -> Rgb:
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)
