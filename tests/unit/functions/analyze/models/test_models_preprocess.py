"""Pictures become the tensors that manifests ask for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.analyze.intake.verdict import Pixels
from functions.analyze.models.manifest import Input
from functions.analyze.models.preprocess import placement, tensor
from tests.unit.functions.analyze.models.onnx_files import plain


def halves(width=40, height=20):
    """Left half black, right half white."""
    row = bytes(3) * (width // 2) + b"\xff" * 3 * (width // 2)
    return Pixels(width=width, height=height, rgb=row * height)


def test_channels_are_scaled_shifted_and_ordered():
    wanted = Input(width=2, height=2, mean=(0.5, 0.25, 0.0), std=(0.5, 0.5, 2.0))
    found = tensor(plain(255, 0, 51), wanted)
    assert found.dtype == np.float32
    assert found.shape == (3, 2, 2)
    assert found[:, 0, 0] == pytest.approx([1.0, -0.5, 0.1], abs=1e-6)


def test_colours_can_be_the_other_way_round():
    found = tensor(plain(255, 0, 51), Input(width=2, height=2, color_order="BGR", scale=1.0))
    assert found[:, 1, 1].tolist() == [51, 0, 255]


@pytest.mark.parametrize(("layout", "shape"), [("NCHW", (3, 2, 5)), ("NHWC", (2, 5, 3)), ("FLAT", (30,))])
def test_layouts(layout, shape):
    wanted = Input(width=5, height=2, layout=layout, scale=1.0, mean=(0.0, 0.0, 1.0))
    found = tensor(plain(9, 8, 8), wanted)
    assert found.shape == wanted.shape == shape
    assert sorted(set(found.ravel().tolist())) == [7, 8, 9]


def test_a_model_may_take_grey_or_whole_numbers():
    assert tensor(plain(10, 10, 10), Input(width=2, height=3, color_order="GRAY", scale=1.0)).shape == (1, 3, 2)
    whole = tensor(plain(1, 2, 3), Input(width=2, height=2, type="uint8", scale=1.0, layout="NHWC"))
    assert whole.dtype == np.uint8
    assert whole[0, 0].tolist() == [1, 2, 3]
    assert tensor(plain(1, 2, 3), Input(width=2, height=2, type="float16")).dtype == np.float16


def test_cropping_takes_the_middle():
    wanted = Input(width=10, height=10, fit="crop", scale=1.0)
    found = tensor(halves(), wanted)
    assert (found[0, 5, 2], found[0, 5, 7]) == (0, 255)
    placed = placement(halves(), wanted)
    assert (placed.left, placed.top, placed.width, placed.height) == (0.25, 0, 0.5, 1)


def test_padding_shows_everything():
    wanted = Input(width=10, height=10, fit="pad", pad_value=7, scale=1.0)
    found = tensor(halves(), wanted)
    assert found[0, 0, 5] == found[0, 9, 5] == 7
    assert (found[0, 5, 1], found[0, 5, 8]) == (0, 255)
    placed = placement(halves(), wanted)
    assert (placed.left, placed.top, placed.width, placed.height) == (0, -0.4, 1, 2)


def test_squashing_stretches():
    wanted = Input(width=10, height=10, fit="squash", scale=1.0)
    found = tensor(halves(), wanted)
    assert (found[0, 0, 1], found[0, 9, 8]) == (0, 255)
    assert placement(halves(), wanted).width == 1


@given(
    width=st.integers(1, 640),
    height=st.integers(1, 640),
    side=st.tuples(st.integers(1, 64), st.integers(1, 64)),
    fit=st.sampled_from(["crop", "pad", "squash"]),
)
def test_any_picture_fits_any_input(width, height, side, fit):
    wanted = Input(width=side[0], height=side[1], fit=fit)
    picture = plain(1, 2, 3, width=width, height=height)
    found = tensor(picture, wanted)
    assert found.shape == wanted.shape
    assert np.isfinite(found).all()
    placed = placement(picture, wanted)
    assert placed.width > 0
    assert placed.height > 0
