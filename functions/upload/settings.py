"""What the upload function is told by its environment (docs/settings.md)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from shared.auth.appcheck import KEYS_URL as APP_CHECK_KEYS_URL
from shared.auth.identity import KEYS_URL as ID_TOKEN_KEYS_URL
from shared.medical import Acknowledged
from shared.quota import Rate

Text = Annotated[str, msgspec.Meta(min_length=1)]
Count = Annotated[int, msgspec.Meta(ge=1)]
DOLLAR: Final = 1_000_000  # micro-dollars


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Read once, when the function starts; every problem is reported together."""

    google_cloud_project: Text
    uploads_bucket: Text
    signer_email: str = ""  # one of the two, and not both
    signer_key_file: str = ""
    id_token_keys_url: str = ID_TOKEN_KEYS_URL
    app_check_project_number: Annotated[str, msgspec.Meta(pattern=r"^\d*$")] = ""  # empty: App Check is off
    app_check_keys_url: str = APP_CHECK_KEYS_URL
    quota_burst: Count = 50
    quota_per_hour: Count = 500
    daily_budget_micro_usd: Annotated[int, msgspec.Meta(ge=0)] = 10 * DOLLAR
    medical_intended_use_ack: Acknowledged = ""
    k_service: str = ""  # set by Google Cloud, nowhere else
    cors_origins: tuple[str, ...] = ("*",)
    otel_exporter_otlp_endpoint: str = ""  # a collector of spans; empty: none are made

    def __post_init__(self) -> None:
        """Somebody has to sign, and one alone."""
        if bool(self.signer_email) == bool(self.signer_key_file):
            raise ValueError("exactly one of SIGNER_EMAIL and SIGNER_KEY_FILE must be set")

    @property
    def rate(self) -> Rate:
        """How many photos one user may send."""
        return Rate(burst=self.quota_burst, per_hour=self.quota_per_hour)
