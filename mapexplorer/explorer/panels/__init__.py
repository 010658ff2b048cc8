"""Panels: groups of controls, each built from what the service says about itself and usable alone."""

from .filters import FiltersPanel
from .layers import LayersPanel
from .legend import LegendPanel
from .picture import PicturePanel
from .ranges import RangesPanel
from .request import RequestPanel
from .select import SelectPanel
from .share import SharePanel
from .space import SpacePanel
from .symbols import SymbolsPanel
from .time import TimePanel
from .version import VersionPanel

PANELS = (
    LayersPanel,
    SymbolsPanel,
    FiltersPanel,
    TimePanel,
    RangesPanel,
    SpacePanel,
    SelectPanel,
    VersionPanel,
    PicturePanel,
    LegendPanel,
    RequestPanel,
    SharePanel,
)
"""Every panel of the explorer, in the order of its tabs."""

__all__ = [
    "PANELS",
    "FiltersPanel",
    "LayersPanel",
    "LegendPanel",
    "PicturePanel",
    "RangesPanel",
    "RequestPanel",
    "SelectPanel",
    "SharePanel",
    "SpacePanel",
    "SymbolsPanel",
    "TimePanel",
    "VersionPanel",
]
