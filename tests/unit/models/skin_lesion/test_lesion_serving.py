"""What is trained is what is served: the same picture becomes the same tensor on both sides."""

from __future__ import annotations

import numpy as np
import pytest

from functions.analyze.intake.judge import judge_photo
from functions.analyze.models.manifest import Input
from functions.analyze.models.preprocess import tensor
from models.skin_lesion.look.photo import Scene, encoded, photo
from models.skin_lesion.pictures import MEAN, SIDE, STD, squared, tensors
from shared.model.quality import default_policy


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1280, 960), (300, 300), (2600, 1950)])
def test_training_prepares_a_photo_as_the_pipeline_does(size):
    shown = photo(Scene(lesion=8, view=1, look="mel", tone=2), *size)
    judged = judge_photo(encoded(shown, quality=97), policy=default_policy())
    wanted = Input(width=SIDE, height=SIDE, mean=MEAN, std=STD)
    served, trained = tensor(judged.pixels, wanted), tensors(squared(shown)[None])[0]
    assert served.shape == trained.shape == (3, SIDE, SIDE)
    assert np.abs(served - trained).mean() < 0.03  # JPEG alone; a shift by one pixel would be ten times that


def test_the_comparison_would_notice_another_frame():
    shown = photo(Scene(lesion=8, view=1, look="mel", tone=2), 640, 480)
    there, moved = tensors(squared(shown)[None])[0], tensors(squared(shown.crop((8, 0, 632, 480)))[None])[0]
    shifted = tensors(squared(shown.crop((0, 0, 600, 480)))[None])[0]
    assert np.abs(there - moved).mean() < 0.03 < np.abs(there - shifted).mean()
