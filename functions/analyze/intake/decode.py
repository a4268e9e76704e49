"""Bytes to pixels: one decode, at the smallest scale that suffices, strict about damage.

JPEG by simplejpeg, which refuses what other loaders mend or do not see; everything else by Pillow. No byte of a photo
goes to OpenCV's own decoders.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Final

import cv2
import numpy as np
import simplejpeg
from PIL import AvifImagePlugin, Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from shared.model.quality import Derived

from .bands import small_and_plain
from .colour import srgb
from .damage import damage_refused
from .refusal import Refused
from .scale import Raster, area, upright
from .screen import AVIF, HEIC, JPEG, PNG, WEBP

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # the one way in which Pillow can be told


def _heic(stream: io.BytesIO) -> ImageFile.ImageFile:
    import pi_heif
    from pi_heif.as_plugin import HeifImageFile

    pi_heif.options.DECODE_THREADS = 1
    pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False
    opened: ImageFile.ImageFile = HeifImageFile(stream)
    return opened


# Opening by class and not by Image.open: one decoder, chosen by content, and a JPEG stays a JPEG even where a phone
# put a second picture (depth, HDR gain map, preview) behind it.
_OPENERS: Final[Mapping[str, Callable[[io.BytesIO], ImageFile.ImageFile]]] = {
    JPEG: JpegImageFile,
    PNG: PngImageFile,
    WEBP: WebPImageFile,
    AVIF: AvifImageFile,
    HEIC: _heic,
}


def open_photo(data: bytes, content_type: str) -> ImageFile.ImageFile:
    """Read the header; pixels stay undecoded. Raises Refused for damage and for more than one frame."""
    with damage_refused():
        image = _OPENERS[content_type](io.BytesIO(data))
        frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise Refused("MULTIPLE_FRAMES", frames=frames)
    return image


def upright_size(size: tuple[int, int], orientation: int | None) -> tuple[int, int]:
    """Width and height as seen: orientations 5 to 8 lie on their side."""
    return (size[1], size[0]) if orientation in {5, 6, 7, 8} else size


def decode(data: bytes, image: ImageFile.ImageFile, *, orientation: int | None, derived: Derived) -> Raster:
    """The photo upright, in sRGB, opaque, long edge at most `normalized_side`. `image` is `data`, opened.

    Raises Refused.
    """
    with damage_refused():
        profile = image.info.get("icc_profile")
        profile = profile if isinstance(profile, bytes) else None
        if isinstance(image, JpegImageFile):
            raster = _jpeg(data, image, profile, derived)
        else:
            raster = srgb(small_and_plain(image, derived.normalized_side), profile)
        return upright(raster, orientation)


def _jpeg(data: bytes, image: JpegImageFile, profile: bytes | None, derived: Derived) -> Raster:
    width, height = (-(-side // _scale(image.size, derived)) for side in image.size)
    # Asked for at least so many pixels, simplejpeg takes the strongest scale that gives them: this very one.
    decoded = simplejpeg.decode_jpeg(
        data, "CMYK" if image.mode == "CMYK" else "RGB", min_height=height, min_width=width, strict=True
    )
    small = area(decoded, derived.normalized_side)
    if image.mode == "CMYK":  # stored inverted, as Adobe's programs do
        return srgb(Image.fromarray(np.asarray(cv2.bitwise_not(small), dtype=np.uint8), "CMYK"), profile)
    if profile:
        return srgb(Image.fromarray(small).convert(image.mode), profile)
    return small


def _scale(size: tuple[int, int], derived: Derived) -> int:
    """The strongest of JPEG's scales 1/8, 1/4, 1/2 that keeps enough detail, else 1."""
    enough = derived.smallest_decode * derived.normalized_side
    return next((scale for scale in (8, 4, 2) if max(size) / scale >= enough), 1)
