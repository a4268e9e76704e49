"""Text in photos and drawings, through Google's client."""

from __future__ import annotations

import pytest
from google.cloud.vision_v1.types import TextAnnotation
from PIL import Image

from tests.contract.vision.conftest import PHOTOS, Feature, box, encoded, needs_photos, written

Break = TextAnnotation.DetectedBreak.BreakType


@needs_photos
@pytest.mark.parametrize(
    ("photo", "size", "words"),
    [
        ("text_notice.jpg", (800, 600), ["NOTICE", "DOUBLE", "PARKING", "PROHIBITED", "AT", "ALL", "TIMES"]),
        ("text_noparking.jpg", (1280, 960), ["NOPARKING", "NOPARKING"]),
    ],
)
def test_signs_in_photos_are_read_and_placed(annotator, photo, size, words):
    answer = annotator.annotate((PHOTOS / photo).read_bytes(), Feature.TEXT_DETECTION)
    read = [annotation.description for annotation in answer.text_annotations[1:]]
    assert read[: len(words)] == words
    for annotation in answer.text_annotations:
        left, top, right, bottom = box(annotation.bounding_poly)
        assert 0 <= left < right <= size[0]
        assert 0 <= top < bottom <= size[1]


@needs_photos
def test_a_word_is_where_it_stands_in_the_photo(annotator):
    answer = annotator.annotate((PHOTOS / "text_notice.jpg").read_bytes(), Feature.TEXT_DETECTION)
    boxes = {annotation.description: box(annotation.bounding_poly) for annotation in answer.text_annotations[1:]}
    left, top, right, bottom = boxes["PARKING"]
    assert (left, top, right, bottom) == pytest.approx((277, 131, 422, 163), abs=15)


def test_a_drawing_is_read_in_reading_order(annotator):
    image = encoded(written("Serial number 4711-AB", "Pressure 16 bar", "Due 2026-11-30"))
    answer = annotator.annotate(image, Feature.TEXT_DETECTION)
    assert answer.text_annotations[0].description == "Serial number 4711-AB\nPressure 16 bar\nDue 2026-11-30"
    assert [annotation.description for annotation in answer.text_annotations[1:4]] == ["Serial", "number", "4711-AB"]
    lefts = [box(annotation.bounding_poly)[0] for annotation in answer.text_annotations[1:4]]
    assert lefts == sorted(set(lefts))


def test_both_text_features_fill_the_full_annotation(annotator):
    image = encoded(written("Serial number", "4711"))
    for feature in (Feature.TEXT_DETECTION, Feature.DOCUMENT_TEXT_DETECTION):
        full = annotator.annotate(image, feature).full_text_annotation
        (page,) = full.pages
        assert (page.width, page.height) == (640, 360)
        words = [word for block in page.blocks for paragraph in block.paragraphs for word in paragraph.words]
        assert ["".join(symbol.text for symbol in word.symbols) for word in words] == ["Serial", "number", "4711"]
        breaks = [word.symbols[-1].property.detected_break.type_ for word in words]
        assert breaks[:2] == [Break.SPACE, Break.EOL_SURE_SPACE]
        assert breaks[2] == Break.LINE_BREAK
        assert all(0.9 < word.confidence <= 1 for word in words)
        assert full.text == "Serial number\n4711"


def test_boxes_are_in_the_pixels_of_a_large_original(annotator):
    large = written("Serial 4711").resize((3840, 2160))
    for image in (encoded(large, "JPEG"), encoded(large, "WEBP", quality=50)):
        answer = annotator.annotate(image, Feature.TEXT_DETECTION)
        assert answer.text_annotations[0].description == "Serial 4711"
        assert box(answer.text_annotations[0].bounding_poly) == pytest.approx((240, 290, 1530, 520), abs=90)


def test_a_photo_taken_sideways_is_read_upright(annotator):
    upright = written("Serial 4711")
    orientation = Image.Exif()
    orientation[0x0112] = 6  # to be shown turned by 90 degrees clockwise
    sideways = encoded(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=orientation)
    answer = annotator.annotate(sideways, Feature.TEXT_DETECTION)
    assert answer.text_annotations[0].description == "Serial 4711"
    (page,) = answer.full_text_annotation.pages
    assert (page.width, page.height) == upright.size


def test_a_transparent_picture_lies_on_white(annotator):
    ink = written("Serial 4711").convert("L").point(lambda value: 255 - value)
    black = Image.new("RGB", ink.size, "black")
    black.putalpha(ink)
    answer = annotator.annotate(encoded(black), Feature.TEXT_DETECTION)
    assert answer.text_annotations[0].description == "Serial 4711"


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (4000, 1), (1, 4000), (3000, 20)])
def test_a_picture_without_text_has_no_annotation_however_thin_it_is(annotator, size):
    answer = annotator.annotate(encoded(Image.new("RGB", size, "grey")), Feature.TEXT_DETECTION)
    assert answer.error.code == 0
    assert not answer.text_annotations
    assert not answer.full_text_annotation.pages
