"""Bytes to pixels by Pillow: one decode, at the smallest scale that suffices, strict about damage."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import numpy as np
from PIL import Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from .colour import flatten_on_white, to_srgb
from .policy import Derived
from .refusal import Refused
from .screen import AVIF, JPEG, PNG, WEBP

# Opening by class and not by Image.open: one decoder, chosen by content, and a JPEG stays a JPEG even where a phone
# put a second picture (depth, HDR gain map, preview) behind it.
_OPENERS: Final[Mapping[str, Callable[[io.BytesIO], ImageFile.ImageFile]]] = {
    JPEG: JpegImageFile,
    PNG: PngImageFile,
    WEBP: WebPImageFile,
    AVIF: AvifImageFile,
}

# Everything that Pillow 13 is known to raise on damaged files.
_DAMAGE: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    Image.DecompressionBombError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
    struct.error,
    zlib.error,
)

_UPRIGHT: Final[Mapping[int, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_photo(data: bytes, content_type: str) -> ImageFile.ImageFile:
    """Read the header; pixels stay undecoded. Raises Refused for damage and for more than one frame."""
    with _damage_refused():
        image = _OPENERS[content_type](io.BytesIO(data))
        frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise Refused("MULTIPLE_FRAMES", frames=frames)
    return image


def upright_size(size: tuple[int, int], orientation: int | None) -> tuple[int, int]:
    """Width and height as seen: orientations 5 to 8 lie on their side."""
    return (size[1], size[0]) if orientation in {5, 6, 7, 8} else size


def decode(image: ImageFile.ImageFile, *, orientation: int | None, derived: Derived) -> Image.Image:
    """The photo upright, in sRGB, opaque, without metadata, long edge at most `normalized_side`. Raises Refused."""
    with _damage_refused():
        profile = image.info.get("icc_profile")
        image.draft(None, _draft_size(image.size, derived))
        image.load()
        plain = _plain(image)
        small = shrink(plain, derived.normalized_side)
        seen = to_srgb(flatten_on_white(small), profile if isinstance(profile, bytes) else None)
        turn = _UPRIGHT.get(orientation or 1)
        turned = seen if turn is None else seen.transpose(turn)
        turned.info = {}
        return turned


def shrink(image: Image.Image, side: int) -> Image.Image:
    """The picture with its long edge at most `side`, and never larger than it is."""
    scale = side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _draft_size(size: tuple[int, int], derived: Derived) -> tuple[int, int]:
    """What to ask JPEG's scaled decoding for: the strongest of 1/8, 1/4, 1/2 that keeps enough detail."""
    enough = derived.smallest_decode * derived.normalized_side
    scale = next((scale for scale in (8, 4, 2) if max(size) / scale >= enough), 1)
    return max(1, size[0] // scale), max(1, size[1] // scale)


def _plain(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be scaled: L, RGB, RGBA or CMYK."""
    if image.mode.startswith("I;16"):  # Pillow's own conversion clips instead of scaling
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")


@contextmanager
def _damage_refused() -> Iterator[None]:
    """Whatever Pillow raises or warns of within this block is the photo's fault."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")  # EXIF: broken, but not the photo
            yield
    except MemoryError as error:
        raise Refused("TOO_MUCH_MEMORY") from error
    except _DAMAGE as error:
        if "out of memory" in str(error):  # how Pillow reports that a codec could not allocate
            raise Refused("TOO_MUCH_MEMORY") from error
        raise Refused("UNREADABLE", detail=type(error).__name__) from error
