"""Derived pictures of a job, with URLs to read them: `GET /v1/jobs/{id}/pictures` and `…/pictures/{picture}`.

A picture's name is the file name its analysis gave it (`corrected.jpg`), or `{image}-normalized.jpg` and
`{image}-thumbnail.webp` for what was made of an uploaded photo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec
from werkzeug.wrappers import Request, Response

from shared.errors import NotFound
from shared.http.answers import json_answer
from shared.http.routing import FileName
from shared.jobs.access import owned_job
from shared.storage.signing import SignedDownload

from .contract import Picture, Pictures
from .services import Services

FILE: Final = re.compile(FileName.regex)
TYPES: Final = {"normalized": ("normalized.jpg", "image/jpeg"), "thumbnail": ("thumbnail.webp", "image/webp")}
SIGNED_AT_ONCE: Final = 8  # where IAM signs, each URL is a call of some 50 ms


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A picture in the derived bucket. None where it is not known."""

    object: str
    type: str
    size: int | None = None
    width: int | None = None
    height: int | None = None
    image: int | None = None


def list_pictures(services: Services, request: Request, job_id: str) -> Response:
    """Every picture of the job with a URL to read it. Raises JOB_NOT_FOUND, SIGNING_UNAVAILABLE."""
    caller = services.gate.caller(request.headers)
    owned_job(services.jobs, job_id, uid=caller.uid, at=services.clock())
    kept = kept_pictures(services, job_id)
    with ThreadPoolExecutor(SIGNED_AT_ONCE) as pool:
        signed = pool.map(lambda file: _signed(services, job_id, file, kept[file]), sorted(kept))
        return json_answer(Pictures(pictures=list(signed)))


def get_picture(services: Services, request: Request, job_id: str, picture: str) -> Response:
    """One picture with a URL to read it. Raises JOB_NOT_FOUND, PICTURE_NOT_FOUND, SIGNING_UNAVAILABLE."""
    caller = services.gate.caller(request.headers)
    owned_job(services.jobs, job_id, uid=caller.uid, at=services.clock())
    return json_answer(_signed(services, job_id, picture, kept_picture(services, job_id, picture)))


def kept_picture(services: Services, job_id: str, file: str) -> Kept:
    """Where a picture of a job is. Raises NotFound PICTURE_NOT_FOUND."""
    found = kept_pictures(services, job_id).get(file)
    if found is None:
        message = "This job has no such picture. The list of its pictures names those there are."
        raise NotFound("PICTURE_NOT_FOUND", message, picture=file)
    return found


def kept_pictures(services: Services, job_id: str) -> dict[str, Kept]:
    """The job's pictures by file name: what its analysis made, and what was made of its photos."""
    collection = services.database.client.collection(f"jobs/{job_id}/images")
    found = {
        name: kept
        for snapshot in services.database.fetch(collection.order_by("__name__"))
        for name, kept in _of_photo(snapshot.id, snapshot.to_dict() or {})
    }
    report = services.database.read(f"jobs/{job_id}/reports/pictures") or {}
    found |= {name: msgspec.convert(fields, Kept) for name, fields in report.get("pictures", {}).items()}
    place = f"gs://{services.downloads.bucket}/{job_id}/"
    return {name: kept for name, kept in found.items() if kept.object.startswith(place) and FILE.fullmatch(name)}


def read_url(services: Services, file: str, kept: Kept) -> SignedDownload:
    """A URL that reads the picture for some minutes. Raises Unavailable SIGNING_UNAVAILABLE."""
    name = kept.object.removeprefix(f"gs://{services.downloads.bucket}/")
    return services.downloads.sign(name, file=file, now=services.clock())


def _of_photo(index: str, fields: Mapping[str, Any]) -> Iterator[tuple[str, Kept]]:
    for derived, place in (fields.get("derived") or {}).items():
        if derived in TYPES:
            file, content_type = TYPES[derived]
            yield f"{index}-{file}", Kept(object=place, type=content_type, image=int(index))


def _signed(services: Services, job_id: str, file: str, kept: Kept) -> Picture:
    signed = read_url(services, file, kept)
    return Picture(
        name=f"jobs/{job_id}/pictures/{file}",
        type=kept.type,
        size=kept.size,
        width=kept.width,
        height=kept.height,
        image=kept.image,
        url=signed.url,
        expire_time=signed.expire_time,
    )
