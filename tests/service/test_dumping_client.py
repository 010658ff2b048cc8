"""esridump as a client of the service: it reads whole layers, portion by portion, in the ways it knows."""

import threading

import pytest
from esridump.dumper import EsriDumper

from mapexplorer.service import build_server
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.document import load_document
from mapexplorer.service.limits import Limits
from tests.service.conftest import box, collection, layer, point

COUNT = 25
FILES = {
    "towns.geojson": collection(*((point(n, n % 7), {"NAME": f"Tówn {n}", "POP": n}) for n in range(COUNT))),
    "areas.geojson": collection((box(0, 0, 111319.49, 1), {"KIND": "a"})),
}


@pytest.fixture
def address(write):
    catalog = MapCatalog(load_document(write([layer(0, "towns.geojson"), layer(1, "areas.geojson")], FILES)))
    server, addresses = build_server({catalog.name: catalog}, limits=Limits(max_records=10))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield addresses[0]
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_reads_every_feature_of_a_layer(address):
    found = list(EsriDumper(f"{address}/0"))
    assert sorted(feature["properties"]["POP"] for feature in found) == list(range(COUNT))
    assert {feature["properties"]["NAME"] for feature in found} >= {"Tówn 0", "Tówn 24"}


@pytest.mark.parametrize("way", [{"paginate_oid": True}, {"max_page_size": 3}])
def test_it_reads_them_in_its_other_ways(address, way):
    found = list(EsriDumper(f"{address}/0", extra_query_args={"where": "POP >= 5"}, **way))
    assert sorted(feature["properties"]["POP"] for feature in found) == list(range(5, COUNT))


def test_areas_come_in_degrees(address):
    (found,) = EsriDumper(f"{address}/1", fields=["KIND"])
    assert found["properties"]["KIND"] == "a"
    assert found["geometry"]["coordinates"][0][2][0] == pytest.approx(1, abs=1e-5)
