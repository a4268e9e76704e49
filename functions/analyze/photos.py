"""From an uploaded object to a judged photo with its derived pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from shared.errors import Unavailable
from shared.model.job import Consent, Failure, Job, Warned, derived_folder, object_name
from shared.model.quality import default_policy

from .intake.guard import GuardUnavailableError
from .intake.quality import grade
from .intake.verdict import Gps
from .kinds.port import Drawn, Photo

if TYPE_CHECKING:
    from shared.jobs.hold import Hold

    from .intake.guard import Guard
    from .objects import Objects


class Rejected(Exception):
    """A photo that can never be analysed; the job fails with this reason."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that was accepted: what a kind is given, the thumbnail, and what its document says."""

    photo: Photo
    thumbnail: bytes
    policy: str
    facts: dict[str, Any]


def read(objects: Objects, job_id: str, job: Job, index: int) -> bytes:
    """The photo as it was uploaded. Raises Rejected if the object is gone or not of the promised size."""
    image = job.images[str(index)]
    assert image.generation is not None  # noqa: S101 - a claimed job has all its arrivals
    data = objects.read(object_name(job.priority, job_id, index), image.generation)
    if data is None:
        raise Rejected(
            Failure(
                status="NOT_FOUND",
                reason="PHOTO_GONE",
                message="The uploaded photo was removed before it was analysed. Start a new job and send it again.",
                image=index,
            )
        )
    if len(data) != image.size:
        raise Rejected(
            Failure(
                status="INVALID_ARGUMENT",
                reason="SIZE_MISMATCH",
                message=f"The photo has {len(data)} bytes, but {image.size} were announced. Start a new job.",
                image=index,
            )
        )
    return data


def judge(guard: Guard, job: Job, index: int, data: bytes, *, original: bool = False) -> Ready:
    """The photo as the kinds take it, with its own bytes where `original` says so.

    Raises Rejected with the intake's reason, or Unavailable.
    """
    try:
        judged = guard.judge(data, declared_type=job.images[str(index)].content_type)
    except GuardUnavailableError as error:
        raise Unavailable(
            "DECODER_UNAVAILABLE", "There is nothing to read the photo with. Deliver again.", internal=str(error)
        ) from error
    normalized, thumbnail, pixels, quality = judged.normalized, judged.thumbnail, judged.pixels, judged.quality
    if judged.verdict == "rejected" or not (normalized and thumbnail and pixels and quality):
        raise Rejected(
            Failure(
                status="INVALID_ARGUMENT",
                reason=judged.reason or "UNREADABLE",
                message=judged.message or "The photo could not be read. Send it again, or take a new one.",
                image=index,
            )
        )
    exif = msgspec.to_builtins(judged.exif)
    quality, remarks = grade(quality.metrics, default_policy(), job.kind)
    warnings = tuple(Warned(reason=remark.reason, message=remark.message, image=index) for remark in remarks)
    return Ready(
        photo=Photo(
            index=index,
            jpeg=normalized.data,
            width=normalized.width,
            height=normalized.height,
            pixels=pixels,
            quality=quality.score,
            warnings=warnings,
            exif=exif,
            original=data if original else b"",
        ),
        thumbnail=thumbnail.data,
        policy=quality.policy_version,
        facts={
            "sha256": judged.sha256,
            "perceptualHash": judged.perceptual_hash,
            "type": judged.type,
            "size": judged.size,
            "width": judged.width,
            "height": judged.height,
            "exif": exif,
            "gps": _place(judged.gps, job.consent),
            "quality": msgspec.to_builtins(quality),
            "warnings": [msgspec.to_builtins(remark) for remark in remarks],
        },
    )


def keep(objects: Objects, hold: Hold, job_id: str, pictures: Mapping[str, Drawn]) -> dict[str, Any]:
    """Write what an analysis made; answers the document `jobs/{jobId}/reports/pictures`: by file name, where it is.

    Names hold the content's hash, so that one that is there already is the same. Raises shared.jobs.protocol.Lost.
    """
    kept = {}
    for name, drawn in pictures.items():
        hold.check()
        digest = hashlib.sha256(drawn.data).hexdigest()[:16]
        place = objects.write(f"{job_id}/results/{digest}/{name}", drawn.data, drawn.content_type)
        size = {"width": drawn.width, "height": drawn.height} if drawn.width else {}
        kept[name] = {"object": place, "type": drawn.content_type, "size": len(drawn.data), **size}
    return kept


def _place(gps: Gps | None, consent: Consent) -> dict[str, Any] | None:
    """What is kept of the place: all, a rounded one, or nothing, as the user consented."""
    if gps is None or not (consent.location or consent.approximate_location):
        return None
    kept: dict[str, Any] = msgspec.to_builtins(gps if consent.location else gps.rounded())
    return kept


def derive(objects: Objects, hold: Hold, job_id: str, job: Job, ready: Ready) -> dict[str, Any]:
    """Write the normalised copy and the thumbnail; answers the document `jobs/{jobId}/images/{index}`.

    Raises shared.jobs.protocol.Lost where the job is no longer this worker's.
    """
    index = ready.photo.index
    generation = job.images[str(index)].generation
    folder = f"{derived_folder(job_id)}{index}/{generation}"
    hold.check()
    normalized = objects.write(f"{folder}/normalized.jpg", ready.photo.jpeg, "image/jpeg")
    hold.check()
    thumbnail = objects.write(f"{folder}/thumbnail.webp", ready.thumbnail, "image/webp")
    return {
        "object": object_name(job.priority, job_id, index),
        "generation": generation,
        **ready.facts,
        "derived": {"normalized": normalized, "thumbnail": thumbnail},
    }
