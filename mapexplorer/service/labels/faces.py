"""Fonts of the machine by family name, with what stands in for those that it does not have.

The fonts that matplotlib brings along (DejaVu) are always there; they end every chain.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, Protocol

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

SHIPPED: Final = "DejaVu Sans"

_SANS: Final = ("Arial", "Liberation Sans", "Arimo", "Helvetica", "Nimbus Sans", "FreeSans")
_SERIF: Final = ("Times New Roman", "Liberation Serif", "Tinos", "Nimbus Roman", "FreeSerif", "DejaVu Serif")
_MONO: Final = ("Courier New", "Liberation Mono", "Cousine", "Nimbus Mono PS", "DejaVu Sans Mono")
_NARROW: Final = ("Arial Narrow", "Liberation Sans Narrow", "Nimbus Sans Narrow", "DejaVu Sans Condensed")

_STAND_INS: Final[dict[str, tuple[str, ...]]] = {
    "arial": _SANS,
    "arial unicode ms": ("Noto Sans", *_SANS),
    "helvetica": _SANS,
    "sans-serif": _SANS,
    "sans serif": _SANS,
    "microsoft sans serif": _SANS,
    "arial narrow": _NARROW,
    "calibri": ("Carlito", *_SANS),
    "candara": ("Carlito", *_SANS),
    "corbel": ("Carlito", *_SANS),
    "segoe ui": ("Selawik", "Open Sans", "Noto Sans", *_SANS),
    "avenir next": ("Noto Sans", "Open Sans", *_SANS),
    "open sans": ("Noto Sans", *_SANS),
    "ubuntu": ("Noto Sans", *_SANS),
    "verdana": ("DejaVu Sans",),
    "tahoma": ("DejaVu Sans Condensed", "DejaVu Sans"),
    "trebuchet ms": ("Fira Sans", *_SANS),
    "times": _SERIF,
    "times new roman": _SERIF,
    "serif": _SERIF,
    "georgia": ("Gelasio", "DejaVu Serif"),
    "cambria": ("Caladea", *_SERIF),
    "garamond": ("EB Garamond", *_SERIF),
    "palatino linotype": ("P052", "TeX Gyre Pagella", *_SERIF),
    "book antiqua": ("P052", *_SERIF),
    "courier": _MONO,
    "courier new": _MONO,
    "consolas": ("Inconsolata", "DejaVu Sans Mono"),
    "monospace": _MONO,
}
_SCRIPTS: Final = (
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Noto Sans Thai",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "Noto Sans SC",
    "Noto Sans KR",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "Nirmala UI",
    "Microsoft YaHei",
    "Malgun Gothic",
    "PingFang SC",
    "Unifont",
)
"""Families that are asked for the characters which the wanted one does not have, in this order."""

WEIGHTS: Final = {"normal": 400, "bold": 700, "bolder": 700, "lighter": 300}


class _Entry(Protocol):
    fname: str
    name: str
    style: str
    weight: Any
    stretch: Any


@lru_cache(maxsize=512)
def paths_of(family: str | None, weight: str, style: str) -> tuple[str, ...]:
    """Return the font files of a family, first its own, then those asked for characters that it lacks.

    A family that the machine does not have is replaced by its likeness, at last by the font that is always
    there. ``weight`` and ``style`` are those of a text symbol (Esri, Symbol objects, font).
    """
    wanted = " ".join((family or SHIPPED).split()).casefold()
    chain = (wanted, *_STAND_INS.get(wanted, _SANS if family else ()), SHIPPED)
    by_name = _families()
    found = next(by_name[name.casefold()] for name in chain if name.casefold() in by_name)
    files = [_best(found, weight, style), _best(by_name[SHIPPED.casefold()], weight, style)]
    files += [
        _best(by_name[name.casefold()], weight, style) for name in _SCRIPTS if name.casefold() in by_name
    ]
    return tuple(dict.fromkeys(files))


@lru_cache(maxsize=1)
def _families() -> dict[str, list[_Entry]]:
    families: dict[str, list[_Entry]] = {}
    entries = sorted(font_manager.fontManager.ttflist, key=lambda entry: (str(entry.fname), str(entry.name)))
    for entry in entries:
        if not getattr(entry, "index", 0):
            families.setdefault(entry.name.casefold(), []).append(entry)
    return families


def _best(entries: list[_Entry], weight: str, style: str) -> str:
    """Return the file of a family that comes nearest to a weight and a style."""
    slanted = style in ("italic", "oblique")

    def distance(entry: _Entry) -> tuple[int, int, int, str]:
        return (
            abs(int((entry.style in ("italic", "oblique")) != slanted)),
            0 if entry.stretch in ("normal", 400, 500) else 1,
            abs(_number(entry.weight) - WEIGHTS.get(weight, 400)),
            entry.fname,
        )

    return min(entries, key=distance).fname


def _number(weight: Any) -> int:
    return weight if isinstance(weight, int) else int(font_manager.weight_dict.get(weight, 400))


def open_face(path: str) -> FT2Font:
    """Return a font of one file; every thread has its own, since a font remembers its size."""
    return font_manager.get_font(path)


def open_chain(paths: tuple[str, ...]) -> FT2Font:
    """Return a font that asks the following files for the characters which the first lacks."""
    return font_manager.get_font(list(paths))
