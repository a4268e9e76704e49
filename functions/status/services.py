"""Everything the function reaches outside itself, built once per process at the first request.

Pub/Sub, which only few requests need, is loaded at the first of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared import publishing
from shared.auth.gate import Gate
from shared.firestore import FirestoreDatabase
from shared.jobs.control import Control
from shared.jobs.outbox import Publish, Topic
from shared.jobs.store import Jobs
from shared.model.job import now
from shared.storage.credentials import key_file, keyless
from shared.storage.photos import UploadedPhotos
from shared.storage.signing import DownloadSigner
from shared.switches import SwitchBoard

from .pages import Pages
from .settings import Settings
from .shares import Shares
from .waiting import WaitingRoom

PATIENCE: Final = 3.0  # seconds that a caller waits for Pub/Sub; then it is left to the sweep


@dataclass(frozen=True, kw_only=True)
class Services:
    """The function's way to the world. `ask` publishes a task."""

    gate: Gate
    database: FirestoreDatabase
    jobs: Jobs
    switches: SwitchBoard
    publishers: Mapping[Topic, Publish]
    ask: Publish
    photos: Callable[[], UploadedPhotos]
    pages: Pages
    waiting: WaitingRoom
    downloads: DownloadSigner
    shares: Shares
    public_url: str
    clock: Callable[[], datetime] = now

    @property
    def control(self) -> Control:
        """What a job's owner may do with it."""
        return Control(self.jobs)


def build(settings: Settings) -> Services:
    """The services that the settings describe. Raises OSError or ValueError for a key file that is not one."""
    from google.cloud.firestore import Client

    database = FirestoreDatabase(Client(project=settings.google_cloud_project))
    credentials = key_file(settings.signer_key_file) if settings.signer_key_file else keyless(settings.signer_email)
    return Services(
        database=database,
        gate=Gate(
            project=settings.google_cloud_project,
            id_token_keys_url=settings.id_token_keys_url,
            app_check_project_number=settings.app_check_project_number,
            app_check_keys_url=settings.app_check_keys_url,
        ),
        jobs=Jobs(database, uploads_bucket=settings.uploads_bucket),
        switches=SwitchBoard(database),
        publishers={
            Topic.EVENTS: _to(settings.events_topic),
            Topic.UPLOADS: _to(settings.uploads_topic),
        },
        ask=_to(settings.tasks_topic),
        photos=functools.cache(functools.partial(_photos, settings)),
        pages=Pages(settings.page_token_secret),
        waiting=WaitingRoom(settings.max_waiters),
        downloads=DownloadSigner(credentials, bucket=settings.derived_bucket),
        shares=Shares(database),
        public_url=settings.public_url,
    )


def _to(topic: str) -> Publish:
    return functools.partial(publishing.publish, topic, timeout=PATIENCE)


def _photos(settings: Settings) -> UploadedPhotos:
    from google.cloud.storage import Client

    return UploadedPhotos(Client(project=settings.google_cloud_project), settings.uploads_bucket)
