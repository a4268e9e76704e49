"""Everything the function reaches outside itself, built once per process at the first request."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from shared import publishing
from shared.auth.keys import KeySet
from shared.firestore import FirestoreDatabase
from shared.jobs.outbox import Publish, Topic
from shared.jobs.store import Claim, Jobs
from shared.jobs.upkeep import Upkeep
from shared.switches import SwitchBoard

from . import failpoints
from .earlier import EarlierJobs
from .guarded import GuardedTasks
from .intake.guard import Guard
from .kinds.port import Tools
from .models.runtime import Shelf
from .objects import Objects
from .paid import Meter
from .settings import Settings
from .vision import COLORS, TEXT, VisionEyes

if TYPE_CHECKING:
    from google.cloud.vision import ImageAnnotatorClient

    from .models.store import ModelStore

CLOUD_ENGINE = "Google Cloud Vision"
LOCAL_ENGINE = "local engines (RapidOCR, k-means colours)"


@dataclass(frozen=True, kw_only=True)
class Services:
    """The function's way to the world."""

    settings: Settings
    push_keys: KeySet
    jobs: Jobs
    objects: Objects
    guard: Guard
    models: Shelf
    switches: SwitchBoard
    publishers: Mapping[Topic, Publish]

    @property
    def upkeep(self) -> Upkeep:
        """What keeps jobs moving and deletions complete."""
        return Upkeep(self.jobs, patience=self.settings.patience)

    def meter(self, claim: Claim) -> Meter:
        """The paid calls of one claim."""
        limit = self.settings.daily_budget_micro_usd
        return Meter(self.jobs, claim, limit=limit)

    def tools(self, claim: Claim, meter: Meter) -> Tools:
        """What a kind may use for a claimed job; what it pays for is charged to `meter`."""
        settings = self.settings
        eyes = VisionEyes(
            functools.partial(_vision_client, settings.vision_emulator_host),
            meter,
            prices={TEXT: settings.vision_text_micro_usd, COLORS: settings.vision_properties_micro_usd},
            enabled=self.switches.now().provider("vision"),
            engine=LOCAL_ENGINE if settings.vision_emulator_host else CLOUD_ENGINE,
        )
        return Tools(
            eyes=eyes,
            guarded=GuardedTasks(self.guard),
            earlier=EarlierJobs(self.jobs, claim),
            models=self.models,
        )


def build(settings: Settings) -> Services:
    """The services that the settings describe, with a decoder on its way."""
    from google.cloud import firestore, storage

    failpoints.arm(settings.failpoints, settings.failpoints_state, settings.failpoints_seed)
    database = FirestoreDatabase(firestore.Client(project=settings.google_cloud_project))
    guard = Guard()
    guard.warm()
    return Services(
        settings=settings,
        push_keys=KeySet(settings.push_keys_url),
        jobs=Jobs(database, lease=timedelta(seconds=settings.lease_seconds), uploads_bucket=settings.uploads_bucket),
        objects=Objects(
            storage.Client(project=settings.google_cloud_project),
            uploads=settings.uploads_bucket,
            derived=settings.derived_bucket,
        ),
        guard=guard,
        models=Shelf(
            functools.partial(_model_store, settings) if settings.models_bucket else None,
            samples=settings.allow_sample_models,
            threads=settings.model_threads,
        ),
        switches=SwitchBoard(database),
        publishers={
            Topic.EVENTS: functools.partial(_publish, settings.events_topic),
            Topic.UPLOADS: functools.partial(_publish, settings.uploads_topic),
        },
    )


def _publish(topic: str, data: bytes, attributes: dict[str, str]) -> None:
    failpoints.reach("before_outbox_send")
    publishing.publish(topic, data, attributes)
    failpoints.reach("after_outbox_send")


def _model_store(settings: Settings) -> ModelStore:
    from google.cloud import storage

    from .models.store import ModelStore

    return ModelStore(storage.Client(project=settings.google_cloud_project), settings.models_bucket)


@functools.cache
def _vision_client(local: str) -> ImageAnnotatorClient:
    from google.cloud import vision

    if not local:
        return vision.ImageAnnotatorClient()
    import grpc
    from google.cloud.vision_v1.services.image_annotator.transports import ImageAnnotatorGrpcTransport

    options = [("grpc.max_receive_message_length", -1)]
    transport = ImageAnnotatorGrpcTransport(channel=grpc.insecure_channel(local, options=options))
    return vision.ImageAnnotatorClient(transport=transport)
