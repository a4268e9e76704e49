"""The database and the buckets of one project, as Google's clients reach them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.topology import Names
from loupe.client.stack import reached_by_libraries

if TYPE_CHECKING:
    from google.cloud.firestore_v1.services.firestore import FirestoreClient
    from google.cloud.storage import Client

    from localcloud.supervisor.state import Running


@dataclass(frozen=True, kw_only=True)
class Place:
    """`buckets` are by what they are for: uploads, derived, models."""

    project: str
    documents: FirestoreClient
    storage: Client
    buckets: Mapping[str, str]

    @property
    def root(self) -> str:
        """What every document's name begins with, without the slash."""
        return f"projects/{self.project}/databases/(default)/documents"


def of_stack(running: Running) -> Place:
    """That of a running local stack."""
    import grpc
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.firestore_v1.services.firestore import FirestoreClient
    from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

    reached_by_libraries(running)
    options = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", -1)]
    channel = grpc.insecure_channel(running.ports.address("firestore"), options=options)
    return _place(
        running.project, FirestoreClient(transport=FirestoreGrpcTransport(channel=channel)), AnonymousCredentials()
    )


def of_project(project: str) -> Place:
    """That of a project on Google Cloud, with the credentials that Google's libraries find."""
    from google.cloud.firestore_v1.services.firestore import FirestoreClient

    return _place(project, FirestoreClient(), None)


def _place(project: str, documents: FirestoreClient, credentials: Any) -> Place:
    logging.getLogger("google").addHandler(logging.NullHandler())
    from google.cloud import storage

    names = Names(project=project)
    buckets = {"uploads": names.uploads_bucket, "derived": names.derived_bucket, "models": names.models_bucket}
    client = storage.Client(project=project, credentials=credentials)
    return Place(project=project, documents=documents, storage=client, buckets=buckets)
