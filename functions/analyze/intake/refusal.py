"""Every reason for which a photo is rejected, and what its sender is told to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from .verdict import Judged

MESSAGES: Final[Mapping[str, str]] = {
    "FILE_NOT_FOUND": "There is no such file. Check its name and folder.",
    "NOT_A_FILE": "This is not a file but {found}. Name a photo.",
    "NOT_READABLE": "The file cannot be read ({why}). Check who may read it.",
    "EMPTY_FILE": "The file is empty (0 bytes); its upload probably broke off. Send the photo again.",
    "TOO_LARGE": "The file has {megabytes:.1f} MB; at most {limit:.0f} MB are taken. Send a smaller version.",
    "UNSUPPORTED_TYPE": "This is {found}. Send the photo as JPEG, PNG, WebP, HEIC or AVIF.{advice}",
    "TYPE_MISMATCH": "The photo was announced as {declared} but is {found}. Announce it as what it is.",
    "UNREADABLE": "The photo is damaged or incomplete. Send it again, or take a new one.",
    "TOO_MANY_PIXELS": (
        "The photo has {width} x {height} pixels; at most {side} per side and {megapixels:.0f} million in all are "
        "taken. Send a smaller version of it."
    ),
    "TOO_SMALL": "The photo has {width} x {height} pixels; at least {side} x {side} are needed. Send the original.",
    "MULTIPLE_FRAMES": "The file holds {frames} pictures, an animation or a series. Send a single photo.",
    "TOO_COMPRESSED": (
        "The file claims {width} x {height} pixels in {size} bytes, which is more than any photo packs into so little. "
        "Send the original."
    ),
    "TOO_COMPLEX": "This progressive JPEG has {found}; at most {limit} are taken. Save it as baseline JPEG.",
    "EMPTY": "{what}",
    "DECODER_CRASHED": "The photo could not be read: its data broke the decoder. Save it again as JPEG and send that.",
    "DECODER_TIMEOUT": "The photo could not be read within {seconds:.0f} seconds. Save it again as JPEG and send that.",
    "TOO_MUCH_MEMORY": "The photo needs more memory than one photo is given. Send a smaller version of it.",
}


class Refused(Exception):
    """The photo is rejected. `facts` fill the message of the reason; `detail` is for the log."""

    def __init__(self, reason: str, *, detail: str | None = None, **facts: str | float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = MESSAGES[reason].format(**facts)
        self.detail = detail


def rejected(refused: Refused, known: Judged | None = None) -> Judged:
    """The verdict on a refused photo, with everything that was known of it before."""
    return msgspec.structs.replace(
        known or Judged(verdict="rejected"),
        verdict="rejected",
        reason=refused.reason,
        message=refused.message,
        detail=refused.detail,
    )
