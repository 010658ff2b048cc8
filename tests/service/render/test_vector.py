"""Vector files by their structure: pages, operators, transparency; and by what other programs see in them."""

from __future__ import annotations

import base64
import gzip
import io
import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from shapely.geometry import LineString, Point, box

from mapexplorer.protocol import ParameterError
from mapexplorer.service.render import emf
from mapexplorer.service.render import recording as recordings
from mapexplorer.service.render.canvas import draw, draw_layers, ground_of
from mapexplorer.service.render.drawing import Outline, outline_of
from mapexplorer.service.render.emf import dashed, rings_of
from mapexplorer.service.render.flattening import flattened, rectangles
from mapexplorer.service.render.pathtext import POSTFIX, SVG, path_text
from mapexplorer.service.render.recording import Picture, Recording, Sheet, replay
from mapexplorer.service.render.surface import Surface
from mapexplorer.service.render.symbols import Stroke
from mapexplorer.service.render.vector import draw_vectors

from .gallery import gallery

RED, TRANSLUCENT = (200, 0, 0, 255), (0, 0, 200, 128)
NAMES = "{http://www.w3.org/2000/svg}"
FORMATS = ["svg", "svgz", "pdf", "ps", "emf"]


def svg_of(scene, **parameters) -> ElementTree.Element:
    return ElementTree.fromstring(draw_vectors(scene.view(format="svg", **parameters)))


def pdf_streams(content: bytes) -> dict[int, tuple[str, bytes]]:
    """The dictionaries and decompressed contents of the streams of a PDF file by object number."""
    found = {}
    for match in re.finditer(rb"(\d+) 0 obj\n(<<[^\n]*>>)stream\n", content):
        length = int(re.search(rb"/Length (\d+)", match[2])[1])
        packed = content[match.end() : match.end() + length]
        assert content[match.end() + length :].startswith(b"\nendstream\nendobj\n")
        found[int(match[1])] = (match[2].decode(), zlib.decompress(packed))
    return found


def pdf_page(content: bytes) -> str:
    number = int(re.search(rb"/Contents (\d+) 0 R", content)[1])
    return pdf_streams(content)[number][1].decode()


@pytest.fixture(scope="module")
def everything(scene, make):
    return gallery(scene, make)


@pytest.fixture(scope="module")
def plain(scene, make):
    """Two polygons with outlines over a dashed line."""
    polygons = [box(10, 60, 40, 90), box(60, 60, 90, 90).difference(box(70, 70, 80, 80))]
    return scene(
        [
            (polygons, make.simple(make.sfs("Solid", RED, make.sls("Solid", 2)))),
            ([LineString([(0, 20), (100, 20)])], make.simple(make.sls("Dash", 3))),
        ]
    )


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_view_gives_the_same_bytes(everything, name):
    first, second = (draw_vectors(everything.view(format=name, size=(300, 300))) for _ in range(2))
    assert first == second
    assert re.search(rb"CreationDate|ModDate", first) is None


def test_an_svg_has_the_pixels_of_its_size_a_ground_and_a_clip_of_the_frame(plain):
    root = svg_of(plain, size=(300, 200), dpi=144)
    assert root.tag == f"{NAMES}svg"
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("300", "200", "0 0 300 200")
    frame = root.find(f"{NAMES}defs/{NAMES}clipPath/{NAMES}rect")
    assert (frame.get("width"), frame.get("height")) == ("300", "200")
    group = root.find(f"{NAMES}g")
    assert group.get("clip-path") == "url(#frame)"
    assert group.find(f"{NAMES}rect").get("fill") == "#ffffff"


def test_features_are_paths_of_an_svg_with_holes_dashes_and_widths_at_the_dpi(plain):
    groups = list(svg_of(plain, dpi=72).find(f"{NAMES}g").findall(f"{NAMES}g"))
    line, areas = groups
    assert line.get("fill") == "none"
    assert line.get("stroke-width") == "3"
    assert line.get("stroke-dasharray") == "15 9"
    assert areas.get("fill") == "#c80000"
    assert areas.get("stroke-width") == "2"
    paths = [path.get("d") for path in areas.findall(f"{NAMES}path")]
    assert [path.count("Z") for path in paths] == [1, 2]
    assert sorted(set(re.findall(r"\d+", paths[0]))) == ["10", "40"]


def test_markers_of_an_svg_are_defined_once_and_used(scene, make):
    marks = scene([([Point(10 * x, 50) for x in range(1, 9)], make.simple(make.sms("Circle", 9)))])
    root = svg_of(marks)
    names = [path.get("id") for path in root.iter(f"{NAMES}path")]
    used = [use.get("{http://www.w3.org/1999/xlink}href") for use in root.iter(f"{NAMES}use")]
    assert len(names) == 1
    assert used == [f"#{names[0]}"] * 8


def test_a_translucent_layer_is_one_group_with_opacity(scene, make):
    layered = scene([([box(0, 0, 60, 60)], make.simple(make.sfs("Solid", RED)), {"transparency": 25})])
    assert [g.get("opacity") for g in svg_of(layered).iter(f"{NAMES}g") if g.get("opacity")] == ["0.75"]
    content = draw_vectors(layered.view(format="pdf"))
    assert b"/ca 0.75/CA 0.75" in content
    assert sum("/Group<</S/Transparency" in head for head, _ in pdf_streams(content).values()) == 1


def test_hatches_are_lines_inside_a_clip_path(scene, make):
    hatched = scene([([box(10, 10, 60, 60)], make.simple(make.sfs("Cross", RED)))])
    root = svg_of(hatched)
    clips = {clip.get("id") for clip in root.iter(f"{NAMES}clipPath")} - {"frame"}
    inside = [
        group
        for group in root.iter(f"{NAMES}g")
        if group.get("clip-path") in {f"url(#{name})" for name in clips}
    ]
    assert len(inside) == 1
    (lines,) = inside[0].iter(f"{NAMES}path")
    assert lines.get("d").count("M") > 20
    page = pdf_page(draw_vectors(hatched.view(format="pdf")))
    assert page.count("W n\n") == 2


def test_an_svg_refers_to_nothing_but_itself(everything):
    for element in svg_of(everything).iter():
        assert element.tag.removeprefix(NAMES) in {
            "svg",
            "defs",
            "clipPath",
            "rect",
            "g",
            "path",
            "use",
            "image",
        }
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            if name.endswith("href"):
                assert value.startswith(("#", "data:image/png;base64,"))


def test_pictures_of_an_svg_are_png_with_their_transparency(everything):
    images = list(svg_of(everything).iter(f"{NAMES}image"))
    assert len(images) == 4
    content = images[0].get("{http://www.w3.org/1999/xlink}href").partition(",")[2]
    picture = Image.open(io.BytesIO(base64.b64decode(content)))
    assert picture.mode == "RGBA"
    assert (str(picture.width), str(picture.height)) == (images[0].get("width"), images[0].get("height"))


def test_svgz_is_the_svg_as_gzip_without_a_time(plain):
    packed = draw_vectors(plain.view(format="svgz"))
    assert gzip.decompress(packed) == draw_vectors(plain.view(format="svg"))
    assert packed[4:8] == bytes(4)


PAGES = [
    ((400, 300), 96, "300 225"),
    ((301, 200), 144, "150.5 100"),
    ((100, 100), 7, "1028.571429 1028.571429"),
]


@pytest.mark.parametrize(("size", "dpi", "box"), PAGES)
def test_the_page_of_a_pdf_and_of_postscript_has_the_size_in_points(plain, size, dpi, box):
    pdf = draw_vectors(plain.view(format="pdf", size=size, dpi=dpi))
    assert f"/MediaBox[0 0 {box}]".encode() in pdf
    ps = draw_vectors(plain.view(format="ps", size=size, dpi=dpi)).decode()
    assert f"%%HiResBoundingBox: 0 0 {box}\n" in ps
    assert f"<</PageSize [{box}]>> setpagedevice" in ps


def test_every_place_in_the_table_of_a_pdf_is_that_of_its_object(everything):
    content = draw_vectors(everything.view(format="pdf"))
    assert content.startswith(b"%PDF-1.7\n")
    assert content.endswith(b"%%EOF\n")
    start = int(re.search(rb"startxref\n(\d+)\n", content)[1])
    assert content[start:].startswith(b"xref\n0 ")
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n ", content)]
    assert len(places) == int(re.search(rb"/Size (\d+)", content)[1]) - 1
    for number, place in enumerate(places, 1):
        assert content[place:].startswith(b"%d 0 obj\n" % number)


def test_every_name_in_a_pdf_is_a_resource(everything):
    content = draw_vectors(everything.view(format="pdf"))
    defined = set(re.findall(rb"/([A-Z]\d+) \d+ 0 R", content)) | set(re.findall(rb"/(G\d+)<<", content))
    used = set()
    for head, stream in pdf_streams(content).values():
        if "/Image" not in head:
            used |= set(re.findall(rb"/([A-Z]\d+) (?:Do|gs)", stream))
    assert used
    assert used <= defined


def test_a_pdf_paints_features_as_paths_with_their_colours(plain):
    page = pdf_page(draw_vectors(plain.view(format="pdf", dpi=72)))
    assert page.count("B\n") == 2
    assert page.count("S\n") == 1
    assert "0.784 0 0 rg" in page
    assert "[15 9] 0 d" in page
    assert page.count("h\n") == 3


def test_a_translucent_stroke_of_a_pdf_leaves_the_fill_below_it(scene, make):
    edged = scene(
        [([box(10, 10, 60, 60)], make.simple(make.sfs("Solid", RED, make.sls("Solid", 8, TRANSLUCENT))))]
    )
    page = pdf_page(draw_vectors(edged.view(format="pdf")))
    assert "B\n" not in page
    assert page.index("f\n", page.index("Q\n")) < page.index("S\n")


def test_pictures_of_a_pdf_carry_their_transparency(everything):
    streams = pdf_streams(draw_vectors(everything.view(format="pdf")))
    masked = [head for head, _ in streams.values() if "/SMask" in head]
    assert len(masked) == 4
    for head in masked:
        mask, content = streams[int(re.search(r"/SMask (\d+)", head)[1])]
        width, height = (int(re.search(rf"/{side} (\d+)", mask)[1]) for side in ("Width", "Height"))
        assert len(content) == width * height


def test_postscript_without_transparency_holds_no_picture(plain):
    text = draw_vectors(plain.view(format="ps")).decode("ascii")
    assert text.startswith("%!PS-Adobe-3.0\n")
    assert "image" not in text
    assert text.count("F S\n") == 3
    assert "0 0 100 100 rectclip" in text


def test_postscript_shows_translucent_layers_as_opaque_pictures_between_the_paths(scene, make):
    mixed = scene(
        [
            ([box(0, 40, 100, 50)], make.simple(make.sfs("Solid", (0, 0, 0, 255)))),
            ([box(0, 0, 50, 50)], make.simple(make.sfs("Solid", TRANSLUCENT))),
            ([box(20, 20, 80, 80)], make.simple(make.sfs("Solid", RED))),
        ]
    )
    text = draw_vectors(mixed.view(format="ps")).decode("ascii")
    red, picture, black = (
        text.index("0.784 0 0 setrgbcolor fill"),
        text.index(" image\n"),
        text.index("0 0 0 setrgbcolor fill"),
    )
    assert red < picture < black


@pytest.mark.parametrize("size", [(200, 200), (333, 257)])
@pytest.mark.parametrize("rotation", [0, 30])
def test_what_is_recorded_draws_the_same_picture_again(everything, size, rotation):
    view = everything.view(format="svg", size=size, rotation=rotation)
    recording = Recording(*size, ground_of(view))
    draw_layers(recording, view)
    again = Surface(*size, recording.ground)
    replay(recording.items, again)
    difference = np.abs(
        again.pixels.astype(int) - draw(everything.view(format="png24", size=size, rotation=rotation))
    )
    assert (difference > 2).mean() < 0.001


def test_flattened_items_show_the_same_without_any_transparency(everything):
    view = everything.view(format="ps", size=(200, 200))
    recording = Recording(200, 200, ground_of(view))
    draw_layers(recording, view)
    flat = flattened(recording)
    assert all(item.opaque for item in flat)
    assert not all(isinstance(item, Picture) for item in flat)
    fine, expected = Surface(400, 400, recording.ground), Surface(400, 400, recording.ground)
    replay(flat, fine, 2)
    replay(recording.items, expected, 2)
    assert (np.abs(fine.pixels.astype(int) - expected.pixels) > 2).mean() < 0.001


def test_what_is_opaque_in_a_clipped_sheet_stays_a_path_when_flattened():
    recording = Recording(64, 64, (255, 255, 255, 255))
    area = outline_of([np.array([[8.0, 8], [56, 8], [56, 56], [8, 56], [8, 8]])], closed=True)
    line = outline_of([np.array([[0.0, 40], [64, 40]])], closed=False)
    with recording.sheet(within=[area]) as sheet:
        sheet.draw_each([line], None, [Stroke((0, 0, 0, 1), 4)])
        with sheet.sheet(opacity=0.5) as half:
            half.draw_each([line], None, [Stroke((1, 0, 0, 1), 2)])
        sheet.draw_each([line], None, [Stroke((0, 0, 1, 1), 1)])
    flat = flattened(recording)
    assert [type(item) for item in flat] == [Sheet, Picture, Sheet]
    assert all(item.opaque for item in flat)
    pictures = []
    for items in (recording.items, flat):
        fine = Surface(128, 128, recording.ground)
        replay(items, fine, 2)
        pictures.append(fine.pixels.astype(int))
    assert np.abs(pictures[0] - pictures[1]).max() <= 2


@pytest.mark.parametrize("seed", range(5))
def test_rectangles_cover_the_cells_once(seed):
    cells = np.random.default_rng(seed).random((7, 9)) < 0.5
    covered = np.zeros(cells.shape, dtype=int)
    for top, bottom, left, right in rectangles(cells):
        covered[top:bottom, left:right] += 1
    assert (covered == cells).all()


def test_curves_are_written_as_curves():
    outline = Outline(
        np.array([[0.0, 0], [3, 3], [6, 0], [6, 1], [7, 2], [8, 3], [0, 0]]),
        np.array([1, 3, 3, 4, 4, 4, 79], dtype=np.uint8),
    )
    assert path_text(outline, SVG) == "M0 0C2 2 4 2 6 0C6 1 7 2 8 3Z"
    assert path_text(outline, POSTFIX) == "0 0 m\n2 2 4 2 6 0 c\n6 1 7 2 8 3 c\nh\n"


def emf_records(content: bytes) -> list[tuple[int, bytes]]:
    """The kinds and contents of the records of a metafile."""
    records = []
    at = 0
    while at < len(content):
        kind, size = struct.unpack_from("<2I", content, at)
        assert size >= 8
        assert size % 4 == 0
        records.append((kind, content[at + 8 : at + size]))
        at += size
    assert at == len(content)
    return records


@pytest.mark.parametrize(("size", "dpi"), [((400, 300), 96), ((301, 200), 144)])
def test_the_header_of_a_metafile_tells_its_size_in_pixels_and_on_paper(plain, size, dpi):
    content = draw_vectors(plain.view(format="emf", size=size, dpi=dpi))
    assert content[:4] == b"\1\0\0\0"
    assert content[40:44] == b" EMF"
    records = emf_records(content)
    assert struct.unpack_from("<2I", content, 48) == (len(content), len(records))
    assert struct.unpack_from("<4i", content, 8) == (0, 0, size[0] - 1, size[1] - 1)
    paper = [round(side * 2540 / dpi) for side in size]
    assert struct.unpack_from("<4i", content, 24) == (0, 0, *paper)
    device, millimetres = struct.unpack_from("<i", content, 72)[0], struct.unpack_from("<i", content, 80)[0]
    assert device / millimetres * 25.4 == pytest.approx(dpi)
    assert records[-1][0] == 14


def test_a_metafile_holds_polygons_with_holes_and_the_dashes_of_lines(plain):
    records = emf_records(draw_vectors(plain.view(format="emf", dpi=72)))
    polygons = [content for kind, content in records if kind == 91]
    assert [struct.unpack_from("<I", content, 16)[0] for content in polygons] == [1, 1, 2]
    ((dashes, vertices),) = [
        struct.unpack_from("<2I", content, 16) for kind, content in records if kind == 90
    ]
    assert dashes == pytest.approx(100 / 24, abs=1)
    assert vertices == 2 * dashes
    brushes = [struct.unpack_from("<4I", content)[2] for kind, content in records if kind == 39]
    assert brushes == [0xFFFFFF, 200]
    pens = [struct.unpack_from("<7I", content)[5:7] for kind, content in records if kind == 95]
    assert [width for _, width in pens] == [3 * 16, 2 * 16]


def test_a_metafile_shows_hatches_in_a_clip_and_translucent_layers_as_bitmaps(everything):
    kinds = [kind for kind, _ in emf_records(draw_vectors(everything.view(format="emf")))]
    assert kinds.count(33) == kinds.count(34) == kinds.count(67) == 3
    assert 81 in kinds
    assert kinds.count(91) > 3000


@pytest.mark.parametrize(
    ("points", "closed", "pattern", "expected"),
    [
        ([(0, 0), (10, 0)], False, (3, 2), [[(0, 0), (3, 0)], [(5, 0), (8, 0)]]),
        ([(0, 0), (4, 0), (4, 4)], False, (6, 1), [[(0, 0), (4, 0), (4, 2)], [(4, 3), (4, 4)]]),
        ([(0, 0), (2, 0), (2, 2), (0, 2)], True, (7, 9), [[(0, 0), (2, 0), (2, 2), (0, 2), (0, 1)]]),
        ([(1, 1), (1, 1)], False, (3, 2), []),
    ],
)
def test_dashes_follow_the_line(points, closed, pattern, expected):
    pieces = [piece.tolist() for piece in dashed((np.array(points, dtype=float), closed), pattern)]
    assert pieces == [[list(place) for place in piece] for piece in expected]


def test_curves_of_a_metafile_are_lines_along_them():
    curve = Outline(np.array([[0.0, 0], [4, 8], [8, 0], [0, 0]]), np.array([1, 3, 3, 79], dtype=np.uint8))
    ((ring, closed),) = rings_of(curve)
    assert closed
    assert ring[4].tolist() == [4, 4]
    assert ring[-1].tolist() == [8, 0]


def test_coordinates_have_no_exponent():
    far = Outline(np.array([[1e-9, -1e-9], [4e7, -4e300]]), np.array([1, 2], dtype=np.uint8))
    assert path_text(far, POSTFIX) == "0 0 m\n1000000 -1000000 l\n"


def test_clipping_is_a_clip_path_round_the_layers(plain):
    shape = {"xmin": 0, "ymin": 0, "xmax": 50, "ymax": 100}
    clipping = {"geometryType": "esriGeometryEnvelope", "geometry": shape}
    root = svg_of(plain, clipping=clipping)
    clipped = [group for group in root.iter(f"{NAMES}g") if group.get("clip-path") == "url(#c1)"]
    assert len(clipped) == 1
    assert len(list(clipped[0].iter(f"{NAMES}path"))) >= 2
    kinds = [kind for kind, _ in emf_records(draw_vectors(plain.view(format="emf", clipping=clipping)))]
    assert kinds.count(67) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_map_is_a_page_of_its_ground(scene, make, name):
    empty = scene([([Point(500, 500)], make.simple(make.sms()))], backgroundColor=[10, 20, 30, 255])
    content = draw_vectors(empty.view(format=name))
    expected = {
        "svg": b"#0a141e",
        "svgz": b"",
        "pdf": b"%PDF",
        "ps": b"0.039 0.078 0.118 setrgbcolor",
        "emf": b"\x0a\x14\x1e\0",
    }
    assert expected[name] in content


def test_more_than_a_vector_file_may_hold_is_refused(scene, make, monkeypatch):
    monkeypatch.setattr(recordings, "MOST_VERTICES", 20)
    many = scene([([Point(x, x) for x in range(30)], make.simple(make.sms()))])
    with pytest.raises(ParameterError, match="format: this picture has more than the 20 vertices"):
        draw_vectors(many.view(format="svg"))


def test_more_than_a_metafile_may_hold_is_refused(scene, make, monkeypatch):
    monkeypatch.setattr(emf, "MOST_POINTS", 100)
    many = scene([([Point(x, x) for x in range(30)], make.simple(make.sms()))])
    with pytest.raises(ParameterError, match="format: this picture has more than the"):
        draw_vectors(many.view(format="emf"))


def test_a_large_metafile_has_wide_coordinates(plain):
    kinds = {kind for kind, _ in emf_records(draw_vectors(plain.view(format="emf", size=(3000, 3000))))}
    assert {7, 8} <= kinds


TOOLS = [
    ("emf", "inkscape", ["inkscape", "--export-type=png", "--export-filename=out.png", "in.emf"], 0.02),
    ("svg", "rsvg-convert", ["rsvg-convert", "-o", "out.png", "in.svg"], 0.01),
    ("pdf", "pdftoppm", ["pdftoppm", "-png", "-r", "96", "-singlefile", "in.pdf", "out"], 0.06),
    (
        "pdf",
        "gs",
        [
            "gs",
            "-q",
            "-dNOPAUSE",
            "-dBATCH",
            "-sDEVICE=png16m",
            "-r96",
            "-dGraphicsAlphaBits=4",
            "-sOutputFile=out.png",
            "in.pdf",
        ],
        0.06,
    ),
    (
        "ps",
        "gs",
        [
            "gs",
            "-q",
            "-dNOPAUSE",
            "-dBATCH",
            "-sDEVICE=png16m",
            "-r96",
            "-dGraphicsAlphaBits=4",
            "-sOutputFile=out.png",
            "in.ps",
        ],
        0.08,
    ),
]


@pytest.mark.parametrize(("name", "tool", "command", "most"), TOOLS)
def test_other_programs_see_the_picture_that_pixels_show(
    everything, tmp_path: Path, name, tool, command, most
):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    (tmp_path / f"in.{name}").write_bytes(draw_vectors(everything.view(format=name, size=(600, 600))))
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.size == (600, 600)
        seen = np.asarray(picture.convert("RGB")).astype(int)
    expected = draw(everything.view(format="png24", size=(600, 600)))[..., :3]
    assert (np.abs(seen - expected).max(axis=2) > 64).mean() < most
