"""Public keys by URL (JWKS): fetched when needed, kept, and not fetched more often for the sake of made-up key ids."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import jwt
import msgspec
import requests

from shared.errors import Unavailable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

TIMEOUT: Final = (2.0, 3.0)  # seconds to connect, to answer
FRESH: Final = 3600.0  # seconds until the keys are fetched again
UNKNOWN_EVERY: Final = 30.0  # seconds between fetches that an unknown key id causes
FAILED_EVERY: Final = 1.0  # seconds between fetches after one that failed
STALE: Final = 24 * 3600.0  # seconds for which kept keys are trusted while fetching fails
LONGEST_SET: Final = 256 * 1024  # bytes


class KeySet:
    """The RSA keys that a URL publishes. Safe for many threads; one of them fetches while the others wait."""

    def __init__(
        self, url: str, *, clock: Callable[[], float] = time.monotonic, timeout: tuple[float, float] = TIMEOUT
    ) -> None:
        """`clock` counts seconds; `timeout` is (to connect, to answer)."""
        self._url = url
        self._clock = clock
        self._timeout = timeout
        self._lock = threading.Lock()
        self._keys: Mapping[str, RSAPublicKey] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._failure = ""

    def find(self, key_id: str) -> RSAPublicKey | None:
        """The key of this id; None where the publisher does not know it.

        Raises Unavailable KEYS_UNREACHABLE where the keys cannot be fetched and none that may be trusted are kept.
        """
        if self._age() < FRESH and key_id in self._keys:
            return self._keys[key_id]
        with self._lock:
            if self._may_fetch(key_id):
                self._fetch()
        if self._age() >= STALE or (self._failure and key_id not in self._keys):
            raise Unavailable(
                "KEYS_UNREACHABLE",
                "Your sign-in cannot be checked at the moment. Send the request again in a moment.",
                internal=f"{self._url}: {self._failure}",
                retry_after=2,
            )
        return self._keys.get(key_id)

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._clock() - self._fetched_at

    def _may_fetch(self, key_id: str) -> bool:
        since = float("inf") if self._tried_at is None else self._clock() - self._tried_at
        if self._failure:
            return since >= FAILED_EVERY
        if self._age() >= FRESH:
            return True
        return key_id not in self._keys and since >= UNKNOWN_EVERY

    def _fetch(self) -> None:
        try:
            keys = _published(self._url, self._timeout)
        except (requests.RequestException, msgspec.DecodeError, jwt.PyJWTError, ValueError) as error:
            self._failure = f"{type(error).__name__}: {error}"
        else:
            self._keys, self._failure, self._fetched_at = keys, "", self._clock()
        self._tried_at = self._clock()


def _published(url: str, timeout: tuple[float, float]) -> dict[str, RSAPublicKey]:
    with requests.get(url, timeout=timeout, stream=True, allow_redirects=False) as answer:
        answer.raise_for_status()
        body = answer.raw.read(LONGEST_SET, decode_content=True)
    found = msgspec.json.decode(body, type=_Set)
    signing = [key for key in found.keys if key.get("kty") == "RSA" and key.get("use", "sig") == "sig"]
    keys = {str(key["kid"]): jwt.PyJWK(key, "RS256").key for key in signing if "kid" in key}
    if not keys:
        raise ValueError("no RSA keys are published there")
    return keys


class _Set(msgspec.Struct):
    keys: list[dict[str, object]]
