"""Strict JSON, numbers as text, formats, spatial references and the error tree."""

import copy
import doctest
import importlib
import math
import pickle
import pkgutil

import pytest

import mapexplorer.protocol
from mapexplorer.protocol import (
    AnswerError,
    ArcGISError,
    BadAnswer,
    DocumentError,
    ExpressionError,
    Extent,
    FrozenMapping,
    ImageFormat,
    MapExplorerError,
    ParameterError,
    RequestErrors,
    ServerError,
    ServiceFault,
    SpatialReference,
    Timeout,
    TokenRequired,
    TransportError,
    strict_json,
)
from mapexplorer.protocol.numerals import write_number


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not valid JSON at column 1: expecting value"),
        ("{'a':1}", "is not valid JSON at column 2"),
        ("[1,]", "is not valid JSON at column"),
        ("[1] // x", "is not valid JSON at column 5: extra data"),
        ("{\n a: 1}", "is not valid JSON at line 2, column 2"),
        ("NaN", "NaN is not allowed in JSON"),
        ("[-Infinity]", "-Infinity is not allowed in JSON"),
        ("1e999", "the number '1e999' is too large"),
        ('{"a":1,"a":2}', "the key 'a' stands twice in one object"),
        ("[" * 33 + "]" * 33, "nests deeper than 32 levels"),
        ("[" * 100_000, "nests deeper than 32 levels"),
        ('"\\ud800"', "half a surrogate pair"),
        ('"a\tb"', "is not valid JSON"),
    ],
)
def test_json_that_is_not_strict_is_refused(text, words):
    with pytest.raises(ValueError, match=r"^what: ") as caught:
        strict_json.loads(text, what="what")
    assert words in str(caught.value)


def test_json_may_nest_32_levels_and_hold_long_integers():
    assert strict_json.loads("[" * 32 + "]" * 32)
    assert strict_json.loads("9223372036854775807") == 2**63 - 1
    assert strict_json.loads("9" * 30) == 1e30


def test_json_is_written_compact_and_finite():
    assert (
        strict_json.dumps({"a": [5.0, 0.5, -0.0, None, True], "é": "<&>"})
        == '{"a":[5,0.5,0,null,true],"é":"<&>"}'
    )
    assert strict_json.pretty({"a": 1.0}) == '{\n "a": 1\n}'
    for value in (math.nan, math.inf, [-math.inf]):
        with pytest.raises(ValueError, match="Out of range"):
            strict_json.dumps(value)


def test_markup_can_be_escaped():
    text = strict_json.dumps({"<b>": "&"}, escape_markup=True)
    assert text == '{"\\u003cb\\u003e":"\\u0026"}'
    assert strict_json.loads(text) == {"<b>": "&"}
    assert "<" not in strict_json.pretty(["<"], escape_markup=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5.0, "5"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
        (1e22, "1e22"),
        (2.0**53, "9007199254740992.0"),
        (-94.32, "-94.32"),
        (7, "7"),
    ],
)
def test_numbers_are_written_short_and_without_loss(value, text):
    assert write_number(value) == text
    assert float(text) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_never_written(value):
    with pytest.raises(ValueError, match="finite"):
        write_number(value)
    with pytest.raises(ValueError, match="finite"):
        Extent(0, 0, 1, value)


@pytest.mark.parametrize(
    ("reference", "echo", "code"),
    [
        (102100, {"wkid": 102100, "latestWkid": 3857}, 3857),
        (3857, {"wkid": 102100, "latestWkid": 3857}, 3857),
        (900913, {"wkid": 102100, "latestWkid": 3857}, 3857),
        (102113, {"wkid": 102113, "latestWkid": 3785}, 3785),
        (3785, {"wkid": 102113, "latestWkid": 3785}, 3785),
        (4326, {"wkid": 4326, "latestWkid": 4326}, 4326),
        ({"wkid": 102100, "latestWkid": 3857}, {"wkid": 102100, "latestWkid": 3857}, 3857),
        ({"wkid": 2264, "latestWkid": 2264}, {"wkid": 2264, "latestWkid": 2264}, 2264),
        ({"wkt": "PROJCS[]"}, {"wkt": "PROJCS[]"}, None),
        ('{"wkid": 54004}', {"wkid": 54004, "latestWkid": 54004}, 54004),
    ],
)
def test_a_spatial_reference_is_echoed_with_both_ids(reference, echo, code):
    read = SpatialReference.of(reference)
    assert read.to_json() == echo
    assert read.code == code


def test_references_are_the_same_by_their_current_id():
    assert SpatialReference(102100).same_as(SpatialReference(3857))
    assert SpatialReference(900913).same_as(SpatialReference(102100, 3857))
    assert not SpatialReference(102100).same_as(SpatialReference(3785))
    assert not SpatialReference(4326).same_as(None)
    assert not SpatialReference(4326).same_as(SpatialReference(wkt="x"))
    assert SpatialReference(wkt="x").same_as(SpatialReference(wkt="x"))


def test_an_extent_knows_its_sides_and_centre():
    extent = Extent.of("4,2,0,8")
    assert (extent.width, extent.height, extent.center) == (4, 6, (2, 5))
    assert extent.to_json() == {"xmin": 0, "ymin": 2, "xmax": 4, "ymax": 8}


def test_formats_know_their_content_type():
    assert {word.value: word.content_type for word in ImageFormat} == {
        "png": "image/png",
        "png8": "image/png",
        "png24": "image/png",
        "png32": "image/png",
        "jpg": "image/jpeg",
        "gif": "image/gif",
        "bmp": "image/bmp",
        "pdf": "application/pdf",
        "svg": "image/svg+xml",
        "svgz": "image/svg+xml",
        "emf": "image/emf",
        "ps": "application/postscript",
    }
    assert [word.value for word in ImageFormat if not word.raster] == ["pdf", "svg", "svgz", "emf", "ps"]
    assert [word.value for word in ImageFormat if word.may_be_transparent] == [
        "png",
        "png8",
        "png24",
        "png32",
        "gif",
    ]


ERRORS = [
    (ParameterError("dpi", "is wrong"), "dpi: is wrong"),
    (ExpressionError("layerDefs.0", "unknown field", 4), "layerDefs.0: unknown field"),
    (RequestErrors([ParameterError("a", "x"), ParameterError("b", "y")]), "a: x; b: y"),
    (ServiceFault(400, "Bad.", ["one", "two"]), "Bad. one; two"),
    (DocumentError(["layers[0].id: is required"]), "layers[0].id: is required"),
    (ServerError(503), "The server answered with HTTP status 503."),
    (ArcGISError(400, "Invalid URL", ["x"]), "The service reports (400): Invalid URL x"),
    (ArcGISError(None, ""), "The service reports: an error without text"),
    (TokenRequired(), "The service asks for a token."),
    (Timeout("No answer within 30 s."), "No answer within 30 s."),
]


@pytest.mark.parametrize(("error", "sentence"), ERRORS)
def test_an_error_is_one_sentence_and_survives_pickling(error, sentence):
    assert isinstance(error, MapExplorerError)
    assert str(error) == sentence
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert str(twin) == sentence


def test_the_tree_of_errors():
    assert issubclass(ParameterError, ValueError)
    assert issubclass(ExpressionError, ParameterError)
    assert issubclass(Timeout, TransportError)
    assert issubclass(BadAnswer, AnswerError)
    assert issubclass(TokenRequired, AnswerError)
    assert ExpressionError("a", "b", 4).position == 4


def test_a_fault_becomes_the_envelope_that_clients_look_for():
    assert ServiceFault(400, "m", ["d"]).to_envelope() == {
        "error": {"code": 400, "message": "m", "details": ["d"]}
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update({2: "b"}),
        lambda m: m.pop(1),
        lambda m: m.clear(),
        lambda m: m.setdefault(2, "b"),
        lambda m: m.popitem(),
        lambda m: m.__delitem__(1),
    ],
)
def test_a_frozen_mapping_cannot_be_changed(change):
    mapping = FrozenMapping({1: "a"})
    with pytest.raises(TypeError, match="frozen"):
        change(mapping)
    assert mapping == {1: "a"}
    assert copy.deepcopy(mapping) == pickle.loads(pickle.dumps(mapping)) == mapping
    assert hash(mapping) == hash(FrozenMapping({1: "a"}))


MODULES = [
    f"mapexplorer.protocol.{module.name}" for module in pkgutil.iter_modules(mapexplorer.protocol.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_everything_public_is_exported():
    for name in mapexplorer.protocol.__all__:
        assert hasattr(mapexplorer.protocol, name)
    assert sorted(set(mapexplorer.protocol.__all__)) == sorted(mapexplorer.protocol.__all__)
