"""From whatever names maps to a running service: in memory, or over HTTP on this machine."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TextIO

from werkzeug.serving import BaseWSGIServer

from mapexplorer.protocol import DocumentError, strict_json
from mapexplorer.service import coordinates
from mapexplorer.service.allocation import keep_buffers, set_loaded_aside
from mapexplorer.service.app import MapServiceApp, service_path
from mapexplorer.service.catalog import MapCatalog
from mapexplorer.service.defaults import catalog_from_frames, catalog_from_sources, sources_of_file
from mapexplorer.service.document import load_document
from mapexplorer.service.limits import DEFAULT_LIMITS, Limits
from mapexplorer.service.persistent import PersistentHandler, PersistentServer
from mapexplorer.service.sources import SUFFIXES
from mapexplorer.service.workers import SharedFolder, application_class, listen, run_workers

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def catalog_from(target: Any, *, allow_outside: bool = False) -> dict[str, MapCatalog]:
    """Return the catalogs, by service name, of whatever names maps.

    A path to a map document, a data file or a folder of map documents, whose folders become folders of the
    service; the value of a map document; a
    GeoDataFrame; or names with GeoDataFrames. `allow_outside` lets the paths of a document leave its folder.
    Raises `DocumentError`.
    """
    if isinstance(target, Mapping):
        if "layers" in target and "spatialReference" in target:
            catalog = MapCatalog(load_document(target, Path.cwd(), allow_outside=allow_outside))
        else:
            catalog = catalog_from_frames({str(name): frame for name, frame in target.items()})
        return {catalog.name: catalog}
    if isinstance(target, (str, Path)):
        return _catalogs_of_path(Path(target), allow_outside)
    catalog = catalog_from_frames({"data": target})
    return {catalog.name: catalog}


def _catalogs_of_path(path: Path, allow_outside: bool) -> dict[str, MapCatalog]:
    if path.is_dir():
        found = _catalogs_of_folder(path, allow_outside)
        for folder in sorted(entry for entry in path.iterdir() if entry.is_dir()):
            inside = _catalogs_of_folder(folder, allow_outside)
            found |= {f"{folder.name}/{name}": catalog for name, catalog in inside.items()}
        if not found:
            raise DocumentError([f"$: the folder {path.name} holds no map document"])
        return found
    if not path.is_file():
        raise DocumentError([f"$: there is no file {path.name}"])
    if path.suffix.lower() == ".json" and not _is_geojson(path):
        catalog = MapCatalog(load_document(path, allow_outside=allow_outside))
    elif path.suffix.lower() in (*SUFFIXES, coordinates.SUFFIX):
        catalog = catalog_from_sources(sources_of_file(path), path.stem)
    else:
        raise DocumentError(
            [
                f"$: {path.name} is neither a map document nor a data file that can be read: GeoJSON, "
                "GeoPackage, GeoParquet, Shapefile or CSV with coordinates"
            ]
        )
    return {catalog.name: catalog}


def _catalogs_of_folder(path: Path, allow_outside: bool) -> dict[str, MapCatalog]:
    documents = [entry for entry in sorted(path.glob("*.json")) if _is_document(entry)]
    catalogs = [MapCatalog(load_document(entry, allow_outside=allow_outside)) for entry in documents]
    names = [catalog.name for catalog in catalogs]
    if len(set(names)) < len(names):
        raise DocumentError([f"name: two map documents of the folder {path.name} have the same name"])
    return dict(zip(names, catalogs, strict=True))


def _top(path: Path) -> Any:
    try:
        return strict_json.loads(path.read_text(encoding="utf-8"), what=path.name)
    except (OSError, ValueError):
        return None


def _is_document(path: Path) -> bool:
    value = _top(path)
    return isinstance(value, dict) and "layers" in value and "spatialReference" in value


def _is_geojson(path: Path) -> bool:
    """Tell GeoJSON from a map document by its beginning, because data files may be large."""
    with path.open(encoding="utf-8", errors="replace") as file:
        start = file.read(65536)
    return '"FeatureCollection"' in start and '"spatialReference"' not in start


def build_server(
    catalogs: Mapping[str, MapCatalog],
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    cors: Collection[str] = (),
    token: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[BaseWSGIServer, tuple[str, ...]]:
    """Return a threaded server that already listens, and the addresses of its map services.

    On a loopback address only the exact names of this machine are answered, so that no web page can reach the
    service under a name of its own.
    """
    app = MapServiceApp(catalogs, cors=cors, token=token, limits=limits)
    server = PersistentServer(host, port, app, PersistentHandler)
    names = _own_names(host, server.port)
    if names:
        app.allow_hosts(names)
    return server, _addresses(catalogs, host, server.port)


def _own_names(host: str, port: int) -> tuple[str, ...]:
    """Return the exact names of this machine on a loopback address, nothing for other addresses."""
    if host not in _LOOPBACK:
        return ()
    bare = ("127.0.0.1", "localhost", "[::1]")
    return (*(f"{name}:{port}" for name in bare), *(bare if port == 80 else ()))


def _addresses(catalogs: Iterable[str], host: str, port: int) -> tuple[str, ...]:
    shown = f"[{host}]" if ":" in host else host
    return tuple(f"http://{shown}:{port}{service_path(name)}" for name in catalogs)


def application(
    target: Any,
    *,
    hosts: Collection[str] | None = None,
    cors: Collection[str] = (),
    token: str | None = None,
    allow_outside: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    shared: str | Path | None = None,
) -> MapServiceApp:
    """Return the WSGI application of whatever names maps, for any WSGI server.

    `gunicorn "mapexplorer.service:application('map.json', shared='/run/maps')"`, or a module of two lines for
    others. Several processes need a `shared` folder, made when it is missing: a picture behind an `href` may
    be asked of another process than the one that drew it. Raises `DocumentError`.
    """
    folder = None if shared is None else Path(shared)
    for name in ("outputs", "swatches") if folder is not None else ():
        (Path(shared or "") / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    catalogs = catalog_from(target, allow_outside=allow_outside)
    return MapServiceApp(catalogs, hosts=hosts, cors=cors, token=token, limits=limits, shared=folder)


def serve(
    target: Any,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    cors: Collection[str] = (),
    token: str | None = None,
    allow_outside: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    workers: int = 0,
    output: TextIO | None = None,
) -> None:
    """Serve maps over HTTP until interrupted; the first line printed is the address of the (first) map
    service.

    With `workers` that many processes answer, under gunicorn. Raises ImportError when it is not installed.
    """
    if workers:
        application_class()
    keep_buffers()
    catalogs = catalog_from(target, allow_outside=allow_outside)
    set_loaded_aside()
    if workers:
        options = {"cors": cors, "token": token, "limits": limits}
        _serve_with_workers(catalogs, host, port, workers, options, output)
        return
    server, addresses = build_server(catalogs, host, port, cors=cors, token=token, limits=limits)
    stream = sys.stdout if output is None else output
    for address in addresses:
        print(address, file=stream, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def _serve_with_workers(
    catalogs: Mapping[str, MapCatalog],
    host: str,
    port: int,
    workers: int,
    options: Mapping[str, Any],
    output: TextIO | None,
) -> None:
    listening = listen(host, port)
    own_port = listening.getsockname()[1]
    folder = SharedFolder()
    limits = options["limits"]
    each = replace(limits, parallel_requests=max(1, -(-limits.parallel_requests // workers)))
    hosts = _own_names(host, own_port) or None
    app = MapServiceApp(catalogs, **{**options, "limits": each}, hosts=hosts, shared=folder.path)
    for address in _addresses(catalogs, host, own_port):
        print(address, file=sys.stdout if output is None else output, flush=True)
    run_workers(app, listening, workers, folder.remove)
