"""People as the Firebase SDKs sign them in: anonymous at first, and linked to an e-mail address later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx
import msgspec

from tools.chaos_real.cloud import Cloud

ACCOUNTS: Final = "identitytoolkit.googleapis.com/v1/accounts"
TIMEOUT: Final = 20.0  # seconds


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, and the ID token that says so."""

    uid: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What an app sends along."""
        return {"Authorization": f"Bearer {self.token}"}


def stranger(cloud: Cloud) -> Person:
    """Somebody new, anonymous."""
    return _person(_ask(cloud, "signUp", {}))


def linked(cloud: Cloud, person: Person, email: str) -> Person:
    """The same person with an e-mail address and a password, and a new token. Raises httpx.HTTPStatusError."""
    return _person(_ask(cloud, "signUp", {"idToken": person.token, "email": email, "password": "a long secret"}))


def ask_for_job(http: httpx.Client, cloud: Cloud, person: Person, body: Mapping[str, Any]) -> httpx.Response:
    """`POST /v1/jobs`, once and without any client's patience."""
    return http.post(f"{cloud.running.urls['upload']}/v1/jobs", json=body, headers=person.headers)


def _ask(cloud: Cloud, call: str, body: dict[str, Any]) -> dict[str, Any]:
    url = f"{cloud.running.urls['auth']}/{ACCOUNTS}:{call}"
    with httpx.Client(trust_env=False, timeout=TIMEOUT) as http:
        answer = http.post(url, params={"key": "local"}, json={"returnSecureToken": True, **body})
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _person(answer: dict[str, Any]) -> Person:
    return Person(uid=answer["localId"], token=answer["idToken"])
