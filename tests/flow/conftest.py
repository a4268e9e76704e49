"""A second stack for the whole run, which waits for nothing: its sweep finds at once that something stands still."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import pubsub_v1, storage
from google.cloud.firestore_v1.base_query import FieldFilter

from localcloud.topology import Names
from loupe.client import photos, uploads
from loupe.client.faults import FaultsClient
from loupe.client.uploads import Wanted
from loupe.client.watching import database
from shared.tasks import SWEEP
from tests.stack import ENOUGH, QUICK_LEASE, UNSWEPT, eventually, started

NAMES = Names(project="demo-loupe")
NO_PATIENCE = {f"SWEEP_{name}_SECONDS": "0" for name in ("SILENCE", "UPLOADS", "STALLED")}
SETTLES = {"SWEEP_SETTLE_SECONDS": "1", "MAINTENANCE_ORPHAN_SECONDS": "0"}


class Impatient:
    """The stack, and what a test does and asks there, by Google's clients and as a phone."""

    def __init__(self, stack, publisher, photo) -> None:
        self.stack = stack
        self.faults = FaultsClient(stack.running)
        self.documents = database(stack.running)
        self.publisher = publisher
        self._photo = photo
        self._storage = storage.Client(
            project=NAMES.project,
            credentials=AnonymousCredentials(),
            client_options=ClientOptions(api_endpoint=stack.running.urls["storage"]),
        )

    def close(self) -> None:
        self.documents.close()
        self._storage.close()

    def publish(self, topic: str, data: bytes = b"", **attributes: str) -> None:
        self.publisher.publish(NAMES.topic(topic), data, **attributes).result(timeout=10)

    def task(self, name: str, **attributes: str) -> None:
        self.publish("tasks", task=name, **attributes)

    def swept(self, true: Callable[[], bool]) -> bool:
        """Whether something becomes true in time, with a sweep now and then."""

        def asked() -> bool:
            self.task(SWEEP)
            return eventually(true, within=1)

        return eventually(asked, within=30)

    def create(self, phone) -> tuple:
        """A new job: its id, where its photo goes, and the photo."""
        found = tuple(photos.find([self._photo]))
        return *uploads.create(phone, Wanted(kind="inspection", photos=found, options={"text": False})), found

    def send(self, phone, *, photo: bool = True) -> str:
        """A new job, whose photo is sent or not; answers its id at once."""
        job_id, places, found = self.create(phone)
        if photo:
            uploads.send(phone, job_id, places, found)
        return job_id

    def job(self, job_id: str) -> dict:
        return self.documents.document(f"jobs/{job_id}").get().to_dict()

    def becomes(self, job_id: str, state: str, reason: str | None = None) -> bool:
        """Whether the job comes to a state (and a reason) in time."""

        def there() -> bool:
            found = self.job(job_id)
            return found["state"] == state and (found["error"] or {}).get("reason") == reason

        return eventually(there, within=40)

    def generation(self, job_id: str) -> int:
        blob = self._storage.bucket(NAMES.uploads_bucket).get_blob(f"normal/{job_id}/0")
        return int(blob.generation)

    def remove_photo(self, job_id: str) -> None:
        self._storage.bucket(NAMES.uploads_bucket).delete_blob(f"normal/{job_id}/0")

    def objects(self, job_id: str) -> list[str]:
        """The names of everything that Cloud Storage has of a job."""
        buckets = (NAMES.uploads_bucket, NAMES.derived_bucket)
        found = (blob.name for bucket in buckets for blob in self._storage.list_blobs(bucket, versions=True))
        return sorted(name for name in found if job_id in name)

    def rows(self, job_id: str) -> list[str]:
        """The paths of all documents that name a job or lie below it, but for its own."""
        collections = ("cache", "outbox", "requests", "deadLetters")
        named = [found.reference.path for collection in collections for found in self.named(collection, job_id)]
        parts = self.documents.document(f"jobs/{job_id}").collections()
        return sorted([*named, *(found.path for part in parts for found in part.list_documents())])

    def named(self, collection: str, job_id: str) -> list:
        """The documents of a collection that name a job in `jobId`."""
        named = self.documents.collection(collection).where(filter=FieldFilter("jobId", "==", job_id))
        return list(named.get())

    def lines(self, text: str) -> list[dict]:
        """What analyze has logged that holds a text."""
        printed = (self.stack.data / "logs" / "analyze.log").read_text().splitlines()
        return [json.loads(line) for line in printed if line.startswith("{") and text in line]

    def lines_of(self, job_id: str, text: str) -> list[dict]:
        """Those that are about a job."""
        return [line for line in self.lines(text) if line["logging.googleapis.com/labels"].get("job_id") == job_id]


@pytest.fixture(scope="session")
def impatient_stack(tmp_path_factory, samples):
    data = tmp_path_factory.mktemp("impatient") / "data"
    with (
        started(data, upload=ENOUGH, analyze=QUICK_LEASE | NO_PATIENCE | SETTLES, localcloud=UNSWEPT) as stack,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("PUBSUB_EMULATOR_HOST", stack.running.ports.address("pubsub"))
        publisher = pubsub_v1.PublisherClient(credentials=AnonymousCredentials())
        patch.undo()
        impatient = Impatient(stack, publisher, samples["wall.webp"].path)
        yield impatient
        impatient.close()
        publisher.stop()


@pytest.fixture
def impatient(impatient_stack):
    """The stack, with no faults left over from another test."""
    yield impatient_stack
    impatient_stack.faults.clear()
