"""Photos on this machine: found, and known by their first bytes."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from loupe.trouble import Misuse
from shared.model.kinds import IMAGE_TYPES

SIGNATURES: Final = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"....ftyp(avif|avis)", re.DOTALL), "image/avif"),
    (re.compile(rb"....ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)", re.DOTALL), "image/heic"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
)
HEAD: Final = 16  # bytes that tell a type


class NotPhotos(Misuse):
    """Files that nothing can be done with; the message names each and what would do."""


class LocalPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A file that will be sent."""

    path: Path
    content_type: str
    size: int

    @property
    def name(self) -> str:
        """How the photo is called on the screen."""
        return self.path.name


def find(arguments: Sequence[Path]) -> list[LocalPhoto]:
    """The photos that these arguments name; a folder stands for the photos in it, by name.

    Raises NotPhotos naming every argument that is missing, unreadable, or no photo of an accepted type.
    """
    photos: list[LocalPhoto] = []
    problems: list[str] = []
    for argument in arguments:
        try:
            found = list(_photos_of(argument))
        except OSError as error:
            problems.append(f"{argument}: {(error.strerror or str(error)).lower()}")
            continue
        photos += found
        if not found:
            accepted = ", ".join(kind.removeprefix("image/").upper() for kind in IMAGE_TYPES)
            what = "no photos in this folder" if argument.is_dir() else "not a photo"
            problems.append(f"{argument}: {what} (accepted: {accepted})")
    if problems:
        raise NotPhotos("\n".join(problems))
    return photos


def content_type(path: Path) -> str | None:
    """The type of a file by its first bytes, else by its name; None if neither says that it is a picture.

    The name counts, too, so that a damaged photo is sent, and comes back with what is wrong with it.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    for pattern, known in SIGNATURES:
        if pattern.match(head):
            return known
    guessed, _ = mimetypes.guess_type(path.name)
    return guessed if guessed is not None and guessed.startswith("image/") else None


def _photos_of(argument: Path) -> Iterator[LocalPhoto]:
    paths = sorted(argument.iterdir()) if argument.is_dir() else [argument]
    for path in paths:
        if path.is_dir():
            continue
        kind = content_type(path)
        if kind in IMAGE_TYPES:
            yield LocalPhoto(path=path, content_type=kind, size=path.stat().st_size)
