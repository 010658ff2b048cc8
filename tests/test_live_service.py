"""The same service in this process and over HTTP: equal answers, tokens included."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import geopandas
import pytest
from shapely.geometry import Polygon

from mapexplorer.client import MapService
from mapexplorer.connection import connect
from mapexplorer.protocol import ArcGISError, TokenInvalid, TokenRequired
from mapexplorer.service import build_server, catalog_from

BOX: dict[str, Any] = {"bbox": (0, 0, 10, 10), "bbox_sr": 4326, "image_sr": 3857, "size": (80, 60)}
SECRET = "s3cret+/=token"


def squares() -> geopandas.GeoDataFrame:
    shapes = [Polygon([(x, x), (x + 3, x), (x + 3, x + 3), (x, x + 3)]) for x in (0, 5)]
    return geopandas.GeoDataFrame({"name": ["a", "b"]}, geometry=shapes, crs=4326)


@pytest.fixture(scope="module", params=[None, SECRET], ids=["open", "with a token"])
def address(request: pytest.FixtureRequest) -> Iterator[tuple[str, str | None]]:
    server, addresses = build_server(catalog_from(squares()), token=request.param)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield addresses[0], request.param
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("token_in", ["form", "header"])
@pytest.mark.parametrize("where", [None, "name <> '" + "x" * 3000 + "'"], ids=["short", "long"])
def test_both_ways_give_the_same_picture_and_legend(
    address: tuple[str, str | None], token_in: str, where: str | None
) -> None:
    url, token = address
    live, embedded = connect(url, token=token, token_in=token_in), connect(squares())
    filters = {"layer_defs": {0: where}} if where else {}
    one, other = live.export(**BOX, **filters), embedded.export(**BOX, **filters)
    assert one.content == other.content
    assert (one.extent, one.scale, one.note) == (other.extent, other.scale, other.note)
    assert one.note is None
    assert live.query_legends(**BOX, **filters).layers == embedded.query_legends(**BOX, **filters).layers
    assert live.layers.equals(embedded.layers)
    live.close()


def test_an_error_reads_the_same_both_ways(address: tuple[str, str | None]) -> None:
    url, token = address
    sentences = set()
    for service in (connect(url, token=token), connect(squares())):
        with pytest.raises(ArcGISError) as caught:
            service.export(**BOX, layer_defs={0: "name ="})
        sentences.add(str(caught.value))
        service.close()
    assert len(sentences) == 1


def test_a_token_counts_only_where_it_is_asked_for(address: tuple[str, str | None]) -> None:
    url, token = address
    if token is None:
        assert MapService(url, token="any").export(**BOX).width == 80
        return
    with pytest.raises(TokenRequired):
        MapService(url).export(**BOX)
    with pytest.raises(TokenInvalid):
        MapService(url, token="wrong").export(**BOX)
    answers = iter(["wrong", token])
    service = MapService(url, token=lambda: next(answers))
    assert service.export(**BOX).width == 80
    service.close()
