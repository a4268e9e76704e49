"""Everything the function reaches outside itself, built once per process at the first request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.auth.gate import Gate
from shared.jobs.store import Jobs
from shared.model.job import now

from .pages import Pages
from .settings import Settings
from .waiting import WaitingRoom


@dataclass(frozen=True, kw_only=True)
class Services:
    """The function's way to the world."""

    gate: Gate
    jobs: Jobs
    pages: Pages
    waiting: WaitingRoom
    clock: Callable[[], datetime] = now


def build(settings: Settings) -> Services:
    """The services that the settings describe."""
    from google.cloud.firestore import Client

    return Services(
        gate=Gate(
            project=settings.google_cloud_project,
            id_token_keys_url=settings.id_token_keys_url,
            app_check_project_number=settings.app_check_project_number,
            app_check_keys_url=settings.app_check_keys_url,
        ),
        jobs=Jobs(Client(project=settings.google_cloud_project)),
        pages=Pages(settings.page_token_secret),
        waiting=WaitingRoom(settings.max_waiters),
    )
