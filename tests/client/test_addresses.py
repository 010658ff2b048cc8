"""Addresses of services: normalised, compared, and never shown with secrets."""

from __future__ import annotations

import pytest

from mapexplorer.client import MapService
from mapexplorer.client.addresses import masked_url, same_origin, service_address, shown
from mapexplorer.protocol import ParameterError

PLAIN = "https://example.com/arcgis/rest/services/Roads/MapServer"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN + "/",
        PLAIN + "?f=json",
        PLAIN + "/?f=pjson#top",
        f"  {PLAIN}  ",
        PLAIN + "/3",
        PLAIN + "/layers?f=json",
        PLAIN + "/export?bbox=0,0,1,1&f=image",
        PLAIN.replace("MapServer", "mapserver"),
        PLAIN.replace("https", "HTTPS"),
    ],
)
def test_every_page_of_a_service_leads_to_the_service(text: str) -> None:
    assert service_address(text).url == PLAIN
    assert MapService(text).url == PLAIN


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "http"),
        ("ftp://example.com/MapServer", "http"),
        ("file:///srv/MapServer", "http"),
        ("javascript:alert(1)//MapServer", "http"),
        ("https:///MapServer", "host"),
        ("https://example.com/arcgis/rest/services", "MapServer"),
        ("https://example.com/arcgis/rest/services/A/FeatureServer/0", "FeatureServer"),
        ("https://example.com/arcgis/rest/services/A/ImageServer", "ImageServer"),
        ("https://example.com/a b/MapServer", "blanks"),
        ("https://example.com:port/MapServer", "address"),
        ("https://[::1/MapServer", "address"),
        ("https://user:canary@example.com/a/MapServer", "user name"),
    ],
)
def test_other_addresses_are_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ParameterError, match=problem) as caught:
        MapService(text)
    assert "canary" not in str(caught.value)


def test_a_token_in_the_address_is_taken_out_of_it() -> None:
    service = MapService(PLAIN + "?f=json&token=canary")
    assert service.url == PLAIN
    assert service.secured
    assert "canary" not in repr(service)
    assert "canary" not in repr(service_address(PLAIN + "?token=canary"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a/x", "http://a/y", True),
        ("http://a:80/x", "http://A/y", True),
        ("https://a/x", "https://a:443/y", True),
        ("http://a/x", "https://a/x", False),
        ("http://a/x", "http://a:81/x", False),
        ("http://a/x", "http://a.evil/x", False),
        ("http://a/x", "http://b@a/x", False),
        ("http://a/x", "http://a:bad/x", False),
        ("http://a/x", "file:///x", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert same_origin(one, other) is same


def test_addresses_in_sentences_have_no_query_and_no_end() -> None:
    assert shown("https://u:canary@h:81/p?token=canary#f") == "https://h:81/p"
    assert len(shown("https://h/" + "x" * 5000)) < 130
    assert shown("http://[bad") == "an address that cannot be read"


def test_secrets_in_an_address_are_masked() -> None:
    assert masked_url("https://u:p@h/x?a=1,2&Token=canary&b=") == "https://h/x?a=1,2&Token=***&b="
