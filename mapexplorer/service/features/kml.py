"""The features of a query as KMZ, for Google Earth and what reads its files (OGC, KML 2.2)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from mapexplorer.protocol import ParameterError, RequestErrors
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.features.query import Pairs, query
from mapexplorer.service.kmz import entry
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.limits import Limits

_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def query_kmz(catalog: MapCatalog, layer: FeatureLayer, pairs: Pairs, limits: Limits) -> bytes:
    """Return the features that a query asks for as a zip of `doc.kml`. Raises `RequestErrors`."""
    asked = [(name, value) for name, value in pairs if name.casefold() != "f"]
    body = query(catalog, layer, [*asked, ("f", "geojson")], limits)
    if "features" not in body:
        raise RequestErrors([ParameterError("f", "for kmz the answer must be features")])
    if "crs" in body:
        raise RequestErrors([ParameterError("outSR", "for kmz expected 4326, the degrees that KML has")])
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        text = document(layer.name, layer.display_field, body["features"])
        archive.writestr(entry("doc.kml", zipfile.ZIP_DEFLATED), text.encode("utf-8"))
    return output.getvalue()


def document(name: str, display_field: str, features: Iterable[Mapping[str, Any]]) -> str:
    """Return GeoJSON features as KML, each called what stands in the display field."""
    placemarks = "\n".join(_placemark(feature, display_field) for feature in features)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n'
        f"<Document>\n<name>{_text(name)}</name>\n{placemarks}\n</Document>\n</kml>\n"
    )


def _placemark(feature: Mapping[str, Any], display_field: str) -> str:
    properties = feature["properties"] or {}
    called = properties.get(display_field)
    name = "" if called is None else f"<name>{_text(called)}</name>"
    data = "".join(
        f"<Data name={quoteattr(_printable(key))}><value>{_text(value)}</value></Data>"
        for key, value in properties.items()
        if value is not None
    )
    shape = "" if feature["geometry"] is None else _geometry(feature["geometry"])
    return f"<Placemark>{name}<ExtendedData>{data}</ExtendedData>{shape}</Placemark>"


def _geometry(geometry: Mapping[str, Any]) -> str:
    kind = geometry["type"]
    if kind == "GeometryCollection":
        return _several(_geometry(part) for part in geometry["geometries"])
    places = geometry["coordinates"]
    if kind.startswith("Multi"):
        single = kind.removeprefix("Multi")
        return _several(_geometry({"type": single, "coordinates": part}) for part in places)
    if kind == "Polygon":
        sides = ("outerBoundaryIs", *["innerBoundaryIs"] * (len(places) - 1))
        rings = zip(sides, places, strict=False)
        inside = "".join(f"<{side}>{_line('LinearRing', ring)}</{side}>" for side, ring in rings)
        return f"<Polygon>{inside}</Polygon>"
    return _line(kind, [places] if kind == "Point" else places)


def _several(parts: Iterable[str]) -> str:
    return f"<MultiGeometry>{''.join(parts)}</MultiGeometry>"


def _line(kind: str, places: Sequence[Sequence[float]]) -> str:
    written = " ".join(f"{place[0]!r},{place[1]!r}" for place in places)
    return f"<{kind}><coordinates>{written}</coordinates></{kind}>"


def _text(value: Any) -> str:
    return escape(_printable(str(value)))


def _printable(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NO_XML.sub("", text)
