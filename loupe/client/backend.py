"""What is behind the functions, as an operator reaches it: by Google's clients, on a local stack or in a project."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localcloud.topology import EVENTS, UPLOADS, Names
from loupe.client.stack import reached_by_libraries
from loupe.trouble import Trouble
from shared import publishing
from shared.firestore import FirestoreDatabase
from shared.jobs.outbox import Publish, Topic
from shared.jobs.store import Jobs
from shared.storage.photos import UploadedPhotos

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

    from localcloud.supervisor.state import Running

QUIET: Final = "google"  # the loggers of Google's libraries


@dataclass(frozen=True, kw_only=True)
class Backend:
    """The database, the photos and the topics of one project."""

    project: str
    database: FirestoreDatabase
    jobs: Jobs
    photos: UploadedPhotos
    publishers: Mapping[Topic, Publish]


def of_stack(running: Running) -> Backend:
    """That of a running local stack."""
    from google.auth.credentials import AnonymousCredentials

    reached_by_libraries(running)
    return _backend(running.project, "", AnonymousCredentials())


def of_project(project: str, bucket: str = "") -> Backend:
    """That of a project on Google Cloud, with the credentials that Google's libraries find.

    `bucket`: the uploads bucket, where it is not called as Loupe's Terraform calls it. Raises Trouble.
    """
    with talking():
        return _backend(project, bucket, None)


@contextlib.contextmanager
def talking() -> Iterator[None]:
    """Turns what Google's libraries raise into Trouble, in one line."""
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except GoogleAuthError as error:
        first = str(error).splitlines()[0]
        raise Trouble(f"{first} Sign in with: gcloud auth application-default login") from error
    except GoogleAPIError as error:
        raise Trouble(f"Google Cloud answers: {str(error).splitlines()[0]}") from error


def _backend(project: str, bucket: str, credentials: Credentials | None) -> Backend:
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    logging.getLogger(QUIET).addHandler(logging.NullHandler())
    from google.cloud import firestore, storage

    names = Names(project=project)
    bucket = bucket or names.uploads_bucket
    database = FirestoreDatabase(firestore.Client(project=project, credentials=credentials))
    topics = {Topic.EVENTS: EVENTS, Topic.UPLOADS: UPLOADS}
    return Backend(
        project=project,
        database=database,
        jobs=Jobs(database, uploads_bucket=bucket),
        photos=UploadedPhotos(storage.Client(project=project, credentials=credentials), bucket),
        publishers={topic: functools.partial(publishing.publish, names.topic(name)) for topic, name in topics.items()},
    )
