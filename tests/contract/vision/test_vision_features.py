"""Colours, features that have no engine, and where images may come from."""

from __future__ import annotations

import grpc
import pytest
from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage, vision
from PIL import Image

from tests.contract.vision.conftest import Feature, encoded, written

WITHOUT_ENGINE = [
    Feature.FACE_DETECTION,
    Feature.LANDMARK_DETECTION,
    Feature.LOGO_DETECTION,
    Feature.LABEL_DETECTION,
    Feature.CROP_HINTS,
    Feature.WEB_DETECTION,
    Feature.OBJECT_LOCALIZATION,
]


def two_colours() -> Image.Image:
    """Three quarters of a strong red, one quarter of a grey."""
    image = Image.new("RGB", (200, 100), (200, 20, 30))
    image.paste((128, 128, 128), (150, 0, 200, 100))
    return image


def test_the_colours_of_a_two_coloured_picture_are_found_with_their_shares(annotator):
    answer = annotator.annotate(encoded(two_colours()), Feature.IMAGE_PROPERTIES)
    red, grey = answer.image_properties_annotation.dominant_colors.colors
    assert (red.color.red, red.color.green, red.color.blue) == pytest.approx((200, 20, 30), abs=2)
    assert (grey.color.red, grey.color.green, grey.color.blue) == pytest.approx((128, 128, 128), abs=2)
    assert red.pixel_fraction == pytest.approx(0.75, abs=0.01)
    assert red.pixel_fraction + grey.pixel_fraction == pytest.approx(1)
    assert red.score > red.pixel_fraction, "a strong colour is more prominent than a grey of its size"


def test_a_colourful_picture_has_at_most_ten_colours(annotator):
    stripes = Image.new("HSV", (300, 30))
    for x in range(300):
        stripes.paste((x * 256 // 300, 255, 255 - x % 100), (x, 0, x + 1, 30))
    answer = annotator.annotate(encoded(stripes.convert("RGB")), Feature.IMAGE_PROPERTIES)
    colours = answer.image_properties_annotation.dominant_colors.colors
    assert len(colours) == 10
    assert sum(colour.pixel_fraction for colour in colours) == pytest.approx(1)
    assert all(0 <= channel <= 255 for c in colours for channel in (c.color.red, c.color.green, c.color.blue))
    scores = [colour.score for colour in colours]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("feature", WITHOUT_ENGINE, ids=lambda feature: feature.name)
def test_a_feature_without_a_model_finds_nothing(annotator, feature):
    answer = annotator.annotate(encoded(two_colours()), feature)
    assert answer == vision.AnnotateImageResponse()


def test_safe_search_says_that_it_does_not_know(annotator):
    answer = annotator.annotate(encoded(two_colours()), Feature.SAFE_SEARCH_DETECTION)
    assert "safe_search_annotation" in answer
    assert answer.safe_search_annotation.adult == vision.Likelihood.UNKNOWN


def test_several_features_are_answered_together(annotator):
    answer = annotator.annotate(
        encoded(written("Serial 4711")), Feature.IMAGE_PROPERTIES, Feature.TEXT_DETECTION, Feature.LABEL_DETECTION
    )
    assert answer.text_annotations[0].description == "Serial 4711"
    assert answer.image_properties_annotation.dominant_colors.colors[0].color.red == pytest.approx(255, abs=2)


@pytest.mark.parametrize("call", ["batch_annotate_files", "async_batch_annotate_images", "async_batch_annotate_files"])
def test_calls_that_are_not_here_are_unimplemented_by_name(annotator, call):
    with pytest.raises(exceptions.MethodNotImplemented, match="not implemented by the local cloud"):
        getattr(annotator.client, call)({}, timeout=10)


def test_an_image_is_read_from_the_local_storage(annotator):
    with storage.Client(
        project="demo-loupe",
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=annotator.cloud.ports.url("storage")),
    ) as client:
        blob = client.create_bucket("photos").blob("a folder/ü?.png")
        blob.upload_from_string(encoded(two_colours()), "image/png")
    for source in ({"image_uri": "gs://photos/a folder/ü?.png"}, {"gcs_image_uri": "gs://photos/a folder/ü?.png"}):
        answer = annotator.annotate({"source": source}, Feature.IMAGE_PROPERTIES)
        assert len(answer.image_properties_annotation.dominant_colors.colors) == 2


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ({"source": {"image_uri": "gs://photos/nothing.png"}}, grpc.StatusCode.NOT_FOUND),
        ({"source": {"image_uri": "gs://no-such-bucket/x"}}, grpc.StatusCode.NOT_FOUND),
        ({"source": {"image_uri": "gs://photos"}}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"source": {"image_uri": "gs:///x"}}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"source": {"image_uri": "https://example.com/x.png"}}, grpc.StatusCode.UNIMPLEMENTED),
        ({"source": {"image_uri": "file:///etc/passwd"}}, grpc.StatusCode.UNIMPLEMENTED),
        ({"source": {}}, grpc.StatusCode.INVALID_ARGUMENT),
        ({}, grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
def test_an_image_that_cannot_be_had_is_an_error_of_its_own(annotator, image, code):
    bad, good = annotator.annotate_all([image, encoded(two_colours())], Feature.IMAGE_PROPERTIES).responses
    assert bad.error.code == code.value[0]
    assert not bad.image_properties_annotation.dominant_colors.colors
    assert len(good.image_properties_annotation.dominant_colors.colors) == 2
