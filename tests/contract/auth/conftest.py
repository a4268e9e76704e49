"""An auth service for all tests here; each test has a project of its own in it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import firebase_admin
import jwt
import pytest
import requests

from tests.running import local_cloud

V1 = "/identitytoolkit.googleapis.com/v1/"
EMAIL, PASSWORD = "ada@example.com", "engine!"
ADMINISTRATOR = {"Authorization": "Bearer owner"}


@dataclass
class Phone:
    """Sends what the Firebase SDKs send."""

    url: str
    project: str
    http: requests.Session

    def post(self, call: str, body: Any = None, *, headers: dict[str, str] | None = None) -> requests.Response:
        """`call` is a name like `accounts:signUp`, or a path."""
        path = call if call.startswith("/") else V1 + call
        key = {"key": f"{self.project}:web"} if headers is None else {}
        return self.http.post(self.url + path, params=key, json=body or {}, headers=headers, timeout=10)

    def admin(self, call: str, body: Any) -> requests.Response:
        return self.post(f"{V1}projects/{self.project}/{call}", body, headers=ADMINISTRATOR)

    def token(self, refresh_token: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        path = f"{self.url}/securetoken.googleapis.com/v1/token"
        return self.http.post(path, params={"key": f"{self.project}:web"}, data=form, timeout=10)

    def anonymous(self) -> dict[str, Any]:
        return self.post("accounts:signUp", {"returnSecureToken": True}).json()

    def sign_up(self, email: str = EMAIL, password: str = PASSWORD) -> dict[str, Any]:
        body = {"email": email, "password": password, "returnSecureToken": True, "clientType": "CLIENT_TYPE_WEB"}
        return self.post("accounts:signUp", body).json()

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> requests.Response:
        return self.post("accounts:signInWithPassword", {"email": email, "password": password})

    def claims(self, id_token: str) -> dict[str, Any]:
        """The claims, if the signature holds by the service's public keys."""
        keys = jwt.PyJWKSet.from_dict(self.http.get(self.url + "/oauth2/v3/certs", timeout=10).json())
        key = keys[jwt.get_unverified_header(id_token)["kid"]]
        issuer = f"https://securetoken.google.com/{self.project}"
        return jwt.decode(id_token, key, algorithms=["RS256"], audience=self.project, issuer=issuer)


def code(response: requests.Response) -> str:
    """The error code of an answer, which is checked to be in Google's shape."""
    error = response.json()["error"]
    assert error["code"] == response.status_code
    assert error["errors"][0]["message"] == error["message"]
    return error["message"].split(" : ")[0]


@pytest.fixture(scope="session")
def auth_url(tmp_path_factory):
    with local_cloud(tmp_path_factory.mktemp("auth"), "auth") as cloud:
        yield cloud.ports.url("auth")


@pytest.fixture
def phone(auth_url):
    with requests.Session() as http:
        yield Phone(auth_url, f"demo-{uuid.uuid4().hex[:12]}", http)


@pytest.fixture
def app(phone, monkeypatch):
    """firebase-admin for the phone's project."""
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", phone.url.removeprefix("http://"))
    app = firebase_admin.initialize_app(options={"projectId": phone.project}, name=phone.project)
    yield app
    firebase_admin.delete_app(app)
