from __future__ import annotations

import pytest
from PIL import Image, ImageEnhance

from functions.analyze.intake.judge import judge_photo
from shared.model.quality import default_policy
from tests.unit.functions.analyze.intake.pictures import encoded, scene

POLICY = default_policy()
PHOTO = scene(1600, 1200)


def hashed(image: Image.Image, encoder: str = "JPEG", **options: int) -> int:
    judged = judge_photo(encoded(image, encoder, **options), policy=POLICY)
    assert judged.perceptual_hash is not None
    assert len(judged.perceptual_hash) == 16
    return int(judged.perceptual_hash, 16)


def distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


@pytest.mark.parametrize(
    "changed",
    [
        PHOTO.resize((800, 600)),
        PHOTO.resize((4000, 3000)),
        ImageEnhance.Brightness(PHOTO).enhance(0.8),
        ImageEnhance.Contrast(PHOTO).enhance(1.2),
    ],
    ids=["smaller", "larger", "darker", "harder"],
)
def test_a_picture_that_looks_alike_has_a_hash_that_is_alike(changed: Image.Image) -> None:
    assert distance(hashed(changed), hashed(PHOTO)) <= 4


def test_neither_the_format_nor_the_quality_matters() -> None:
    assert distance(hashed(PHOTO, quality=40), hashed(PHOTO, "WEBP")) <= 4


def test_the_hash_is_of_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = PHOTO.transpose(Image.Transpose.ROTATE_90)
    upright = judge_photo(encoded(lying, exif=exif), policy=POLICY).perceptual_hash
    assert distance(int(upright or "0", 16), hashed(PHOTO)) <= 4


def test_other_pictures_have_other_hashes() -> None:
    hashes = [hashed(scene(400, 300, seed=seed)) for seed in range(20)]
    pairs = [distance(one, other) for index, one in enumerate(hashes) for other in hashes[:index]]
    assert min(pairs) >= 10
