"""Whatever a decoder raises over a photo is the photo's fault."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import cv2
from PIL import Image

from .refusal import Refused

# Everything that Pillow 13, pi-heif 1, simplejpeg 1 and OpenCV 5 are known to raise over damaged files.
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
    cv2.error,
    struct.error,
    zlib.error,
)
_NO_MEMORY: Final = ("out of memory", "insufficient memory", "memory allocation")  # how codecs say it, in any case


@contextmanager
def damage_refused() -> Iterator[None]:
    """Raise Refused instead of whatever a decoder raises or warns of within this block."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")  # EXIF: broken, but not the photo
            yield
    except MemoryError as error:
        raise Refused("TOO_MUCH_MEMORY") from error
    except _DAMAGE as error:
        if any(words in str(error).lower() for words in _NO_MEMORY):
            raise Refused("TOO_MUCH_MEMORY") from error
        raise Refused("UNREADABLE", detail=type(error).__name__) from error
