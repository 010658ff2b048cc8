"""Attributes as people read them: times in a zone, codes by name, numbers without surprises."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from mapexplorer.explorer.panels.attribute_words import AttributeWords, plain_number, written
from mapexplorer.protocol import FieldInfo

TOKYO = ZoneInfo("Asia/Tokyo")
CODES = [{"code": 1, "name": "Storm"}, {"code": "TS", "name": "Tropical"}]
STAGES = {"type": "codedValue", "codedValues": CODES}


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "String", ""),
        (0, "Date", "1970-01-01 09:00"),
        ("0", "Date", "1970-01-01 09:00"),
        (0.0, "Date", "1970-01-01 09:00"),
        ("6/10/2005 6:00:00 PM", "Date", "6/10/2005 6:00:00 PM"),
        (10**20, "Date", f"{10**20} ms"),
        (0, "DateOnly", "1970-01-01"),
        ("2005-06-10", "DateOnly", "2005-06-10"),
        (float("nan"), "Double", ""),
        (float("inf"), "Double", "inf"),
        (True, "String", "True"),
        (1, "Integer", "Storm"),
        (1.0, "Double", "Storm"),
        ("TS", "String", "Tropical"),
        ("Tropical", "String", "Tropical"),
        (2, "Integer", "2"),
    ],
)
def test_values_as_people_read_them(value, kind, text):
    domain = None if kind.startswith("Date") else STAGES
    field = FieldInfo(name="x", type=f"esriFieldType{kind}", domain=domain)
    assert written(value, field, TOKYO) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1234567.89, "1234567.89"),
        (1.23456789, "1.234568"),
        (3.0, "3"),
        (-1e-9, "-1e-09"),
        (6.02e23, "6.02e+23"),
    ],
)
def test_numbers_have_an_exponent_only_where_they_must(value, text):
    assert plain_number(value) == text


def test_attributes_are_called_by_their_alias_whichever_name_the_service_uses():
    words = AttributeWords((FieldInfo(name="t", alias="Time", type="esriFieldTypeDate"), FieldInfo(name="n")))
    assert words.rows({"T": 0, "n": "x", "Pixel Value": "7"}) == [
        ("Time", "1970-01-01"),
        ("n", "x"),
        ("Pixel Value", "7"),
    ]
    assert words.rows({"Time": 0}) == [("Time", "1970-01-01")]
    assert words.has_times(["TIME"])
    assert not words.has_times(["n", ""])
