"""The map service as a WSGI application: who may ask, which resource is meant, and how every fault
is told.
"""

from __future__ import annotations

import hmac
import logging
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from mapexplorer.protocol import (
    Operation,
    ParameterError,
    RequestErrors,
    ResponseFormat,
    ServiceFault,
    requested_format,
)
from mapexplorer.service import directory, feature_pages, operations, pages, resources
from mapexplorer.service.answers import fault_answer, fault_of, json_answer, kmz_answer, picture_answer
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.delivery import deliver
from mapexplorer.service.features.described import describe, query_described
from mapexplorer.service.features.find import find
from mapexplorer.service.features.identify import identify
from mapexplorer.service.features.kml import query_kmz
from mapexplorer.service.features.query import query
from mapexplorer.service.forms import Form, given_values
from mapexplorer.service.layers import FeatureLayer
from mapexplorer.service.limits import DEFAULT_LIMITS, Limits, Turnstile
from mapexplorer.service.operations import Pairs, Picture
from mapexplorer.service.outputs import Outputs
from mapexplorer.service.shared_outputs import SharedOutputs, SharedSwatches
from mapexplorer.service.swatches import Swatches
from mapexplorer.service.time_limit import time_limit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LOG: Final = logging.getLogger("mapexplorer.service")

SERVICES_PATH: Final = "/arcgis/rest/services"
OUTPUT_PATH: Final = "/arcgis/output"
SWATCH_PATH: Final = f"{OUTPUT_PATH}/swatches"
INFO_PATH: Final = "/arcgis/rest/info"
METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST")
ALLOWED_HEADERS: Final = ("Authorization", "Content-Type", "X-Esri-Authorization", "X-Requested-With")
SWATCH_SECONDS: Final = 86_400
OUTPUT_SECONDS: Final = 60

_HOST: Final = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?"
)
_LAYER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
DRAWN: Final = "mapexplorer.drawn"
"""Where a request keeps how many seconds its picture or legend took to draw."""
_INVALID_URL: Final = ServiceFault(400, "Invalid URL")


def service_path(name: str) -> str:
    """Return the path of a map service, its name percent-encoded; a folder stands before a slash."""
    return f"{SERVICES_PATH}/{quote(name, safe='/')}/MapServer"


class MapServiceApp:
    """Answers the requests of any number of threads for some maps.

    `hosts` are the only values of the Host header that are answered (None: any well-formed one); `cors` the
    origins whose pages may read answers ("*" for all); with a `token` every request must carry it. `shared`
    is a folder with the folders outputs and swatches, for several processes behind one address.
    """

    def __init__(
        self,
        catalogs: Mapping[str, MapCatalog],
        *,
        hosts: Collection[str] | None = None,
        cors: Collection[str] = (),
        token: str | None = None,
        limits: Limits = DEFAULT_LIMITS,
        shared: Path | None = None,
    ) -> None:
        self.catalogs = dict(catalogs)
        self.outputs = Outputs(limits) if shared is None else SharedOutputs(shared / "outputs", limits)
        self.swatches = Swatches() if shared is None else SharedSwatches(shared / "swatches")
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self._cors = frozenset(cors)
        self._token = token
        self._limits = limits
        self._turnstile = Turnstile(limits)

    def allow_hosts(self, hosts: Collection[str]) -> None:
        """Answer only requests for these values of the Host header from now on."""
        self._hosts = frozenset(host.lower() for host in hosts)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        request.max_content_length = self._limits.body_bytes
        request.max_form_memory_size = self._limits.body_bytes
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if not self._host_is_ours(request):
            return fault_answer(
                ServiceFault(403, "This service does not answer under that host name."), status=403
            )
        if request.method == "OPTIONS":
            response = Response(status=204, headers={"Allow": ", ".join(METHODS)})
        elif request.method not in METHODS:
            response = fault_answer(ServiceFault(405, "The method is not allowed."), status=405)
            response.headers["Allow"] = ", ".join(METHODS)
        else:
            response = self._guarded(request)
        drawn = request.environ.get(DRAWN)
        if drawn is not None:
            response.headers["Server-Timing"] = f"draw;dur={drawn * 1000:.1f}"
        return self._with_origin(request, deliver(request, response))

    def _guarded(self, request: Request) -> Response:
        """Answer, turning every fault into its envelope; what went wrong inside is told to the log alone."""
        pairs: Pairs = []
        try:
            pairs = self._pairs(request)
            self._check_token(request, pairs)
            return self._dispatch(request, pairs)
        except Exception as error:
            fault = _fault_behind(error, request.path)
        form = given_values(pairs).get("f", "").strip().lower()
        return fault_answer(fault, short=form == "image", indent=form == "pjson")

    @contextmanager
    def _drawing(self, request: Request | None = None) -> Iterator[None]:
        """Wait for a place to draw, bound the time from then on, and note it in the request."""
        with self._turnstile.turn(), time_limit(self._limits.drawing_seconds):
            began = time.perf_counter()
            yield
        if request is not None:
            request.environ[DRAWN] = time.perf_counter() - began

    def _host_is_ours(self, request: Request) -> bool:
        host = request.headers.get("Host", "")
        if _HOST.fullmatch(host) is None:
            return False
        return self._hosts is None or host.lower() in self._hosts

    def _with_origin(self, request: Request, response: Response) -> Response:
        origin = request.headers.get("Origin")
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin" if self._cors else "same-origin"
        if origin is None or not ("*" in self._cors or origin in self._cors):
            return response
        response.headers["Access-Control-Allow-Origin"] = "*" if "*" in self._cors else origin
        response.vary.add("Origin")
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = ", ".join(METHODS)
            response.headers["Access-Control-Allow-Headers"] = ", ".join(ALLOWED_HEADERS)
            response.headers["Access-Control-Max-Age"] = "3600"
            if request.headers.get("Access-Control-Request-Private-Network") == "true":
                response.headers["Access-Control-Allow-Private-Network"] = "true"
        return response

    def _pairs(self, request: Request) -> Pairs:
        """Return names and values, the query string before the form. Raises `ServiceFault` for a
        long query, and for more parameters than any operation has.
        """
        query = request.environ.get("QUERY_STRING", "")
        if len(query) > self._limits.query_bytes:
            raise ServiceFault(413, "The query string is too long; send the parameters as a form.")
        if (request.content_length or 0) > self._limits.body_bytes:
            size = f"{self._limits.body_bytes / 2**20:g} MiB"
            raise ServiceFault(413, f"The request is too large: its body is over {size}.")
        coded = request.method == "POST" and request.mimetype == "application/x-www-form-urlencoded"
        most = self._limits.parameters
        if max(query.count("&"), request.get_data().count(b"&") if coded else 0) >= most:
            raise ServiceFault(413, f"The request has more than {most} parameters.")
        pairs = list(request.args.items(multi=True))
        if request.method == "POST":
            pairs += request.form.items(multi=True)
        return pairs

    def _check_token(self, request: Request, pairs: Pairs) -> None:
        if self._token is None or request.path.rstrip("/") == INFO_PATH:
            return
        given = given_values(pairs).get("token", "")
        for header in ("X-Esri-Authorization", "Authorization"):
            given = given or request.headers.get(header, "").removeprefix("Bearer ")
        if not given:
            raise ServiceFault(499, "Token Required")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            raise ServiceFault(498, "Invalid Token")

    def _dispatch(self, request: Request, pairs: Pairs) -> Response:
        path = request.path.rstrip("/")
        if path.startswith(f"{SWATCH_PATH}/"):
            return self._swatch(path.removeprefix(f"{SWATCH_PATH}/"))
        if path.startswith(f"{OUTPUT_PATH}/"):
            return self._output(path.removeprefix(f"{OUTPUT_PATH}/"))
        if path == INFO_PATH:
            return self._body(pairs, lambda: resources.info(secured=self._token is not None))
        if path in (SERVICES_PATH, "/arcgis/rest"):
            return self._services(request, pairs, "")
        if not path.startswith(f"{SERVICES_PATH}/"):
            return fault_answer(ServiceFault(404, "There is nothing at this address."), status=404)
        name, _, rest = path.removeprefix(f"{SERVICES_PATH}/").partition("/MapServer")
        catalog = self.catalogs.get(name)
        if catalog is None and not rest and name in resources.folders_of(self.catalogs):
            return self._services(request, pairs, name)
        if catalog is None:
            raise ServiceFault(404, "Service not found")
        if "/MapServer" not in path or (rest and not rest.startswith("/")):
            raise _INVALID_URL
        return self._service(request, catalog, rest.removeprefix("/"), pairs, name)

    def _services(self, request: Request, pairs: Pairs, folder: str) -> Response:
        names = [*self.catalogs, *resources.folders_of(self.catalogs)]
        quoted = {name: quote(name, safe="/") for name in names}
        return self._body(
            pairs,
            lambda: resources.services(self.catalogs, folder),
            lambda body: directory.services_page(body, folder, self._links(request, pairs), quoted),
        )

    def _links(self, request: Request, pairs: Pairs) -> directory.Links:
        token = given_values(pairs).get("token", "") if self._token else ""
        return directory.Links(f"{request.root_path}{SERVICES_PATH}", quote(token, safe=""))

    def _service(self, request: Request, catalog: MapCatalog, rest: str, pairs: Pairs, name: str) -> Response:
        about = (name, self._links(request, pairs), quote(name, safe="/"))
        match rest.split("/"):
            case [""]:
                return self._body(
                    pairs,
                    lambda: resources.root(catalog, self._limits),
                    lambda body: directory.map_page(body, *about),
                )
            case ["info", "iteminfo"]:
                return self._body(pairs, lambda: resources.item_info(catalog))
            case ["layers"]:
                return self._body(
                    pairs,
                    lambda: resources.all_layers(catalog, self._limits),
                    lambda body: directory.layers_page(body, *about),
                )
            case ["legend"]:
                if not _wants_page(pairs):
                    return self._body(pairs, lambda: self._whole_legend(request, catalog, pairs))
                return self._shown(
                    self._form("legend", request, pairs, name),
                    lambda: self._whole_legend(request, catalog, pairs),
                    pages.legends_page,
                )
            case ["export" | "queryLegends" as step]:
                return self._operation(request, catalog, Operation(step), pairs, name)
            case [number] if _LAYER.fullmatch(number):
                layer = catalog.layer(int(number))
                if layer is None:
                    raise _INVALID_URL
                return self._body(
                    pairs,
                    lambda: resources.layer_body(catalog, layer, self._limits),
                    lambda body: directory.layer_page(body, *about),
                )
            case ["identify"]:
                return self._asked(self._form("identify", request, pairs, name), pairs, identify, catalog)
            case ["find"]:
                return self._asked(self._form("find", request, pairs, name), pairs, find, catalog)
            case [number, "query"] if _LAYER.fullmatch(number):
                queried = catalog.layer(int(number))
                if queried is None:
                    raise _INVALID_URL
                if not isinstance(queried, FeatureLayer):
                    raise ServiceFault(400, "The requested operation is not supported by this layer.")
                if given_values(pairs).get("f", "").strip().lower() == "kmz":
                    with self._drawing():
                        return kmz_answer(query_kmz(catalog, queried, pairs, self._limits))
                form = self._form("query", request, pairs, name, queried)
                return self._asked(form, pairs, query, catalog, queried)
            case ["dynamicLayer"]:
                return self._body(pairs, lambda: self._told(describe, catalog, pairs))
            case ["dynamicLayer", "query"]:
                form = self._form("dynamicLayer/query", request, pairs, name)
                return self._asked(form, pairs, query_described, catalog)
            case [number, "images", image_id] if _LAYER.fullmatch(number):
                return picture_answer(
                    operations.swatch(catalog, int(number), image_id), "image/png", seconds=SWATCH_SECONDS
                )
        raise _INVALID_URL

    def _body(
        self,
        pairs: Pairs,
        make: Callable[[], Mapping[str, Any]],
        show: Callable[[Mapping[str, Any]], Response] | None = None,
    ) -> Response:
        """Return a metadata body; without f it is JSON, `show` makes the page of what has one."""
        form = given_values(pairs).get("f", "").strip().lower()
        if form == "html" and show is not None:
            return show(make())
        if form not in ("", "json", "pjson"):
            raise ServiceFault(400, "Invalid or missing input parameters.", ["f: expected json or pjson"])
        return json_answer(make(), indent=form == "pjson")

    def _form(
        self, step: str, request: Request, pairs: Pairs, name: str, layer: FeatureLayer | None = None
    ) -> Form:
        """Return the form of an operation on features, or of the legend."""
        below = step if layer is None else f"{layer.id}/{step}"
        subject = name if layer is None else f"{layer.name} ({layer.id})"
        action = f"{request.root_path}{service_path(name)}/{below}"
        return feature_pages.feature_form(step, subject, action, pairs, secured=bool(self._token))

    def _asked(
        self, form: Form, pairs: Pairs, operation: Callable[..., dict[str, Any]], *subject: Any
    ) -> Response:
        """Return what an operation tells about features."""
        if _wants_page(pairs):
            asked = [(name, value) for name, value in pairs if name.casefold() != "f"]
            if not feature_pages.asks(form):
                return pages.result_page(form, [])
            return self._shown(
                form, lambda: self._told(operation, *subject, asked), feature_pages.features_page
            )
        wanted = given_values(pairs).get("f", "").strip().lower()
        body = self._told(operation, *subject, pairs)
        kind = "application/geo+json" if wanted == "geojson" else "application/json"
        return json_answer(body, indent=wanted == "pjson", content_type=kind)

    def _told(self, operation: Callable[..., dict[str, Any]], *subject: Any) -> dict[str, Any]:
        with self._drawing():
            return operation(*subject, self._limits)

    def _shown(
        self,
        form: Form,
        make: Callable[[], Mapping[str, Any]],
        show: Callable[[Form, Mapping[str, Any]], Response],
    ) -> Response:
        """Return a page with a form; a fault is told on it, above the form."""
        try:
            return show(form, make())
        except Exception as error:
            return pages.fault_page(form, _fault_behind(error, form.action))

    def _whole_legend(self, request: Request, catalog: MapCatalog, pairs: Pairs) -> Mapping[str, Any]:
        with self._drawing():
            return operations.whole_legend(catalog, pairs, self._limits, self._link(request))

    def _link(self, request: Request) -> Callable[[bytes], str]:
        """Return what gives the full address of a swatch of a dynamic layer."""
        root = f"{request.scheme}://{request.headers['Host']}{request.root_path}{SWATCH_PATH}"
        return lambda image: f"{root}/{self.swatches.keep(image)}"

    def _operation(
        self, request: Request, catalog: MapCatalog, operation: Operation, pairs: Pairs, name: str
    ) -> Response:
        """Answer export or queryLegends; whoever asks for a page is told faults on it, above the form."""
        wanted = requested_format(operation, pairs)
        export = operation is Operation.EXPORT
        if wanted is not ResponseFormat.HTML:
            answer = self._export if export else self._legends
            return answer(request, catalog, pairs, wanted)
        path = request.root_path + service_path(name)
        form = pages.form_of(catalog, operation, path, pairs, secured=bool(self._token))
        try:
            if not export:
                return pages.legends_page(form, self._listed(request, catalog, pairs))
            picture = self._drawn(request, catalog, pairs)
            return pages.export_page(form, self._href(request, picture), picture)
        except Exception as error:
            return pages.fault_page(form, _fault_behind(error, request.path))

    def _export(
        self, request: Request, catalog: MapCatalog, pairs: Pairs, wanted: ResponseFormat
    ) -> Response:
        picture = self._drawn(request, catalog, pairs)
        if wanted is ResponseFormat.IMAGE:
            return picture_answer(picture.content, picture.content_type)
        if wanted is ResponseFormat.KMZ:
            return kmz_answer(picture.kmz(catalog.name))
        return json_answer(picture.body(self._href(request, picture)), indent=wanted is ResponseFormat.PJSON)

    def _drawn(self, request: Request, catalog: MapCatalog, pairs: Pairs) -> Picture:
        with self._drawing(request):
            return operations.export(catalog, pairs, self._limits)

    def _href(self, request: Request, picture: Picture) -> str:
        """Keep a picture, and return its address."""
        name = self.outputs.keep(picture.content, picture.content_type, picture.suffix)
        return f"{request.scheme}://{request.headers['Host']}{request.root_path}{OUTPUT_PATH}/{name}"

    def _legends(
        self, request: Request, catalog: MapCatalog, pairs: Pairs, wanted: ResponseFormat
    ) -> Response:
        listed = self._listed(request, catalog, pairs)
        return json_answer(listed, indent=wanted is ResponseFormat.PJSON)

    def _listed(self, request: Request, catalog: MapCatalog, pairs: Pairs) -> Mapping[str, Any]:
        with self._drawing(request):
            return operations.query_legends(catalog, pairs, self._limits, self._link(request))

    def _swatch(self, name: str) -> Response:
        content = self.swatches.find(name)
        if content is None:
            return fault_answer(ServiceFault(404, "The picture is not kept any more."), status=404)
        return picture_answer(content, "image/png", seconds=SWATCH_SECONDS)

    def _output(self, name: str) -> Response:
        output = self.outputs.find(name)
        if output is None:
            return fault_answer(ServiceFault(404, "The picture is not kept any more."), status=404)
        return picture_answer(output.content, output.content_type, seconds=OUTPUT_SECONDS)


def _wants_page(pairs: Pairs) -> bool:
    return given_values(pairs).get("f", "").strip().lower() == "html"


def _fault_behind(error: Exception, path: str) -> ServiceFault:
    """Return what a client is told of an error; what went wrong inside goes to the log alone."""
    match error:
        case RequestErrors():
            return fault_of(error)
        case ParameterError():
            return fault_of(RequestErrors([error]))
        case ServiceFault():
            return error
        case RequestEntityTooLarge():
            return ServiceFault(413, "The request is too large.")
        case HTTPException():
            return ServiceFault(error.code or 400, "The request cannot be read.")
    LOG.error("A request could not be answered: %s", path, exc_info=error)
    return ServiceFault(500, "The service could not answer this request.")
