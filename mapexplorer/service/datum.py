"""Datum transformations: which one carries the features of a layer to the spatial reference of the image.

An element serves the layers whose datum it connects with that of the image; all others go the way PROJ
thinks best without its network (Export Map, datumTransformations).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
from pyproj import CRS, Transformer
from pyproj.crs import CoordinateOperation  # type: ignore[attr-defined]
from pyproj.enums import TransformDirection
from pyproj.exceptions import CRSError, ProjError

from mapexplorer.protocol import DatumTransformation, GeoTransform, ParameterError
from mapexplorer.service.geogtran import UnreadableTransformation, read_geogtran
from mapexplorer.service.projection import transformer

PARAMETER: Final = "datumTransformations"
MOST_STEPS: Final = 64
_SAME_DEGREES: Final = 1e-9
_WGS84: Final = CRS.from_epsg(4326)
_KINDS: Final = ("Transformation", "Concatenated Operation")
_ENDS: Final = ("Geographic 2D CRS", "Geographic 3D CRS", "Geocentric CRS")
AUTHORITIES: Final = ("EPSG", "ESRI")


class UnusableTransformation(ValueError):  # noqa: N818 - errors are named after causes
    """A datum transformation that is unknown, or that cannot be carried out here."""


@dataclass(frozen=True)
class Step:
    """A transformation in one direction, between the geographic or geocentric systems `start` and `end`."""

    name: str
    start: CRS = field(compare=False)
    end: CRS = field(compare=False)
    operation: Transformer = field(compare=False, repr=False)
    forward: bool = True

    def reversed(self) -> Step:
        """Return the same transformation in the other direction."""
        return replace(self, start=self.end, end=self.start, forward=not self.forward)

    def apply(self, x: Any, y: Any, z: Any) -> tuple[Any, Any, Any]:
        """Transform coordinates of `start`, x before y, to `end`."""
        direction = TransformDirection.FORWARD if self.forward else TransformDirection.INVERSE
        if _north_first(self.start):
            x, y = y, x
        x, y, z = self.operation.transform(x, y, z, direction=direction)
        return (y, x, z) if _north_first(self.end) else (x, y, z)


@dataclass(frozen=True)
class Chain:
    """Transformations applied one after the other; a `directed` one has been given its direction."""

    steps: tuple[Step, ...]
    directed: bool = False

    @property
    def start(self) -> CRS:
        """The system it takes coordinates of."""
        return self.steps[0].start

    @property
    def end(self) -> CRS:
        """The system of what it gives."""
        return self.steps[-1].end

    def reversed(self) -> Chain:
        """Return the way back."""
        return replace(self, steps=tuple(step.reversed() for step in reversed(self.steps)))


@dataclass(frozen=True)
class Change:
    """How coordinates get from one reference system to another: by a chain, or as PROJ thinks best."""

    source: CRS
    target: CRS
    chain: Chain | None = None

    def transform(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return coordinates in the target, x before y; infinite where there is no answer. Raises
        ProjError."""
        if self.chain is None:
            x, y = transformer(self.source, self.target).transform(x, y)
            return x, y
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        at, z = self.source, np.zeros_like(x)
        for step in self.chain.steps:
            x, y, z = step.apply(*transformer(at, step.start).transform(x, y, z))
            at = step.end
        x, y, _ = transformer(at, self.target).transform(x, y, z)
        return x, y

    def reversed(self) -> Change:
        """Return the way back."""
        return Change(self.target, self.source, self.chain and self.chain.reversed())


@dataclass(frozen=True)
class DatumTransformations:
    """The transformations of a request, the first that fits a layer serving it."""

    chains: tuple[Chain, ...] = ()

    def between(self, source: CRS, target: CRS) -> Change:
        """Return the change from a layer's system to that of the image."""
        return Change(source, target, self._fitting(source, target) if self.chains else None)

    def _fitting(self, source: CRS, target: CRS) -> Chain | None:
        ways = [way for chain in self.chains for way in _ways(chain)]
        for way in ways:
            moves = way.directed or not same_datum(source, target)
            if moves and same_datum(source, way.start) and same_datum(way.end, target):
                return way
        if _coincide(source, target):
            return None
        return next((way for way in ways if _nearly_fits(way, source, target)), None)


PROJ_CHOICE: Final = DatumTransformations()
"""No transformation asked."""


def read_transformations(elements: Sequence[DatumTransformation] | None) -> DatumTransformations:
    """Return the transformations of a request. Raises `ParameterError` naming an id that is unknown."""
    if not elements:
        return PROJ_CHOICE
    if sum(len(element.geo_transforms or (element,)) for element in elements) > MOST_STEPS:
        raise ParameterError(PARAMETER, f"at most {MOST_STEPS} transformations are taken")
    return DatumTransformations(tuple(_chain(element, place) for place, element in enumerate(elements)))


def _chain(element: DatumTransformation, place: int) -> Chain:
    path = f"{PARAMETER}[{place}]"
    if element.geo_transforms is None:
        return Chain((_step(element, path),))
    steps: list[Step] = []
    for number, part in enumerate(element.geo_transforms):
        inner = f"{path}.geoTransforms[{number}]"
        step = _step(part, inner)
        step = step if part.transform_forward else step.reversed()
        if steps and not _coincide(steps[-1].end, step.start):
            raise ParameterError(
                inner,
                f"starts at {step.start.name}, but the transformation before ends at {steps[-1].end.name}",
            )
        steps.append(step)
    return Chain(tuple(steps), directed=True)


def _step(element: DatumTransformation | GeoTransform, path: str) -> Step:
    try:
        codes = tuple(code for code in (element.latest_wkid, element.wkid) if code is not None)
        return _step_of_codes(codes) if codes else _step_of_text(element.wkt or "")
    except UnusableTransformation as fault:
        raise ParameterError(path, str(fault)) from None


@lru_cache(maxsize=256)
def _step_of_codes(codes: tuple[int, ...]) -> Step:
    """Return a transformation by its current code, else its original one."""
    for code in codes:
        for authority in AUTHORITIES:
            try:
                operation = CoordinateOperation.from_authority(authority, code)
            except CRSError:
                continue
            if operation.type_name in _KINDS:
                return _step_of_operation(operation, authority, code)
    raise UnusableTransformation(f"unknown datum transformation {' or '.join(str(code) for code in codes)}")


def _step_of_operation(operation: CoordinateOperation, authority: str, code: int) -> Step:
    name = f"the datum transformation {code} ({operation.name})"
    missing = [grid.short_name for grid in _grids(operation) if not grid.available]
    if missing:
        raise UnusableTransformation(
            f"{name} needs the grid file {missing[0]}, which this service has not got"
        )
    if any(part.method_name.startswith("Time") for part in (operation, *operation.operations)):
        raise UnusableTransformation(f"{name} depends on the time of observation, which no map layer tells")
    try:
        change = Transformer.from_pipeline(f"urn:ogc:def:coordinateOperation:{authority}::{code}")
    except ProjError:
        raise UnusableTransformation(f"{name} cannot be carried out by this service") from None
    start, end = change.source_crs, change.target_crs
    if start is None or end is None or start.type_name not in _ENDS or end.type_name not in _ENDS:
        raise UnusableTransformation(f"{name} does not connect two geodetic datums")
    return Step(f"{authority}:{code}", start, end, change)


def _grids(operation: CoordinateOperation) -> Iterable[Any]:
    yield from operation.grids
    for part in operation.operations:
        yield from part.grids


@lru_cache(maxsize=64)
def _step_of_text(text: str) -> Step:
    try:
        found = read_geogtran(text)
        change = Transformer.from_pipeline(found.pipeline)
    except UnreadableTransformation as fault:
        raise UnusableTransformation(str(fault)) from None
    except ProjError:
        raise UnusableTransformation("the well-known text is of a transformation PROJ refuses") from None
    return Step(found.pipeline, found.start, found.end, change)


def _ways(chain: Chain) -> tuple[Chain, ...]:
    return (chain,) if chain.directed else (chain, chain.reversed())


def _nearly_fits(way: Chain, source: CRS, target: CRS) -> bool:
    """Tell whether a way fits when a datum that coincides with WGS 84 is taken for it at one of the ends."""
    if same_datum(source, way.start):
        return _through_wgs84(way.end, target)
    return same_datum(way.end, target) and _through_wgs84(source, way.start)


def _through_wgs84(first: CRS, second: CRS) -> bool:
    return (same_datum(first, _WGS84) or same_datum(second, _WGS84)) and _coincide(first, second)


@lru_cache(maxsize=512)
def _coincide(first: CRS, second: CRS) -> bool:
    """Tell whether two systems share their datum, or PROJ moves nothing between their datums."""
    if same_datum(first, second):
        return True
    start, end = _geographic(first), _geographic(second)
    if start is None or end is None or start.area_of_use is None:
        return False
    area = start.area_of_use
    x, y = (area.west + area.east) / 2 if area.west < area.east else 180.0, (area.south + area.north) / 2
    try:
        change = Transformer.from_crs(start, end, always_xy=True, allow_ballpark=False)
        moved = np.array(change.transform(x, y))
    except ProjError:
        return False
    return bool((np.abs(moved - (x, y)) < _SAME_DEGREES).all())


@lru_cache(maxsize=512)
def same_datum(first: CRS, second: CRS) -> bool:
    """Tell whether two systems have one datum, under the names of EPSG or Esri, whatever their
    meridian."""
    names = _datum_name(first), _datum_name(second)
    return names[0] is not None and names[0] == names[1]


@lru_cache(maxsize=256)
def _datum_name(crs: CRS) -> str | None:
    geodetic = crs.geodetic_crs
    if geodetic is None or geodetic.datum is None:
        return None
    return geodetic.datum.name.removesuffix(" ensemble").partition(" (")[0].casefold()


def _geographic(crs: CRS) -> CRS | None:
    geodetic = crs.geodetic_crs
    return geodetic if geodetic is not None and geodetic.is_geographic else None


@lru_cache(maxsize=256)
def _north_first(crs: CRS) -> bool:
    return bool(crs.axis_info[0].direction.casefold() == "north")
