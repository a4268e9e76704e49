"""V4 signatures in query parameters: whether a request is the very one that its URL was signed for.

The rules are those of https://cloud.google.com/storage/docs/authentication/signatures: the signature covers method,
path, every other query parameter, and the headers that `X-Goog-SignedHeaders` names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from localcloud.storage.errors import (
    ACCESS_DENIED,
    EXPIRED_TOKEN,
    INVALID,
    MALFORMED_HEADER,
    MISSING_HEADER,
    NOT_IMPLEMENTED,
    SIGNATURE_MISMATCH,
    TIME_SKEWED,
    Refusal,
)
from localcloud.storage.names import percent_decoded

ALGORITHM = "GOOG4-RSA-SHA256"
LONGEST = timedelta(days=7)
SKEW = timedelta(minutes=15)

_PARAMETERS = (
    "X-Goog-Algorithm",
    "X-Goog-Credential",
    "X-Goog-Date",
    "X-Goog-Expires",
    "X-Goog-SignedHeaders",
    "X-Goog-Signature",
)
_OTHER_ALGORITHMS = frozenset({"GOOG4-HMAC-SHA256", "AWS4-HMAC-SHA256"})
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_HEADER_NAMES = re.compile(r"[^\sA-Z:;]+(;[^\sA-Z:;]+)*")
_SIGNATURE = re.compile(r"(?:[0-9a-fA-F]{2})+")
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided."
    " Check your Google secret key and signing method."
)


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request as it came over the wire: path and query still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Whose signatures hold."""

    email: str
    key: RSAPublicKey


def verified(received: Received, signer: Signer, now: datetime) -> Mapping[str, str]:
    """The query parameters of a request whose signature holds.

    Raises:
        Refusal: 400, 403 or 501, saying what does not hold.
    """
    parameters = query_parameters(received.query)
    _check_form(parameters)
    scope = _checked_scope(parameters, signer.email)
    _check_time(parameters, now)
    headers = {name: " ".join(value.split()) for name, value in joined(received.headers).items()}
    names = _checked_headers(parameters["X-Goog-SignedHeaders"], headers)
    if not _SIGNATURE.fullmatch(parameters["X-Goog-Signature"]):
        raise Refusal(MALFORMED_HEADER, "Signature was not hex encoded", ParameterName="X-Goog-Signature")
    signature = bytes.fromhex(parameters["X-Goog-Signature"])
    requests, to_sign = [], []
    for host in _spellings(headers["host"]):
        canonical = _canonical_request(received, parameters, {**headers, "host": host}, names)
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        requests.append(canonical)
        to_sign.append(f"{ALGORITHM}\n{parameters['X-Goog-Date']}\n{scope}\n{digest}")
    if not any(_holds(signer.key, signature, text) for text in to_sign):
        raise Refusal(SIGNATURE_MISMATCH, _MISMATCH, StringToSign=to_sign[0], CanonicalRequest=requests[0])
    return parameters


def query_parameters(query: str) -> dict[str, str]:
    """The decoded parameters. Raises Refusal 400 for one that is there twice, since only one of them would count."""
    found: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        decoded = percent_decoded(name)
        if decoded in found:
            raise Refusal(INVALID, f"The query parameter '{decoded[:50]}' is there twice.", ParameterName=decoded[:50])
        found[decoded] = percent_decoded(value)
    return found


def _check_form(parameters: Mapping[str, str]) -> None:
    if "GoogleAccessId" in parameters:
        raise Refusal(NOT_IMPLEMENTED, "V2 signatures are not verified here; sign with V4.")
    if not any(name in parameters for name in _PARAMETERS):
        raise Refusal(ACCESS_DENIED, "Anonymous caller does not have access: the XML API takes signed URLs only.")
    for name in _PARAMETERS:
        if name not in parameters:
            raise Refusal(MISSING_HEADER, "The signature is incomplete.", ParameterName=name)
    algorithm = parameters["X-Goog-Algorithm"]
    if algorithm in _OTHER_ALGORITHMS:
        raise Refusal(NOT_IMPLEMENTED, f"{algorithm} is not verified here; sign with {ALGORITHM}.")
    if algorithm != ALGORITHM:
        raise Refusal(INVALID, "Unknown signing algorithm.", ParameterName="X-Goog-Algorithm")


def _checked_scope(parameters: Mapping[str, str], email: str) -> str:
    """`DATE/REGION/storage/goog4_request`, the part of the credential that is signed."""
    who, _, scope = parameters["X-Goog-Credential"].partition("/")
    parts = scope.split("/")
    date = parameters["X-Goog-Date"]
    if not _DATE.fullmatch(date):
        raise Refusal(MALFORMED_HEADER, "Not of the form YYYYMMDD'T'HHMMSS'Z'.", ParameterName="X-Goog-Date")
    if len(parts) != 4 or parts[0] != date[:8] or not parts[1] or parts[2:] != ["storage", "goog4_request"]:
        raise Refusal(
            MALFORMED_HEADER,
            f"The scope is not {date[:8]}/<region>/storage/goog4_request.",
            ParameterName="X-Goog-Credential",
        )
    if who != email:
        raise Refusal(ACCESS_DENIED, f"The signer here is {email}.")
    return scope


def _check_time(parameters: Mapping[str, str], now: datetime) -> None:
    try:
        signed = datetime.strptime(parameters["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Refusal(MALFORMED_HEADER, "There is no such date.", ParameterName="X-Goog-Date") from error
    expires = parameters["X-Goog-Expires"]
    if not re.fullmatch(r"[0-9]{1,6}", expires) or not 1 <= int(expires) <= LONGEST.total_seconds():
        raise Refusal(INVALID, "X-Goog-Expires must be from 1 to 604800 seconds.", ParameterName="X-Goog-Expires")
    if signed > now + SKEW:
        raise Refusal(TIME_SKEWED, f"Request is signed for {signed.isoformat()}.")
    end = signed + timedelta(seconds=int(expires))
    if now > end:
        raise Refusal(EXPIRED_TOKEN, f"Request signature expired at: {end.isoformat()}")


def joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """One value per header name: equal names are joined by commas."""
    found: dict[str, str] = {}
    for name, value in headers:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _checked_headers(signed: str, headers: Mapping[str, str]) -> list[str]:
    names = signed.split(";")
    if not _HEADER_NAMES.fullmatch(signed) or len(set(names)) != len(names):
        raise Refusal(MALFORMED_HEADER, "Not a list of different header names.", ParameterName="X-Goog-SignedHeaders")
    for name in ("host", *names):
        if name not in headers:
            raise Refusal(
                MALFORMED_HEADER, "Header was included in signedheaders, but not in the request.", ParameterName=name
            )
    for name in headers:
        if name not in names and (name == "host" or name.startswith("x-goog-")):
            raise Refusal(
                MALFORMED_HEADER, "Header was included in the request, but not in signedheaders.", ParameterName=name
            )
    return names


def _spellings(host: str) -> list[str]:
    """Some libraries sign the host with its port, some without; on its usual port the cloud cannot tell."""
    bare = re.sub(r":[0-9]+$", "", host)
    return [host] if bare == host else [host, bare]


def _canonical_request(
    received: Received, parameters: Mapping[str, str], headers: Mapping[str, str], names: Sequence[str]
) -> str:
    query = "&".join(
        f"{_encoded(name)}={_encoded(value)}"
        for name, value in sorted(parameters.items())
        if name != "X-Goog-Signature"
    )
    return "\n".join(
        [
            received.method,
            quote(percent_decoded(received.path), safe="/~"),
            query,
            *(f"{name}:{headers[name]}" for name in names),
            "",
            ";".join(names),
            headers.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD"),
        ]
    )


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _holds(key: RSAPublicKey, signature: bytes, text: str) -> bool:
    try:
        key.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
