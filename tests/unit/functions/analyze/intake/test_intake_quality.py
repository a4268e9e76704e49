from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from functions.analyze.intake.judge import judge_photo
from functions.analyze.intake.metrics import measure
from functions.analyze.intake.quality import grade, points
from functions.analyze.intake.verdict import Judged
from shared.model.quality import Rule, default_policy
from tests.unit.functions.analyze.intake.pictures import PHOTOS, encoded, flat, needs_photos, opened, scene

POLICY = default_policy()
PHOTO = PHOTOS / "compare_view1.jpg"


def judge(image: Image.Image) -> Judged:
    return judge_photo(encoded(image, quality=92), policy=POLICY)


def reasons(judged: Judged) -> set[str]:
    return {warning.reason for warning in judged.warnings}


def scaled(image: Image.Image, factor: float, offset: float = 0) -> Image.Image:
    return Image.fromarray(np.clip(np.asarray(image) * float(factor) + offset, 0, 255).astype(np.uint8))


def noisy(image: Image.Image, deviation: float) -> Image.Image:
    pixels = np.asarray(image) + np.random.default_rng(1).normal(0, deviation, (*image.size[::-1], 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def moved(image: Image.Image, length: int) -> Image.Image:
    """The camera went to the side while the shutter was open."""
    columns = np.asarray(image, dtype=float).cumsum(axis=1)
    return Image.fromarray(((columns[:, length:] - columns[:, :-length]) / length).astype(np.uint8))


def lit(image: Image.Image, reach: float) -> Image.Image:
    """A lamp is reflected in the middle."""
    rows, columns = np.mgrid[: image.height, : image.width]
    distance = np.hypot(rows - image.height / 2, columns - image.width / 2) / (reach * image.width)
    light = 400 * np.exp(-(distance**2))[..., None]
    return Image.fromarray(np.clip(np.asarray(image) + light, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("color", "said"),
    [
        ("black", "black"),
        ((12, 9, 14), "black"),
        ("white", "white"),
        ("gray", "even surface"),
        ((20, 90, 200), "surface"),
    ],
)
def test_a_photo_of_nothing_is_empty_and_told_why(color: str | tuple[int, int, int], said: str) -> None:
    judged = judge(flat(color))
    assert (judged.verdict, judged.reason) == ("rejected", "EMPTY")
    assert said in (judged.message or "")
    assert judged.quality is not None
    assert judged.normalized is None


def test_a_covered_lens_is_empty_in_spite_of_its_noise() -> None:
    noise = np.random.default_rng(3).normal(8, 3, (480, 640, 3))
    assert judge(Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))).reason == "EMPTY"


def test_writing_on_white_paper_is_not_empty() -> None:
    page = flat("white", 800, 600)
    for line in range(60, 540, 40):
        page.paste("black", (60, line, 500, line + 6))
    judged = judge(page)
    assert judged.verdict == "accepted"
    assert reasons(judged) == {"BRIGHT"}


def test_a_good_photo_scores_high_and_warns_of_nothing() -> None:
    judged = judge(scene())
    assert judged.quality is not None
    assert judged.quality.score > 70
    assert judged.warnings == ()
    assert judged.quality.policy_version == POLICY.version


@pytest.mark.parametrize(
    ("reason", "worse"),
    [
        ("BLURRY", lambda image: image.filter(ImageFilter.GaussianBlur(3))),
        ("DARK", lambda image: scaled(image, 0.25)),
        ("BRIGHT", lambda image: scaled(image, 3)),
        ("LOW_CONTRAST", lambda image: scaled(image, 0.15, 108)),
        ("NOISY", lambda image: noisy(image, 16)),
        ("GLARE", lambda image: lit(image, 0.06)),
        ("SHAKEN", lambda image: moved(image, 25)),
    ],
)
@needs_photos
def test_a_photo_that_could_be_better_is_taken_with_advice(reason: str, worse: object) -> None:
    photo = opened(PHOTO.read_bytes()).convert("RGB")
    assert judge(photo).warnings == ()
    judged = judge(worse(photo))  # type: ignore[operator]
    assert judged.verdict == "accepted"
    assert reason in reasons(judged)
    assert judged.quality is not None
    assert judged.quality.score < 50
    assert all(len(warning.message) > 40 for warning in judged.warnings)


@needs_photos
def test_sharpness_is_measured_at_one_scale_however_large_the_photo_is() -> None:
    large = opened(PHOTO.read_bytes()).convert("RGB").resize((3200, 2400), Image.Resampling.BICUBIC)
    measured = [judge(large.resize(size, Image.Resampling.LANCZOS)).quality for size in ((3200, 2400), (1600, 1200))]
    for metric in ("sharpness", "lap90"):
        values = [quality.metrics[metric] for quality in measured if quality]
        assert values[0] == pytest.approx(values[1], rel=0.2)


def test_blur_in_one_place_does_not_make_a_sharp_photo_blurry() -> None:
    image = scene(1024, 768, seed=1)
    blurred = image.filter(ImageFilter.GaussianBlur(12))
    blurred.paste(image.crop((300, 200, 812, 584)), (300, 200))
    assert not {"BLURRY", "SHAKEN"} & reasons(judge(blurred))


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 135])
def test_a_camera_that_moves_is_noticed_whatever_way_it_goes(degrees: int) -> None:
    image = scene(1024, 768)
    turned = image.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    shaken = moved(turned, 21).rotate(-degrees, Image.Resampling.BICUBIC)
    middle = shaken.crop(
        (shaken.width // 2 - 300, shaken.height // 2 - 200, shaken.width // 2 + 300, shaken.height // 2 + 200)
    )
    assert {"BLURRY", "SHAKEN"} & reasons(judge(middle))
    assert not {"BLURRY", "SHAKEN"} & reasons(judge(image))


def test_noise_does_not_make_a_blurred_photo_sharp_nor_a_sharp_one_blurred() -> None:
    image = scene(1024, 768)
    assert "BLURRY" in reasons(judge(noisy(image.filter(ImageFilter.GaussianBlur(5)), 6)))
    assert not {"BLURRY", "SHAKEN"} & reasons(judge(noisy(image, 6)))


def test_blur_without_end_is_nothing() -> None:
    judged = judge(scene(1024, 768).filter(ImageFilter.GaussianBlur(14)))
    assert (judged.verdict, judged.reason) == ("rejected", "EMPTY")
    assert "blurred" in (judged.message or "")


def test_noise_is_measured_in_grey_values() -> None:
    grey = np.full((768, 1024), 128) + np.random.default_rng(2).normal(0, 5, (768, 1024))
    assert measure(np.rint(grey).astype(np.uint8))["noise"] == pytest.approx(5, rel=0.05)


def test_a_white_thing_is_no_glare() -> None:
    desk = flat((90, 60, 40), 800, 600)
    desk.paste("white", (300, 200, 500, 400))
    assert measure(np.asarray(desk.convert("L")))["glareShare"] == 0
    assert measure(np.asarray(lit(flat((90, 60, 40), 800, 600), 0.1).convert("L")))["glareShare"] > 0.01


def test_a_rule_is_asked_only_where_its_conditions_hold() -> None:
    metrics = {**measure(np.asarray(scene().convert("L"))), "sharpness": 0.25}
    for isotropy, reason in ((0.9, "BLURRY"), (0.45, "BLURRY"), (0.449, "SHAKEN"), (0.2, "SHAKEN")):
        _, warnings = grade({**metrics, "isotropy": isotropy}, POLICY)
        assert [warning.reason for warning in warnings] == [reason]


def test_skin_may_have_little_contrast_and_an_inspection_photo_may_not() -> None:
    metrics = {**measure(np.asarray(scene().convert("L"))), "range": 60}
    quality, warnings = grade(metrics, POLICY, "inspection")
    assert (quality.score < 50, [warning.reason for warning in warnings]) == (True, ["LOW_CONTRAST"])
    quality, warnings = grade(metrics, POLICY, "skin_lesion")
    assert (quality.score > 50, warnings) == (True, ())
    _, warnings = grade({**metrics, "p95": 65}, POLICY, "skin_lesion")
    assert [warning.reason for warning in warnings] == ["DARK"]


def test_the_metrics_are_what_they_are_called() -> None:
    half = flat((0, 0, 0), 512, 512)
    half.paste((200, 200, 200), (256, 0, 512, 512))
    metrics = measure(np.asarray(half.convert("L")))
    assert metrics["mean"] == 100
    assert metrics["deviation"] == 100
    assert (metrics["p1"], metrics["p99"], metrics["range"]) == (0, 200, 200)
    assert (metrics["darkShare"], metrics["brightShare"], metrics["entropy"]) == (0.5, 0, 1)


def test_the_laplacian_is_that_of_the_four_neighbours() -> None:
    stripes = np.zeros((98, 98), dtype=np.uint8)
    stripes[:, ::2] = 10
    metrics = measure(stripes)
    assert metrics["lap90"] == pytest.approx(400, rel=0.01)  # ±20 everywhere


def test_points_run_from_worst_to_good_in_either_direction() -> None:
    up = Rule(reason="R", metric="m", worst=0, warn=60, good=300)
    down = Rule(reason="R", metric="m", worst=1, warn=0.4, good=0.1)
    assert [points(up, value) for value in (-5, 0, 30, 59.9, 60, 180, 300, 900)] == [0, 0, 25, 49, 50, 75, 100, 100]
    assert [points(down, value) for value in (2, 1, 0.7, 0.4, 0.25, 0.1, 0)] == [0, 0, 25, 50, 75, 100, 100]


def test_the_worst_rule_makes_the_score_and_a_reason_is_given_once() -> None:
    metrics = {**measure(np.asarray(scene().convert("L"))), "p95": 65, "mean": 25}
    quality, warnings = grade(metrics, POLICY)
    assert quality.score == 25
    assert [warning.reason for warning in warnings] == ["DARK"]
