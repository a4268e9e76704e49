"""Google Cloud's REST interfaces, as an operator asks them: only reading, with a timeout, each refusal in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from loupe.trouble import Trouble

if TYPE_CHECKING:
    import requests

TIMEOUT: Final = 10.0  # seconds for one call
SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"  # Firebase Rules takes none that only reads


class Refused(Exception):
    """The interface answered with an error, or not at all. The message is for people."""


def google(service: str) -> str:
    """Where an interface of Google's is."""
    return f"https://{service}.googleapis.com"


class Cloud:
    """Reads what is in a project. `base` says where a service is: Google, or a server of a test."""

    def __init__(self, session: requests.Session, *, base: Callable[[str], str] = google) -> None:
        self._session = session
        self._base = base
        self.told_time: tuple[datetime, datetime] | None = None  # Google's, and ours at that moment

    def get(self, service: str, path: str, **parameters: str | int) -> dict[str, Any]:
        """What a GET answers. Raises Refused."""
        return self._get(self._session.get, f"{self._base(service)}{path}", parameters)

    def listed(self, service: str, path: str, field: str, **parameters: str | int) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page. Raises Refused."""
        token = ""
        while True:
            page = self.get(service, path, **parameters, **({"pageToken": token} if token else {}))
            yield from page.get(field, ())
            token = page.get("nextPageToken", "")
            if not token:
                return

    def healthy(self, uri: str) -> dict[str, Any]:
        """What a function's health check answers, without being shown credentials. Raises Refused."""
        import requests

        return self._get(requests.get, f"{uri.rstrip('/')}/healthz", {})

    def _get(
        self, get: Callable[..., requests.Response], url: str, parameters: Mapping[str, str | int]
    ) -> dict[str, Any]:
        from google.auth.exceptions import GoogleAuthError
        from requests.exceptions import RequestException

        try:
            answer = get(url, params=parameters, timeout=TIMEOUT)
        except (RequestException, GoogleAuthError) as error:
            raise Refused(f"it does not answer: {str(error).splitlines()[0]}") from error
        if date := answer.headers.get("Date"):
            self.told_time = parsedate_to_datetime(date), datetime.now(UTC)
        try:
            body = answer.json()
        except ValueError:
            body = {}
        if not isinstance(body, dict):
            body = {}
        if answer.status_code >= 400:
            said = body.get("error") or {}
            message = said.get("message", "") if isinstance(said, dict) else str(said)
            raise Refused(f"{answer.status_code} {message}".strip())
        return body


def of_yourself(project: str) -> Cloud:
    """Google Cloud with the credentials that Google's libraries find. Raises Trouble where there are none.

    Calls count against the quotas of `project`: some interfaces refuse people who do not say so.
    """
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError
    from google.auth.transport.requests import AuthorizedSession

    try:
        credentials, _ = google.auth.default(scopes=[SCOPE], quota_project_id=project)
    except DefaultCredentialsError as error:
        first = str(error).splitlines()[0]
        raise Trouble(f"{first} Sign in with: gcloud auth application-default login") from error
    return Cloud(AuthorizedSession(credentials))
