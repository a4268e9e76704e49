"""What the analyze function is told by its environment (docs/settings.md)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

import msgspec

from shared.jobs.sweep import Patience
from shared.medical import Acknowledged

from . import failpoints

PUSH_KEYS_URL: Final = "https://www.googleapis.com/oauth2/v3/certs"
Text = Annotated[str, msgspec.Meta(min_length=1)]
Topic = Annotated[str, msgspec.Meta(pattern=r"^projects/[^/]+/topics/[^/]+$")]
Amount = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=30 * 86_400)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Read once, at the first request; every problem is reported together."""

    google_cloud_project: Text
    uploads_bucket: Text
    derived_bucket: Text
    events_topic: Topic
    uploads_topic: Topic
    models_bucket: str = ""  # empty: kinds that need a model fail
    allow_sample_models: bool = False  # models trained on drawn pictures; set by the local cloud
    model_threads: Annotated[int, msgspec.Meta(ge=0, le=4)] = 0  # 0: as measured when the model was added
    medical_intended_use_ack: Acknowledged = ""
    k_service: str = ""  # set by Google Cloud, nowhere else
    push_audience: Text
    push_service_account: Text
    push_subscriptions: tuple[str, ...] = ()  # full names; empty: any subscription
    tasks_subscription: str = ""  # full name; empty: any subscription
    dead_letter_subscription: str = ""
    budget_subscription: str = ""
    push_keys_url: str = PUSH_KEYS_URL
    vision_text_micro_usd: Amount = 1500
    vision_properties_micro_usd: Amount = 1500
    daily_budget_micro_usd: Amount = 10_000_000
    lease_seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 120
    sweep_run_seconds: Annotated[int, msgspec.Meta(ge=1, le=540)] = 45  # then the next run goes on
    sweep_silence_seconds: Seconds = 120
    sweep_uploads_seconds: Seconds = 86_400
    sweep_stalled_seconds: Seconds = 1800
    sweep_settle_seconds: Seconds = 3600
    maintenance_run_seconds: Annotated[int, msgspec.Meta(ge=1, le=540)] = 45  # then the next run goes on
    maintenance_orphan_seconds: Seconds = 86_400
    maintenance_expires: bool = True  # False where Firestore's TTL policies remove expired documents
    vision_emulator_host: str = ""  # set by the local cloud only; results then name its engines
    failpoints: tuple[str, ...] = ()  # set by tests only
    failpoints_state: str = ""
    failpoints_seed: int = 0
    otel_exporter_otlp_endpoint: str = ""  # a collector of spans; empty: none are made

    def __post_init__(self) -> None:
        failpoints.check(self.failpoints, self.failpoints_state)

    @property
    def patience(self) -> Patience:
        """How long the sweep waits."""
        return Patience(
            silence=timedelta(seconds=self.sweep_silence_seconds),
            uploads=timedelta(seconds=self.sweep_uploads_seconds),
            stalled=timedelta(seconds=self.sweep_stalled_seconds),
            settle=timedelta(seconds=self.sweep_settle_seconds),
        )
