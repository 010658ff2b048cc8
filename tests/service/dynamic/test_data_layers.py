"""Dynamic layers of workspaces: tables, queries, joins, rasters, and what cannot be reached."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from tests.service.conftest import BLUE, GREEN, RED, box, fill, layer, marker, point, simple
from tests.service.dynamic.test_map_layers import FRAME, WHITE, ask, at, collection

LOTS = collection(
    (box(0, 0, 30, 100), {"TaxLotId": "a", "KIND": 1, "AREA": 10.5, "WHEN": "2020-01-01"}),
    (box(30, 0, 60, 100), {"TaxLotId": "b", "KIND": 2, "AREA": 20.5, "WHEN": "2021-01-01"}),
    (box(60, 0, 90, 100), {"TaxLotId": "c", "KIND": 3, "AREA": None, "WHEN": "2022-01-01"}),
)
POINTS = collection(*((point(x, 50), {"n": x, "Lot": lot}) for x, lot in ((15, "a"), (45, "b"), (75, "c"))))
SALES = "lot,price,note\na,100,first\nb,300,second\nb,50,again\nz,1,nowhere\n"
PLACES = {"a": 15, "b": 45, "c": 75}
LOT_FILL = {"drawingInfo": simple(fill(GREEN))}


@pytest.fixture
def service(serve, folder: Path):
    data = folder / "data"
    (data / "sub").mkdir(parents=True)
    (folder / "secret.geojson").write_text(json.dumps(LOTS))
    (data / "Taxlots.geojson").write_text(json.dumps(LOTS))
    (data / "MAP.user1.Taxlots.geojson").write_text(json.dumps(LOTS))
    (data / "sub" / "points.geojson").write_text(json.dumps(POINTS))
    (data / "broken.geojson").write_text('{"type": "FeatureCollection", "features": [')
    (data / "Sales.csv").write_text(SALES)
    pd.DataFrame({"code": [1, 2], "word": ["one", "two"]}).to_parquet(data / "Words.parquet")
    Image.new("RGB", (10, 10), (10, 20, 30)).save(data / "photo.png")
    (data / "photo.pgw").write_text("10\n0\n0\n-10\n5\n95\n")
    os.symlink(folder / "secret.geojson", data / "link.geojson")
    return serve(
        [layer(1, "data/Taxlots.geojson", simple(fill(RED)))], workspaces={"MAP": "data", "rasterWS": "data"}
    )


def table(name: str, workspace: str = "MAP", **keys: Any) -> dict[str, Any]:
    return {"type": "table", "workspaceId": workspace, "dataSourceName": name, **keys}


def query(text: str, **keys: Any) -> dict[str, Any]:
    return {"type": "queryTable", "workspaceId": "MAP", "query": text, **keys}


def join(left: dict[str, Any], right: dict[str, Any], keys: tuple[str, str], kind: str) -> dict[str, Any]:
    return {
        "type": "joinTable",
        "leftTableSource": left,
        "rightTableSource": right,
        "leftTableKey": keys[0],
        "rightTableKey": keys[1],
        "joinType": f"esriLeft{kind}Join",
    }


def data_layer(source: dict[str, Any], ident: int = 502, **keys: Any) -> dict[str, Any]:
    return {"id": ident, "source": {"type": "dataLayer", "dataSource": source}, **LOT_FILL, **keys}


def lots(service, *elements: dict[str, Any], color: list[int] = GREEN) -> str:
    """The lots that show a colour, as a word."""
    picture = service.picture(**ask(*elements))
    return "".join(name for name, x in PLACES.items() if at(picture, x) == tuple(color))


@pytest.mark.parametrize(
    "name",
    ["Taxlots.geojson", "Taxlots", "taxlots", "TAXLOTS.GEOJSON", "MAP.user1.Taxlots"],
)
def test_a_table_of_a_workspace_is_drawn_by_the_renderer_of_the_element(service, name):
    assert lots(service, data_layer(table(name))) == "abc"
    assert lots(service, data_layer(table(name), definitionExpression="KIND > 1 AND AREA IS NULL")) == "c"


def test_a_table_below_a_folder_of_the_workspace_is_found(service):
    element = data_layer(table("sub/points.geojson"), drawingInfo=simple(marker(BLUE)))
    assert lots(service, element, color=BLUE) == "abc"


def test_scales_order_and_transparency_hold_for_tables(service):
    overlay = data_layer(table("Taxlots"), drawingInfo=simple(fill([0, 0, 0, 255]), transparency=60))
    picture = service.picture(**ask(overlay))
    assert at(picture, 15)[0] == pytest.approx(153, abs=1)
    assert lots(service, data_layer(table("Taxlots"), minScale=1)) == ""


def test_the_legend_of_a_table_has_the_data_source_name_and_follows_the_filter(service):
    kinds = {
        "type": "uniqueValue",
        "field1": "taxlotid",
        "uniqueValueInfos": [{"value": v, "label": v.upper(), "symbol": fill(RED)} for v in "abc"],
    }
    element = data_layer(
        table("Taxlots.geojson"), drawingInfo={"renderer": kinds}, definitionExpression="KIND IN (1, 3)"
    )
    (found,) = service.json("queryLegends", **ask(element))["layers"]
    assert (found["layerId"], found["layerName"], found["layerType"]) == (
        502,
        "Taxlots.geojson",
        "Feature Layer",
    )
    assert [entry["label"] for entry in found["legend"]] == ["A", "C"]
    (near,) = service.json("queryLegends", **{**ask(element), "bbox": "0,0,10,10"})["layers"]
    assert [entry["label"] for entry in near["legend"]] == ["A"]


def test_fields_limit_what_is_visible(service):
    source = {"type": "dataLayer", "dataSource": table("Taxlots"), "fields": [{"name": "kind", "alias": "K"}]}
    element = {"id": 1, "source": source, **LOT_FILL}
    assert lots(service, {**element, "definitionExpression": "KIND = 2"}) == "b"
    assert lots(service, {**element, "definitionExpression": "OBJECTID = 3"}) == "c"
    (detail,) = service.fault(**ask({**element, "definitionExpression": "TaxLotId = 'a'"}))
    assert "unknown field 'TaxLotId'" in detail
    source["fields"].append({"name": "none"})
    assert service.fault(**ask(element))[0].startswith("dynamicLayers[0].source.fields[1].name: ")


@pytest.mark.parametrize(("kind", "drawn"), [("Inner", "ab"), ("Outer", "abc")])
def test_an_inner_join_draws_rows_with_a_partner_and_an_outer_join_all(service, kind, drawn):
    element = data_layer(join(table("Taxlots"), table("Sales"), ("TaxLotId", "lot"), kind))
    assert lots(service, element) == drawn


@pytest.mark.parametrize(
    ("expression", "drawn"),
    [
        ("price > 200", "b"),
        ("Sales.price = 50", "b"),
        ('"Sales.price" IS NULL', "c"),
        ("Taxlots.KIND = 1 AND Sales.note = 'first'", "a"),
    ],
)
def test_joined_fields_go_by_their_own_name_and_by_that_of_their_table(service, expression, drawn):
    source = join(table("Taxlots"), table("Sales"), ("TaxLotId", "Sales.lot"), "Outer")
    assert lots(service, data_layer(source, definitionExpression=expression)) == drawn


def test_joins_nest_and_draw_the_geometries_they_find(service):
    inner = join(table("Sales"), table("Taxlots"), ("lot", "TaxLotId"), "Inner")
    assert lots(service, data_layer(inner)) == "ab"
    nested = join(inner, table("Words"), ("KIND", "code"), "Inner")
    assert lots(service, data_layer(nested, definitionExpression="word = 'two' AND price = 50")) == "b"


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("SELECT * FROM Taxlots", "abc"),
        ("select TaxLotId, Shape from Taxlots where KIND >= 2", "bc"),
        ("SELECT t.TaxLotId FROM Taxlots AS t WHERE t.KIND < 3", "ab"),
        ("SELECT * FROM Taxlots t INNER JOIN Sales s ON t.TaxLotId = s.lot WHERE s.price > 200", "b"),
        ("SELECT * FROM Taxlots LEFT JOIN Sales ON TaxLotId = lot WHERE price IS NULL", "c"),
        ("SELECT * FROM Taxlots LEFT OUTER JOIN Sales ON Sales.lot = Taxlots.TaxLotId", "abc"),
        ("SELECT * FROM Taxlots JOIN Sales ON TaxLotId = lot JOIN Words ON KIND = code", "ab"),
        ('SELECT "TaxLotId" FROM "Taxlots.geojson" WHERE UPPER(TaxLotId) LIKE \'A%\'', "a"),
        ("SELECT * FROM Taxlots ORDER BY KIND DESC LIMIT 2", "bc"),
        ("SELECT * FROM Taxlots ORDER BY AREA, KIND LIMIT 1", "a"),
        ("SELECT DISTINCT TaxLotId FROM Taxlots JOIN Sales ON TaxLotId = lot", "ab"),
        ("SELECT * FROM Taxlots WHERE WHEN >= DATE '2021-01-01' AND KIND IN (1, 2)", "b"),
        ("SELECT * FROM Taxlots LIMIT 0", ""),
        ("SELECT * FROM (SELECT * FROM Taxlots WHERE KIND > 1) t WHERE t.KIND < 3", "b"),
        ("SELECT * FROM Taxlots WHERE TaxLotId IN (SELECT lot FROM Sales)", "ab"),
        ("SELECT * FROM Taxlots WHERE TaxLotId NOT IN (SELECT lot FROM Sales WHERE lot IS NOT NULL)", "c"),
        ("SELECT * FROM Taxlots WHERE KIND IN (SELECT KIND FROM Taxlots WHERE 1 = 0)", ""),
        ("SELECT * FROM Taxlots WHERE KIND NOT IN (SELECT KIND FROM Taxlots WHERE 1 = 0)", "abc"),
    ],
)
def test_a_query_table_gives_the_rows_of_its_select(service, text, drawn):
    assert lots(service, data_layer(query(text))) == drawn


@pytest.mark.parametrize(
    ("statistics", "condition", "drawn"),
    [
        ("lot, COUNT(*) n FROM Sales GROUP BY lot", "n > 1", "b"),
        ("lot, SUM(price) AS n FROM Sales GROUP BY lot", "n = 350", "b"),
        ("lot, AVG(price) + 25 n FROM Sales GROUP BY lot", "n = 200", "b"),
        ("lot, MIN(note) n, MAX(note) m FROM Sales GROUP BY lot", "n = 'again' AND m = 'second'", "b"),
        ("lot, COUNT(DISTINCT price) n FROM Sales GROUP BY lot", "n = 1", "a"),
        ("UPPER(lot) big, lot FROM Sales GROUP BY lot", "big = 'A'", "a"),
        ("lot FROM Sales GROUP BY lot HAVING COUNT(*) > 1 AND MAX(price) > 200", "1 = 1", "b"),
        ("lot, MAX(price) n FROM Sales WHERE price < 200 GROUP BY lot ORDER BY n DESC LIMIT 1", "1 = 1", "a"),
        ("lot, note, COUNT(price) n FROM Sales GROUP BY lot, note", "note = 'again'", "b"),
        ("MAX(lot) lot FROM Sales WHERE lot < 'c'", "1 = 1", "b"),
        ("DISTINCT lot, COUNT(*) n FROM Sales GROUP BY lot, price", "n = 1", "ab"),
    ],
)
def test_a_query_joins_statistics_of_groups(service, statistics, condition, drawn):
    text = f"SELECT * FROM Taxlots t JOIN (SELECT {statistics}) s ON t.TaxLotId = s.lot"
    assert lots(service, data_layer(query(text), definitionExpression=condition)) == drawn


def test_groups_have_no_geometries_of_their_own(service):
    (detail,) = service.fault(**ask(data_layer(query("SELECT KIND, COUNT(*) n FROM Taxlots GROUP BY KIND"))))
    assert "has no geometries to draw" in detail


def test_groups_of_no_rows_are_none_or_one(service):
    for group, count in (("", 1), (" GROUP BY lot", 0)):
        grouped = query(f"SELECT COUNT(*) n, SUM(price) s FROM Sales WHERE 1 = 0{group}")
        every = query("SELECT *, 0 AS none FROM Taxlots")
        element = data_layer(join(every, grouped, ("none", "n"), "Inner"))
        assert lots(service, element) == ("abc" if count else "")


def test_what_a_query_calculates_can_be_filtered_and_drawn_by(service):
    text = "SELECT KIND * 2 AS doubled, UPPER(TaxLotId) AS word, TaxLotId FROM Taxlots"
    breaks = {
        "type": "classBreaks",
        "field": "DOUBLED",
        "classBreakInfos": [{"classMaxValue": 4, "symbol": fill(BLUE)}],
    }
    element = data_layer(query(text, oidFields="TaxLotId"), drawingInfo={"renderer": breaks})
    assert lots(service, element, color=BLUE) == "ab"
    assert lots(service, {**element, "definitionExpression": "word = 'B'"}, color=BLUE) == "b"
    assert "unknown field 'KIND'" in service.fault(**ask({**element, "definitionExpression": "KIND=1"}))[0]


def test_object_ids_of_a_query_are_those_of_its_single_whole_numbered_field(service):
    element = data_layer(query("SELECT * FROM Taxlots", oidFields="KIND"))
    assert lots(service, {**element, "definitionExpression": "OBJECTID = 3"}) == "c"
    element = data_layer(
        query("SELECT KIND + 10 AS k FROM Taxlots", oidFields="k", geometryType="esriGeometryPolygon")
    )
    assert lots(service, {**element, "definitionExpression": "k = 12"}) == "b"


REFUSED_QUERIES = [
    ("SELECT * FROM Taxlots;", "second statement"),
    ("SELECT * FROM Taxlots; DROP TABLE Taxlots", "second statement"),
    ("DELETE FROM Taxlots", "begins with SELECT"),
    ("UPDATE Taxlots SET KIND = 1", "begins with SELECT"),
    ("SELECT * FROM Taxlots -- x", "comments"),
    ("SELECT * FROM Taxlots /* x */", "comments"),
    ("SELECT * FROM (SELECT * FROM Taxlots)", "needs a name behind it"),
    ("SELECT * FROM (SELECT * FROM Secret) t", "has no table 'Secret'"),
    ("SELECT * FROM Taxlots WHERE KIND IN (SELECT * FROM Taxlots)", "gives one column"),
    ("SELECT * FROM Taxlots WHERE KIND IN (SELECT lot FROM Sales)", "cannot be compared"),
    ("SELECT * FROM Taxlots t WHERE KIND IN (SELECT code FROM Words WHERE code = t.KIND)", "unknown field"),
    ("SELECT * FROM Taxlots WHERE KIND = (SELECT MAX(code) FROM Words)", "behind FROM, JOIN and IN only"),
    ("SELECT (SELECT MAX(code) FROM Words) FROM Taxlots", "behind FROM, JOIN and IN only"),
    ("SELECT * FROM Taxlots WHERE EXISTS (SELECT code FROM Words)", "EXISTS is not part"),
    ("SELECT * FROM " + "(SELECT * FROM " * 8 + "Taxlots" + ") a" * 8, "at most 8 times SELECT"),
    ("SELECT * FROM Taxlots UNION SELECT * FROM Sales", "UNION is not part"),
    ("SELECT * INTO copy FROM Taxlots", "INTO is not part"),
    ("SELECT * FROM Taxlots GROUP BY KIND", "instead of *"),
    ("SELECT TaxLotId FROM Taxlots GROUP BY KIND", "'TaxLotId' stands neither in GROUP BY"),
    ("SELECT KIND, COUNT(*) FROM Taxlots", "'KIND' stands neither in GROUP BY"),
    ("SELECT KIND FROM Taxlots GROUP BY KIND + 1", "GROUP BY takes columns"),
    ("SELECT SUM(TaxLotId) FROM Taxlots", "SUM needs numbers"),
    ("SELECT SUM(COUNT(*)) FROM Taxlots", "not part of the filter language"),
    ("SELECT SUM(DISTINCT KIND) FROM Taxlots", "COUNT, SUM, MIN, MAX and AVG of one value"),
    ("SELECT MEDIAN(KIND) FROM Taxlots", "unknown function 'MEDIAN'"),
    ("SELECT * FROM Taxlots WHERE COUNT(*) > 1", "not part of the filter language"),
    ("SELECT KIND FROM Taxlots GROUP BY KIND HAVING KIND", "a condition is needed"),
    ("SELECT KIND FROM Taxlots GROUP BY KIND ORDER BY TaxLotId", "columns that the query gives"),
    ("SELECT KIND k, COUNT(*) k FROM Taxlots GROUP BY KIND", "two columns are called 'k'"),
    ("SELECT load_extension('x') FROM Taxlots", "unknown function"),
    ("SELECT * FROM Taxlots, Sales", "a join needs ON"),
    ("SELECT * FROM Taxlots CROSS JOIN Sales", "CROSS is not part"),
    ("SELECT * FROM Taxlots JOIN Sales ON KIND > price", "ON takes equal columns"),
    ("SELECT * FROM Taxlots JOIN Sales ON KIND = lot", "cannot be compared"),
    ("SELECT * FROM Taxlots JOIN Taxlots ON KIND = KIND", "called 'Taxlots'"),
    ("SELECT * FROM Secret", "has no table 'Secret'"),
    ("SELECT * FROM '../secret.geojson'", "a name is needed"),
    ('SELECT * FROM "../secret.geojson"', "has no table"),
    ("SELECT none FROM Taxlots", "unknown field 'none'"),
    ("SELECT * FROM Taxlots WHERE none = 1", "unknown field 'none'"),
    ("SELECT * FROM Taxlots WHERE KIND = 'a'", "cannot be compared"),
    ("SELECT * FROM Taxlots WHERE KIND", "a condition is needed"),
    ("SELECT * FROM Taxlots LIMIT 1.5", "whole number"),
    ("SELECT * FROM Taxlots LIMIT KIND", "whole number"),
    ("SELECT * FROM Taxlots WHERE ::p = 1", "no parameters"),
    ("SELECT", "FROM a table"),
    ("SELECT FROM Taxlots", "names the columns"),
    ("SELECT *", "FROM a table"),
    ("SELECT * FROM", "wrong here"),
    ("SELECT * FROM Taxlots ORDER BY KIND + 1", "ORDER BY takes columns"),
    ("WITH t AS (SELECT 1) SELECT * FROM t", "begins with SELECT"),
    ("SELECT @@version FROM Taxlots", "unexpected character"),
    ("SELECT * FROM Sales WHERE lot = 'a' OR " + "(" * 40 + "1=1" + ")" * 40, "nested deeper"),
]


@pytest.mark.parametrize(("text", "problem"), REFUSED_QUERIES)
def test_anything_but_one_reading_select_is_refused(service, text, problem):
    (detail,) = service.fault(**ask(data_layer(query(text))))
    assert detail.startswith("dynamicLayers[0].source.dataSource.query: ")
    assert problem in detail


@pytest.mark.parametrize(
    ("keys", "place", "problem"),
    [
        ({"oidFields": "none"}, "oidFields", "gives no field 'none'"),
        ({"oidFields": "Same"}, "oidFields", "do not tell the rows"),
        ({"geometryType": "esriGeometryPoint"}, "geometryType", "the query gives esriGeometryPolygon"),
        ({"spatialReference": {"wkid": 4326}}, "spatialReference", "another spatial reference"),
        ({"spatialReference": {"wkid": 999999}}, "spatialReference", "999999"),
    ],
)
def test_what_a_query_table_says_of_its_rows_must_be_true(service, keys, place, problem):
    text = "SELECT KIND, KIND * 0 AS Same FROM Taxlots"
    good = {"oidFields": "KIND", "geometryType": "esriGeometryPolygon", "spatialReference": {"wkid": 102100}}
    assert lots(service, data_layer(query(text, **good))) == "abc"
    (detail,) = service.fault(**ask(data_layer(query(text, **keys))))
    assert detail.startswith(f"dynamicLayers[0].source.dataSource.{place}: ")
    assert problem in detail


def test_a_raster_of_a_workspace_is_drawn_and_listed(service):
    source = {"type": "raster", "workspaceId": "rasterWS", "dataSourceName": "photo.png"}
    element = {
        "id": 504,
        "source": {"type": "dataLayer", "dataSource": source},
        "drawingInfo": {"transparency": 0},
    }
    assert at(service.picture(**ask(element)), 50) == (10, 20, 30, 255)
    bare = {**element, "drawingInfo": None}
    assert at(service.picture(**ask(bare)), 50) == (10, 20, 30, 255)
    (found,) = service.json("queryLegends", **ask(element))["layers"]
    assert (found["layerId"], found["layerName"], found["layerType"]) == (504, "photo.png", "Raster Layer")


TRAVERSALS = [
    "../secret.geojson",
    "..\\secret.geojson",
    "sub/../../secret.geojson",
    "%2e%2e/secret.geojson",
    "..%2fsecret.geojson",
    "....//secret.geojson",
    "/etc/passwd",
    "/etc/passwd\0.geojson",
    "file:///etc/passwd",
    "C:\\Windows\\win.ini",
    "\\\\host\\share\\x.geojson",
    "/vsicurl/http://169.254.169.254/x.geojson",
    "/vsizip/data.zip/x.geojson",
    "http://169.254.169.254/latest",
    "PG:host=127.0.0.1",
    "NUL",
    "CON",
    ".",
    "..",
    "~/.ssh/id_rsa",
    "link.geojson",
    "secret",
    "sub",
    "*",
    "Taxlots.geojson/",
    "Taxlots.geojson\0",
    "./Taxlots.geojson",
    "data/Taxlots.geojson",
]


@pytest.mark.parametrize("name", TRAVERSALS)
@pytest.mark.parametrize("kind", ["table", "raster", "workspace", "layer file", "query"])
def test_no_name_leads_out_of_a_workspace_and_nothing_is_opened(service, name, kind, monkeypatch):
    opened: list[Any] = []
    monkeypatch.setattr("mapexplorer.service.workspaces.read_table", lambda *a: opened.append(a))
    monkeypatch.setattr("mapexplorer.service.workspaces.read_raster", lambda *a: opened.append(a))
    monkeypatch.setattr("mapexplorer.service.workspaces._text_of", lambda *a: opened.append(a))
    elements = {
        "table": data_layer(table(name)),
        "raster": data_layer({"type": "raster", "workspaceId": "MAP", "dataSourceName": name}),
        "workspace": data_layer(table("Taxlots", workspace=name)),
        "query": data_layer(query(f'SELECT * FROM "{name}"')),
        "layer file": {"id": 1, "source": {"type": "workspaceLayer", "workspaceId": "MAP", "layerId": name}},
    }
    (detail,) = service.fault(**ask(elements[kind]))
    assert detail.startswith("dynamicLayers[0].source.")
    assert opened == []
    assert str(service.catalog.workspaces) not in detail


def test_the_same_table_is_read_once_and_drawn_from_memory(service, monkeypatch):
    from mapexplorer.service import workspaces

    read = workspaces.read_table
    calls: list[str] = []
    monkeypatch.setattr(workspaces, "read_table", lambda *a: calls.append(a[2]) or read(*a))
    for expression in ("KIND = 1", "KIND = 2"):
        service.picture(**ask(data_layer(table("Taxlots"), definitionExpression=expression)))
    service.picture(**ask(data_layer(query("SELECT * FROM Taxlots WHERE KIND = 1"))))
    assert calls == ["Taxlots"]


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    (data_layer(table("none")), "dataSource.dataSourceName", "the workspace 'MAP' has no table 'none'"),
    (data_layer(table("x", workspace="no")), "dataSource.workspaceId", "there is no workspace 'no'"),
    (data_layer(table("Taxlots", gdbVersion="U")), "dataSource.gdbVersion", "has no version 'U'"),
    (data_layer(table("broken")), "dataSource.dataSourceName", "'broken' cannot be read"),
    (data_layer(table("Sales")), "dataSource", "has no geometries to draw"),
    (data_layer(table("photo")), "dataSource.dataSourceName", "has no table 'photo'"),
    (
        data_layer(join(table("Taxlots"), table("Sales"), ("none", "lot"), "Inner")),
        "dataSource.leftTableKey",
        "the table 'Taxlots' has no field 'none'",
    ),
    (
        data_layer(join(table("Taxlots"), table("Sales"), ("TaxLotId", "none"), "Inner")),
        "dataSource.rightTableKey",
        "the table 'Sales' has no field 'none'",
    ),
    (
        data_layer(join(table("Taxlots"), table("Sales"), ("KIND", "lot"), "Inner")),
        "dataSource",
        "numbers cannot be compared with text",
    ),
    (
        data_layer(join(table("Taxlots"), table("none"), ("KIND", "lot"), "Inner")),
        "dataSource.rightTableSource.dataSourceName",
        "has no table 'none'",
    ),
    (
        data_layer(
            join(
                table("Taxlots"),
                {"type": "raster", "workspaceId": "MAP", "dataSourceName": "photo"},
                ("KIND", "lot"),
                "Inner",
            )
        ),
        "dataSource.rightTableSource.type",
        "no rows to join",
    ),
]


@pytest.mark.parametrize(("element", "place", "problem"), FAULTS)
def test_faults_of_a_data_source_are_told_by_their_path(service, element, place, problem, folder):
    (detail,) = service.fault(**ask(element))
    assert detail.startswith(f"dynamicLayers[0].source.{place}: ")
    assert problem in detail
    assert str(folder) not in detail


@pytest.mark.parametrize("source", [table("Taxlots"), query("SELECT * FROM Taxlots")])
def test_drawing_info_is_required_for_tables_and_queries(service, source):
    bare = {"id": 1, "source": {"type": "dataLayer", "dataSource": source}}
    assert service.fault(**ask(bare))[0].startswith("dynamicLayers[0].drawingInfo: is required")
    faded = {**bare, "drawingInfo": {"transparency": 5}}
    assert service.fault(**ask(faded))[0].startswith("dynamicLayers[0].drawingInfo.renderer: is required")


def test_a_join_that_would_give_too_many_rows_is_refused(serve, folder: Path):
    (folder / "data").mkdir()
    rows = pd.DataFrame({"k": [1] * 1100})
    rows.to_csv(folder / "data" / "many.csv")
    service = serve([layer(0)], workspaces={"W": "data"})
    many = {"type": "table", "workspaceId": "W", "dataSourceName": "many"}
    (detail,) = service.fault(**ask(data_layer(join(many, many, ("k", "k"), "Inner"))))
    assert "the join gives 1210000 rows, more than 1000000" in detail


def test_layers_of_a_geopackage_go_by_their_names(serve, folder: Path):
    import geopandas
    from shapely.geometry import Point

    (folder / "data").mkdir()
    path = folder / "data" / "city.gpkg"
    for name, x in (("wells", 15), ("pumps", 45)):
        frame = geopandas.GeoDataFrame({"x": [x]}, geometry=[Point(x, 50)], crs=3857)
        frame.to_file(path, layer=name)
    service = serve([layer(0)], workspaces={"W": "data"})
    drawing = {"drawingInfo": simple(marker(BLUE))}
    for name, drawn in (("wells", "a"), ("main.pumps", "b"), ("city.gpkg/pumps", "b")):
        element = data_layer({"type": "table", "workspaceId": "W", "dataSourceName": name}, **drawing)
        assert lots(service, element, color=BLUE) == drawn
    assert at(service.picture(**FRAME), 15) == WHITE
    missing = data_layer({"type": "table", "workspaceId": "W", "dataSourceName": "city"}, **drawing)
    assert "has no table 'city'" in service.fault(**ask(missing))[0]
