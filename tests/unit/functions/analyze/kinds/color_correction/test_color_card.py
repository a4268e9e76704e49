"""Loupe's own card: printed, photographed and found again."""

from __future__ import annotations

import io
import re

import cv2
import numpy as np
import pytest
from PIL import Image

from functions.analyze.kinds.color_correction import card, detect
from functions.analyze.kinds.color_correction.card_cli import main
from functions.analyze.kinds.color_correction.card_sheet import card_figure, card_file
from functions.analyze.kinds.color_correction.figure import png
from functions.analyze.kinds.color_correction.references import OWN
from functions.analyze.kinds.color_correction.spaces import srgb_to_linear
from tests.unit.functions.analyze.kinds.color_correction.charts import WARM, corrected, error_of, found_in, refused
from tools.color.scenes import Camera, Pose, jpeg, photographed, scene


@pytest.fixture(scope="module")
def printed() -> np.ndarray:
    """The card as it is drawn, in linear light."""
    with Image.open(io.BytesIO(png(card_figure(), 3.0))) as opened:
        return srgb_to_linear(np.asarray(opened.convert("RGB")) / 255)


def photo(printed: np.ndarray, camera: Camera = WARM, pose: Pose = Pose(width=0.7, tilt=0.1)) -> np.ndarray:  # noqa: B008
    return photographed(scene(printed, (900, 700), pose), camera)


@pytest.mark.parametrize("degrees", [0, 100])
def test_it_goes_from_print_to_photo_and_back_within_one(printed, degrees):
    camera = Camera(light=(1.0, 0.75, 0.5), vignetting=0.15, noise=0.006)
    found = found_in(jpeg(photo(printed, camera, Pose(width=0.6, degrees=degrees, tilt=0.1, middle=(0.5, 0.4)))))
    assert found.best.chart == OWN
    assert found.selected.best.held_out.mean() <= 1.0
    assert error_of(found.correction, camera).mean() <= 1.0


def test_it_is_found_with_three_markers_and_not_with_two(printed):
    picture = photo(printed, pose=Pose(width=0.7, degrees=0, tilt=0, middle=(0.5, 0.39)))
    seen = card.markers(np.ascontiguousarray(picture[..., ::-1]))
    assert set(seen) == set(card.MARKERS)
    for identity, corners in list(seen.items())[:2]:
        cv2.fillConvexPoly(picture, np.round(corners).astype(np.int32), (90, 90, 90))
        del identity
        if len(card.markers(np.ascontiguousarray(picture[..., ::-1]))) == 3:
            assert corrected(jpeg(picture)).summary["chart"] == OWN
    assert refused(jpeg(picture), chart=OWN) == "CHART_CUT_OFF"


def test_a_mirrored_print_is_told(printed):
    assert refused(jpeg(photo(printed)[:, ::-1]), chart=OWN) == "CHART_MIRRORED"


def test_its_patches_are_where_the_markers_say(printed):
    picture = photo(printed, Camera(), Pose(width=0.7, degrees=20, tilt=0.1, middle=(0.5, 0.39)))
    (place,) = [one for one in detect.find(np.ascontiguousarray(picture[..., ::-1])) if one.family == OWN]
    yellow = place.points(detect.CENTRES)[15]
    red, green, blue = (int(value) for value in picture[round(yellow[1]), round(yellow[0])])
    assert red > 1.6 * blue
    assert green > 1.6 * blue


def test_its_files_are_what_they_say():
    assert card_file("pdf") == card_file("pdf")
    assert card_file("pdf").startswith(b"%PDF-")
    text = card_file("svg").decode()
    assert 'width="210mm" height="148mm"' in text
    assert len(re.findall("<rect", text)) > 24 + 4
    with Image.open(io.BytesIO(card_file("png"))) as opened:
        assert opened.size == (round(210 / 25.4 * 300), round(148 / 25.4 * 300))
        assert opened.info["dpi"] == pytest.approx((300, 300), abs=1)
        assert opened.info["icc_profile"]
        assert opened.getpixel((round(45 / 25.4 * 300), round(38 / 25.4 * 300))) == (115, 82, 68)


def test_the_program_writes_the_card_or_says_how_it_is_called(capfdbinary):
    assert main(["svg"]) == 0
    assert capfdbinary.readouterr().out == card_file("svg")
    for wrong in ([], ["gif"], ["pdf", "png"]):
        assert main(wrong) == 2
    assert b"card_cli pdf|png|svg" in capfdbinary.readouterr().err
