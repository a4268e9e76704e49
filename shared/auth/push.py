"""The sender of a Pub/Sub push, by the OIDC token that Pub/Sub signs for the subscription's service account."""

from __future__ import annotations

from typing import Final

from shared.auth.keys import KeySet
from shared.auth.tokens import Family, bearer, verified_claims

ISSUERS: Final = ("https://accounts.google.com", "accounts.google.com")
FAMILY: Final = Family(
    "PUSH_TOKEN",
    missing="Only Pub/Sub may call this address: its push subscription has to send an OIDC token.",
    invalid="This OIDC token is not one of the push subscription's service account.",
    expired="This OIDC token has expired.",
)


def verify_push_token(authorization: str | None, *, keys: KeySet, audience: str, email: str) -> None:
    """Return if the Authorization header holds a token of `email` for `audience`.

    Raises Unauthenticated PUSH_TOKEN_MISSING, PUSH_TOKEN_INVALID, PUSH_TOKEN_EXPIRED; Unavailable KEYS_UNREACHABLE.
    """
    token = bearer(authorization, FAMILY)
    claims = verified_claims(token, keys=keys, audience=audience, issuers=ISSUERS, family=FAMILY)
    if claims.get("email") != email or claims.get("email_verified") is not True:
        raise FAMILY.invalid(f"email {claims.get('email')!r:.80}")
