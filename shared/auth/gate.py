"""The gate of the functions that apps call: an ID token always, an App Check token where that is turned on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.auth.appcheck import HEADER, verify_app_check
from shared.auth.identity import Caller, verify_id_token
from shared.auth.keys import KeySet

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers


class Gate:
    """Lets the callers of one project in. `app_check_project_number` is empty where App Check is off."""

    def __init__(
        self, *, project: str, id_token_keys_url: str, app_check_project_number: str, app_check_keys_url: str
    ) -> None:
        self._project = project
        self._id_token_keys = KeySet(id_token_keys_url)
        self._number = app_check_project_number
        self._app_check_keys = KeySet(app_check_keys_url)

    def caller(self, headers: Headers) -> Caller:
        """Who is asking. Raises Unauthenticated TOKEN_… or APP_CHECK_…, and Unavailable KEYS_UNREACHABLE."""
        caller = self._verified(headers.get("Authorization"))
        if self._number:
            verify_app_check(headers.get(HEADER), keys=self._app_check_keys, project_number=self._number)
        return caller

    def holder(self, id_token: str) -> Caller:
        """Whose ID token this is. Raises Unauthenticated TOKEN_…, and Unavailable KEYS_UNREACHABLE."""
        return self._verified(f"Bearer {id_token}")

    def _verified(self, authorization: str | None) -> Caller:
        return verify_id_token(authorization, keys=self._id_token_keys, project=self._project)
