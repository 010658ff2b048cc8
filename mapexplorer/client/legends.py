"""Ask for a legend: queryLegends, or the static one where there is no such operation; clean its pictures."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import quote

from mapexplorer.protocol import (
    AnswerError,
    ArcGISError,
    BadAnswer,
    Call,
    Legend,
    LegendEntry,
    LegendLayer,
    MapExplorerError,
    MapRequest,
    Operation,
    ParameterError,
    ResponseFormat,
    ServerError,
    TooLarge,
    TransportError,
    url_or_form,
)

from .addresses import get_url, same_origin
from .answers import raise_if_error
from .channel import Channel
from .pictures import ALLOWED_MEDIA_TYPES, check_picture, clean_png, decode_base64, picture_format
from .reply import Reply, Timing
from .results import LegendResult

FIRST_VERSION = 10.71
"""The version from which services know queryLegends (Query Legends, Description): 10.7.1."""
_MISSING_STATUSES = frozenset({404, 405, 410, 501})
_LAYERS_KEY = frozenset({"layers"})


@dataclass
class LegendSupport:
    """What is known about the operation of one service, learnt from its answers."""

    version: Callable[[], float | None]
    answered: bool = False
    missing: str | None = None
    """Why queryLegends is not asked any more, as the beginning of a sentence."""


class LegendQuery:
    """One legend operation, from a frozen request to a result, within one deadline."""

    def __init__(
        self, channel: Channel, service_url: str, request: MapRequest, support: LegendSupport
    ) -> None:
        if request.f not in (None, ResponseFormat.JSON, ResponseFormat.PJSON):
            raise ParameterError("f", f"expected json; {request.f} is not a legend that can be read")
        self._channel = channel
        self._service_url = service_url
        self._request = request
        self._support = support
        self._deadline = channel.deadline()
        self._timing = Timing()
        self._notes: list[str] = []
        self._unreadable = 0
        self._fetches = 0

    def run(self) -> LegendResult:
        """Ask and return the result. Raises TransportError, AnswerError and ParameterError."""
        started = time.monotonic()
        source, call, url, body = self._ask()
        layers = tuple(self._cleaned(layer) for layer in self._parsed(body).layers)
        if self._unreadable:
            pictures = "One picture" if self._unreadable == 1 else f"{self._unreadable} pictures"
            self._notes.append(f"{pictures} of the legend could not be read.")
        return LegendResult(
            layers=layers,
            source=source,
            request=self._request,
            call=self._channel.shown(call),
            url=self._channel.shown(Call("GET", url)).url,
            timing=replace(self._timing, total=time.monotonic() - started),
            body=self._channel.credentials.redact_tree(body),
            note=" ".join(self._notes) or None,
        )

    def _ask(self) -> tuple[Literal["queryLegends", "legend"], Call, str, dict[str, Any]]:
        if self._support.missing is None:
            url, wire = (
                f"{self._service_url}/queryLegends",
                self._request.encode(Operation.QUERY_LEGENDS, f="json"),
            )
            call = url_or_form(url, wire)
            try:
                body = self._json(call)
            except AnswerError as error:
                failure: MapExplorerError = error
            else:
                self._support.answered = True
                return "queryLegends", call, get_url(url, wire), body
            self._give_up_or_raise(failure)
        url, wire = f"{self._service_url}/legend", {"f": "json"}
        given = self._request.encode(Operation.QUERY_LEGENDS)
        wire |= {name: given[name] for name in ("dynamicLayers", "dpi") if name in given}
        call = url_or_form(url, wire)
        body = self._json(call)
        reason = self._support.missing or "The service answered queryLegends with an error"
        self._notes.append(f"{reason}, so this is the complete legend and not only what is visible.")
        return "legend", call, get_url(url, wire), body

    def _json(self, call: Call) -> dict[str, Any]:
        body, timing = self._channel.json(call, deadline=self._deadline, result_keys=_LAYERS_KEY)
        self._timing += timing
        if not isinstance(body.get("layers"), list):
            raise BadAnswer("The service answered without a list of layers where a legend was expected.")
        return body

    def _give_up_or_raise(self, error: MapExplorerError) -> None:
        """Decide whether the static legend stands in; a fault of the request must not hide behind it.

        An operation that is not there is remembered. A service from 10.7.1 on, or one that has answered
        before, does know the operation: then code 400 means that the request was wrong, and the error is
        raised.
        """
        code = error.code if isinstance(error, ArcGISError) else None
        invalid_url = isinstance(error, ArcGISError) and "invalid url" in str(error).lower()
        status = error.status if isinstance(error, ServerError) else None
        if not self._support.answered and (
            invalid_url or code in _MISSING_STATUSES or status in _MISSING_STATUSES
        ):
            self._support.missing = "The service has no queryLegends"
            return
        if self._support.answered or not (
            isinstance(error, ArcGISError | BadAnswer) or (status is not None and status in (400, 500))
        ):
            raise error
        version = self._version()
        if version is not None and version < FIRST_VERSION:
            self._support.missing = "The service is older than 10.7.1 and has no queryLegends"
        elif (code == 400 or status == 400) and version is not None:
            raise error

    def _version(self) -> float | None:
        try:
            return self._support.version()
        except MapExplorerError:
            return None

    def _parsed(self, body: dict[str, Any]) -> Legend:
        count = sum(
            len(layer["legend"])
            for layer in body["layers"]
            if isinstance(layer, dict) and isinstance(layer.get("legend"), list)
        )
        if count > self._channel.limits.legend_entries:
            raise TooLarge(
                f"The legend has {count} entries; at most {self._channel.limits.legend_entries} are read."
            )
        return Legend.parse(body)

    def _cleaned(self, layer: LegendLayer) -> LegendLayer:
        entries = tuple(self._cleaned_entry(layer, entry) for entry in layer.legend)
        return layer.model_copy(update={"legend": entries})

    def _cleaned_entry(self, layer: LegendLayer, entry: LegendEntry) -> LegendEntry:
        limits = self._channel.limits
        try:
            if entry.image_data:
                media_type = (entry.content_type or "").partition(";")[0].strip().lower()
                if media_type not in ALLOWED_MEDIA_TYPES:
                    raise BadAnswer("The media type of a legend picture is not allowed.")
                swatch = _swatch_of_text(
                    entry.image_data, limits.legend_image_bytes, limits.legend_image_pixels
                )
            elif entry.url:
                swatch = _swatch(self._fetched(layer.layer_id, entry.url), limits.legend_image_pixels)
            else:
                return entry.model_copy(update={"image_data": None})
        except (AnswerError, TransportError):
            self._unreadable += 1
            return entry.model_copy(update={"image_data": None})
        text, width, height = swatch
        size = {"width": entry.width or width, "height": entry.height or height}
        return entry.model_copy(update={"image_data": text, "content_type": "image/png", **size})

    def _fetched(self, layer_id: int, url: str) -> bytes:
        """Get a picture that the answer only names; only from the service's own origin."""
        self._fetches += 1
        if self._fetches > self._channel.limits.legend_fetches or self._deadline.passed:
            raise TooLarge("The legend names too many pictures.")
        address = url if "://" in url else f"{self._service_url}/{layer_id}/images/{quote(url, safe='')}"
        if not same_origin(self._service_url, address):
            raise BadAnswer("A legend picture lies on another origin.")
        content, timing = self._channel.ask(
            Call("GET", address, None),
            _picture_bytes,
            deadline=self._deadline,
            budget=self._channel.limits.legend_image_bytes,
            plain_file=True,
        )
        self._timing += timing
        return content


def _picture_bytes(reply: Reply, token_sent: bool) -> bytes:
    if picture_format(reply.content) is None or reply.status >= 400:
        raise_if_error(reply, token_sent=token_sent)
    return reply.content


def _swatch(content: bytes, pixels: int) -> tuple[str, int, int]:
    """Write a picture anew as PNG; return its base64 text, its width and its height."""
    png = clean_png(content, pixels=pixels)
    size = check_picture(png, pixels=pixels)
    return base64.b64encode(png).decode("ascii"), size.width, size.height


@lru_cache(maxsize=2048)
def _swatch_of_text(text: str, limit: int, pixels: int) -> tuple[str, int, int]:
    """Clean a picture that came as base64; legends repeat the same ones again and again."""
    return _swatch(decode_base64(text, limit=limit), pixels)
