"""Our service beside UMN MapServer and QGIS Server on the same features and symbols, in turn in one run.

Run with `python -m tests.benchmarks.peers [--runs 25] [--seconds 60] [--cpu] [--pictures FOLDER]`. Needs the
Debian packages cgi-mapserver and mapserver-bin, qgis-server and python3-qgis; an engine that is missing is
said and left out. With --cpu the processor time of their processes is compared, not the clock (Linux only).
All are warm, long-lived processes that answer PNG over a local socket: ours over HTTP, the others as FastCGI
from spatially indexed shapefiles. With one client each engine has one process, with four one for each core.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from tests.benchmarks.datasets import SIZE, Dataset, Window, datasets
from tests.benchmarks.engines import Ask, Engine, mapexplorer, mapserver, qgis
from tests.benchmarks.processor import descendants, processor_milliseconds

ENGINES: Mapping[str, Engine] = {"mapexplorer": mapexplorer, "MapServer": mapserver, "QGIS": qgis}
Measure = Callable[[Collection[int]], float]
WARMING = 3
"""Turns that do not count; with several clients every one has asked before the first turn."""
EACH = 4
"""Answers that every client asks for in one turn at most, where there are several."""
TURN_SECONDS = 8.0
"""An engine that takes longer for its turn is asked for fewer answers a client."""
FEWEST_TURNS = 3


class Running(NamedTuple):
    """An engine that runs: what asks it for a picture, and its processes."""

    ask: Ask
    processes: frozenset[int]


@contextmanager
def running(dataset: Dataset, processes: int) -> Iterator[dict[str, Running]]:
    """The engines that are installed, by name; those that are not are said."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = {}
        for name, engine in ENGINES.items():
            before = descendants()
            try:
                ask = stack.enter_context(engine(dataset, folder, processes))
            except LookupError as missing:
                print(f"{name} is left out: {missing}")
                continue
            # Worker processes are there at the latest when the first picture is.
            ask(dataset.windows[0].bbox(random.Random(0)))
            found[name] = Running(ask, descendants() - before)
        yield found


def clock_milliseconds(processes: Collection[int]) -> float:
    """What has passed on the clock."""
    return time.perf_counter() * 1000


def timed(
    engine: Running,
    window: Window,
    seed: int,
    answers: int,
    pool: ThreadPoolExecutor,
    measure: Measure = clock_milliseconds,
) -> tuple[float, bytes]:
    """Milliseconds per answer, and the last answer; the same seed asks for the same windows."""
    jitter = random.Random(seed)
    boxes = [window.bbox(jitter) for _ in range(answers)]
    started = measure(engine.processes)
    bodies = [engine.ask(boxes[0])] if answers == 1 else list(pool.map(engine.ask, boxes))
    return (measure(engine.processes) - started) / len(boxes), bodies[-1]


def answers_a_turn(
    engines: Mapping[str, Running], window: Window, clients: int, pool: ThreadPoolExecutor
) -> int:
    """Ask every engine once for each client, and return how many answers a turn has room for."""
    for engine in engines.values():
        # Data are read and prepared by one process after the other, not while all clients wait.
        engine.ask(window.bbox(random.Random(0)))
    slowest = max(timed(engine, window, 0, clients, pool)[0] for engine in engines.values()) / 1000
    return 1 if clients == 1 else clients * max(1, min(EACH, int(TURN_SECONDS / (slowest * clients))))


def compare(
    dataset: Dataset, clients: int, runs: int, seconds: float, measure: Measure, pictures: Path | None
) -> None:
    """Print a row per window of a dataset: medians per engine and the median ratio to each peer."""
    warming = WARMING if clients == 1 else 1
    with (
        running(dataset, 1 if clients == 1 else min(clients, os.cpu_count() or 1)) as engines,
        ThreadPoolExecutor(clients) as pool,
    ):
        for window in dataset.windows:
            columns: dict[str, list[float]] = {name: [] for name in engines}
            sizes = {}
            answers = answers_a_turn(engines, window, clients, pool)
            ends = time.monotonic() + seconds
            for turn in range(runs + warming):
                if turn >= warming + FEWEST_TURNS and time.monotonic() > ends:
                    break
                for name, engine in engines.items():
                    cost, answer = timed(engine, window, turn, answers, pool, measure)
                    assert Image.open(io.BytesIO(answer)).size == SIZE, name
                    sizes[name] = len(answer)
                    if turn >= warming:
                        columns[name].append(cost)
                    elif pictures:
                        stem = f"{dataset.name} {window.name} {name}".replace(" ", "-").replace(",", "")
                        (pictures / f"{stem}.png").write_bytes(answer)
            print(row(dataset, window, clients, columns, sizes), flush=True)


def row(
    dataset: Dataset,
    window: Window,
    clients: int,
    columns: Mapping[str, list[float]],
    sizes: Mapping[str, int],
) -> str:
    """A row of the table; dashes stand for an engine that is missing."""
    ours = columns["mapexplorer"]
    cells = []
    for name in ENGINES:
        if name not in columns:
            cells.append(f"{'–':>9} {'–':>5} {'–':>5}")
            continue
        ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, columns[name], strict=True))
        shown = "" if name == "mapexplorer" else f"{ratio:.2f}"
        cells.append(f"{statistics.median(columns[name]):9.1f} {shown:>5} {sizes[name] / 1024:5.0f}")
    return f"{dataset.name:22} {window.name:15} {clients:>2} " + " ".join(cells)


def main() -> None:
    """Print a row per scene and number of clients; a ratio below 1 says that we are faster."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=25)
    arguments.add_argument("--seconds", type=float, default=60, help="no more turns for a row after these")
    arguments.add_argument("--only", default="", help="only features whose name holds this")
    arguments.add_argument("--clients", type=int, nargs="+", default=[1, 4])
    arguments.add_argument("--pictures", type=Path, help="keep one picture of each engine and scene here")
    arguments.add_argument("--cpu", action="store_true", help="compare processor time, not the clock")
    options = arguments.parse_args()
    measure = processor_milliseconds if options.cpu else clock_milliseconds
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    heads = " ".join(f"{name[:9]:>9} {'ratio':>5} {'KiB':>5}" for name in ENGINES)
    print(f"{'features':22} {'window':15} {'n':>2} {heads}   (ms per answer)")
    for dataset in datasets(options.only):
        for clients in options.clients:
            runs = options.runs if clients == 1 else options.runs // 3
            compare(dataset, clients, runs, options.seconds, measure, options.pictures)


if __name__ == "__main__":
    main()
