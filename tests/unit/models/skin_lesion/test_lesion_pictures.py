"""Rendered pictures: the same for the same seed, different where they should be, and good enough to be sent."""

from __future__ import annotations

import numpy as np
import pytest

from functions.analyze.intake.judge import judge_photo
from models.skin_lesion.examples import LABELS
from models.skin_lesion.look.elsewhere import elsewhere
from models.skin_lesion.look.lesions import LOOKS
from models.skin_lesion.look.photo import TONES, Scene, encoded, photo
from models.skin_lesion.pictures import SIDE, squared
from models.skin_lesion.rendered import VIEWS, scenes
from shared.model.quality import default_policy


def scene(**changes):
    return Scene(**{"lesion": 3, "view": 0, "look": "nv", "tone": 1, **changes})


def pixels(wanted, width=96, height=96):
    return np.asarray(photo(wanted, width, height)).astype(int)


def test_there_is_a_look_for_every_label():
    assert sorted(LOOKS) == sorted(LABELS)


@pytest.mark.parametrize("look", LABELS)
def test_the_same_scene_is_the_same_picture(look):
    assert np.array_equal(pixels(scene(look=look)), pixels(scene(look=look)))


def test_another_view_of_a_lesion_is_another_picture_of_the_same_thing():
    first, again = pixels(scene()), pixels(scene().again(1))
    other = pixels(scene(lesion=4))
    assert not np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("look", LABELS)
def test_a_lesion_is_where_bare_skin_would_be(look):
    lesion, bare = pixels(scene(look=look)), pixels(scene(look=""))
    middle = (slice(36, 60), slice(36, 60))
    assert np.abs(lesion[middle] - bare[middle]).mean() > 8


def test_tones_go_from_light_to_dark():
    means = [pixels(scene(look="", tone=tone)).mean() for tone in range(len(TONES))]
    assert means == sorted(means, reverse=True)


@pytest.mark.parametrize("look", LABELS)
@pytest.mark.parametrize("tone", [0, len(TONES) - 1])
def test_a_rendered_photo_is_one_that_the_intake_takes(look, tone):
    judged = judge_photo(encoded(photo(scene(look=look, tone=tone), 800, 600)), policy=default_policy())
    assert (judged.verdict, judged.reason) == ("accepted", None)


def test_pictures_of_other_things_are_of_many_kinds():
    assert len({np.asarray(elsewhere(seed, 48, 48)).tobytes() for seed in range(12)}) == 12
    assert np.array_equal(np.asarray(elsewhere(5, 48, 48)), np.asarray(elsewhere(5, 48, 48)))


def test_a_set_shows_every_label_as_often_in_as_many_views():
    shown = scenes(4, seed=1)
    assert len(shown) == 4 * VIEWS * len(LABELS)
    assert {look: sum(each.look == look for each in shown) for look in LABELS} == dict.fromkeys(LABELS, 4 * VIEWS)
    assert all(each.share < 0.5 and each.second != each.look for each in shown)
    assert shown == scenes(4, seed=1) != scenes(4, seed=2)


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (2000, 1500), (96, 96), (97, 96)])
def test_the_network_is_given_the_middle_of_a_photo(size):
    wide = photo(scene(), *size)
    assert squared(wide).shape == (SIDE, SIDE, 3)
