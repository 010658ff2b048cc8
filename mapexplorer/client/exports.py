"""Export a map: ask for the description, fetch the picture, check it, and say which rectangle it shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin

from mapexplorer.protocol import (
    AnswerError,
    BadAnswer,
    Call,
    Extent,
    ImageFormat,
    MapRequest,
    Operation,
    ParameterError,
    ResponseFormat,
    Size,
    SpatialReference,
    TooLarge,
    TransportError,
    url_or_form,
)

from .addresses import get_url, same_origin
from .answers import raise_if_error, what_came
from .channel import Channel
from .documents import check_archive, check_document
from .frames import answered_extent, computed_extent, finite_number
from .pictures import ALLOWED_MEDIA_TYPES, check_picture, decode_base64, picture_format
from .reply import Reply, Timing
from .results import ExportResult

MapReference = Callable[[], SpatialReference | None]
"""Tells the spatial reference of the map, which may cost a request; None when the service does not say it."""
_RESULT_KEYS = frozenset({"href", "imageData"})


@dataclass(frozen=True)
class _Picture:
    """Checked bytes; the size of a vector document is the one asked for."""

    content: bytes
    content_type: str
    width: int
    height: int


class Export:
    """One export operation, from a frozen request to a result, within one deadline."""

    def __init__(self, channel: Channel, service_url: str, request: MapRequest, map_sr: MapReference) -> None:
        if request.f is ResponseFormat.HTML:
            raise ParameterError("f", "expected json, image or kmz; a page (html) is not a picture")
        self._channel = channel
        self._limits = channel.limits
        self._url = f"{service_url}/export"
        self._request = request
        self._map_sr = map_sr
        self._size: Size = request.effective("size")
        self._format: ImageFormat = request.effective("format")
        self._pixels = self._size.width * self._size.height
        if self._pixels > self._limits.image_pixels:
            raise ParameterError("size", f"expected at most {self._limits.image_pixels} pixels in all")
        self._deadline = channel.deadline()
        self._timing = Timing()
        self._notes: list[str] = []

    def run(self) -> ExportResult:
        """Ask and return the result. Raises TransportError, AnswerError and ParameterError."""
        started = time.monotonic()
        form = self._request.f
        direct = form in (ResponseFormat.IMAGE, ResponseFormat.KMZ)
        wire = self._request.encode(Operation.EXPORT, f=form.value if direct else "json")
        call = url_or_form(self._url, wire)
        body: dict[str, Any] = {}
        if direct:
            extent = self._computed()
            picture = self._fetch(call)
        else:
            body = self._ask(call)
            extent = answered_extent(body, self._request, self._map_sr) or self._computed(noted=True)
            picture = self._picture(body, extent)
        self._compare(body, picture, extent)
        return ExportResult(
            content=picture.content,
            content_type=picture.content_type,
            width=picture.width,
            height=picture.height,
            extent=extent,
            scale=finite_number(body.get("scale")),
            request=self._request,
            call=self._channel.shown(call),
            url=self._channel.shown(Call("GET", get_url(self._url, wire))).url,
            timing=replace(self._timing, total=time.monotonic() - started),
            body=self._channel.credentials.redact_tree(body),
            note=" ".join(self._notes) or None,
        )

    def _computed(self, *, noted: bool = False) -> Extent:
        extent = computed_extent(self._request, self._map_sr)
        if extent is None and self._request.f is ResponseFormat.KMZ:
            extent = self._request.bbox  # the document says where its picture lies
        if extent is None:
            raise BadAnswer(
                "Nothing says which extent the service drew: not its answer, and not the request."
            )
        if noted:
            self._notes.append("The service did not say which extent it drew; it follows from the request.")
        return extent

    def _ask(self, call: Call) -> dict[str, Any]:
        body, timing = self._channel.json(
            call,
            deadline=self._deadline,
            result_keys=_RESULT_KEYS,
            heavy=self._pixels >= self._limits.large_picture,
        )
        self._timing += timing
        return body

    def _fetch(self, call: Call, *, plain_file: bool = False) -> _Picture:
        picture, timing = self._channel.ask(
            call,
            self._read,
            deadline=self._deadline,
            budget=self._limits.image_bytes,
            plain_file=plain_file,
            heavy=self._pixels >= self._limits.large_picture,
        )
        self._timing += timing
        return picture

    def _read(self, reply: Reply, token_sent: bool) -> _Picture:
        if picture_format(reply.content) is None or reply.status >= 400:
            raise_if_error(reply, token_sent=token_sent)
        return self._checked(reply.content)

    def _checked(self, content: bytes) -> _Picture:
        if self._request.f is ResponseFormat.KMZ:
            return _Picture(content, check_archive(content), self._size.width, self._size.height)
        if picture_format(content) is not None:
            found = check_picture(content, pixels=self._limits.image_pixels)
            return _Picture(content, found.content_type, found.width, found.height)
        if self._format.raster:
            raise BadAnswer(
                f"The service {what_came(content)} where a PNG, JPEG, GIF or BMP picture was expected."
            )
        return _Picture(content, check_document(content, self._format), self._size.width, self._size.height)

    def _picture(self, body: dict[str, Any], extent: Extent) -> _Picture:
        """Take the picture out of the answer, or from its href, or ask once more for the picture itself.

        The href can be unusable though the service is well: an internal host name, an expired file, a proxy
        that does not pass it on. Then the same frame is asked for with f=image.
        """
        data = body.get("imageData")
        if isinstance(data, str) and data:
            media_type = str(body.get("contentType") or "").partition(";")[0].strip().lower()
            if media_type not in ALLOWED_MEDIA_TYPES and self._format.raster:
                raise BadAnswer("The service sent an embedded picture of a media type that is not shown.")
            return self._checked(decode_base64(data, limit=self._limits.image_bytes))
        reason = self._unusable(body.get("href"))
        if reason is None:
            try:
                return self._fetch(
                    Call("GET", urljoin(self._url, body["href"].strip()), None), plain_file=True
                )
            except (TransportError, AnswerError) as error:
                if self._deadline.passed or isinstance(error, TooLarge):
                    raise
                reason = f"The picture behind href could not be read ({type(error).__name__})"
        picture = self._fetch(url_or_form(self._url, self._again(extent).encode(Operation.EXPORT, f="image")))
        self._notes.append(f"{reason}; it was asked for once more with f=image.")
        return picture

    def _unusable(self, href: object) -> str | None:
        """Say why an href cannot be followed, None when it can."""
        if not isinstance(href, str) or not href.strip():
            return "The service sent no address of the picture"
        try:
            address = urljoin(self._url, href.strip())
        except ValueError:
            return "The service sent an address of the picture that cannot be read"
        return None if same_origin(self._url, address) else "The picture lies on another origin"

    def _again(self, extent: Extent) -> MapRequest:
        """Ask for exactly the frame that the service announced, so that the picture fits the extent."""
        if extent.spatial_reference is None:
            return self._request
        reference = extent.spatial_reference
        frame = Extent(extent.xmin, extent.ymin, extent.xmax, extent.ymax)
        return self._request.replace(bbox=frame, bbox_sr=reference, image_sr=reference, map_scale=None)

    def _compare(self, body: dict[str, Any], picture: _Picture, extent: Extent) -> None:
        """Note what differs from what was asked or announced; the extent places the picture anyway."""
        width = finite_number(body.get("width")) or self._size.width
        height = finite_number(body.get("height")) or self._size.height
        if (width, height) != (picture.width, picture.height):
            self._notes.append(
                f"The picture has {picture.width} × {picture.height} pixels"
                f" instead of {width:g} × {height:g}."
            )
        asked = self._request.image_sr
        if asked is not None and not asked.same_as(extent.spatial_reference):
            self._notes.append("The service drew in another spatial reference than asked for.")
