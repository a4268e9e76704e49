"""What an RGB profile of the matrix type says: a curve for each channel, and where the primaries are.

Read here rather than through a colour engine because a correction needs the photo's own linear light, at the photo's
own depth and not clipped to sRGB. Source: ICC.1:2022 (profile version 4.4), 7.2, 9.2, 10.6 (curv), 10.18 (para), 10.31
(XYZ).
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec
import numpy as np

from .adaptation import adaptation_matrix
from .spaces import SRGB_TO_XYZ, WHITES, Floats, srgb_to_linear

LARGEST: Final = 4 * 2**20  # bytes; profiles with tables have about 2 MB
MOST_TAGS: Final = 100
_PARAMETERS: Final = (1, 3, 4, 5, 7)  # of the five types of parametric curves


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """An RGB space: `curves` (3 x n) take coded values, evenly from 0 to 1, to linear light; `to_xyz` takes that to
    XYZ under D65.
    """

    name: str
    curves: Floats
    to_xyz: Floats

    def tables(self, levels: int) -> Floats:
        """Linear light of each of `levels` coded values, 3 x levels."""
        at = np.linspace(0, 1, levels)
        if self.curves.shape[1] == levels:
            return self.curves
        return np.stack([np.interp(at, np.linspace(0, 1, self.curves.shape[1]), curve) for curve in self.curves])


def srgb_profile(levels: int) -> Profile:
    """sRGB at `levels` coded values."""
    curve = srgb_to_linear(np.linspace(0, 1, levels))
    return Profile(name="sRGB", curves=np.stack([curve] * 3), to_xyz=SRGB_TO_XYZ)


def read_profile(data: bytes, levels: int) -> Profile | None:
    """The profile, its curves at `levels` coded values; None where it is broken or not of the matrix type."""
    if not 132 <= len(data) <= LARGEST:
        return None
    try:
        tags = _tags(data)
        if data[16:20] != b"RGB " or data[20:24] != b"XYZ " or b"A2B0" in tags:
            return None
        columns = [_xyz(tags[b"%cXYZ" % channel]) for channel in b"rgb"]
        curves = [_curve(tags[b"%cTRC" % channel], levels) for channel in b"rgb"]
    except (KeyError, IndexError, ValueError, ZeroDivisionError, OverflowError, struct.error):
        return None
    under_d50 = np.array(columns).T
    curve = np.stack(curves)
    rising = np.diff(curve, axis=1).min() >= 0 and curve[:, -1].min() > 0.5
    white = under_d50 @ np.ones(3)
    # A profile's primaries add up to the white of the connection space; a matrix that does not is no profile's.
    if not (np.isfinite(curve).all() and rising and np.abs(white - WHITES["D50"]).max() < 0.02):
        return None
    if abs(np.linalg.det(under_d50)) < 1e-3:
        return None
    to_xyz = adaptation_matrix(WHITES["D50"], WHITES["D65"]) @ under_d50
    is_srgb = np.abs(to_xyz - SRGB_TO_XYZ).max() < 2e-3 and np.abs(curve - srgb_profile(levels).curves).max() < 2e-3
    return srgb_profile(levels) if is_srgb else Profile(name=_name(tags), curves=curve, to_xyz=to_xyz)


def _tags(data: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", data, 128)
    found = {}
    for number in range(min(count, MOST_TAGS)):
        signature, offset, size = struct.unpack_from(">4sII", data, 132 + 12 * number)
        if offset + size <= len(data):
            found[signature] = data[offset : offset + size]
    return found


def _xyz(tag: bytes) -> tuple[float, float, float]:
    if tag[:4] != b"XYZ ":
        raise ValueError("not an XYZ tag")
    x, y, z = struct.unpack_from(">3i", tag, 8)
    return x / 65536, y / 65536, z / 65536


def _curve(tag: bytes, levels: int) -> Floats:
    at = np.linspace(0, 1, levels)
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return at
        if count == 1:
            return np.asarray(at ** (struct.unpack_from(">H", tag, 12)[0] / 256), dtype=np.float64)
        table = np.frombuffer(tag, ">u2", count, 12) / 65535
        return np.interp(at, np.linspace(0, 1, count), table)
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        numbers = [value / 65536 for value in struct.unpack_from(f">{_PARAMETERS[kind]}i", tag, 12)]
        return _parametric(at, numbers)
    raise ValueError("not a curve")


def _parametric(at: Floats, numbers: list[float]) -> Floats:
    """The five curves of ICC.1:2022, table 68, as one: (a x + b)^g + c from d on, e x + f below."""
    power = numbers[0]
    a, b = (numbers[1], numbers[2]) if len(numbers) > 1 else (1.0, 0.0)
    if len(numbers) == 3:
        from_here, c, slope, f = -b / a, 0.0, 0.0, 0.0
    elif len(numbers) == 4:
        from_here, c, slope, f = -b / a, numbers[3], 0.0, numbers[3]
    elif len(numbers) == 5:
        from_here, c, slope, f = numbers[4], 0.0, numbers[3], 0.0
    elif len(numbers) == 7:
        from_here, c, slope, f = numbers[4], numbers[5], numbers[3], numbers[6]
    else:
        from_here, c, slope, f = 0.0, 0.0, 0.0, 0.0
    curved = np.maximum(a * at + b, 0.0) ** power + c
    return np.where(at >= from_here, curved, slope * at + f)


def _name(tags: dict[bytes, bytes]) -> str:
    """The profile's own description, printable, at most 60 characters."""
    tag = tags.get(b"desc", b"")
    if tag[:4] == b"mluc" and len(tag) >= 28:
        length, offset = struct.unpack_from(">II", tag, 20)
        text = tag[offset : offset + length].decode("utf-16-be", "replace")
    else:
        text = tag[12:].split(b"\0")[0].decode("ascii", "replace")
    return "".join(letter for letter in text if letter.isprintable())[:60] or "unnamed"
