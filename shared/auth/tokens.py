"""RS256 tokens in general: checked against a KeySet, or refused with a reason of the given family."""

from __future__ import annotations

from typing import Any, Final

import jwt

from shared.auth.keys import KeySet
from shared.errors import Unauthenticated

LEEWAY: Final = 10  # seconds that two clocks may differ
LONGEST: Final = 8 * 1024  # characters
REQUIRED: Final = ("iss", "aud", "sub", "iat", "exp")


class Family:
    """The refusals of one sort of token: `TOKEN` gives TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED."""

    def __init__(self, prefix: str, *, missing: str, invalid: str, expired: str) -> None:
        self._prefix = prefix
        self._messages = {"MISSING": missing, "INVALID": invalid, "EXPIRED": expired}

    def missing(self) -> Unauthenticated:
        """There is no token."""
        return self._refusal("MISSING", "")

    def invalid(self, why: str) -> Unauthenticated:
        """There is one that does not hold; `why` is for the log."""
        return self._refusal("INVALID", why)

    def expired(self) -> Unauthenticated:
        """There is one that held once."""
        return self._refusal("EXPIRED", "")

    def _refusal(self, what: str, why: str) -> Unauthenticated:
        return Unauthenticated(f"{self._prefix}_{what}", self._messages[what], internal=why)


def bearer(authorization: str | None, family: Family) -> str:
    """The token of an Authorization header. Raises the family's MISSING or INVALID."""
    if not authorization:
        raise family.missing()
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise family.invalid("not a bearer token")
    return token.strip()


def verified_claims(
    token: str, *, keys: KeySet, audience: str, issuers: tuple[str, ...], family: Family
) -> dict[str, Any]:
    """The claims of a token whose signature, issuer, audience and times hold.

    Raises the family's refusals, and Unavailable KEYS_UNREACHABLE.
    """
    if len(token) > LONGEST:
        raise family.invalid("longer than any token")
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != "RS256" or not isinstance(header.get("kid"), str):
            raise family.invalid(f"alg {header.get('alg')!r:.40}, kid {header.get('kid')!r:.80}")
        key = keys.find(header["kid"])
        if key is None:
            raise family.invalid(f"unknown key {header['kid']!r:.80}")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=audience,
            issuer=issuers,
            leeway=LEEWAY,
            options={"require": list(REQUIRED)},
        )
    except jwt.ExpiredSignatureError as error:
        raise family.expired() from error
    except (jwt.PyJWTError, ValueError) as error:
        raise family.invalid(f"{type(error).__name__}: {error}") from error
    return claims
