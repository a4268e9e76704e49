"""What the status function is told by its environment (docs/settings.md)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from shared.auth.appcheck import KEYS_URL as APP_CHECK_KEYS_URL
from shared.auth.identity import KEYS_URL as ID_TOKEN_KEYS_URL

Text = Annotated[str, msgspec.Meta(min_length=1)]
TopicName = Annotated[str, msgspec.Meta(pattern=r"^projects/[^/]+/topics/[^/]+$")]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Read once, when the function starts; every problem is reported together."""

    google_cloud_project: Text
    uploads_bucket: Text
    derived_bucket: Text
    uploads_topic: TopicName
    events_topic: TopicName
    tasks_topic: TopicName
    page_token_secret: Annotated[str, msgspec.Meta(min_length=16)]
    signer_email: str = ""  # one of the two, and not both
    signer_key_file: str = ""
    public_url: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^?#]+)?$")] = ""  # empty: as the caller wrote it
    id_token_keys_url: str = ID_TOKEN_KEYS_URL
    app_check_project_number: Annotated[str, msgspec.Meta(pattern=r"^\d*$")] = ""  # empty: App Check is off
    app_check_keys_url: str = APP_CHECK_KEYS_URL
    max_waiters: Annotated[int, msgspec.Meta(ge=0)] = 4  # of the threads of one instance, four per CPU
    cors_origins: tuple[str, ...] = ("*",)
    otel_exporter_otlp_endpoint: str = ""  # a collector of spans; empty: none are made

    def __post_init__(self) -> None:
        """Somebody has to sign, and one alone."""
        if bool(self.signer_email) == bool(self.signer_key_file):
            raise ValueError("exactly one of SIGNER_EMAIL and SIGNER_KEY_FILE must be set")
