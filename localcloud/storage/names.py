"""Names as they come over the wire: percent-decoding without forgiveness, and the rules for bucket and object names."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from localcloud.storage.errors import INVALID, INVALID_BUCKET_NAME, INVALID_OBJECT_NAME, INVALID_URI, Kind, Refusal

OBJECT_NAME_LIMIT = 1024  # bytes of UTF-8

_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9._-]{1,220})[a-z0-9]")
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")


def percent_decoded(text: str, kind: Kind = INVALID_URI) -> str:
    """`text` with its `%XX` resolved as UTF-8. Raises Refusal for a broken escape or bytes that are no UTF-8."""
    if _BROKEN_ESCAPE.search(text):
        raise Refusal(kind, f"Broken percent-encoding in {text[:100]!r}.")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise Refusal(kind, f"{text[:100]!r} does not decode to UTF-8.") from error


def parameters(query: str) -> dict[str, str]:
    """The parameters of a JSON API call; `+` is a space, the last of several equal names holds."""
    pairs = (part.partition("=") for part in query.replace("+", " ").split("&") if part)
    return {percent_decoded(name, INVALID): percent_decoded(value, INVALID) for name, _, value in pairs}


def checked_bucket_name(name: str) -> str:
    """`name` if a new bucket may be called so: 3 to 63 characters, 222 with dots, none of them odd."""
    parts = name.split(".")
    fits = _BUCKET.fullmatch(name) and all(parts) and all(len(part) <= 63 for part in parts)
    if not fits or _ADDRESS.fullmatch(name) or name.startswith("goog"):
        raise Refusal(INVALID_BUCKET_NAME, f"Invalid bucket name: '{name[:300]}'")
    return name


def checked_object_name(name: str) -> str:
    """`name` if a new object may be called so.

    Any Unicode goes, as in the cloud, but for an empty name, more than 1024 bytes, line breaks, `.` and `..`, and what
    is reserved for certificates.
    """
    if not name:
        raise Refusal(INVALID_OBJECT_NAME, "The object name must not be empty.")
    if len(name.encode()) > OBJECT_NAME_LIMIT:
        raise Refusal(INVALID_OBJECT_NAME, f"The object name is longer than {OBJECT_NAME_LIMIT} bytes of UTF-8.")
    if name in {".", ".."} or "\r" in name or "\n" in name or name.startswith(".well-known/acme-challenge/"):
        raise Refusal(INVALID_OBJECT_NAME, f"Disallowed object name: {name[:100]!r}")
    return name
