"""Who signs URLs: a key file on a laptop, a service account by the IAM credentials API on Google Cloud."""

from __future__ import annotations

import base64
import itertools
import time
from typing import TYPE_CHECKING, Any, Final

import requests
from google.api_core import exceptions, retry
from google.auth.credentials import Signing
from google.auth.exceptions import RefreshError, TransportError
from google.auth.transport.requests import AuthorizedSession

from shared.errors import Internal, Unavailable

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

ENDPOINT: Final = "https://iamcredentials.googleapis.com"
SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
CALL_TIMEOUT: Final = 2.0  # seconds, of one call
TOTAL_TIMEOUT: Final = 3.0  # seconds, of all tries together
TRIES: Final = 3
CONNECTIONS: Final = 16
PASSING: Final = frozenset({429, 500, 502, 503, 504})


def key_file(path: str) -> Signing:
    """The service account of a JSON key file. Raises OSError or ValueError where the file is not one."""
    from google.oauth2 import service_account

    signing: Signing = service_account.Credentials.from_service_account_file(path)
    return signing


def keyless(email: str) -> IamSigning:
    """The service account `email`, signing by IAM: this function's own account needs Token Creator on it."""
    import google.auth

    own, _ = google.auth.default(scopes=[SCOPE])
    return IamSigning(email, own)


class IamSigning(Signing):
    """Signs by the IAM credentials API (signBlob): no key exists outside Google.

    The client library's own call opens a connection per signature, has no timeout and takes a 503 for the end; this
    one keeps its connections, and gives up after three seconds.
    """

    def __init__(self, email: str, credentials: Credentials, *, endpoint: str = ENDPOINT) -> None:
        self._email = email
        self._url = f"{endpoint}/v1/projects/-/serviceAccounts/{email}:signBlob"
        self._session = AuthorizedSession(credentials)
        self._session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))

    @property
    def signer_email(self) -> str:
        """The account in whose name it is signed."""
        return self._email

    @property
    def signer(self) -> IamSigning:
        """Itself: there is no key to hand out."""
        return self

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def sign_bytes(self, message: bytes) -> bytes:
        """The signature of a message.

        Raises Unavailable SIGNING_UNAVAILABLE where IAM does not answer in time, and Internal SIGNING_REFUSED where it
        says no.
        """
        tries = itertools.count(1)
        deadline = time.monotonic() + TOTAL_TIMEOUT
        again = retry.Retry(
            predicate=lambda error: isinstance(error, _PASSING_ERRORS) and next(tries) < TRIES,
            initial=0.1,
            maximum=0.5,
            timeout=TOTAL_TIMEOUT,
        )
        try:
            return again(self._signed)(message, deadline)
        except (*_PASSING_ERRORS, exceptions.RetryError) as error:
            raise Unavailable(
                "SIGNING_UNAVAILABLE",
                "URLs cannot be signed at the moment. Nothing was changed; send the request again in a moment.",
                internal=f"signBlob: {error!r:.300}",
                retry_after=2,
            ) from error

    def _signed(self, message: bytes, deadline: float) -> bytes:
        left = max(0.1, min(CALL_TIMEOUT, deadline - time.monotonic()))
        payload = {"payload": base64.b64encode(message).decode()}
        answer = self._session.request("POST", self._url, json=payload, timeout=left, max_allowed_time=left)
        if answer.status_code in PASSING:
            raise exceptions.from_http_response(answer)
        if answer.status_code != 200:
            raise Internal(
                "SIGNING_REFUSED",
                "URLs cannot be signed because of a defect in the set-up; it has been logged.",
                internal=f"signBlob answered {answer.status_code}: {answer.text[:300]}",
            )
        found: dict[str, Any] = answer.json()
        return base64.b64decode(found["signedBlob"])


_PASSING_ERRORS: Final = (
    exceptions.ServerError,
    exceptions.TooManyRequests,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.JSONDecodeError,
    RefreshError,
    TransportError,
)
