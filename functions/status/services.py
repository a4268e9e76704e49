"""Everything the function reaches outside itself, built once per process at the first request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.auth.gate import Gate
from shared.firestore import FirestoreDatabase
from shared.jobs.store import Jobs
from shared.model.job import now
from shared.storage.credentials import key_file, keyless
from shared.storage.signing import DownloadSigner

from .pages import Pages
from .settings import Settings
from .shares import Shares
from .waiting import WaitingRoom


@dataclass(frozen=True, kw_only=True)
class Services:
    """The function's way to the world."""

    gate: Gate
    database: FirestoreDatabase
    jobs: Jobs
    pages: Pages
    waiting: WaitingRoom
    downloads: DownloadSigner
    shares: Shares
    public_url: str
    clock: Callable[[], datetime] = now


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
        jobs=Jobs(database),
        pages=Pages(settings.page_token_secret),
        waiting=WaitingRoom(settings.max_waiters),
        downloads=DownloadSigner(credentials, bucket=settings.derived_bucket),
        shares=Shares(database),
        public_url=settings.public_url,
    )
