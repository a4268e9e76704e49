"""A vision service for all tests here, and Google's client for it."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from google.cloud import vision
from google.cloud.vision_v1.services.image_annotator.transports import ImageAnnotatorGrpcTransport
from PIL import Image, ImageDraw, ImageFont

from tests.running import ROOT, LocalCloud, local_cloud

PHOTOS = Path(os.environ.get("LOUPE_PHOTOS", ROOT.parent / "shared" / "photos"))
needs_photos = pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"no real photos: {PHOTOS} is missing (LOUPE_PHOTOS)")
Feature = vision.Feature.Type


@dataclass
class Annotator:
    """Google's client, and the local cloud behind it."""

    cloud: LocalCloud
    client: vision.ImageAnnotatorClient

    def annotate(self, image: bytes | dict[str, Any], *features: Feature) -> vision.AnnotateImageResponse:
        """The answer for one image, given by its content or as an Image message."""
        (answer,) = self.annotate_all([image], *features).responses
        return answer

    def annotate_all(self, images: list[bytes | dict[str, Any]], *features: Feature) -> Any:
        asked = [{"type_": feature} for feature in features]
        requests = [
            {"image": image if isinstance(image, dict) else {"content": image}, "features": asked} for image in images
        ]
        return self.client.batch_annotate_images(requests=requests, timeout=60)

    def engine(self) -> psutil.Process:
        """The engine's process."""
        (child,) = psutil.Process(self.cloud.process.pid).children()
        return child


def client(cloud: LocalCloud, channel: grpc.Channel) -> Annotator:
    transport = ImageAnnotatorGrpcTransport(channel=channel)
    return Annotator(cloud, vision.ImageAnnotatorClient(transport=transport))


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def written(*lines: str, size: tuple[int, int] = (640, 360), height: int = 40) -> Image.Image:
    """A white picture with lines of black text."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((40, 40 + number * height * 1.6), line, fill="black", font=ImageFont.load_default(height))
    return image


def box(polygon: Any) -> tuple[int, int, int, int]:
    """Left, top, right, bottom."""
    xs, ys = [vertex.x for vertex in polygon.vertices], [vertex.y for vertex in polygon.vertices]
    return min(xs), min(ys), max(xs), max(ys)


@pytest.fixture(scope="session")
def annotator(tmp_path_factory):
    with (
        local_cloud(tmp_path_factory.mktemp("vision"), "vision,storage") as cloud,
        grpc.insecure_channel(cloud.ports.address("vision")) as channel,
    ):
        yield client(cloud, channel)
