"""Opening services from the page: the latest wish counts, sentences for people, tokens that are not shown."""

from __future__ import annotations

from typing import Any

import pytest

from mapexplorer.explorer.header import with_token, without_secrets
from mapexplorer.explorer.opener import named, why_not
from mapexplorer.protocol import DocumentError, ParameterError, TokenInvalid, TokenRequired, Unreachable

from .conftest import Bench
from .fake_service import FakeService
from .panels.stand_in import press

ADDRESS = "http://maps.invalid/arcgis/rest/services/Roads/MapServer"


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is found under each target: a service or an error."""
    known: dict[str, Any] = {}

    def connect(target: str, **options: Any) -> Any:
        found = known[target]
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr("mapexplorer.connection.connect", connect)
    return known


def enter(box: Any, text: str) -> None:
    box.set_state({"value": text})
    box._handle_custom_msg({"event": "submit"}, [])


def test_a_service_that_answers_late_does_not_replace_the_one_that_was_opened_after_it(
    bench: Bench, services: dict[str, Any]
) -> None:
    slow, quick = FakeService(), FakeService()
    services.update(slow=slow, quick=quick, wrong=Unreachable("Nobody answers."))
    header = bench.explorer.header
    for target in ("slow", "wrong", "quick"):
        enter(header.address, target)
    bench.scheduler.run_job(2)
    bench.settle()
    assert bench.explorer.service is quick
    assert "Nobody answers" not in bench.explorer.status.value


def test_code_that_opens_a_service_overtakes_what_is_being_opened(
    bench: Bench, services: dict[str, Any]
) -> None:
    services["slow"] = FakeService()
    enter(bench.explorer.header.address, "slow")
    other = FakeService()
    bench.explorer.open(other)
    bench.settle()
    assert bench.explorer.service is other


def test_what_is_typed_is_opened_by_enter_or_button_and_once_more_by_either(
    bench: Bench, services: dict[str, Any]
) -> None:
    header = bench.explorer.header
    header.address.set_state({"value": ADDRESS})
    assert not bench.scheduler.jobs, "the box was only left"
    services[ADDRESS] = Unreachable("Nobody answers.")
    press(header.button)
    bench.scheduler.run_job()
    assert "Nobody answers." in bench.explorer.status.value
    services[ADDRESS] = FakeService()
    enter(header.address, ADDRESS)
    bench.scheduler.run_job()
    assert bench.explorer.service is services[ADDRESS]


def test_a_service_that_asks_for_a_token_is_opened_with_the_one_that_is_typed(
    bench: Bench, services: dict[str, Any]
) -> None:
    header, status = bench.explorer.header, bench.explorer.status
    services[ADDRESS] = TokenRequired("The service refuses access.")
    services[f"{ADDRESS}?token=wrong"] = TokenInvalid("The token is not accepted.")
    opened = services[f"{ADDRESS}?token=se%20sam"] = FakeService()
    assert header.token.layout.display == "none"
    enter(header.address, ADDRESS)
    bench.scheduler.run_job()
    assert header.token.layout.display is None
    assert f"{ADDRESS} asks for a token" in status.value
    enter(header.token, "wrong")
    bench.scheduler.run_job()
    assert "does not accept the token" in status.value
    enter(header.token, "se sam")
    assert "sam" not in status.value
    bench.scheduler.run_job()
    assert bench.explorer.service is opened
    assert (header.address.value, header.token.value) == (ADDRESS, "")
    assert header.token.layout.display == "none"
    again = services[f"{ADDRESS}?token=se%20sam"] = FakeService()
    bench.settle()
    press(header.button)
    bench.scheduler.run_job()
    assert bench.explorer.service is again, "the token that is not shown is kept for the same address"


def test_a_token_that_ends_meanwhile_is_asked_for_and_the_view_stays(
    bench: Bench, services: dict[str, Any]
) -> None:
    header, explorer = bench.explorer.header, bench.explorer
    address = explorer.target
    assert address is not None
    explorer.parameters.rotation = 20
    bench.service.export = _raising(TokenInvalid("The token is not accepted, or no longer."))
    explorer.parameters.dpi = 120
    bench.settle()
    assert "no longer" in explorer.status.value
    assert header.token.layout.display is None
    header.address.set_state({"value": address})
    renewed = services[f"{address}?token=new"] = FakeService()
    enter(header.token, "new")
    bench.scheduler.run_job()
    bench.settle()
    assert explorer.service is renewed
    assert (explorer.parameters.rotation, explorer.parameters.dpi) == (20, 120)


def _raising(error: Exception) -> Any:
    def export(request: Any) -> Any:
        raise error

    return export


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ParameterError("target", "expected a file"), "x.csv cannot be opened: expected a file."),
        (ParameterError("url", "expected a file"), "x.csv cannot be opened: expected a file."),
        (DocumentError(["$: no map", "layers[0]: bad"]), "x.csv cannot be opened: no map; layers[0]: bad."),
        (Unreachable("Nobody answers."), "Nobody answers."),
        (OSError("away"), "away"),
        (ZeroDivisionError("division"), "x.csv cannot be opened (ZeroDivisionError)."),
    ],
)
def test_a_failure_is_a_sentence_for_the_person_who_typed(error: Exception, words: str) -> None:
    assert why_not("x.csv", error) == words


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (f"{ADDRESS}?token=secret&f=json", ADDRESS),
        ("/home/rivers.gpkg", "/home/rivers.gpkg"),
        ("a" * 100, "…" + "a" * 79),
    ],
)
def test_a_target_is_named_without_its_secrets(target: str, words: str) -> None:
    assert named(target) == words


def test_tokens_are_put_into_addresses_and_taken_out() -> None:
    assert with_token(ADDRESS, "a&b") == f"{ADDRESS}?token=a%26b"
    assert with_token(f"{ADDRESS}?f=json&token=old", "new") == f"{ADDRESS}?f=json&token=new"
    assert without_secrets(f"{ADDRESS}?f=json&Token=old") == f"{ADDRESS}?f=json"
    assert without_secrets("C:/a?token=b.gpkg") == "C:/a?token=b.gpkg"
