"""The caller, by a Firebase ID token."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec

from shared.auth.keys import KeySet
from shared.auth.tokens import LEEWAY, Family, bearer, verified_claims

KEYS_URL: Final = "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"
ISSUER: Final = "https://securetoken.google.com/{project}"
ANONYMOUS: Final = "anonymous"
FAMILY: Final = Family(
    "TOKEN",
    missing="Sign in first: send a Firebase ID token as `Authorization: Bearer …`.",
    invalid="This is not an ID token of this project. Sign in again.",
    expired="Your sign-in has expired. Refresh the ID token and send the request again.",
)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking. `provider` is Firebase's name of the way of signing in (`anonymous`, `password`, …)."""

    uid: str
    anonymous: bool
    provider: str
    auth_time: datetime
    email: str | None = None


class _Firebase(msgspec.Struct):
    sign_in_provider: str = "custom"


class _Claims(msgspec.Struct):
    """What Loupe reads of an ID token. A user id is part of document names, which allow no slash and no `__x__`."""

    sub: Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^(?!\.{1,2}$|__.*__$)[^/\x00]+$")]
    auth_time: Annotated[int, msgspec.Meta(ge=0, le=2**40)]
    firebase: _Firebase = msgspec.field(default_factory=_Firebase)
    email: str | None = None


def verify_id_token(
    authorization: str | None, *, keys: KeySet, project: str, clock: Callable[[], float] = time.time
) -> Caller:
    """Who the Authorization header speaks for.

    Raises Unauthenticated TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED; Unavailable KEYS_UNREACHABLE.
    """
    token = bearer(authorization, FAMILY)
    found = verified_claims(
        token, keys=keys, audience=project, issuers=(ISSUER.format(project=project),), family=FAMILY
    )
    try:
        claims = msgspec.convert(found, _Claims)
    except msgspec.ValidationError as error:
        raise FAMILY.invalid(str(error)) from error
    if claims.auth_time > clock() + LEEWAY:
        raise FAMILY.invalid("auth_time is in the future")
    provider = claims.firebase.sign_in_provider
    return Caller(
        uid=claims.sub,
        anonymous=provider == ANONYMOUS,
        provider=provider,
        auth_time=datetime.fromtimestamp(claims.auth_time, UTC),
        email=claims.email,
    )
