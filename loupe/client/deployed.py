"""One photo through a deployed Loupe, as an app would send it: by URLs and an API key, and by nothing else."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import httpx
import msgspec

from loupe.client.answers import body_of
from loupe.client.phone import reaching
from shared.errors import Unavailable
from shared.model.states import State

SIGN_IN: Final = "https://identitytoolkit.googleapis.com/v1"
APP_CHECK: Final = "https://firebaseappcheck.googleapis.com/v1"
WAIT: Final = 20  # seconds that one request waits for a change
TIMEOUT: Final = httpx.Timeout(WAIT + 20.0, connect=10.0)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a deployment is. One that asks for App Check is told a debug token of the app `app_id`."""

    upload: str
    status: str
    api_key: str
    sign_in: str = SIGN_IN
    app_id: str = ""
    debug_token: str = ""


class Visitor:
    """An anonymous user of a deployment, gone when the block ends. Every method raises LoupeError."""

    def __init__(self, place: Place, http: httpx.Client) -> None:
        self._place = place
        self._http = http
        self._token = ""
        self._app_check = ""

    @property
    def attests(self) -> bool:
        """Whether there is a debug token to say what app this is."""
        return bool(self._place.debug_token)

    def attest(self) -> None:
        """Get an App Check token for the debug token, which the Firebase console knows as one of the app's."""
        project = self._place.app_id.split(":")[1]  # 1:PROJECT_NUMBER:web:…
        url = f"{APP_CHECK}/projects/{project}/apps/{self._place.app_id}:exchangeDebugToken"
        with reaching("App Check"):
            answer = self._http.post(
                url, params={"key": self._place.api_key}, json={"debugToken": self._place.debug_token}
            )
        self._app_check = str(body_of(answer)["token"])

    def sign_in(self) -> str:
        """Become a new anonymous user; its uid."""
        answer = self._identity("accounts:signUp", {"returnSecureToken": True})
        self._token = str(answer["idToken"])
        return str(answer["localId"])

    def leave(self) -> None:
        """Delete the user."""
        self._identity("accounts:delete", {"idToken": self._token})

    def healthy(self, function: str) -> dict[str, Any]:
        """What the function's health check answers."""
        with reaching(function):
            return body_of(self._http.get(f"{self._base(function)}/healthz"))

    def create(self, kind: str, content_type: str, size: int) -> tuple[str, Mapping[str, Any]]:
        """A job for one photo: its id, and where the photo goes."""
        images = [{"contentType": content_type, "size": size}]
        answer = self._call("POST", "upload", "/v1/jobs", json={"kind": kind, "images": images})
        return str(answer["job"]["name"]).removeprefix("jobs/"), answer["uploads"][0]

    def send(self, place: Mapping[str, Any], photo: bytes) -> None:
        """Put the photo where it goes."""
        with reaching("storage"):
            answer = self._http.request(place["method"], place["url"], headers=place["headers"], content=photo)
        if answer.is_error:
            body_of(answer)

    def result(self, job_id: str, within: float) -> dict[str, Any]:
        """The job when it is final. Raises Unavailable where that takes longer than `within` seconds."""
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            path = f"/v1/jobs/{job_id}:wait"
            job = self._call("GET", "status", path, params={"timeout": max(1, min(WAIT, int(left)))})
            if State(job["state"]).terminal:
                return job
        raise Unavailable("JOB_UNFINISHED", f"The job {job_id} is not final after {within:.0f} seconds.")

    def _base(self, function: str) -> str:
        return str(getattr(self._place, function)).rstrip("/")

    def _call(self, method: str, function: str, path: str, **request: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"}
        if self._app_check:
            headers["X-Firebase-AppCheck"] = self._app_check
        with reaching(function):
            return body_of(self._http.request(method, self._base(function) + path, headers=headers, **request))

    def _identity(self, call: str, body: Mapping[str, Any]) -> dict[str, Any]:
        with reaching("sign-in"):
            url = f"{self._place.sign_in.rstrip('/')}/{call}"
            return body_of(self._http.post(url, params={"key": self._place.api_key}, json=body))
