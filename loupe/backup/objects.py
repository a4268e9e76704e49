"""The objects of a project's buckets: listed, fetched with their checksums, put back unless they are there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from loupe.backup.manifest import StoredObject
from loupe.trouble import Trouble

if TYPE_CHECKING:
    from loupe.backup.place import Place

TIMEOUT: Final = 60.0  # seconds of one call


def listed(place: Place) -> Iterator[tuple[str, Any]]:
    """Every live object with what its bucket is for. A bucket that is not there holds none."""
    from google.api_core.exceptions import NotFound

    for purpose, bucket in place.buckets.items():
        try:
            yield from ((purpose, blob) for blob in place.storage.list_blobs(bucket, timeout=TIMEOUT))
        except NotFound:
            continue


def fetch(purpose: str, blob: Any, folder: Path) -> StoredObject:
    """Keep the object's content in `folder` under its SHA-256. Raises DataCorruption where it came changed."""
    data: bytes = blob.download_as_bytes(timeout=TIMEOUT, checksum="auto", if_generation_match=blob.generation)
    digest = hashlib.sha256(data).hexdigest()
    kept = folder / digest
    if not kept.exists():
        partial = folder / f"{digest}.part"
        partial.write_bytes(data)
        partial.rename(kept)
    return described(purpose, blob, digest)


def described(purpose: str, blob: Any, digest: str = "") -> StoredObject:
    """The object without its content."""
    return StoredObject(
        bucket=purpose,
        name=blob.name,
        generation=blob.generation,
        size=blob.size,
        crc32c=blob.crc32c,
        sha256=digest,
        content_type=blob.content_type,
        cache_control=blob.cache_control,
        metadata=dict(blob.metadata or {}),
    )


def put(place: Place, one: StoredObject, content: Path) -> tuple[int, bool]:
    """Write the object unless one of that name is there; answers its generation, and whether this call wrote it.

    Raises Trouble where the one that is there has other content.
    """
    from google.api_core.exceptions import PreconditionFailed

    blob = place.storage.bucket(place.buckets[one.bucket]).blob(one.name)
    blob.cache_control = one.cache_control
    blob.metadata = one.metadata or None
    try:
        blob.upload_from_filename(
            str(content), content_type=one.content_type, if_generation_match=0, timeout=TIMEOUT, checksum="crc32c"
        )
    except PreconditionFailed:
        blob.reload(timeout=TIMEOUT)
        if blob.crc32c != one.crc32c:
            raise Trouble(f"The project is not empty: gs://{blob.bucket.name}/{one.name} is another object.") from None
        return int(blob.generation), False
    return int(blob.generation), True


def remove(place: Place, purpose: str, name: str, generation: int) -> None:
    """Delete an object of exactly that generation; one that is gone, or another by now, is let be."""
    from google.api_core.exceptions import NotFound, PreconditionFailed

    blob = place.storage.bucket(place.buckets[purpose]).blob(name)
    try:
        blob.delete(if_generation_match=generation, timeout=TIMEOUT)
    except (NotFound, PreconditionFailed):
        return
