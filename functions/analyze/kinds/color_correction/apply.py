"""The correction on a whole photo: strip by strip in 32-bit floats, and written as sRGB with its profile."""

from __future__ import annotations

import functools
import struct
import zlib
from typing import Final

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ImageCms

from .model import F, root_terms, tone
from .order import Correction
from .raster import Coded, Raster
from .spaces import Floats, linear_to_srgb

BLOWN: Final = 0.975  # as coded: where even the darkest channel is above it, the sensor has seen no colour
STRIP: Final = 2**18  # pixels: what is worked on at once stays in the cache
STEPS: Final = 65536  # of the root of linear light, from which sRGB is looked up: even the darkest are told apart
QUALITY: Final = 95  # JPEG, with full chroma


def corrected(raster: Raster, correction: Correction, conversion: Floats | None = None) -> Coded:
    """The photo in sRGB, of the same size and depth.

    `conversion` (3 x 3) takes the photo's linear light to that of the photo which the correction was fitted to, where
    they have other primaries.
    """
    height, width = raster.size
    done = np.empty_like(raster.coded)
    tables = np.asarray(raster.profile.tables(raster.levels), dtype=np.float64)
    if conversion is None:
        tables = tone(tables.T, np.array(correction.exponent), np.array(correction.bend), correction.floor).T
    shown = _coding(raster.levels)
    affine = np.hstack([np.reshape(correction.matrix, (3, 3)), np.array(correction.offset)[:, None]]).astype(np.float32)
    roots = np.reshape(correction.roots, (3, 3)).astype(np.float32)
    rows = max(1, STRIP // width)
    for top in range(0, height, rows):
        strip = raster.coded[top : top + rows]
        light = _looked_up(strip, tables.astype(np.float32))
        if conversion is not None:
            light = _toned(light, correction, conversion)
        linear = np.asarray(cv2.transform(light, affine), dtype=np.float32)
        if roots.any():
            terms = np.ascontiguousarray(root_terms(light))
            linear += np.asarray(cv2.transform(terms, roots), dtype=np.float32)
        _keep_white(strip, linear, raster.levels)
        root = cv2.sqrt(np.maximum(linear, 0.0, out=linear))
        steps = np.rint(np.minimum(root, 1.0) * np.float32(STEPS - 1)).astype(np.uint16)
        done[top : top + rows] = np.take(shown, steps)
    return done


def _keep_white(strip: Coded, linear: NDArray[np.float32], levels: int) -> None:
    """Turn blown-out light to white, in place: it has no colour that could be corrected."""
    least = np.minimum(np.minimum(strip[..., 0], strip[..., 1]), strip[..., 2])
    blown = least > BLOWN * (levels - 1)
    if blown.any():
        linear[blown] = whitened(linear[blown], least[blown] / (levels - 1))


def whitened(linear: NDArray[F], least: Floats) -> NDArray[F]:
    """Corrected light (n x 3) on its way to white by how far its least coded channel (n, 0 to 1) is above BLOWN."""
    share = np.clip((least - BLOWN) / (1 - BLOWN), 0.0, 1.0)[:, None]
    white = np.maximum(linear.max(axis=1, keepdims=True), 1.0)
    return np.asarray(linear + share * (white - linear), dtype=linear.dtype)


def _looked_up(strip: Coded, tables: NDArray[np.float32]) -> NDArray[np.float32]:
    if strip.dtype == np.uint8:
        return np.asarray(cv2.LUT(np.ascontiguousarray(strip), np.ascontiguousarray(tables.T[None])), dtype=np.float32)
    return np.stack([np.take(tables[channel], strip[..., channel]) for channel in range(3)], axis=-1)


def _toned(light: NDArray[np.float32], correction: Correction, conversion: Floats) -> NDArray[np.float32]:
    converted = np.asarray(cv2.transform(light, conversion.astype(np.float32)), dtype=np.float64)
    toned = tone(converted, np.array(correction.exponent), np.array(correction.bend), correction.floor)
    return toned.astype(np.float32)


@functools.lru_cache(maxsize=2)
def _coding(levels: int) -> Coded:
    """sRGB as coded in `levels`, for each step of the root of linear light."""
    values = np.round(linear_to_srgb(np.linspace(0, 1, STEPS) ** 2) * (levels - 1))
    return np.asarray(values, dtype=np.uint8 if levels == 256 else np.uint16)


@functools.cache
def srgb_icc() -> bytes:
    """The profile that tells every program that a picture is sRGB."""
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def jpeg(picture: NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """JPEG with full chroma, tagged as sRGB."""
    made: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(picture), quality=quality, colorspace="RGB", colorsubsampling="444", fastdct=False
    )
    # ICC.1:2022, annex B.4: one APP2 segment, here right behind the first marker.
    payload = b"ICC_PROFILE\0\x01\x01" + srgb_icc()
    return made[:2] + b"\xff\xe2" + struct.pack(">H", len(payload) + 2) + payload + made[2:]


def png(picture: Coded) -> bytes:
    """PNG of 8 or 16 bits, tagged as sRGB (ISO/IEC 15948:2004, 11.3.3.5)."""
    _, made = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    data = made.tobytes()
    chunk = b"sRGB\x01"  # relative colorimetric
    tagged = struct.pack(">I", 1) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data[:33] + tagged + data[33:]
