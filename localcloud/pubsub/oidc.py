"""The OIDC tokens that authenticate pushes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from localcloud.keys import Keys
from localcloud.pubsub.settings import Push

ISSUER = "https://accounts.google.com"
_LIFETIME = 3600  # seconds
_KEPT = 300.0  # seconds that a token is used again; signing one costs about a millisecond


class PushTokens:
    """Signs as Google does for the service account of a push configuration."""

    def __init__(self, keys: Keys, *, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock
        self._made: dict[tuple[str, str], tuple[float, str]] = {}

    def token(self, push: Push) -> str:
        """A token for the account and audience of `push`, valid for at least 55 minutes by the service's clock."""
        now = self._clock()
        made, token = self._made.get((push.account, push.audience), (0.0, ""))
        if abs(now - made) > _KEPT:
            token = self._sign(push, int(now))
            self._made[push.account, push.audience] = (now, token)
        return token

    def _sign(self, push: Push, now: int) -> str:
        subject = _account_number(push.account)
        return self._keys.sign_token(
            {
                "iss": ISSUER,
                "iat": now,
                "exp": now + _LIFETIME,
                "aud": push.audience,
                "azp": subject,
                "sub": subject,
                "email": push.account,
                "email_verified": True,
            }
        )


def _account_number(email: str) -> str:
    """A service account's unique number of 21 digits; here, always the same for the same e-mail address."""
    digest = hashlib.sha256(email.encode()).digest()
    return str(10**20 + int.from_bytes(digest, "big") % (9 * 10**20))
