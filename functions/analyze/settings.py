"""What the analyze function is told by its environment (docs/settings.md)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from . import failpoints

PUSH_KEYS_URL: Final = "https://www.googleapis.com/oauth2/v3/certs"
Text = Annotated[str, msgspec.Meta(min_length=1)]
Amount = Annotated[int, msgspec.Meta(ge=0)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Read once, at the first request; every problem is reported together."""

    google_cloud_project: Text
    uploads_bucket: Text
    derived_bucket: Text
    events_topic: Annotated[str, msgspec.Meta(pattern=r"^projects/[^/]+/topics/[^/]+$")]
    push_audience: Text
    push_service_account: Text
    push_subscriptions: tuple[str, ...] = ()  # full names; empty: any subscription
    push_keys_url: str = PUSH_KEYS_URL
    vision_text_micro_usd: Amount = 1500
    vision_properties_micro_usd: Amount = 1500
    daily_budget_micro_usd: Amount = 10_000_000
    lease_seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 120
    vision_emulator_host: str = ""  # set by the local cloud only; results then name its engines
    failpoints: tuple[str, ...] = ()  # set by tests only
    failpoints_state: str = ""
    failpoints_seed: int = 0

    def __post_init__(self) -> None:
        failpoints.check(self.failpoints, self.failpoints_state)

    def expects(self, subscription: str) -> bool:
        """Whether pushes of this subscription are ours."""
        return not self.push_subscriptions or subscription in self.push_subscriptions
