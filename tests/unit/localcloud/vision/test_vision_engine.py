"""What runs in the engine's process: decoding under limits, colours, and never the network."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from localcloud.vision.colours import dominant_colours
from localcloud.vision.engine import ENGINES, perform
from localcloud.vision.findings import Findings, Task
from localcloud.vision.picture import MAX_SIDE, BadImage, decode
from tests.running import ROOT


def output(program: str) -> str:
    """What the program prints in a process of its own."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


def encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


MODES = {
    "JPEG": ["RGB", "L", "CMYK"],
    "PNG": ["RGB", "L", "P", "RGBA", "LA", "1", "I;16"],
    "WEBP": ["RGB", "RGBA"],
    "GIF": ["P", "L", "1"],
    "BMP": ["RGB", "L", "P", "RGBA", "1"],
}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
def test_every_mode_becomes_rgb(kind, mode):
    grey = Image.new("L", (40, 30), 255 if mode == "1" else 200)
    image = Image.new(mode, grey.size, 200 * 257) if mode == "I;16" else grey.convert(mode)
    picture = decode(encoded(image, kind))
    assert (picture.image.mode, picture.image.size) == ("RGB", (40, 30))
    assert picture.image.getpixel((20, 15)) == pytest.approx((grey.getpixel((20, 15)),) * 3, abs=2)


@pytest.mark.parametrize("size", [(5000, 3000), (3000, 5000), (5000, 1), (1280, 1280), (1, 1)])
def test_a_picture_is_made_no_larger_than_the_limit_and_its_size_remembered(size):
    for kind in ("JPEG", "PNG"):
        picture = decode(encoded(Image.new("RGB", size), kind))
        assert (picture.width, picture.height) == size
        assert max(picture.image.size) == min(max(size), MAX_SIDE)


@given(
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"RIFF", b""]), st.binary(max_size=200)
)
def test_any_bytes_are_a_picture_or_a_bad_image(signature, rest):
    try:
        assert decode(signature + rest).image.mode == "RGB"
    except BadImage:
        assert perform(Task(engines=["colours"], content=signature + rest)) == Findings(bad=True)


def test_the_same_picture_has_the_same_colours_again():
    picture = decode(encoded(Image.effect_mandelbrot((200, 150), (-2, -1.5, 1, 1.5), 60).convert("RGB"), "PNG"))
    first = dominant_colours(picture)
    assert dominant_colours(picture) == first
    assert sum(colour.score for colour in first) == pytest.approx(1)


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_a_picture_of_one_colour_has_that_colour(rgb):
    (colour,) = dominant_colours(decode(encoded(Image.new("RGB", (9, 7), rgb), "PNG")))
    assert (colour.red, colour.green, colour.blue) == pytest.approx(rgb, abs=1.5)
    assert (colour.pixel_fraction, colour.score) == (1, 1)


def test_every_engine_fills_a_field_of_the_findings():
    assert ENGINES.keys() <= set(Findings.__struct_fields__)


def test_the_engine_process_cannot_use_the_network_and_needs_none_to_read_text():
    program = """
import sys
from localcloud.vision import engine
from localcloud.vision.findings import Task
sys.addaudithook(engine._stay_offline)
engine.perform(Task(engines=["text", "colours"]))
import socket
try:
    socket.create_connection(("127.0.0.1", 9))
except RuntimeError as error:
    print(error)
"""
    assert output(program) == "the image engine never uses the network\n"


def test_colours_do_not_load_the_text_engine():
    program = """
import sys
from localcloud.vision import engine
from localcloud.vision.findings import Task
engine.perform(Task(engines=["colours"]))
print(sorted({"rapidocr", "onnxruntime", "grpc", "httpx"} & sys.modules.keys()))
"""
    assert output(program) == "[]\n"
