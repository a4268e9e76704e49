"""ID tokens, session cookies and custom tokens: made, signed, read and checked."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Annotated, Any, Final

import jwt
import msgspec

from localcloud.auth.claims import checked_claims, parse_claims
from localcloud.auth.refusal import Refused
from localcloud.auth.store import Session
from localcloud.auth.users import MAX_UID_LENGTH, User
from localcloud.keys import SIGNER_EMAIL, Keys

LIFETIME: Final = 3600  # seconds
IDENTITY_TOOLKIT: Final = "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit"


class CustomToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a custom token says: who signs in, and with which claims. `exp` is in seconds since 1970."""

    uid: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_UID_LENGTH)]
    aud: str
    exp: int
    claims: dict[str, Any] = {}


class Tokens:
    """Makes and reads tokens with the keys of the local cloud; `clock` tells when ID tokens are issued."""

    def __init__(self, keys: Keys, *, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock
        self._issuer = keys.issuer.public_key()

    def id_token(self, user: User, session: Session) -> str:
        """An ID token as Firebase issues it: RS256, one hour."""
        identities = {"email": [user.email]} if user.email else {}
        named = {"name": user.display_name, "picture": user.photo_url}
        claims: dict[str, Any] = {name: value for name, value in named.items() if value}
        claims |= parse_claims(user.custom_attributes) | session.claims
        claims |= {
            "iss": f"https://securetoken.google.com/{session.project}",
            "aud": session.project,
            "auth_time": session.auth_time,
            "user_id": user.uid,
            "sub": user.uid,
            "firebase": {"identities": identities, "sign_in_provider": session.provider},
        }
        if user.email:
            claims |= {"email": user.email, "email_verified": user.email_verified}
        if session.provider == "anonymous":
            claims["provider_id"] = "anonymous"
        now = int(self._clock())
        return self._keys.sign_token({**claims, "iat": now, "exp": now + LIFETIME})

    def session_cookie(self, id_token_claims: dict[str, Any], lifetime: int) -> str:
        """A session cookie with the claims of an ID token. `lifetime` is in seconds."""
        project = id_token_claims["aud"]
        claims = {name: value for name, value in id_token_claims.items() if name not in {"iat", "exp"}}
        return self._keys.sign_token(
            {**claims, "iss": f"https://session.firebase.google.com/{project}"}, lifetime=lifetime
        )

    def read_id_token(self, token: str, project: str) -> dict[str, Any]:
        """The claims of an ID token of `project`. Raises Refused (INVALID_ID_TOKEN, TOKEN_EXPIRED)."""
        try:
            return jwt.decode(
                token,
                self._issuer,
                algorithms=["RS256"],
                audience=project,
                issuer=f"https://securetoken.google.com/{project}",
                options={"require": ["exp", "iat", "sub", "aud", "iss", "auth_time", "firebase"]},
            )
        except jwt.ExpiredSignatureError:
            raise Refused("TOKEN_EXPIRED") from None
        except (jwt.PyJWTError, RecursionError):
            raise Refused("INVALID_ID_TOKEN") from None

    def read_custom_token(self, token: str) -> CustomToken:
        """What a custom token says. Raises Refused (INVALID_CUSTOM_TOKEN, FORBIDDEN_CLAIM, CLAIMS_TOO_LARGE).

        As with the official emulator, firebase-admin's unsigned tokens are taken for good. Signed ones must be from
        the local cloud's own service account.
        """
        try:
            if jwt.get_unverified_header(token).get("alg") != "none":
                self._check_signature(token)
            custom = msgspec.json.decode(_payload(token), type=CustomToken)
        except (jwt.PyJWTError, msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Refused(f"INVALID_CUSTOM_TOKEN : {error}") from None
        if custom.aud != IDENTITY_TOOLKIT:
            raise Refused(f"INVALID_CUSTOM_TOKEN : its audience is not {IDENTITY_TOOLKIT}")
        if custom.exp <= time.time():
            raise Refused("INVALID_CUSTOM_TOKEN : it has expired")
        checked_claims(custom.claims)
        return custom

    def _check_signature(self, token: str) -> None:
        jwt.decode(
            token,
            self._keys.signer_public_key(),
            algorithms=["RS256"],
            audience=IDENTITY_TOOLKIT,
            issuer=SIGNER_EMAIL,
        )


def _payload(token: str) -> bytes:
    segment = token.split(".")[1]
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
