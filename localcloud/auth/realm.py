"""One project's accounts, as one caller may use them."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from localcloud.auth.refusal import Refused
from localcloud.auth.store import Session, Store
from localcloud.auth.tokens import LIFETIME, Tokens
from localcloud.auth.users import User

Answer = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds an ID token that is good."""

    user: User
    provider: str
    claims: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Realm:
    """What a call works on. `privileged`: the caller is an administrator."""

    project: str
    privileged: bool
    store: Store
    tokens: Tokens

    def holder(self, id_token: str | None) -> Holder:
        """Whose token this is.

        Raises Refused: MISSING_ID_TOKEN, INVALID_ID_TOKEN, TOKEN_EXPIRED (or revoked), USER_NOT_FOUND, USER_DISABLED.
        """
        if not id_token:
            raise Refused("MISSING_ID_TOKEN")
        claims = self.tokens.read_id_token(id_token, self.project)
        user = self.alive(claims["sub"])
        if claims["auth_time"] < user.valid_since:
            raise Refused("TOKEN_EXPIRED")
        return Holder(user=user, provider=claims["firebase"]["sign_in_provider"], claims=claims)

    def alive(self, uid: str) -> User:
        """The account with this id. Raises Refused (USER_NOT_FOUND, USER_DISABLED)."""
        user = self.existing(uid)
        if user.disabled:
            raise Refused("USER_DISABLED")
        return user

    def existing(self, uid: str) -> User:
        """The account with this id, disabled or not. Raises Refused (USER_NOT_FOUND)."""
        user = self.store.user(self.project, uid)
        if user is None:
            raise Refused("USER_NOT_FOUND")
        return user

    def check_email_free(self, email: str, *, uid: str | None = None) -> None:
        """Raises Refused (EMAIL_EXISTS) if another account than `uid` has the address."""
        user = self.store.user_by_email(self.project, email)
        if user is not None and user.uid != uid:
            raise Refused("EMAIL_EXISTS")

    def sign_in(self, user: User, provider: str, claims: dict[str, Any] | None = None) -> Answer:
        """Open a session for an account that is in the store: the token fields of an answer."""
        now = time.time()
        session = Session(
            project=self.project, uid=user.uid, provider=provider, auth_time=int(now), claims=claims or {}
        )
        refresh_token = secrets.token_urlsafe(48)
        self.store.open(refresh_token, session)
        self.store.save(self.project, replace(user, last_login_at=int(now * 1000), last_refresh_at=int(now * 1000)))
        return {
            "idToken": self.tokens.id_token(user, session),
            "refreshToken": refresh_token,
            "expiresIn": str(LIFETIME),
        }
