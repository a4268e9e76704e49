"""What is written: the corrected photo, its profile, the 3D LUT, the matrices, drawings and reports."""

from __future__ import annotations

import io
import json
import re
import struct
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from functions.analyze.kinds.color_correction import task
from functions.analyze.kinds.color_correction.apply import STRIP, corrected, jpeg, png
from functions.analyze.kinds.color_correction.figure import Figure, Text, pdf, svg
from functions.analyze.kinds.color_correction.lut import camera_matrices, cube
from functions.analyze.kinds.color_correction.model import applied
from functions.analyze.kinds.color_correction.order import Answer, Correction, Order
from functions.analyze.kinds.color_correction.profile import read_profile, srgb_profile
from functions.analyze.kinds.color_correction.raster import Raster, decode
from functions.analyze.kinds.color_correction.spaces import SRGB_TO_XYZ, linear_to_srgb, srgb_to_linear
from tests.unit.functions.analyze.kinds.color_correction.charts import corrected as corrected_photo
from tests.unit.functions.analyze.kinds.color_correction.charts import photo_of, picture_of

SAME = Correction(method="none", matrix=(1, 0, 0, 0, 1, 0, 0, 0, 1), floor=0.01)
STRONG = Correction(
    method="matrix+curves+offset+roots",
    matrix=(1.4, -0.2, -0.05, -0.1, 1.2, -0.05, 0.02, -0.3, 1.5),
    offset=(-0.004, 0.002, 0.0),
    exponent=(1.1, 0.9, 1.0),
    bend=(0.02, -0.02, 0.0),
    roots=(0.05, 0.0, 0.0, 0.0, 0.03, 0.0, 0.0, 0.0, -0.04),
    floor=0.02,
)


def raster(levels: int, seed: int = 0, size: tuple[int, int] = (37, 53)) -> Raster:
    coded = np.random.default_rng(seed).integers(0, levels, (*size, 3))
    coded[coded > 0.96 * levels] = 0  # blown-out light is another matter
    kind = np.uint8 if levels == 256 else np.uint16
    return Raster(coded=coded.astype(kind), profile=srgb_profile(levels))


@pytest.mark.parametrize("levels", [256, 65536])
def test_the_correction_that_changes_nothing_changes_nothing(levels):
    photo = raster(levels)
    assert np.abs(corrected(photo, SAME).astype(int) - photo.coded).max() <= 1


@pytest.mark.parametrize("levels", [256, 65536])
def test_a_photo_is_corrected_as_the_model_says(levels):
    photo = raster(levels)
    linear, _ = photo.read(slice(None), slice(None))
    wanted = linear_to_srgb(applied(STRONG, linear)) * (levels - 1)
    assert np.abs(corrected(photo, STRONG) - wanted).max() <= (1 if levels == 256 else 12)


def test_strips_leave_no_seams():
    tall = raster(256, size=(STRIP // 300 * 2 + 7, 300))
    upper = Raster(coded=tall.coded[:100], profile=tall.profile)
    assert (corrected(tall, STRONG)[:100] == corrected(upper, STRONG)).all()


def test_blown_out_light_stays_white():
    white = Raster(coded=np.full((4, 4, 3), 255, np.uint8), profile=srgb_profile(256))
    blue = Correction(method="gains", matrix=(0.6, 0, 0, 0, 0.9, 0, 0, 0, 1.4))
    assert (corrected(white, blue) == 255).all()
    yellow = np.array([[[255, 255, 90]]], np.uint8)
    seen = corrected(Raster(coded=yellow, profile=srgb_profile(256)), blue)[0, 0]
    assert seen[0] < seen[1], "a colour that was seen is corrected"


def test_the_corrected_photo_says_that_it_is_srgb():
    with Image.open(io.BytesIO(jpeg(picture_of()))) as opened:
        assert opened.size == (800, 600)
        profile = ImageCms.ImageCmsProfile(io.BytesIO(opened.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
    made = png(raster(65536).coded)
    assert made[24] == 16
    with Image.open(io.BytesIO(made)) as opened:
        opened.load()
        assert opened.info["srgb"] == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_corrected_upright(orientation):
    upright = np.zeros((30, 40, 3), np.uint8)
    upright[:15, :20] = (255, 0, 0)
    stored = Image.fromarray(upright)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}.get(orientation)
    turned = stored if undo is None else stored.transpose(Image.Transpose(undo))
    made, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    turned.save(made, "JPEG", quality=100, subsampling=0, exif=exif)
    seen = decode(made.getvalue()).coded
    assert seen.shape == (30, 40, 3)
    assert seen[7, 10, 0] > 200
    assert seen[22, 30].max() < 40


def tagged(space: str) -> bytes:
    """A PNG of one colour with a profile of Pillow's own, or one made by hand."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() if space == "sRGB" else wide_profile()
    made = io.BytesIO()
    Image.new("RGB", (300, 300), (200, 100, 50)).save(made, "PNG", icc_profile=profile)
    return made.getvalue()


def wide_profile() -> bytes:
    """Display P3's primaries with a plain gamma of 2.2, as few tags as a profile may have."""
    columns = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
    tags = {
        f"{channel}XYZ": b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in column))
        for channel, column in zip("rgb", columns, strict=True)
    }
    tags |= {f"{channel}TRC": b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0" for channel in "rgb"}
    table, body, offset = b"", b"", 132 + 12 * len(tags)
    for name, tag in tags.items():
        table += struct.pack(">4sII", name.encode(), offset + len(body), len(tag))
        body += tag
    size = offset + len(body)
    head = struct.pack(">I", size) + b"\0" * 4 + struct.pack(">I", 0x02400000) + b"mntrRGB XYZ " + b"\0" * 12 + b"acsp"
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def test_a_profile_is_read_as_it_says():
    own = decode(tagged("sRGB")).profile
    assert own.name == "sRGB"
    wide = decode(tagged("P3")).profile
    assert np.allclose(wide.curves[0], np.linspace(0, 1, 256) ** (563 / 256), atol=1e-4)
    assert np.allclose(wide.to_xyz @ np.ones(3), SRGB_TO_XYZ @ np.ones(3), atol=5e-3)
    red = wide.to_xyz[:, 0]
    assert red[0] / red.sum() == pytest.approx(0.680, abs=2e-3)
    assert red[1] / red.sum() == pytest.approx(0.320, abs=2e-3)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_broken_profile_is_no_profile_and_no_failure(data):
    profile = bytearray(wide_profile())
    for _ in range(data.draw(st.integers(1, 6))):
        profile[data.draw(st.integers(0, len(profile) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(profile[: data.draw(st.integers(0, len(profile)))])
    found = read_profile(cut, 256)
    assert found is None or (np.isfinite(found.curves).all() and np.isfinite(found.to_xyz).all())


def test_a_wide_photo_is_corrected_from_its_own_light():
    made = io.BytesIO()
    Image.fromarray(picture_of()).save(made, "PNG", icc_profile=wide_profile())
    answer = corrected_photo(made.getvalue())
    assert answer.refused is None
    assert answer.full["metadata"]["profile"] == "unnamed"
    assert answer.summary["deltaEAverage"] < 1.5


def test_the_lut_is_the_correction():
    text = cube(STRONG, srgb_profile(256), title='a "title"\n', size=17)
    lines = text.splitlines()
    assert lines[:4] == ['TITLE "a title"', "LUT_3D_SIZE 17", "DOMAIN_MIN 0 0 0", "DOMAIN_MAX 1 1 1"]
    table = np.array([[float(value) for value in line.split()] for line in lines[4:]]).reshape(17, 17, 17, 3)
    coded = np.array([3, 8, 12]) / 16  # red, green, blue; red changes fastest
    wanted = linear_to_srgb(applied(STRONG, srgb_to_linear(coded)[None]))[0]
    assert np.allclose(table[12, 8, 3], wanted, atol=2e-4)


def test_the_matrices_are_those_of_a_dng_profile():
    made = camera_matrices(SAME)
    assert made["asShotNeutral"] == [1, 1, 1]
    assert made["exact"] is True
    assert np.allclose(np.sum(made["forwardMatrix"], axis=1), [0.9642, 1.0, 0.8249], atol=1e-4)
    assert np.allclose(made["colorMatrix"], np.linalg.inv(SRGB_TO_XYZ), atol=1e-5)
    assert camera_matrices(STRONG)["exact"] is False


@pytest.fixture(scope="module")
def answer() -> Answer:
    return task.correct(Order(photo=photo_of(), lut=True))


def test_everything_that_people_look_at_is_there(answer):
    assert set(answer.files) == {
        "corrected.jpg",
        "comparison.jpg",
        "delta-e.svg",
        "delta-e.png",
        "lab.svg",
        "lab.png",
        "report.html",
        "report.pdf",
        "correction.cube",
        "camera-matrices.json",
    }
    for name, file in answer.files.items():
        assert file.data, name
        if name.endswith((".jpg", ".png")):
            with Image.open(io.BytesIO(file.data)) as opened:
                assert opened.size == (file.width, file.height)
        if name.endswith(".svg"):
            assert ET.fromstring(file.data).tag.endswith("svg")  # noqa: S314 - ours
    assert json.loads(answer.files["camera-matrices.json"].data)["forwardMatrix"]


def test_the_report_needs_nothing_outside_of_it(answer):
    page = answer.files["report.html"].data.decode()
    assert not re.findall(r"(?:src|href)=[\"'](?!data:)", page)
    assert "<script" not in page
    assert "excellent" in page
    assert "bluish green" in page
    assert answer.files["report.pdf"].data.startswith(b"%PDF-")


def test_the_answer_fits_into_firestore(answer):
    def nested(value: object, inside: bool = False) -> bool:
        if isinstance(value, dict):
            return any(nested(each) for each in value.values())
        if isinstance(value, list | tuple):
            return inside or any(nested(each, inside=True) for each in value)
        return False

    assert not nested(json.loads(json.dumps(answer.full))), "Firestore takes no list right inside a list"
    assert len(json.dumps(answer.full)) < 50_000
    assert len(json.dumps(answer.summary)) < 600


def test_text_in_drawings_is_escaped():
    hostile = Figure(width=10, height=10, shapes=[Text(x=1, y=1, text="<b>&", size=2)], title='"><script>')
    drawn = svg(hostile)
    assert "<b>" not in drawn
    assert "<script>" not in drawn
    assert pdf([hostile], 1.0, title="t").startswith(b"%PDF-")
