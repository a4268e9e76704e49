"""The attributes of an object that its writer chooses, and how a later call changes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from localcloud.storage.errors import INVALID, METADATA_TOO_LARGE, NOT_IMPLEMENTED, Refusal

METADATA_LIMIT = 8 * 1024  # bytes of custom metadata, names and values together
STORAGE_CLASSES = frozenset({"STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"})

_UNSUPPORTED = ("acl", "contexts", "customTime", "eventBasedHold", "kmsKeyName", "retention", "temporaryHold")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Attributes(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a reader gets told besides the bytes."""

    content_type: str = "application/octet-stream"
    content_encoding: str | None = None
    content_disposition: str | None = None
    content_language: str | None = None
    cache_control: str | None = None
    storage_class: str = "STANDARD"
    metadata: dict[str, str] = {}

    def headers(self) -> dict[str, str]:
        """The HTTP headers that say the same, without the custom metadata."""
        said = {
            "content-type": self.content_type,
            "content-encoding": self.content_encoding,
            "content-disposition": self.content_disposition,
            "content-language": self.content_language,
            "cache-control": self.cache_control,
        }
        return {name: value for name, value in said.items() if value is not None}


class AttributesPatch(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A change of attributes: what is not set stays, what is null goes back to its default."""

    content_type: str | UnsetType | None = UNSET
    content_encoding: str | UnsetType | None = UNSET
    content_disposition: str | UnsetType | None = UNSET
    content_language: str | UnsetType | None = UNSET
    cache_control: str | UnsetType | None = UNSET
    storage_class: str | UnsetType | None = UNSET
    metadata: dict[str, str | None] | UnsetType | None = UNSET

    def applied(self, to: Attributes) -> Attributes:
        """`to` after this change; custom metadata changes key by key. Raises Refusal 400 for what cannot be."""
        values = msgspec.structs.asdict(to)
        defaults = msgspec.structs.asdict(Attributes())
        changes = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET}
        if isinstance(self.metadata, dict):
            merged = {**to.metadata, **self.metadata}
            changes["metadata"] = {key: value for key, value in merged.items() if value is not None}
        values.update({name: defaults[name] if value is None else value for name, value in changes.items()})
        return _checked(Attributes(**values))


def patch_from(resource: Mapping[str, Any]) -> AttributesPatch:
    """The change that an object resource asks for; what only the service sets is ignored, as in the cloud.

    Raises:
        Refusal: 400 for a wrong type, 501 for an attribute that is not served.
    """
    for name in _UNSUPPORTED:
        if resource.get(name):
            raise Refusal(NOT_IMPLEMENTED, f"Objects here have no '{name}'.")
    try:
        return msgspec.convert(resource, AttributesPatch)
    except msgspec.ValidationError as error:
        raise Refusal(INVALID, f"Invalid object resource: {error}") from error


def _checked(attributes: Attributes) -> Attributes:
    for name, value in attributes.headers().items():
        if _CONTROL.search(value) or len(value.encode()) > 1024:
            raise Refusal(INVALID, f"Invalid value for {name}: control characters, or more than 1024 bytes.")
    if attributes.storage_class not in STORAGE_CLASSES:
        raise Refusal(INVALID, f"Invalid storage class: '{attributes.storage_class[:50]}'")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in attributes.metadata.items())
    if size > METADATA_LIMIT:
        raise Refusal(METADATA_TOO_LARGE, f"Custom metadata takes {size} bytes, more than {METADATA_LIMIT}.")
    return attributes
