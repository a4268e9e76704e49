"""A bucket: its settings, which of them may be set here, and its resource in the JSON API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from localcloud.storage.attributes import STORAGE_CLASSES
from localcloud.storage.errors import INVALID, NOT_IMPLEMENTED, Refusal
from localcloud.storage.times import rfc3339

# What is true of every bucket here and is therefore told; anything else is refused.
_FIXED: dict[str, Any] = {
    "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "enforced"},
    "softDeletePolicy": {"retentionDurationSeconds": "0"},
}
_UNSUPPORTED = (
    "acl", "autoclass", "billing", "customPlacementConfig", "defaultEventBasedHold", "defaultObjectAcl", "encryption",
    "hierarchicalNamespace", "ipFilter", "lifecycle", "logging", "objectRetention", "retentionPolicy", "rpo", "website",
)  # fmt: skip


class CorsRule(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which browsers' pages may use the XML API, and how."""

    origin: list[str] = []
    method: list[str] = []
    response_header: list[str] = []
    max_age_seconds: int = 3600


class Versioning(msgspec.Struct, frozen=True, kw_only=True):
    """Whether overwritten and deleted objects stay as noncurrent generations."""

    enabled: bool = False


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What the owner of a bucket chooses."""

    location: str = "US"
    storage_class: str = "STANDARD"
    cors: list[CorsRule] = []
    labels: dict[str, str] = {}
    versioning: Versioning = Versioning()


class SettingsPatch(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A change of settings: what is not set stays, what is null goes back to its default."""

    location: str | UnsetType | None = UNSET
    storage_class: str | UnsetType | None = UNSET
    cors: list[CorsRule] | UnsetType | None = UNSET
    labels: dict[str, str | None] | UnsetType | None = UNSET
    versioning: Versioning | UnsetType | None = UNSET

    def applied(self, to: Settings) -> Settings:
        """`to` after this change; labels change key by key."""
        values = msgspec.structs.asdict(to)
        defaults = msgspec.structs.asdict(Settings())
        changes = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET}
        if isinstance(self.labels, dict):
            merged = {**to.labels, **self.labels}
            changes["labels"] = {key: value for key, value in merged.items() if value is not None}
        values.update({name: defaults[name] if value is None else value for name, value in changes.items()})
        return Settings(**values)


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket as it is kept. Times are microseconds since 1970."""

    name: str
    metageneration: int
    settings: Settings
    created: int
    updated: int

    @property
    def etag(self) -> str:
        """Changes with every change of the settings."""
        return f"CA{self.metageneration}="

    def resource(self, base: str) -> dict[str, Any]:
        """The bucket resource of the JSON API; `base` is the service's URL."""
        return {
            "kind": "storage#bucket",
            "id": self.name,
            "name": self.name,
            "selfLink": f"{base}/storage/v1/b/{self.name}",
            "projectNumber": "0",
            "metageneration": str(self.metageneration),
            "etag": self.etag,
            "location": self.settings.location,
            "locationType": "region" if "-" in self.settings.location else "multi-region",
            "storageClass": self.settings.storage_class,
            "timeCreated": rfc3339(self.created),
            "updated": rfc3339(self.updated),
            **msgspec.to_builtins(self.settings),
            **_FIXED,
        }


def patch_from(resource: Mapping[str, Any]) -> SettingsPatch:
    """The change that a bucket resource asks for; what only the service sets is ignored, as in the cloud.

    Raises:
        Refusal: 400 for a wrong type or value, 501 for a setting that is not served.
    """
    for name in _UNSUPPORTED:
        if resource.get(name):
            raise Refusal(NOT_IMPLEMENTED, f"Buckets here have no '{name}'.")
    for name, value in _FIXED.items():
        if not _within(resource.get(name), value):
            raise Refusal(NOT_IMPLEMENTED, f"Buckets here have '{name}' {value} and nothing else.")
    try:
        patch = msgspec.convert(resource, SettingsPatch)
    except msgspec.ValidationError as error:
        raise Refusal(INVALID, f"Invalid bucket resource: {error}") from error
    if isinstance(patch.storage_class, str) and patch.storage_class not in STORAGE_CLASSES:
        raise Refusal(INVALID, f"Invalid storage class: '{patch.storage_class[:50]}'")
    if isinstance(patch.labels, dict) and len(patch.labels) > 64:
        raise Refusal(INVALID, "A bucket has at most 64 labels.")
    return patch


def _within(asked: Any, fixed: Any) -> bool:
    """Whether `asked` asks for no more than what is so anyway."""
    if isinstance(asked, dict) and isinstance(fixed, dict):
        return all(_within(value, fixed.get(name)) for name, value in asked.items())
    return asked is None or str(asked) == str(fixed)
