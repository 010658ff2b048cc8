"""The command line: ``mapexplorer`` opens the explorer, ``mapexplorer serve`` serves maps to other programs.

Exit codes: 0 done or interrupted by the person, 1 something could not be opened or served, 2 a wrong command
line (from argparse), 3 a part is not installed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from mapexplorer import __version__
from mapexplorer.protocol import MapExplorerError

FAILED, NOT_INSTALLED = 1, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command: Callable[[Sequence[str]], None] = open_explorer
    if given[:1] == ["serve"]:
        command, given = serve_maps, given[1:]
    try:
        command(given)
    except KeyboardInterrupt:
        return 0
    except ImportError as missing:
        part = (missing.name or "").partition(".")[0]
        if part == "mapexplorer":
            raise
        extra = "serve" if part == "gunicorn" else "app"
        return _fail(
            f'{part} is not installed: run python -m pip install "mapexplorer[{extra}]".', NOT_INSTALLED
        )
    except (MapExplorerError, OSError) as problem:
        return _fail(str(problem).removeprefix("$: "), FAILED)
    return 0


def open_explorer(arguments: Sequence[str]) -> None:
    """Open the explorer as a web page, or the notebooks with --notebook."""
    options = _explorer_options().parse_args(arguments)
    open_browser = not options.no_browser
    if options.notebook:
        from mapexplorer.app.lab import run_lab

        run_lab(options.folder, port=options.port, open_browser=open_browser)
        return
    from mapexplorer.app.page import run_page
    from mapexplorer.app.target import checked_target

    target = None if options.target is None else checked_target(options.target)
    run_page(target, port=options.port, open_browser=open_browser)


def serve_maps(arguments: Sequence[str]) -> None:
    """Serve a map document, a data file or a folder of map documents as an ArcGIS map service."""
    options = _serve_options().parse_args(arguments)
    from mapexplorer.app.target import served_target
    from mapexplorer.service import serve

    serve(
        served_target(options.target),
        host=options.host,
        port=options.port,
        cors=options.cors,
        token=options.token,
        workers=options.workers,
    )


def _explorer_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mapexplorer",
        description="Open a map and its legend in the web browser. The page is served to this machine only.",
        epilog="mapexplorer serve --help tells how to serve maps to other programs.",
    )
    parser.add_argument(
        "target",
        nargs="?",
        help="address of a map service (https://…/MapServer), a map document, a data file, or sample:storms, "
        "sample:world, sample:usa, sample:earthquakes; the demo when left out",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address of the page")
    parser.add_argument(
        "--notebook", action="store_true", help="open the first notebook in JupyterLab instead"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("mapexplorer-notebooks"),
        help="where --notebook puts its copies of the notebooks (%(default)s)",
    )
    parser.add_argument("--port", type=_port, default=0, help="port to listen on (a free one)")
    parser.add_argument("--version", action="version", version=f"mapexplorer {__version__}")
    return parser


def _serve_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mapexplorer serve",
        description="Serve maps with the export and queryLegends operations of the ArcGIS REST API. "
        "The first line printed is the address of the map service.",
    )
    parser.add_argument("target", help="a map document, a data file, a folder of documents, or sample:<name>")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on (a free one)")
    parser.add_argument(
        "--workers",
        type=_workers,
        default=0,
        metavar="N",
        help="answer in N processes under gunicorn, so that drawing uses every core; one process by default",
    )
    parser.add_argument(
        "--cors",
        action="append",
        type=_origin,
        default=[],
        metavar="ORIGIN",
        help="let web pages of this origin, such as https://maps.example.org, read the answers; may be given "
        "several times; * for all pages; none by default",
    )
    parser.add_argument(
        "--token", type=_token, help="answer only requests that carry this token, as parameter or header"
    )
    return parser


def _workers(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 64):
        raise argparse.ArgumentTypeError(f"{text} is no number of processes: expected 1 to 64")
    return int(text)


def _origin(text: str) -> str:
    """Return an origin as browsers send it. Raises `ArgumentTypeError`."""
    parts = urlsplit(text)
    bare = parts.scheme in ("http", "https") and parts.hostname and text.count("/") == 2 and "@" not in text
    if text != "*" and not bare:
        raise argparse.ArgumentTypeError(
            f"{text} is no origin: expected something like https://maps.example.org"
        )
    return text.lower()


def _token(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("expected a token that is not empty")
    return text


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a port: expected a whole number from 0 to 65535")
    return int(text)


def _fail(sentence: str, code: int) -> int:
    print(f"mapexplorer: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
