"""Photos are spoilt in the ways that are said, and rated by the policy that the intake goes by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tools import scenes
from tools.calibrate.__main__ import main
from tools.calibrate.spoil import SPOILT, Grey, defocus, motion, noise


@pytest.fixture(scope="module")
def grey() -> Grey:
    return np.asarray(scenes.meter(400, 300).convert("L"))


@pytest.mark.parametrize("name", SPOILT)
def test_every_spoilt_photo_is_a_photo_and_the_same_every_time(name: str, grey: Grey) -> None:
    spoilt = SPOILT[name](grey)
    assert (spoilt.shape, spoilt.dtype) == (grey.shape, np.uint8)
    assert np.array_equal(spoilt, SPOILT[name](grey))
    assert np.array_equal(spoilt, grey) == (name == "as it is")


@pytest.mark.parametrize("spoil", [defocus(3), motion(15, 0), motion(15, 45)])
def test_blur_takes_no_light_away(spoil: object, grey: Grey) -> None:
    assert spoil(grey).mean() == pytest.approx(grey.mean(), abs=1)  # type: ignore[operator]


def test_motion_to_the_side_leaves_upright_edges_no_chance_and_level_ones_alone() -> None:
    edges = np.zeros((60, 60), np.uint8)
    edges[30:, :] = 200
    assert np.array_equal(motion(9, 0)(edges), edges)
    assert not np.array_equal(motion(9, 90)(edges), edges)


def test_noise_is_as_strong_as_it_is_called() -> None:
    spoilt = noise(10)(np.full((400, 400), 128, np.uint8))
    assert spoilt.std() == pytest.approx(6.7, rel=0.05)


def test_a_folder_of_photos_gives_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(6):
        scenes.meter(240 + number, 240).save(tmp_path / f"{number}.png")
    (tmp_path / "notes.txt").write_text("no photo")
    assert main([str(tmp_path), "--list", "--choose", "5"]) == 0
    told = capsys.readouterr().out
    assert "| as it is | 0 |" in told
    assert "| sharpness |" in told
    assert "DARK: " in told


def test_a_folder_without_photos_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert "too few photos" in capsys.readouterr().err
