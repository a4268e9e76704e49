"""The app, by a Firebase App Check token: whether a request comes from an app of ours at all."""

from __future__ import annotations

from typing import Final

from shared.auth.keys import KeySet
from shared.auth.tokens import Family, verified_claims

KEYS_URL: Final = "https://firebaseappcheck.googleapis.com/v1/jwks"
HEADER: Final = "X-Firebase-AppCheck"
ISSUER: Final = "https://firebaseappcheck.googleapis.com/{number}"
FAMILY: Final = Family(
    "APP_CHECK",
    missing="This backend takes requests of its own apps only: send an App Check token in X-Firebase-AppCheck.",
    invalid="The App Check token does not hold. Get a new one and send the request again.",
    expired="The App Check token has expired. Get a new one and send the request again.",
)


def verify_app_check(token: str | None, *, keys: KeySet, project_number: str) -> str:
    """The id of the app that the token speaks for.

    Raises Unauthenticated APP_CHECK_MISSING, APP_CHECK_INVALID, APP_CHECK_EXPIRED; Unavailable KEYS_UNREACHABLE.
    """
    if not token:
        raise FAMILY.missing()
    claims = verified_claims(
        token,
        keys=keys,
        audience=f"projects/{project_number}",
        issuers=(ISSUER.format(number=project_number),),
        family=FAMILY,
    )
    return str(claims["sub"])
