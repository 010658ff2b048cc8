"""A map service as Python sees it: what it offers, its pictures, its legends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import requests

from mapexplorer.protocol import (
    DynamicLayer,
    LayerInfo,
    MapExplorerError,
    MapRequest,
    ParameterError,
    ServiceInfo,
    SpatialReference,
)

from .addresses import service_address
from .channel import Channel
from .credentials import Credentials, TokenSource
from .exports import Export
from .features import FeatureQuery, FeatureRows, Identified, Place, identify, known_layer, read_features
from .legends import LegendQuery, LegendSupport
from .limits import Limits
from .metadata import Metadata, layer_table
from .queries import LayerQuery, Rows, Statistic, names, read_rows
from .results import ExportResult, LegendResult
from .transport import Transport

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas

__all__ = ["ExportResult", "LegendResult", "MapService"]


class MapService:
    """An ArcGIS map service at an address; nothing is asked before it is needed.

    ``token`` is a text, a :class:`Token`, or a callable that gives one and is called again, once, when the
    service refuses the token. ``token_in`` chooses how it travels: ``"form"`` (a field of a POST,
    understood by every ArcGIS server) or ``"header"``. ``referer`` is sent with every request; tokens may
    be bound to one. ``session`` brings headers, auth, cookies, proxies and certificates, and is read once.

    One service may be used from several threads at the same time.

    Raises ParameterError for an address that is not one of a map service.
    """

    def __init__(
        self,
        url: str,
        *,
        session: requests.Session | None = None,
        token: TokenSource = None,
        referer: str | None = None,
        limits: Limits | None = None,
        token_in: str = "form",  # noqa: S107 - a place, not a secret
    ) -> None:
        address = service_address(url)
        self._url = address.url
        credentials = Credentials(token if token is not None else address.token)
        transport = Transport(session, referer=referer, token_in=token_in, limits=limits)
        self._channel = Channel(transport, credentials)
        self._metadata = Metadata(self._channel, self._url)
        self._legends = LegendSupport(version=lambda: self.info.current_version)

    def __repr__(self) -> str:
        return f"MapService({self._url!r})"

    @property
    def url(self) -> str:
        """The address, ending with /MapServer, without query and without token."""
        return self._url

    @property
    def limits(self) -> Limits:
        """The bounds of every call."""
        return self._channel.limits

    @property
    def secured(self) -> bool:
        """Say whether requests carry a token."""
        return self._channel.credentials.given

    @property
    def info(self) -> ServiceInfo:
        """The root resource, fetched once."""
        return self._metadata.info()

    @property
    def layer_infos(self) -> tuple[LayerInfo, ...]:
        """All layer resources, fetched once."""
        return self._metadata.layers()

    @property
    def layers(self) -> pandas.DataFrame:
        """A table of the layers: id, name, type, parent, visible, min_scale, max_scale, geometry_type."""
        return layer_table(self.info)

    def layer(self, layer: int | DynamicLayer) -> LayerInfo:
        """Return one layer resource: of a published layer, fetched once, or of a dynamic one.

        Raises ArcGISError when there is no such layer.
        """
        known = known_layer(layer)
        return (
            self._metadata.described(known)
            if isinstance(known, DynamicLayer)
            else self._metadata.layer(known)
        )

    def export(self, request: MapRequest | None = None, **parameters: Any) -> ExportResult:
        """Draw a map: ``service.export(bbox=(-104, 35.6, -94.32, 41), bbox_sr=4326, size=(600, 550))``.

        Takes a request, or parameters by their python names, or a request and changes to it. Raises
        ParameterError before anything is sent, TransportError when no complete answer arrives, AnswerError
        when it is no picture.
        """
        return Export(self._channel, self._url, _request(request, parameters), self._map_reference).run()

    def query_legends(self, request: MapRequest | None = None, **parameters: Any) -> LegendResult:
        """Return the legend of a map view, for the same parameters as :meth:`export`.

        Where the service has no queryLegends the complete static legend stands in; ``result.note`` says so.
        Raises the same errors as :meth:`export`.
        """
        return LegendQuery(self._channel, self._url, _request(request, parameters), self._legends).run()

    def query_layer(
        self,
        layer: int | DynamicLayer,
        where: str = "1=1",
        *,
        out_fields: str | Iterable[str] = "*",
        return_distinct_values: bool = False,
        out_statistics: Iterable[Statistic] = (),
        group_by: str | Iterable[str] = (),
        order_by: str | Iterable[str] = (),
        result_offset: int = 0,
        result_record_count: int | None = None,
    ) -> Rows:
        """Return attributes of a layer's rows, their distinct values, or statistics; without geometry.

        The layer is a published one, by its id, or a dynamic one.

        The service bounds how many rows one answer holds: ``result.exceeded`` says that there are more, and
        ``result_offset`` asks for the next ones. Raises ParameterError before anything is sent,
        TransportError and AnswerError.
        """
        known = known_layer(layer)
        query = LayerQuery(
            where=where,
            out_fields=names(out_fields, "out_fields"),
            return_distinct_values=return_distinct_values,
            out_statistics=tuple(out_statistics),
            group_by=names(group_by, "group_by"),
            order_by=names(order_by, "order_by"),
            result_offset=result_offset,
            result_record_count=result_record_count,
        )
        return read_rows(self._channel, self._url, known, query)

    def features(
        self,
        layer: int | DynamicLayer,
        asked: FeatureQuery | None = None,
        *,
        request: MapRequest | None = None,
        **wanted: Any,
    ) -> FeatureRows:
        """Return features of a layer: ``service.features(0, where="POP > 5", order_by=["POP DESC"])``.

        Takes a `FeatureQuery` or its fields as keywords; ``request`` adds the filters that a map request has
        for the layer (definition expression, time, ranges, parameters, version, history). Raises the same
        errors as :meth:`export`.
        """
        asked = asked if asked is not None else FeatureQuery(**wanted)
        return read_features(self._channel, self._url, known_layer(layer), asked, request)

    def identify(
        self,
        place: Place,
        layers: Sequence[int] | None = None,
        *,
        request: MapRequest | None = None,
        raw: bool = False,
    ) -> tuple[Identified, ...]:
        """Return what lies at a place of a map, topmost first; ``raw`` leaves names and values as they are.

        ``layers`` limits the search; ``request`` adds the filters of a map request. Raises the same errors as
        :meth:`export`.
        """
        return identify(self._channel, self._url, place, layers, request, raw=raw)

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        self._channel.close()

    def _map_reference(self) -> SpatialReference | None:
        """Tell the spatial reference of the map; None when the service does not say it or does not answer."""
        try:
            return self.info.spatial_reference
        except MapExplorerError:
            return None


def _request(request: MapRequest | None, parameters: dict[str, Any]) -> MapRequest:
    if request is None:
        return MapRequest(**parameters)
    if not isinstance(request, MapRequest):
        raise ParameterError("request", f"expected a MapRequest, got {type(request).__name__}")
    return request.replace(**parameters) if parameters else request
