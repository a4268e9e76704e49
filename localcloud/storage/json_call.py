"""One call of the JSON API: its parameters, read with care, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from localcloud.storage import preconditions
from localcloud.storage.errors import INVALID, NOT_IMPLEMENTED, REQUIRED, Refusal
from localcloud.storage.names import parameters, percent_decoded
from localcloud.storage.preconditions import Preconditions

_UNSUPPORTED = frozenset({
    "copySourceAcl", "destinationKmsKeyName", "destinationPredefinedAcl", "filter", "includeFoldersAsPrefixes",
    "kmsKeyName", "matchGlob", "predefinedAcl", "predefinedDefaultObjectAcl", "restoreToken", "softDeleted",
})  # fmt: skip


class Call:
    """A request to the JSON API. Raises Refusal 400 for a broken query, 501 for parameters that are not served."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.headers: Mapping[str, str] = request.headers
        self.parameters = parameters(request.scope["query_string"].decode("ascii"))
        for name in _UNSUPPORTED & self.parameters.keys():
            if self.parameters[name] not in {"", "false"}:
                raise Refusal(NOT_IMPLEMENTED, f"The parameter '{name}' is not served here.")
        refuse_encryption(self.headers)

    def part(self, name: str) -> str:
        """A decoded piece of the path."""
        return percent_decoded(self.request.path_params[name])

    def text(self, name: str) -> str:
        """A parameter that must be there. Raises Refusal 400."""
        if not self.parameters.get(name):
            raise Refusal(REQUIRED, f"Required parameter: {name}")
        return self.parameters[name]

    def flag(self, name: str) -> bool:
        """A parameter that is `true` or absent."""
        return self.parameters.get(name, "").lower() == "true"

    def number(self, name: str) -> int | None:
        """A parameter that is a whole number, not negative. Raises Refusal 400."""
        value = self.parameters.get(name)
        if not value:
            return None
        if not (value.isascii() and value.isdigit()) or int(value) >= 2**63:
            raise Refusal(INVALID, f"Invalid value for {name}: '{value[:50]}'")
        return int(value)

    def preconditions(self, prefix: str = "if") -> Preconditions:
        """What the call expects of the object, or with `ifSource` of the source."""
        return preconditions.from_parameters(
            self.parameters, prefix=prefix, headers=self.headers if prefix == "if" else None
        )


def answer(resource: Mapping[str, Any], **headers: str) -> Response:
    """200 with a resource."""
    etag = {"etag": resource["etag"]} if "etag" in resource else {}
    return Response(
        msgspec.json.encode(resource), headers={**etag, **headers}, media_type="application/json; charset=UTF-8"
    )


def nothing() -> Response:
    """204."""
    return Response(status_code=204)


def refuse_encryption(headers: Mapping[str, str]) -> None:
    """Raises Refusal 501 where the caller brings a key of its own."""
    for name in headers:
        if name.startswith(("x-goog-encryption-", "x-goog-copy-source-encryption-")):
            raise Refusal(NOT_IMPLEMENTED, "Objects are not encrypted here, least of all with your own key.")
