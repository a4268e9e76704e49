"""Custom claims: what an administrator or a custom token may add to somebody's ID tokens."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from localcloud.auth.refusal import Refused

MAX_LENGTH: Final = 1000  # characters of JSON
RESERVED: Final = (
    "iss", "aud", "sub", "iat", "exp", "nbf", "jti", "nonce", "azp", "acr", "amr", "cnf", "auth_time", "firebase",
    "at_hash", "c_hash", "user_id",
)  # fmt: skip


def parse_claims(text: str) -> dict[str, Any]:
    """The claims in a JSON text. Raises Refused (INVALID_CLAIMS, CLAIMS_TOO_LARGE, FORBIDDEN_CLAIM)."""
    if len(text) > MAX_LENGTH:
        raise Refused("CLAIMS_TOO_LARGE")
    try:
        claims = msgspec.json.decode(text or "{}")
    except (msgspec.MsgspecError, RecursionError):
        raise Refused("INVALID_CLAIMS") from None
    return checked_claims(claims)


def checked_claims(claims: object) -> dict[str, Any]:
    """`claims`, if it is an object without reserved names. Raises Refused."""
    if not isinstance(claims, dict):
        raise Refused("INVALID_CLAIMS")
    for name in RESERVED:
        if name in claims:
            raise Refused(f"FORBIDDEN_CLAIM : {name}")
    if len(msgspec.json.encode(claims)) > MAX_LENGTH * 4:
        raise Refused("CLAIMS_TOO_LARGE")
    return claims
