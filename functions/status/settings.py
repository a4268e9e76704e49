"""What the status function is told by its environment (docs/settings.md)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from shared.auth.appcheck import KEYS_URL as APP_CHECK_KEYS_URL
from shared.auth.identity import KEYS_URL as ID_TOKEN_KEYS_URL


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Read once, when the function starts; every problem is reported together."""

    google_cloud_project: Annotated[str, msgspec.Meta(min_length=1)]
    page_token_secret: Annotated[str, msgspec.Meta(min_length=16)]
    id_token_keys_url: str = ID_TOKEN_KEYS_URL
    app_check_project_number: Annotated[str, msgspec.Meta(pattern=r"^\d*$")] = ""  # empty: App Check is off
    app_check_keys_url: str = APP_CHECK_KEYS_URL
    max_waiters: Annotated[int, msgspec.Meta(ge=0)] = 4  # of the threads of one instance, four per CPU
    cors_origins: tuple[str, ...] = ("*",)
