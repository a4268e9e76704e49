"""Checksums: what arrived, computed as it arrives, against what the caller says it sent."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping

import google_crc32c
import msgspec

from localcloud.storage.errors import BAD_DIGEST, INVALID_DIGEST, Refusal

_SIZES = {"crc32c": 4, "md5": 16, "sha256": 32}


class Checksums(msgspec.Struct, frozen=True, kw_only=True):
    """Of a whole object, in base64; a composed object has no MD5."""

    crc32c: str
    md5: str | None = None

    def header(self) -> str:
        """The value of `x-goog-hash`."""
        return f"crc32c={self.crc32c}" + (f",md5={self.md5}" if self.md5 else "")


class Claim(msgspec.Struct, frozen=True):
    """A checksum that the caller sent along: its algorithm and its value."""

    algorithm: str
    value: bytes


class Digest:
    """Checksums of a stream of bytes: always CRC32C, the others as asked."""

    def __init__(self, *, md5: bool = True, sha256: bool = False) -> None:
        self.size = 0
        self._crc32c = 0
        self._others = {"md5": hashlib.md5(usedforsecurity=False)} if md5 else {}
        if sha256:
            self._others["sha256"] = hashlib.sha256()

    def update(self, chunk: bytes) -> None:
        """The next bytes."""
        self.size += len(chunk)
        self._crc32c = google_crc32c.extend(self._crc32c, chunk)
        for other in self._others.values():
            other.update(chunk)

    def checksums(self) -> Checksums:
        """Of all bytes so far."""
        md5 = self._others.get("md5")
        return Checksums(crc32c=_base64(self._crc32c.to_bytes(4, "big")), md5=_base64(md5.digest()) if md5 else None)

    def check(self, claims: Iterable[Claim]) -> None:
        """Raises Refusal 400 if a claim is not met."""
        for claim in claims:
            crc32c = claim.algorithm == "crc32c"
            actual = self._crc32c.to_bytes(4, "big") if crc32c else self._others[claim.algorithm].digest()
            if actual != claim.value:
                told, ours = _base64(claim.value), _base64(actual)
                name = claim.algorithm.upper()
                raise Refusal(BAD_DIGEST, f'Provided {name} "{told}" doesn\'t match calculated {name} "{ours}".')


def claims_in_headers(headers: Mapping[str, str]) -> tuple[Claim, ...]:
    """What `x-goog-hash` and `Content-MD5` claim. Raises Refusal 400 for nonsense."""
    claims = [_claim("md5", headers["content-md5"])] if "content-md5" in headers else []
    for part in headers.get("x-goog-hash", "").split(","):
        algorithm, _, value = part.strip().partition("=")
        if algorithm in {"crc32c", "md5"}:
            claims.append(_claim(algorithm, value))
        elif algorithm:
            raise Refusal(INVALID_DIGEST, f"x-goog-hash knows crc32c and md5, not '{algorithm[:50]}'.")
    return tuple(claims)


def signed_payload(headers: Mapping[str, str]) -> tuple[Claim, ...]:
    """What `x-goog-content-sha256` of a signed request claims. Raises Refusal 400 for nonsense."""
    sha256 = headers.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD")
    if sha256 == "UNSIGNED-PAYLOAD":
        return ()
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise Refusal(INVALID_DIGEST, "x-goog-content-sha256 is neither UNSIGNED-PAYLOAD nor 64 hex digits.")
    return (Claim("sha256", bytes.fromhex(sha256)),)


def claims_in_resource(resource: Mapping[str, object]) -> tuple[Claim, ...]:
    """What `crc32c` and `md5Hash` of an object resource claim. Raises Refusal 400 for nonsense."""
    fields = (("crc32c", "crc32c"), ("md5", "md5Hash"))
    return tuple(_claim(algorithm, resource[name]) for algorithm, name in fields if resource.get(name) is not None)


def _claim(algorithm: str, value: object) -> Claim:
    try:
        decoded = base64.b64decode(str(value).strip().encode(), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != _SIZES[algorithm]:
        raise Refusal(INVALID_DIGEST, f"The {algorithm} you specified is not {_SIZES[algorithm]} bytes in base64.")
    return Claim(algorithm, decoded)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
