"""One `mapexplorer serve` process for the whole folder: the vectors meet it over HTTP, as a client would."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from tests.blackbox.documents import DOCUMENTS, write_documents
from tests.blackbox.dynamic_documents import DYNAMIC_DOCUMENTS
from tests.blackbox.filter_documents import FILTER_DOCUMENTS


class Service:
    """A running map service: asks over HTTP and reads pictures as arrays."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def json(self, operation: str = "", **parameters: Any) -> dict[str, Any]:
        answer = self.session.get(
            f"{self.url}/{operation}".rstrip("/"), params={"f": "json", **parameters}, timeout=30
        )
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("application/json")
        return json.loads(answer.text)

    def picture(self, **parameters: Any) -> np.ndarray:
        """The exported picture as an RGBA array, shape (height, width, 4)."""
        answer = self.session.get(f"{self.url}/export", params={"f": "image", **parameters}, timeout=30)
        assert answer.headers["Content-Type"].startswith("image/"), answer.text[:300]
        return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))

    def fault(self, operation: str = "export", **parameters: Any) -> str:
        """The details of the 400 envelope that must be the answer."""
        body = self.json(operation, **parameters)
        assert "error" in body, body
        assert body["error"]["code"] == 400, body
        return " ".join([body["error"]["message"], *body["error"]["details"]])

    def legend(self, **parameters: Any) -> dict[int, list[str]]:
        body = self.json("queryLegends", **parameters)
        assert "layers" in body, body
        return {layer["layerId"]: [entry["label"] for entry in layer["legend"]] for layer in body["layers"]}


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    folder: Path = tmp_path_factory.mktemp("maps")
    documents = DOCUMENTS | FILTER_DOCUMENTS | DYNAMIC_DOCUMENTS
    write_documents(folder, documents)
    process = subprocess.Popen(
        [sys.executable, "-m", "mapexplorer", "serve", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        first = process.stdout.readline().strip()
        assert first.startswith("http://127.0.0.1:"), first
        root = first.split("/rest/services/")[0] + "/rest/services/"
        yield {name: Service(f"{root}{name}/MapServer") for name in documents}
    finally:
        process.terminate()
        process.wait(15)
        process.stdout.close()


@pytest.fixture
def service(services: dict[str, Service]) -> Callable[[str], Service]:
    return services.__getitem__
