"""Refusals of Cloud Storage, told in the words of either API.

A `Kind` is one line of Google's tables of errors: the HTTP status, the JSON API's `reason`, the XML API's `Code` and
the usual message. A `Refusal` is one of them met in a request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

import msgspec
from starlette.responses import Response

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One sort of refusal."""

    status: int
    reason: str
    code: str
    message: str


def _kind(status: int, reason: str, code: str, message: str) -> Kind:
    return Kind(status=status, reason=reason, code=code, message=message)


NOT_MODIFIED = _kind(304, "notModified", "NotModified", "Not modified.")
INVALID = _kind(400, "invalid", "InvalidArgument", "Invalid argument.")
REQUIRED = _kind(400, "required", "InvalidArgument", "Required parameter is missing.")
PARSE_ERROR = _kind(400, "parseError", "InvalidArgument", "Parse error.")
INVALID_URI = _kind(400, "invalid", "InvalidURI", "Couldn't parse the specified URI.")
INVALID_BUCKET_NAME = _kind(400, "invalid", "InvalidBucketName", "The specified bucket is not valid.")
INVALID_OBJECT_NAME = _kind(400, "invalid", "InvalidObjectName", "The specified object name is not valid.")
INVALID_DIGEST = _kind(400, "invalid", "InvalidDigest", "The checksum you specified was invalid.")
BAD_DIGEST = _kind(400, "invalid", "BadDigest", "The checksum you specified did not match what we received.")
METADATA_TOO_LARGE = _kind(
    400, "invalid", "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size."
)
ENTITY_TOO_LARGE = _kind(
    400, "uploadTooLarge", "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size."
)
ENTITY_TOO_SMALL = _kind(
    400, "invalid", "EntityTooSmall", "Your proposed upload is smaller than the minimum object size."
)
EXPIRED_TOKEN = _kind(400, "invalid", "ExpiredToken", "The provided token has expired.")
MALFORMED_HEADER = _kind(400, "invalid", "MalformedSecurityHeader", "Your request has a malformed header.")
MISSING_HEADER = _kind(400, "required", "MissingSecurityHeader", "Your request was missing a required header.")
ACCESS_DENIED = _kind(403, "forbidden", "AccessDenied", "Access denied.")
SIGNATURE_MISMATCH = _kind(403, "forbidden", "SignatureDoesNotMatch", "Access denied.")
TIME_SKEWED = _kind(
    403,
    "forbidden",
    "RequestTimeTooSkewed",
    "The difference between the request time and the server's time is too large.",
)
NOT_FOUND = _kind(404, "notFound", "NotFound", "Not Found")
NO_SUCH_BUCKET = _kind(404, "notFound", "NoSuchBucket", "The specified bucket does not exist.")
NO_SUCH_KEY = _kind(404, "notFound", "NoSuchKey", "The specified key does not exist.")
METHOD_NOT_ALLOWED = _kind(
    405, "methodNotAllowed", "MethodNotAllowed", "The specified method is not allowed against this resource."
)
BUCKET_EXISTS = _kind(
    409,
    "conflict",
    "BucketAlreadyOwnedByYou",
    "Your previous request to create the named bucket succeeded and you already own it.",
)
BUCKET_NOT_EMPTY = _kind(409, "conflict", "BucketNotEmpty", "The bucket you tried to delete is not empty.")
LENGTH_REQUIRED = _kind(411, "required", "MissingContentLength", "You must provide the Content-Length HTTP header.")
PRECONDITION_FAILED = _kind(
    412,
    "conditionNotMet",
    "PreconditionFailed",
    "At least one of the pre-conditions you specified did not hold.",
)
BODY_TOO_LARGE = _kind(413, "uploadTooLarge", "EntityTooLarge", "The request is larger than this method takes.")
INVALID_RANGE = _kind(416, "requestedRangeNotSatisfiable", "InvalidRange", "The requested range cannot be satisfied.")
CLIENT_CLOSED = _kind(499, "clientClosedRequest", "ClientClosedRequest", "The upload was cancelled.")
INTERNAL = _kind(500, "internalError", "InternalError", "We encountered an internal error. Please try again.")
NOT_IMPLEMENTED = _kind(501, "notImplemented", "NotImplemented", "This is not served here.")
BUSY = _kind(503, "backendError", "ServiceUnavailable", "Another request is writing to this upload.")


_INJECTED = {
    kind.status: kind
    for kind in (
        INVALID,
        _kind(401, "authError", "AuthenticationRequired", "Authentication required."),
        ACCESS_DENIED,
        NOT_FOUND,
        _kind(408, "requestTimeout", "RequestTimeout", "The request took too long."),
        _kind(409, "conflict", "OperationAborted", "Another operation on this resource is under way."),
        PRECONDITION_FAILED,
        INVALID_RANGE,
        _kind(429, "rateLimitExceeded", "SlowDown", "The rate limit is exceeded. Please reduce your request rate."),
        CLIENT_CLOSED,
        INTERNAL,
        NOT_IMPLEMENTED,
        _kind(502, "badGateway", "BadGateway", "Bad gateway."),
        BUSY,
        _kind(504, "gatewayTimeout", "GatewayTimeout", "The service did not answer in time."),
    )
}


def injected(status: int) -> Kind:
    """How a fault with this HTTP code is told."""
    return _INJECTED[status]


class Refusal(Exception):
    """A request that is not done, and why.

    Args:
        kind: what sort of refusal it is.
        message: in place of the usual message of the JSON API; the XML API tells it as `Details`.
        **elements: further elements of the XML answer, such as `ParameterName` or `StringToSign`.
    """

    def __init__(self, kind: Kind, message: str = "", /, **elements: str) -> None:
        super().__init__(f"{kind.code}: {message or kind.message}")
        self.kind = kind
        self.message = message
        self.elements = elements

    def as_json(self) -> Response:
        """The JSON API's answer."""
        kind, message = self.kind, self.message or self.kind.message
        if kind is NOT_MODIFIED:
            return Response(status_code=kind.status)
        item = {"message": message, "domain": "global", "reason": kind.reason}
        body = {"error": {"code": kind.status, "message": message, "errors": [item]}}
        return Response(msgspec.json.encode(body), kind.status, media_type="application/json; charset=UTF-8")

    def as_xml(self) -> Response:
        """The XML API's answer."""
        kind = self.kind
        if kind is NOT_MODIFIED:
            return Response(status_code=kind.status)
        told = {"Code": kind.code, "Message": kind.message, "Details": self.message, **self.elements}
        inside = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in told.items() if value)
        body = f"<?xml version='1.0' encoding='UTF-8'?><Error>{inside}</Error>"
        return Response(body.encode(), kind.status, media_type="application/xml; charset=UTF-8")


def _text(value: str) -> str:
    return escape(_NOT_IN_XML.sub("\ufffd", value))
