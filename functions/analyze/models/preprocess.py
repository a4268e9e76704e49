"""A judged photo's pixels to the tensor a model takes. Pure, and the same in training, tests and production."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .manifest import Input

_TYPES: Final = {"float32": np.float32, "float16": np.float16, "uint8": np.uint8}


class Picture(Protocol):
    """Raw sRGB: `rgb` holds height x width x 3 bytes, row by row, upright."""

    @property
    def width(self) -> int:
        """Pixels."""

    @property
    def height(self) -> int:
        """Pixels."""

    @property
    def rgb(self) -> bytes:
        """The pixels."""


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Where the tensor's frame lies on the picture, in fractions of the picture: beyond 0 to 1 where it is padded."""

    left: float
    top: float
    width: float
    height: float


def tensor(picture: Picture, wanted: Input) -> NDArray[Any]:
    """One picture as the model takes it, without the batch: the shape is `wanted.shape`, the type `wanted.type`."""
    image = Image.frombuffer("RGB", (picture.width, picture.height), picture.rgb, "raw", "RGB", 0, 1)
    fitted = _fitted(image, wanted)
    if wanted.color_order == "GRAY":
        fitted = fitted.convert("L")
    pixels = np.asarray(fitted).reshape(wanted.height, wanted.width, wanted.channels)
    if wanted.color_order == "BGR":
        pixels = pixels[:, :, ::-1]
    if wanted.layout == "NCHW":
        pixels = pixels.transpose(2, 0, 1)
    if wanted.type == "uint8":
        return np.ascontiguousarray(pixels).reshape(wanted.shape)
    shape = (-1, 1, 1) if wanted.layout == "NCHW" else (1, 1, -1)
    std = np.asarray(wanted.std, np.float32).reshape(shape)
    mean = np.asarray(wanted.mean, np.float32).reshape(shape)
    # One multiplication and one addition a number: (value x scale - mean) / std.
    values = np.multiply(pixels, np.float32(wanted.scale) / std, dtype=np.float32, order="C")
    values -= mean / std
    return np.asarray(values.reshape(wanted.shape), _TYPES[wanted.type])


def placement(picture: Picture, wanted: Input) -> Placement:
    """Where the tensor of `tensor` lies on the picture."""
    if wanted.fit == "crop":
        left, top, right, bottom = _middle(picture.width, picture.height, wanted)
        return Placement(
            left=left / picture.width,
            top=top / picture.height,
            width=(right - left) / picture.width,
            height=(bottom - top) / picture.height,
        )
    if wanted.fit == "pad":
        width, height = _inside(picture.width, picture.height, wanted)
        left, top = (wanted.width - width) // 2, (wanted.height - height) // 2
        return Placement(
            left=-left / width, top=-top / height, width=wanted.width / width, height=wanted.height / height
        )
    return Placement(left=0.0, top=0.0, width=1.0, height=1.0)


def _fitted(image: Image.Image, wanted: Input) -> Image.Image:
    size = (wanted.width, wanted.height)
    if wanted.fit == "crop":
        return _resized(image, size, _middle(image.width, image.height, wanted))
    if wanted.fit == "squash":
        return _resized(image, size)
    inside = _inside(image.width, image.height, wanted)
    canvas = Image.new("RGB", size, (wanted.pad_value,) * 3)
    canvas.paste(_resized(image, inside), ((wanted.width - inside[0]) // 2, (wanted.height - inside[1]) // 2))
    return canvas


def _resized(
    image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float] | None = None
) -> Image.Image:
    return image.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)


def _middle(width: int, height: int, wanted: Input) -> tuple[float, float, float, float]:
    """The largest rectangle of the model's proportions, in the middle."""
    scale = min(width / wanted.width, height / wanted.height)
    across, down = min(wanted.width * scale, width), min(wanted.height * scale, height)  # rounding adds nothing
    left, top = (width - across) / 2, (height - down) / 2
    return left, top, min(left + across, width), min(top + down, height)


def _inside(width: int, height: int, wanted: Input) -> tuple[int, int]:
    """The size of the whole picture within the model's frame."""
    scale = min(wanted.width / width, wanted.height / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
