"""The sample photos of `tools/samples.py` are what they say they are."""

from __future__ import annotations

import pytest

from functions.analyze.intake.judge import judge_photo
from functions.analyze.intake.verdict import Judged
from shared.model.quality import default_policy
from tests.unit.functions.analyze.intake.pictures import opened
from tools import scenes
from tools.samples import Sample, render


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Sample, Judged]]:
    samples = render(tmp_path_factory.mktemp("samples") / "made")
    policy = default_policy()
    return {sample.path.name: (sample, judge_photo(sample.path.read_bytes(), policy=policy)) for sample in samples}


def test_every_sample_is_judged_as_expected(judged: dict[str, tuple[Sample, Judged]]) -> None:
    for sample, verdict in judged.values():
        state = {"accepted": "COMPLETED", "rejected": "FAILED"}[verdict.verdict]
        assert (state, verdict.reason) == (sample.expect.state, sample.expect.reason)
        warned = {warning.reason for warning in verdict.warnings}
        assert set(sample.expect.warnings) <= warned
        assert bool(sample.expect.warnings) == bool(warned)


def test_every_sample_is_small_and_has_camera_time_and_place(judged: dict[str, tuple[Sample, Judged]]) -> None:
    for sample, verdict in judged.values():
        assert sample.path.stat().st_size <= 1_500_000
        assert (verdict.exif.make, verdict.exif.model) == ("Loupe", "sample renderer")
        assert verdict.exif.taken_at is not None
        assert verdict.exif.taken_at.endswith("+02:00")
        assert verdict.gps is not None
        assert verdict.gps.altitude is not None


def test_one_sample_has_twelve_megapixels_and_one_lies_on_its_side(judged: dict[str, tuple[Sample, Judged]]) -> None:
    sizes = [verdict.width * verdict.height for _, verdict in judged.values() if verdict.width and verdict.height]
    assert max(sizes) >= 12_000_000
    sample, verdict = judged["pipe-sideways.jpg"]
    assert verdict.exif.orientation == 6
    assert opened(sample.path.read_bytes()).size == (1200, 1600)
    assert (verdict.width, verdict.height) == (1600, 1200)


@pytest.mark.parametrize("scene", [scenes.meter, scenes.warning_sign, scenes.pipe, scenes.painted_wall])
def test_a_scene_is_the_same_every_time(scene: scenes.Scene) -> None:
    assert scene(400, 300).tobytes() == scene(400, 300).tobytes()
