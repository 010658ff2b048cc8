from __future__ import annotations

import base64
import json
import re

import pytest

from mapexplorer.explorer.panels import SharePanel
from mapexplorer.explorer.state import State

from .stand_in import browser, press, visible


@pytest.fixture
def panel(explorer):
    made = SharePanel(explorer)
    explorer.reply()
    return made


def test_a_notebook_has_code_and_state_but_no_link(panel, explorer):
    assert not visible(panel.link)
    assert "notebook" in panel.no_link.value
    assert panel.code.value == explorer.to_code()
    assert json.loads(panel.json.value) == explorer.state


def test_the_page_has_a_link(panel, explorer):
    explorer.link = "http://127.0.0.1:1/#state=x"
    explorer.parameters.dpi = 120
    explorer.reply()
    assert visible(panel.link)
    assert panel.link.value == explorer.link
    assert not panel.no_link.value


def test_the_state_follows_the_map(panel, explorer):
    explorer.parameters.dpi = 120
    explorer.reply()
    assert json.loads(panel.json.value)["parameters"]["dpi"] == "120"


def test_a_state_that_is_pasted_is_loaded(panel, explorer):
    browser(panel.json, value=State(None, {"rotation": 30.0}).to_json())
    explorer.reply()
    assert '"rotation"' in panel.json.value, "what is being written stays"
    press(panel.load)
    assert explorer.parameters.given() == {"rotation": 30.0}
    explorer.parameters.rotation = 40
    explorer.reply()
    assert json.loads(panel.json.value)["parameters"]["rotation"] == "40"


@pytest.mark.parametrize("text", ["{", "[]", '{"mapexplorer":1,"parameters":{"dpi":"<b>"}}'])
def test_a_text_that_is_no_state_is_explained(panel, explorer, text):
    before = explorer.parameters.given()
    browser(panel.json, value=text)
    press(panel.load)
    assert 'role="alert"' in panel.message.value
    assert "<b>" not in panel.message.value
    assert explorer.parameters.given() == before


def test_the_file_is_the_state(panel, explorer):
    content = re.search(r'href="data:application/json;base64,([^"]+)"', panel.download.value)
    assert content
    assert json.loads(base64.b64decode(content[1])) == explorer.state
    assert 'download="sample-storms.mapexplorer.json"' in panel.download.value
