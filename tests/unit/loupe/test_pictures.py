"""Boxes drawn on photos."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from loupe.pictures import LINE, annotate


def jpeg(width: int, height: int) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), (0, 0, 160)).save(written, "JPEG", quality=95)
    return written.getvalue()


def drawn(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content)) as opened:
        return opened.convert("RGB")


def amber(picture: Image.Image, x: int, y: int) -> bool:
    return all(abs(one - other) < 70 for one, other in zip(picture.getpixel((x, y)), LINE, strict=True))


BOX = {"left": 0.25, "top": 0.5, "width": 0.5, "height": 0.25}


def test_a_box_is_drawn_around_what_was_found_and_not_over_it():
    picture = drawn(annotate(jpeg(800, 400), [{"box": BOX}]))
    assert picture.size == (800, 400)
    assert any(amber(picture, x, 250) for x in range(192, 202))  # its left side
    assert not any(amber(picture, x, 250) for x in range(206, 594))  # its inside
    assert not any(amber(picture, x, 50) for x in range(800))  # elsewhere


def test_nothing_found_leaves_the_photo_as_it_is():
    picture = drawn(annotate(jpeg(300, 200), []))
    assert not any(amber(picture, x, y) for x in range(0, 300, 5) for y in range(0, 200, 5))


def test_a_picture_for_the_page_is_no_larger_than_asked():
    assert drawn(annotate(jpeg(1600, 800), [{"box": BOX}], longest=400)).size == (400, 200)


@pytest.mark.parametrize(
    "box", [{"left": 0, "top": 0, "width": 1, "height": 1}, {"left": 1, "top": 1, "width": 0, "height": 0}]
)
@pytest.mark.parametrize("size", [(1, 1), (3000, 2), (224, 224)])
def test_a_box_at_the_edge_of_any_photo_can_be_drawn(box, size):
    assert drawn(annotate(jpeg(*size), [{"box": box}] * 12)).size == size
