"""The `Range` header of a download."""

from __future__ import annotations

import re
from dataclasses import dataclass

from localcloud.storage.errors import INVALID_RANGE, Refusal

_ONE_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})")


@dataclass(frozen=True, kw_only=True)
class Span:
    """`length` bytes from `start` on, of `size` bytes in all."""

    start: int
    length: int
    size: int
    partial: bool

    @property
    def content_range(self) -> str:
        """The value of `Content-Range`."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{self.size}"


def span(header: str | None, size: int) -> Span:
    """What to send of `size` bytes.

    Anything but one range of bytes is as good as no header, as RFC 9110 has it.

    Raises:
        Refusal: 416 if the range lies behind the end.
    """
    whole = Span(start=0, length=size, size=size, partial=False)
    asked = _ONE_RANGE.fullmatch((header or "").strip())
    if asked is None or asked[0] == "bytes=-":
        return whole
    first, last = asked[1], asked[2]
    if not first:
        length = min(int(last), size)
        start = size - length
    else:
        start = int(first)
        if last and int(last) < start:
            return whole
        length = (min(int(last), size - 1) if last else size - 1) - start + 1
    if length <= 0:
        raise Refusal(INVALID_RANGE, f"The object has {size} bytes.", Size=str(size))
    return Span(start=start, length=length, size=size, partial=True)
