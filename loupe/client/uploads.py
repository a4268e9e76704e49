"""A new job: asked for, and its photos put where the answer says, with exactly the headers that it says."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from loupe.client.answers import refusal
from loupe.client.phone import Phone, reaching
from loupe.client.photos import LocalPhoto
from shared.errors import LoupeError, PermissionDenied, Unavailable
from shared.model.kinds import Priority

TRIES: Final = 3


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask for: the kind with its options, the photos, and what the user allows."""

    kind: str
    photos: tuple[LocalPhoto, ...]
    options: Mapping[str, Any] = {}
    priority: Priority = Priority.NORMAL
    location: bool = False
    approximate_location: bool = False


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """Where one photo goes."""

    image: int
    method: str
    url: str
    headers: dict[str, str]


def create(phone: Phone, wanted: Wanted) -> tuple[str, tuple[Upload, ...]]:
    """Create the job; answers its id and where the photos go. Raises LoupeError."""
    body: dict[str, Any] = {
        "kind": wanted.kind,
        "images": [{"contentType": photo.content_type, "size": photo.size} for photo in wanted.photos],
        "options": dict(wanted.options),
        "priority": wanted.priority.value,
        "consent": {"location": wanted.location, "approximateLocation": wanted.approximate_location},
    }
    answer = phone.post("upload", "/v1/jobs", body, key=uuid.uuid4().hex)
    return str(answer["job"]["name"]).removeprefix("jobs/"), _uploads(answer)


def send(phone: Phone, job_id: str, uploads: Sequence[Upload], photos: Sequence[LocalPhoto]) -> None:
    """Put every photo. Raises LoupeError where storage refuses one, OSError where a file cannot be read."""
    for upload in uploads:
        _send(phone, job_id, upload, photos[upload.image].path.read_bytes())


def _send(phone: Phone, job_id: str, upload: Upload, content: bytes) -> None:
    for tries in range(1, TRIES + 1):
        try:
            _put(phone, upload, content)
        except PermissionDenied:
            # Most likely the URL ran out on the way: ask for a new one, as long as the job still waits.
            renewed = _uploads(phone.post("upload", f"/v1/jobs/{job_id}:sign", {}))
            again = [one for one in renewed if one.image == upload.image]
            if tries == TRIES or not again:
                raise
            upload = again[0]
        except Unavailable:
            if tries == TRIES:
                raise
            time.sleep(tries)
        else:
            return


def _put(phone: Phone, upload: Upload, content: bytes) -> None:
    with reaching("storage"):
        answer = phone.http.request(upload.method, upload.url, headers=upload.headers, content=content)
    # 412: an earlier try did arrive, only its answer was lost.
    if answer.is_error and answer.status_code != 412:
        raise refusal(answer)


def _uploads(answer: Mapping[str, Any]) -> tuple[Upload, ...]:
    return msgspec.convert(answer["uploads"], tuple[Upload, ...])


__all__ = ["LoupeError", "Upload", "Wanted", "create", "send"]
