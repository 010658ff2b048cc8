"""A range of times as an animation or a series of pictures: one export per frame, written as one file."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapexplorer.protocol import Cancelled, MapRequest, ParameterError

if TYPE_CHECKING:
    from PIL.Image import Image

    from mapexplorer.client.results import ExportResult

MOST_FRAMES = 1000
MOST_PIXELS = 150_000_000
"""Pixels of all frames of an animation together: it is put together in memory."""
ANIMATIONS = {".gif": "GIF", ".png": "PNG", ".apng": "PNG", ".webp": "WEBP"}
ENDINGS = (*ANIMATIONS, ".zip")


@dataclass(frozen=True)
class LapseFrame:
    """One picture of a time lapse: its request, and the words stamped on it."""

    request: MapRequest
    stamp: str = ""


def write_time_lapse(
    path: str | Path,
    frames: Sequence[LapseFrame],
    export: Callable[[MapRequest], ExportResult],
    *,
    pause: float = 0.5,
    loop: bool = True,
    on_frame: Callable[[int, int], bool | None] | None = None,
) -> Path:
    """Export the frames and write them: the ending of the path says how, a path without one is a folder.

    `on_frame` hears how many frames of how many are done; when it gives False the work is stopped and
    Cancelled is raised. The file appears complete or not at all. Raises ParameterError for a path or a number
    of frames that cannot be, OSError when the file cannot be written, and the errors of `export`.
    """
    target = Path(path)
    _check(target, frames, pause)
    pictures = _pictures(frames, export, on_frame)
    kind = target.suffix.lower()
    if kind in ANIMATIONS:
        _replace(target, _animation(pictures, ANIMATIONS[kind], pause, loop))
    elif kind == ".zip":
        _replace(target, _archive(pictures))
    else:
        _write_folder(target, pictures)
    return target


def _check(target: Path, frames: Sequence[LapseFrame], pause: float) -> None:
    kind = target.suffix.lower()
    if kind and kind not in ENDINGS:
        endings = ", ".join(ENDINGS)
        raise ParameterError(
            "path", f"expected a name that ends with {endings}, or a folder, not {target.name}"
        )
    if not target.parent.is_dir():
        raise ParameterError("path", f"there is no folder {target.parent}")
    if not kind and target.exists():
        raise ParameterError("path", f"{target.name} exists already")
    if not 1 <= len(frames) <= MOST_FRAMES:
        raise ParameterError("step", f"gives {len(frames)} frames; expected 1 to {MOST_FRAMES}")
    if not 0.02 <= pause <= 60:
        raise ParameterError("pause", f"expected 0.02 to 60 seconds, not {pause:g}")
    size = frames[0].request.size
    if kind in ANIMATIONS and size is not None and size.width * size.height * len(frames) > MOST_PIXELS:
        raise ParameterError(
            "step",
            f"gives {len(frames)} frames of {size.width} × {size.height} pixels, too much for one animation; "
            "take a longer step, a smaller map, or a zip file",
        )


def _pictures(
    frames: Sequence[LapseFrame],
    export: Callable[[MapRequest], ExportResult],
    on_frame: Callable[[int, int], bool | None] | None,
) -> Iterator[Image]:
    for done, frame in enumerate(frames):
        if on_frame is not None and on_frame(done, len(frames)) is False:
            raise Cancelled("The time lapse was cancelled.")
        yield _stamped(export(_raster(frame.request)).image, frame.stamp)
    if on_frame is not None:
        on_frame(len(frames), len(frames))


def _raster(request: MapRequest) -> MapRequest:
    drawable = request.format is None or request.format.raster
    return request if drawable else request.replace(format=None)


def _stamped(picture: Image, words: str) -> Image:
    """The picture on white, with the words in its lower left corner."""
    from PIL import Image, ImageDraw

    from mapexplorer.explorer.legend_files import font

    made = Image.new("RGB", picture.size, (255, 255, 255))
    full = picture.convert("RGBA")
    made.paste(full, (0, 0), full)
    if words:
        size = min(22, max(11, made.height // 28))
        pen = ImageDraw.Draw(made, "RGBA")
        left, bottom = size // 2, made.height - size // 2
        box = pen.textbbox((left + size // 3, bottom - size // 3), words, font(size), anchor="lb")
        pad = size // 3
        area = (box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad)
        pen.rounded_rectangle(area, size // 4, (255, 255, 255, 215))
        pen.text((left + size // 3, bottom - size // 3), words, (28, 38, 46), font(size), anchor="lb")
    return made


def _animation(pictures: Iterable[Image], kind: str, pause: float, loop: bool) -> bytes:
    from PIL import Image

    if kind == "GIF":
        made = [
            picture.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE) for picture in pictures
        ]
    else:
        made = list(pictures)
    if any(picture.size != made[0].size for picture in made):
        raise ParameterError("size", "the pictures of the service differ in size; set a size of its own")
    options: dict[str, Any] = {"loop": 0} if loop or kind != "GIF" else {}
    if not loop and kind != "GIF":
        options["loop"] = 1
    buffer = io.BytesIO()
    made[0].save(buffer, kind, save_all=True, append_images=made[1:], duration=round(pause * 1000), **options)
    return buffer.getvalue()


def _png(picture: Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _names() -> Iterator[str]:
    return (f"frame-{number:04}.png" for number in range(1, MOST_FRAMES + 1))


def _archive(pictures: Iterable[Image]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, picture in zip(_names(), pictures, strict=False):
            archive.writestr(name, _png(picture))
    return buffer.getvalue()


def _replace(target: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or, after a failure, as it was before."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".time-lapse-", delete=False) as file:
        made = Path(file.name)
        try:
            file.write(content)
        except OSError:
            made.unlink(missing_ok=True)
            raise
    made.chmod(0o644)
    made.replace(target)


def _write_folder(target: Path, pictures: Iterable[Image]) -> None:
    made = Path(tempfile.mkdtemp(dir=target.parent, prefix=".time-lapse-"))
    try:
        for name, picture in zip(_names(), pictures, strict=False):
            (made / name).write_bytes(_png(picture))
        made.chmod(0o755)
        made.rename(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
