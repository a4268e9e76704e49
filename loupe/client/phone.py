"""A signed-in user of one stack, and the HTTP that a phone would speak."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from localcloud.supervisor.state import Running
from loupe.client.answers import body_of, unreachable
from shared.errors import LoupeError, Unavailable

API_KEY: Final = "local"  # a real project's is public, too: it names the project and protects nothing
FRESH: Final = 300.0  # seconds that an ID token must still be good for
TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)
TRIES: Final = 3
LONGEST_WAIT: Final = 10  # seconds
SAVED: Final = "phone.json"


class Identity(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who this machine's user is, kept so that `loupe jobs` shows one's own."""

    uid: str
    refresh_token: str


class Phone:
    """Speaks to the functions of a stack as one user. Safe to be used by several threads."""

    def __init__(self, running: Running, http: httpx.Client) -> None:
        self.running = running
        self.http = http
        self._saved = Path(running.data) / SAVED
        self._lock = threading.Lock()
        self._token = ""
        self._token_until = 0.0
        self.uid = ""

    def sign_in(self) -> None:
        """Be the user of last time, or a new anonymous one. Raises LoupeError where that is refused."""
        self._bearer()

    def get(self, service: str, path: str, **parameters: str | int) -> dict[str, Any]:
        """GET a resource of a function. Raises LoupeError."""
        return self._call("GET", service, path, params=parameters)

    def post(self, service: str, path: str, body: Mapping[str, Any], *, key: str = "") -> dict[str, Any]:
        """POST to a function; with an idempotency `key` it is tried again where no answer came. Raises LoupeError."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._call("POST", service, path, json=body, headers=headers)

    def delete(self, service: str, path: str) -> dict[str, Any]:
        """DELETE a resource of a function. Raises LoupeError."""
        return self._call("DELETE", service, path)

    def download(self, gs_name: str) -> bytes:
        """The content of `gs://bucket/object`. Raises LoupeError."""
        bucket, _, name = gs_name.removeprefix("gs://").partition("/")
        quoted = httpx.URL(self.running.urls["storage"]).copy_with(
            raw_path=f"/storage/v1/b/{bucket}/o/{_quote(name)}?alt=media".encode()
        )
        with reaching("storage"):
            answer = self.http.get(quoted)
        if answer.is_error:
            body_of(answer)
        return answer.content

    def _call(self, method: str, service: str, path: str, **request: Any) -> dict[str, Any]:
        headers = {**request.pop("headers", {}), "Authorization": f"Bearer {self._bearer()}"}
        url = self.running.urls[service] + path
        for tries in range(1, TRIES + 1):
            try:
                with reaching(service):
                    return body_of(self.http.request(method, url, headers=headers, **request))
            except Unavailable as unavailable:
                if tries == TRIES:
                    raise
                time.sleep(min(unavailable.retry_after or tries, LONGEST_WAIT))
        raise AssertionError("unreachable")

    def _bearer(self) -> str:
        with self._lock:
            if time.monotonic() > self._token_until - FRESH:
                saved = self._read_saved()
                self._take((saved and self._refreshed(saved)) or self._new_user())
            return self._token

    def _take(self, answer: Mapping[str, Any]) -> None:
        """Both endpoints answer the same four facts, one in camelCase and one in snake_case."""
        self._token = str(answer.get("idToken") or answer["id_token"])
        lifetime = float(answer.get("expiresIn") or answer["expires_in"])
        self._token_until = time.monotonic() + lifetime
        self.uid = str(answer.get("localId") or answer["user_id"])
        identity = Identity(uid=self.uid, refresh_token=str(answer.get("refreshToken") or answer["refresh_token"]))
        self._saved.touch(mode=0o600)
        self._saved.write_bytes(msgspec.json.encode(identity))

    def _new_user(self) -> dict[str, Any]:
        url = f"{self.running.urls['auth']}/identitytoolkit.googleapis.com/v1/accounts:signUp"
        with reaching("auth"):
            return body_of(self.http.post(url, params={"key": API_KEY}, json={"returnSecureToken": True}))

    def _refreshed(self, saved: Identity) -> dict[str, Any] | None:
        """A new token for the user of last time; None if the stack does not know that user any more."""
        url = f"{self.running.urls['auth']}/securetoken.googleapis.com/v1/token"
        form = {"grant_type": "refresh_token", "refresh_token": saved.refresh_token}
        with reaching("auth"):
            answer = self.http.post(url, params={"key": API_KEY}, data=form)
        if answer.status_code in {400, 401, 404}:
            return None
        return body_of(answer)

    def _read_saved(self) -> Identity | None:
        try:
            return msgspec.json.decode(self._saved.read_bytes(), type=Identity)
        except (FileNotFoundError, msgspec.DecodeError):
            return None


@contextlib.contextmanager
def signed_in(running: Running) -> Iterator[Phone]:
    """A phone on a stack. Raises LoupeError where nobody can sign in."""
    # Everything is on this machine: a proxy of the environment has no business here.
    with httpx.Client(trust_env=False, timeout=TIMEOUT) as http:
        phone = Phone(running, http)
        phone.sign_in()
        yield phone


@contextlib.contextmanager
def reaching(service: str) -> Iterator[None]:
    """Turns a broken connection to `service` into Unavailable."""
    try:
        yield
    except httpx.TransportError as error:
        raise unreachable(service, error) from error


def _quote(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")


__all__ = ["Identity", "LoupeError", "Phone", "reaching", "signed_in"]
