"""Broken and huge images, too many of them, and an engine that dies."""

from __future__ import annotations

import io
import signal
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import grpc
import psutil
import pytest
from google.api_core import exceptions
from PIL import Image

from tests.contract.vision.conftest import PHOTOS, Feature, client, encoded, needs_photos, written
from tests.running import local_cloud

INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT.value[0]
INTERNAL = grpc.StatusCode.INTERNAL.value[0]


def huge_png(width: int, height: int) -> bytes:
    """A small file that declares a large picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000 * (width // 8 + 1)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def tiff() -> bytes:
    return encoded(Image.new("RGB", (8, 8)), "TIFF")


DRAWN = encoded(written("Serial 4711"), "JPEG")
BAD = {
    "no image": b"hello",
    "a signature alone": b"\xff\xd8\xff",
    "half a JPEG": DRAWN[: len(DRAWN) // 2],
    "a PNG with rubbish inside": b"\x89PNG\r\n\x1a\n" + b"\x00" * 500,
    "a GIF with rubbish inside": b"GIF89a" + b"\xff" * 500,
    "a BMP with rubbish inside": b"BM" + b"\xff" * 500,
    "no WebP": b"RIFF" + b"\x00" * 500,
    "400 megapixels in 100 kB": huge_png(20_000, 20_000),
    "60 megapixels": huge_png(10_000, 6_000),
    "a TIFF": tiff(),
    "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg'><text>hello</text></svg>",
    "zeros": bytes(100_000),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_bytes_that_are_no_image_are_bad_image_data_and_hurt_no_others(annotator, content):
    bad, good = annotator.annotate_all([content, DRAWN], Feature.TEXT_DETECTION, Feature.IMAGE_PROPERTIES).responses
    assert (bad.error.code, bad.error.message) == (INVALID_ARGUMENT, "Bad image data.")
    assert good.text_annotations[0].description == "Serial 4711"


@needs_photos
@pytest.mark.parametrize("photo", ["robust_png_decompression_dos.png", "robust_truncated_jpeg.jpg"])
def test_files_made_to_hurt_decoders_are_bad_image_data(annotator, photo):
    answer = annotator.annotate((PHOTOS / photo).read_bytes(), Feature.TEXT_DETECTION)
    assert answer.error.message == "Bad image data."


def test_bad_image_data_is_said_even_when_no_engine_is_asked(annotator):
    assert annotator.annotate(b"hello", Feature.LABEL_DETECTION).error.message == "Bad image data."


def test_an_image_over_the_limit_is_refused(annotator):
    answer = annotator.annotate(DRAWN + bytes(20 * 1024 * 1024), Feature.IMAGE_PROPERTIES)
    assert answer.error.code == INVALID_ARGUMENT
    assert "larger" in answer.error.message


def test_sixteen_images_are_served_and_seventeen_refused(annotator):
    assert len(annotator.annotate_all([DRAWN] * 16, Feature.IMAGE_PROPERTIES).responses) == 16
    with pytest.raises(exceptions.InvalidArgument, match="Too many images"):
        annotator.annotate_all([DRAWN] * 17, Feature.IMAGE_PROPERTIES)


def test_a_request_without_images_has_an_empty_answer(annotator):
    assert not annotator.annotate_all([], Feature.IMAGE_PROPERTIES).responses


@pytest.mark.parametrize("feature", [{}, {"type_": 99}, {"type_": -1}, {"type_": 4, "max_results": -1}])
def test_a_feature_that_makes_no_sense_is_an_error(annotator, feature):
    requests = [{"image": {"content": DRAWN}, "features": [feature]}]
    (answer,) = annotator.client.batch_annotate_images(requests=requests, timeout=10).responses
    assert answer.error.code == INVALID_ARGUMENT


def test_no_feature_at_all_is_an_error(annotator):
    assert annotator.annotate(DRAWN).error.code == INVALID_ARGUMENT


def test_an_engine_killed_in_mid_call_is_an_error_and_the_next_call_gets_a_fresh_one(annotator):
    annotator.annotate(DRAWN, Feature.TEXT_DETECTION)
    engine = annotator.engine()
    engine.suspend()  # so that the call is surely under way
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(annotator.annotate, DRAWN, Feature.TEXT_DETECTION)
        time.sleep(0.2)
        assert not call.done()
        engine.kill()
        assert call.result().error.code == INTERNAL
    assert annotator.annotate(DRAWN, Feature.TEXT_DETECTION).text_annotations[0].description == "Serial 4711"
    assert annotator.engine().pid != engine.pid


def test_a_caller_who_gives_up_does_not_disturb_the_next_one(annotator):
    annotator.annotate(DRAWN, Feature.TEXT_DETECTION)
    engine = annotator.engine()
    engine.suspend()
    requests = [{"image": {"content": DRAWN}, "features": [{"type_": Feature.TEXT_DETECTION}]}]
    with pytest.raises(exceptions.DeadlineExceeded):
        annotator.client.batch_annotate_images(requests=requests, retry=None, timeout=0.2)
    engine.resume()
    answer = annotator.annotate(encoded(Image.new("RGB", (64, 64), "red")), Feature.IMAGE_PROPERTIES)
    assert answer.image_properties_annotation.dominant_colors.colors[0].color.red == pytest.approx(255, abs=1)
    assert annotator.engine().pid == engine.pid


def test_a_small_request_does_not_wait_for_all_of_a_large_one(annotator):
    slow = encoded(Image.effect_noise((2000, 2000), 90), "JPEG")
    with ThreadPoolExecutor(1) as pool:
        large = pool.submit(annotator.annotate_all, [slow] * 5, Feature.TEXT_DETECTION)
        time.sleep(0.1)
        annotator.annotate(DRAWN, Feature.IMAGE_PROPERTIES)
        assert not large.done()
        assert len(large.result().responses) == 5


def test_colours_alone_keep_the_engine_small_and_a_killed_service_leaves_no_engine_behind(tmp_path):
    with (
        local_cloud(tmp_path, "vision") as cloud,
        grpc.insecure_channel(cloud.ports.address("vision")) as channel,
    ):
        annotator = client(cloud, channel)
        assert not psutil.Process(cloud.process.pid).children(), "nothing is started before it is asked for"
        annotator.annotate(DRAWN, Feature.IMAGE_PROPERTIES)
        engine = annotator.engine()
        assert engine.memory_info().rss < 100 * 1024 * 1024
        cloud.stop(signal.SIGKILL)
        engine.wait(timeout=5)


def test_every_mutation_of_an_image_is_answered(annotator):
    """A byte changed here and there: an answer or bad image data, and the same engine all the while."""
    annotator.annotate(DRAWN, Feature.IMAGE_PROPERTIES)
    engine = annotator.engine().pid
    kinds = [encoded(Image.effect_mandelbrot((64, 64), (-2, -2, 2, 2), 9), kind) for kind in ("GIF", "BMP", "PNG")]
    for original in (DRAWN[:4000], *kinds, encoded(Image.open(io.BytesIO(DRAWN)), "WEBP")):
        for position in range(4, min(len(original), 600), 13):
            mutant = bytearray(original)
            mutant[position] ^= 0xFF
            assert annotator.annotate(bytes(mutant), Feature.LABEL_DETECTION).error.code in {0, INVALID_ARGUMENT}
    assert annotator.engine().pid == engine
