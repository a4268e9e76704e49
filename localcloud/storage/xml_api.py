"""The XML API as signed URLs use it: PUT, GET, HEAD and DELETE of an object, each with a verified V4 signature."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from localcloud.storage import preconditions
from localcloud.storage.attributes import Attributes, patch_from
from localcloud.storage.bodies import OBJECT_LIMIT, content_length, pour
from localcloud.storage.checksums import claims_in_headers, signed_payload
from localcloud.storage.errors import (
    ENTITY_TOO_LARGE,
    ENTITY_TOO_SMALL,
    INVALID,
    LENGTH_REQUIRED,
    MALFORMED_HEADER,
    NOT_IMPLEMENTED,
    Refusal,
)
from localcloud.storage.intents import Intent
from localcloud.storage.json_call import refuse_encryption
from localcloud.storage.media import head_response, media_headers, media_response, metadata_headers, version_headers
from localcloud.storage.names import percent_decoded
from localcloud.storage.object_table import by_content
from localcloud.storage.objects import StoredObject
from localcloud.storage.preconditions import Preconditions
from localcloud.storage.signatures import Received, Signer, joined, verified
from localcloud.storage.store import Store

_LENGTH_RANGE = re.compile(r"\s*([0-9]{1,18})\s*,\s*([0-9]{1,18})\s*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SUBRESOURCES = frozenset({
    "acl", "compose", "cors", "delete", "encryption", "legal-hold", "lifecycle", "location", "partNumber", "retention",
    "tagging", "uploadId", "uploads", "versions", "websiteConfig",
})  # fmt: skip
_UNSUPPORTED_HEADERS = frozenset({
    "x-goog-acl", "x-goog-copy-source", "x-goog-custom-time", "x-goog-object-lock-mode", "x-goog-resumable",
})  # fmt: skip
_OVERRIDES = {
    "response-content-type": "content-type",
    "response-content-disposition": "content-disposition",
    "response-content-encoding": "content-encoding",
    "response-content-language": "content-language",
    "response-cache-control": "cache-control",
}
_ATTRIBUTE_HEADERS = {
    "content-type": "contentType",
    "content-encoding": "contentEncoding",
    "content-disposition": "contentDisposition",
    "content-language": "contentLanguage",
    "cache-control": "cacheControl",
    "x-goog-storage-class": "storageClass",
}


@dataclass(frozen=True, kw_only=True)
class _Admitted:
    """A request whose signature holds."""

    bucket: str
    name: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    preconditions: Preconditions

    @property
    def generation(self) -> int | None:
        given = self.parameters.get("generation", "")
        if given and not re.fullmatch(r"[0-9]{1,18}", given):
            raise Refusal(INVALID, "Invalid generation.", ParameterName="generation")
        return int(given) if given else None


class XmlApi:
    """`/{bucket}/{object}`; `clock` tells the time by which signatures expire."""

    def __init__(self, store: Store, signer: Signer, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock

    async def put(self, request: Request) -> Response:
        """A new object out of the body, which is not read if it cannot become one."""
        admitted = self._admitted(request)
        headers = admitted.headers
        least, most = _length_range(headers)
        intent = Intent(
            bucket=admitted.bucket,
            name=admitted.name,
            attributes=_attributes(headers),
            preconditions=admitted.preconditions,
            claims=claims_in_headers(headers) + signed_payload(headers),
        )
        self._store.objects.check_writable(intent.bucket, intent.name, intent.preconditions, by_content)
        _check_announced(headers, least, most)
        sha256 = any(claim.algorithm == "sha256" for claim in intent.claims)
        with self._store.blobs.writing(sha256=sha256) as writer:
            await pour(request.stream(), writer, most)
            _check_least(writer.size, least)
            kept = self._store.keep(writer, intent, by_content)
        told = {**version_headers(kept), "etag": f'"{kept.content_etag}"', "x-goog-stored-content-encoding": "identity"}
        return Response(headers=told, media_type="text/html; charset=UTF-8")

    async def get(self, request: Request) -> Response:
        """The bytes, or a range of them, as they were stored."""
        admitted = self._admitted(request)
        found = self._found(admitted)
        return media_response(found, self._store.blobs, admitted.headers.get("range"), _told(found, admitted))

    async def head(self, request: Request) -> Response:
        """What `get` would say, without the bytes."""
        admitted = self._admitted(request)
        found = self._found(admitted)
        return head_response(found, _told(found, admitted))

    async def delete(self, request: Request) -> Response:
        """Deletes or archives, by the bucket's versioning and the generation named."""
        admitted = self._admitted(request)
        self._store.objects.delete(
            admitted.bucket,
            admitted.name,
            admitted.preconditions,
            generation=admitted.generation,
            compare=by_content,
        )
        return Response(status_code=204)

    async def refuse(self, request: Request) -> Response:
        """Any other method."""
        self._admitted(request)
        raise Refusal(NOT_IMPLEMENTED, f"{request.method} is not served here.")

    def _admitted(self, request: Request) -> _Admitted:
        path = request.scope["path"]
        received = Received(
            method=request.method,
            path=path,
            query=request.scope["query_string"].decode("ascii"),
            headers=[(name.decode("ascii"), _utf8(value)) for name, value in request.scope["headers"]],
        )
        parameters = verified(received, self._signer, self._clock())
        headers = joined(received.headers)
        refuse_encryption(headers)
        for name in (_SUBRESOURCES & parameters.keys()) | (_UNSUPPORTED_HEADERS & headers.keys()):
            raise Refusal(NOT_IMPLEMENTED, f"'{name}' is not served here.")
        bucket, _, name = percent_decoded(path).removeprefix("/").partition("/")
        if not name:
            raise Refusal(NOT_IMPLEMENTED, "The XML API here serves objects only, no buckets.")
        return _Admitted(
            bucket=bucket,
            name=name,
            parameters=parameters,
            headers=headers,
            preconditions=preconditions.from_headers(headers),
        )

    def _found(self, admitted: _Admitted) -> StoredObject:
        return self._store.objects.get(
            admitted.bucket,
            admitted.name,
            admitted.preconditions,
            generation=admitted.generation,
            compare=by_content,
        )


def _utf8(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise Refusal(MALFORMED_HEADER, "A header is not UTF-8.") from error


def _length_range(headers: Mapping[str, str]) -> tuple[int, int]:
    given = headers.get("x-goog-content-length-range")
    if given is None:
        return 0, OBJECT_LIMIT
    found = _LENGTH_RANGE.fullmatch(given)
    if found is None or int(found[1]) > int(found[2]):
        raise Refusal(INVALID, "Not of the form MIN,MAX.", ParameterName="x-goog-content-length-range")
    return int(found[1]), min(int(found[2]), OBJECT_LIMIT)


def _check_announced(headers: Mapping[str, str], least: int, most: int) -> None:
    announced = content_length(headers)
    if announced is None:
        if "chunked" not in headers.get("transfer-encoding", "").lower():
            raise Refusal(LENGTH_REQUIRED)
        return
    if announced > most:
        raise Refusal(ENTITY_TOO_LARGE, "Content-length exceeds upper bound on range")
    _check_least(announced, least)


def _check_least(size: int, least: int) -> None:
    if size < least:
        raise Refusal(ENTITY_TOO_SMALL, "Content-length smaller than lower bound on range")


def _attributes(headers: Mapping[str, str]) -> Attributes:
    resource: dict[str, object] = {
        field: headers[name] for name, field in _ATTRIBUTE_HEADERS.items() if headers.get(name)
    }
    prefix = "x-goog-meta-"
    resource["metadata"] = {
        name.removeprefix(prefix): value for name, value in headers.items() if name.startswith(prefix)
    }
    return patch_from(resource).applied(Attributes())


def _told(found: StoredObject, admitted: _Admitted) -> dict[str, str]:
    told = {**media_headers(found, f'"{found.content_etag}"'), **metadata_headers(found)}
    for parameter, header in _OVERRIDES.items():
        if parameter in admitted.parameters:
            if _CONTROL.search(admitted.parameters[parameter]):
                raise Refusal(INVALID, "Control characters in a header.", ParameterName=parameter)
            told[header] = admitted.parameters[parameter]
    return told
