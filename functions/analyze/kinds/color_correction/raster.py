"""A photo at its full size and depth: coded values as they are in the file, upright, and the way to linear light.

JPEG by simplejpeg, PNG of 16 bits by OpenCV, which alone keeps them; everything else by Pillow. For guarded children.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import cv2
import msgspec
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ImageFile

from shared.model.quality import default_policy

from ...intake.bands import small_and_plain
from ...intake.colour import srgb
from ...intake.damage import damage_refused
from ...intake.decode import open_photo
from ...intake.exif import read_exif
from ...intake.header import check_container, check_size
from ...intake.screen import JPEG, PNG, identify
from .profile import Profile, read_profile, srgb_profile
from .spaces import XYZ_TO_SRGB, Floats, linear_to_srgb

Coded = NDArray[np.unsignedinteger[Any]]  # of 8 or 16 bits

_TURNS: Final[Mapping[int, tuple[int | None, int | None]]] = {  # EXIF orientation → cv2.rotate, then cv2.flip
    2: (None, 1),
    3: (cv2.ROTATE_180, None),
    4: (None, 0),
    5: (cv2.ROTATE_90_CLOCKWISE, 1),
    6: (cv2.ROTATE_90_CLOCKWISE, None),
    7: (cv2.ROTATE_90_COUNTERCLOCKWISE, 1),
    8: (cv2.ROTATE_90_COUNTERCLOCKWISE, None),
}


class Raster(msgspec.Struct, frozen=True, kw_only=True):
    """Height x width x 3 (red, green, blue) of 8 or 16 bits, and what they mean."""

    coded: Coded
    profile: Profile

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return int(self.coded.shape[0]), int(self.coded.shape[1])

    @property
    def levels(self) -> int:
        """How many coded values there are: 256 or 65536."""
        return 256 if self.coded.dtype == np.uint8 else 65536

    def read(self, rows: slice, columns: slice) -> tuple[Floats, Floats]:
        """A part as linear light in the photo's own primaries, and as coded; both 0 to 1."""
        part = self.coded[rows, columns]
        tables = self.profile.tables(self.levels)
        linear = np.stack([tables[channel][part[..., channel]] for channel in range(3)], axis=-1)
        return linear, part / (self.levels - 1)

    def preview(self, side: int) -> NDArray[np.uint8]:
        """The picture in sRGB, blue first, with a long edge of at most `side`."""
        factor = min(1.0, side / max(self.size))
        size = (max(1, round(self.size[1] * factor)), max(1, round(self.size[0] * factor)))
        small = np.asarray(self.coded if factor == 1 else cv2.resize(self.coded, size, interpolation=cv2.INTER_AREA))
        if self.profile.name == "sRGB":
            shown = np.asarray(small if small.dtype == np.uint8 else small // 257, dtype=np.uint8)
        else:
            tables = self.profile.tables(self.levels)
            linear = np.stack([tables[channel][small[..., channel]] for channel in range(3)], axis=-1)
            shown = np.round(linear_to_srgb(linear @ (XYZ_TO_SRGB @ self.profile.to_xyz).T) * 255).astype(np.uint8)
        return np.ascontiguousarray(shown[..., ::-1])


def decode(data: bytes) -> Raster:
    """The photo, upright and opaque. Raises intake.refusal.Refused."""
    limits = default_policy().limits
    content_type = identify(data, declared_type=None, limits=limits)
    check_container(data, content_type, limits)
    image = open_photo(data, content_type)
    check_size(image.size, limits, packed=len(data))
    exif, _ = read_exif(image.info.get("exif"))
    with damage_refused():
        coded, profile = _pixels(data, image, content_type)
    return Raster(coded=_upright(coded, exif.orientation or 1), profile=profile)


def _pixels(data: bytes, image: ImageFile.ImageFile, content_type: str) -> tuple[Coded, Profile]:
    icc = image.info.get("icc_profile")
    icc = icc if isinstance(icc, bytes) else b""
    deep = content_type == PNG and data[24] == 16
    levels = 65536 if deep else 256
    profile = read_profile(icc, levels) if icc else srgb_profile(levels)
    if deep and image.mode != "CMYK":
        return _deep(data), profile or srgb_profile(levels)
    if content_type == JPEG and image.mode in {"RGB", "L"} and profile:
        return np.asarray(simplejpeg.decode_jpeg(data, "RGB", strict=True)), profile
    if profile and image.mode != "CMYK":
        # No profile is applied yet: the plain picture, opaque.
        return np.asarray(small_and_plain(image, max(image.size)).convert("RGB")), profile
    # CMYK, and profiles made of tables: only a colour engine knows them. It works at 8 bits.
    return srgb(small_and_plain(image, max(image.size)), icc), srgb_profile(256)


def _deep(data: bytes) -> NDArray[np.uint16]:
    """16 bits to a channel; what showed through is white."""
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16:
        raise ValueError("the PNG does not hold what its header says")
    if found.ndim == 2:
        found = found[..., None]
    if found.shape[2] in {2, 4}:
        alpha = found[..., -1:].astype(np.float32) / 65535
        found = np.round(found[..., :-1] * alpha + 65535 * (1 - alpha)).astype(np.uint16)
    if found.shape[2] == 1:
        found = np.repeat(found, 3, axis=2)
    return np.ascontiguousarray(found[..., ::-1])


def _upright(coded: Coded, orientation: int) -> Coded:
    rotation, flip = _TURNS.get(orientation, (None, None))
    if rotation is not None:
        coded = np.asarray(cv2.rotate(coded, rotation), dtype=coded.dtype)
    return coded if flip is None else np.asarray(cv2.flip(coded, flip), dtype=coded.dtype)
