"""An object as it is kept, and its resource in the JSON API."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import msgspec

from localcloud.storage.attributes import Attributes
from localcloud.storage.checksums import Checksums
from localcloud.storage.preconditions import Version
from localcloud.storage.times import rfc3339


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that lie in a blob."""

    blob: str
    size: int
    checksums: Checksums
    component_count: int | None = None


class StoredObject(msgspec.Struct, frozen=True, kw_only=True):
    """One generation of an object. Times are microseconds since 1970; `deleted` is set on noncurrent generations."""

    bucket: str
    name: str
    generation: int
    metageneration: int
    content: Content
    attributes: Attributes
    created: int
    updated: int
    deleted: int | None = None

    @property
    def etag(self) -> str:
        """Changes with every change of the bytes or the attributes."""
        return base64.b64encode(b"\x08" + _varint(self.generation) + b"\x10" + _varint(self.metageneration)).decode()

    @property
    def version(self) -> Version:
        """What preconditions of the JSON API compare."""
        return Version(generation=self.generation, metageneration=self.metageneration, etag=self.etag)

    @property
    def content_etag(self) -> str:
        """What the XML API calls the ETag: the MD5 in hex, or what stands for it in a composed object."""
        md5 = self.content.checksums.md5
        return base64.b64decode(md5).hex() if md5 else f"-{self.etag}"

    @property
    def content_version(self) -> Version:
        """What preconditions of the XML API compare."""
        return Version(generation=self.generation, metageneration=self.metageneration, etag=self.content_etag)

    def resource(self, base: str) -> dict[str, Any]:
        """The object resource of the JSON API; `base` is the service's URL."""
        place = f"b/{quote(self.bucket, safe='')}/o/{quote(self.name, safe='')}"
        media = f"{base}/download/storage/v1/{place}?generation={self.generation}&alt=media"
        told: dict[str, Any] = {
            "kind": "storage#object",
            "id": f"{self.bucket}/{self.name}/{self.generation}",
            "selfLink": f"{base}/storage/v1/{place}",
            "mediaLink": media,
            "name": self.name,
            "bucket": self.bucket,
            "generation": str(self.generation),
            "metageneration": str(self.metageneration),
            **msgspec.to_builtins(self.attributes),
            "contentType": self.attributes.content_type,
            "storageClass": self.attributes.storage_class,
            "size": str(self.content.size),
            "md5Hash": self.content.checksums.md5,
            "crc32c": self.content.checksums.crc32c,
            "componentCount": self.content.component_count,
            "etag": self.etag,
            "timeCreated": rfc3339(self.created),
            "updated": rfc3339(self.updated),
            "timeStorageClassUpdated": rfc3339(self.created),
            "timeFinalized": rfc3339(self.created),
            "timeDeleted": rfc3339(self.deleted) if self.deleted else None,
        }
        return {name: value for name, value in told.items() if value is not None}


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
