"""The workspaces of a map document: what dynamic layers may take from disk, and nothing else.

Every file of a workspace folder is registered by name when the map is loaded. A request is answered from that
dictionary alone: a name never becomes a path, so no name can lead out of the folder.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, Final, TypeVar

from mapexplorer.protocol.numerals import shorten
from mapexplorer.service import rasters, sources
from mapexplorer.service.document import CheckedDocument
from mapexplorer.service.rasters import RasterSource, read_raster
from mapexplorer.service.sources import SourceProblem
from mapexplorer.service.tables import PLAIN_SUFFIXES, Table, layers_of, read_table

LOG: Final = logging.getLogger("mapexplorer.service")

MOST_FILES: Final = 10_000
MOST_LISTED: Final = 500
"""Names of each kind that a workspace lists; the others can be asked for all the same."""
MOST_LAYER_FILE_BYTES: Final = 4 * 2**20
KEPT: Final = 256
KEPT_BYTES: Final = 512 * 2**20
TABLE, RASTER, LAYER_FILE = "table", "raster", "layer file"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """A registered file, and for tables the layer in it (None: the only one)."""

    kind: str
    path: Path
    layer: str | None = None


class Workspaces:
    """The registered files by workspace id and name, and what was read of them last; safe for threads."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._entries = {name: _Register(folder) for name, folder in folders.items()}
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._held = 0
        self._lock = RLock()

    @classmethod
    def of(cls, checked: CheckedDocument) -> Workspaces:
        """Return the workspaces that a document declares."""
        return cls({name: checked.resolve(path) for name, path in checked.document.workspaces.items()})

    def __contains__(self, workspace: str) -> bool:
        return workspace in self._entries

    def listed(self) -> list[dict[str, Any]]:
        """Return the workspaces with the names of what they hold, as the service tells them."""
        return [{"id": workspace, **register.listed()} for workspace, register in self._entries.items()]

    def kept(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return something made of workspaces, such as a table or a layer; the least recently used leave."""
        with self._lock:
            if key not in self._kept:
                value = compute()
                self._kept[key] = value, _weight(value)
                self._held += _weight(value)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT or (self._held > KEPT_BYTES and len(self._kept) > 1):
                _, (_, weight) = self._kept.popitem(last=False)
                self._held -= weight
            found: T = self._kept[key][0]
            return found

    def has_table(self, workspace: str, name: str) -> bool:
        """Tell whether a workspace has a table of that name."""
        register = self._entries.get(workspace)
        return register is not None and register.find(name, TABLE) is not None

    def table(self, workspace: str, name: str) -> Table:
        """Return a table, with geometries or without. Raises `SourceProblem`."""
        entry = self._entry(workspace, name, TABLE)
        return self.kept(entry, lambda: _told(name, lambda: read_table(entry.path, entry.layer, name)))

    def raster(self, workspace: str, name: str) -> RasterSource:
        """Return a georeferenced picture. Raises `SourceProblem`."""
        entry = self._entry(workspace, name, RASTER)
        return self.kept(entry, lambda: _told(name, lambda: read_raster(entry.path)))

    def layer_file(self, workspace: str, name: str) -> str:
        """Return the text of a layer file. Raises `SourceProblem`."""
        entry = self._entry(workspace, name, LAYER_FILE)
        return self.kept(entry, lambda: _told(name, lambda: _text_of(entry.path)))

    def _entry(self, workspace: str, name: str, kind: str) -> Entry:
        register = self._entries.get(workspace)
        if register is None:
            raise SourceProblem(f"there is no workspace {shorten(workspace)}")
        entry = register.find(name, kind)
        if entry is None:
            raise SourceProblem(f"the workspace {shorten(workspace)} has no {kind} {shorten(name)}")
        return entry


class _Register:
    """The files of one folder by name: the path inside the folder, without its suffix too where that is
    plain, and the layers of files that hold several.
    """

    def __init__(self, folder: Path) -> None:
        self._names: dict[tuple[str, str], Entry | None] = {}
        self._folded: dict[tuple[str, str], Entry | None] = {}
        for path in _files(folder.resolve()):
            name = path.relative_to(folder.resolve()).as_posix()
            for kind, names, layer in _registered(path, name):
                for each in names:
                    self._add(each, Entry(kind, path, layer))

    def _add(self, name: str, entry: Entry) -> None:
        for names, key in ((self._names, name), (self._folded, name.casefold())):
            known = names.setdefault((entry.kind, key), entry)
            if known != entry:
                names[entry.kind, key] = None

    def listed(self) -> dict[str, list[str]]:
        """Return the names of every kind, for each entry the shortest that means no other one."""
        shortest: dict[Entry, str] = {}
        for (_, name), entry in self._names.items():
            if entry is not None and len(name) < len(shortest.get(entry, f"{name} ")):
                shortest[entry] = name
        kinds = {TABLE: "tables", RASTER: "rasters", LAYER_FILE: "layerFiles"}
        return {
            key: sorted(name for entry, name in shortest.items() if entry.kind == kind)[:MOST_LISTED]
            for kind, key in kinds.items()
        }

    def find(self, name: str, kind: str) -> Entry | None:
        """Return the entry of a name, whatever its case, None when there is none or more than one."""
        return self._names.get((kind, name)) or self._folded.get((kind, name.casefold()))


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder in a stable order, without links that lead out of it."""
    for count, path in enumerate(sorted(folder.rglob("*"))):
        if count >= MOST_FILES:
            LOG.warning("A workspace holds more than %d files; the rest is not registered", MOST_FILES)
            return
        if path.is_file() and path.resolve().is_relative_to(folder):
            yield path


def _registered(path: Path, name: str) -> Iterator[tuple[str, list[str], str | None]]:
    """Yield what a file offers: the kind, its names and the layer."""
    suffix = path.suffix.lower()
    short = name.removesuffix(path.suffix)
    if suffix == ".lyrx":
        yield LAYER_FILE, [name, short], None
    if suffix in rasters.SUFFIXES:
        yield RASTER, [name, short], None
    if suffix in sources.SUFFIXES | PLAIN_SUFFIXES:
        layers = layers_of(path)
        if len(layers) < 2:
            yield TABLE, [name, short, *layers], None
        for layer in layers if len(layers) > 1 else ():
            yield TABLE, [f"{name}/{layer}", layer, f"main.{layer}"], layer


def _weight(value: Any) -> int:
    """Return about how many bytes something holds: pixels, or a number or a reference in every cell."""
    image = getattr(value, "image", None)
    if image is not None:
        return int(image.nbytes)
    rows = getattr(value, "table", getattr(value, "rows", None))
    return 1024 if rows is None else 8 * (rows.shape[0] + 1) * (rows.shape[1] + 1)


def _text_of(path: Path) -> str:
    if path.stat().st_size > MOST_LAYER_FILE_BYTES:
        raise SourceProblem(f"a layer file has at most {MOST_LAYER_FILE_BYTES} bytes")
    return path.read_text(encoding="utf-8-sig")


def _told(name: str, read: Callable[[], T]) -> T:
    """Read a file; what the libraries say of it, which may name paths, goes to the log alone."""
    try:
        return read()
    except SourceProblem as problem:
        if problem.__cause__ is None:
            raise
        LOG.warning("%s: %s", name, problem)
    except (OSError, ValueError) as problem:
        LOG.warning("%s: %s", name, problem)
    raise SourceProblem(f"{shorten(name)} cannot be read")
