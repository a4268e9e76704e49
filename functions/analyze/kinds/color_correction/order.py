"""What the guarded child is asked for, and what it answers; MessagePack on the way."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

TASK: Final = "color_correction"


Nine = Annotated[tuple[float, ...], msgspec.Meta(min_length=9, max_length=9)]  # a 3 x 3 matrix, row by row
Three = tuple[float, float, float]


class Correction(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A correction as it is kept, and given to another photo under the same light; model.py says what it does."""

    method: str
    matrix: Nine
    offset: Three = (0.0, 0.0, 0.0)
    exponent: Three = (1.0, 1.0, 1.0)
    bend: Three = (0.0, 0.0, 0.0)
    roots: Nine = (0.0,) * 9
    floor: Annotated[float, msgspec.Meta(gt=0)] = 0.01


class Kept(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A correction as a job keeps it. `to_xyz` takes the linear light of the photo that it was fitted to, to XYZ under
    D65, row by row; `chart` is what it was fitted to, and `delta_e_leave_one_out` how good it is.
    """

    correction: Correction
    to_xyz: Nine
    chart: str
    delta_e_leave_one_out: float


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A photo, byte for byte, and how to correct it: by its chart, or as another photo was, `kept`."""

    photo: bytes
    chart: str | None = None
    report: bool = True
    lut: bool = False
    kept: Kept | None = None


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was made."""

    type: str
    data: bytes
    width: int = 0
    height: int = 0


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A reason and what a person is told."""

    reason: str
    message: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Either a refusal, or the result with its files."""

    refused: Told | None = None
    summary: dict[str, Any] = {}
    full: dict[str, Any] = {}
    warnings: tuple[Told, ...] = ()
    files: dict[str, Written] = {}
