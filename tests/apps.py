"""The upload and status functions on a local cloud, called in this process; people who sign in as apps do."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore, storage
from google.cloud.firestore_v1.base_query import FieldFilter
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request

import functions.status.routes
import functions.status.services
import functions.status.settings
import functions.upload.routes
import functions.upload.services
import functions.upload.settings
from localcloud.keys import Keys
from shared.documents import to_document
from shared.http.respond import respond
from shared.http.routing import Router
from shared.model.job import KEPT, Job, JobImage, new_job_id
from shared.storage.credentials import key_file
from shared.storage.signing import LIFETIME, UploadSigner
from tests.running import LocalCloud, local_cloud

TOPICS = ("uploads", "events", "tasks")
PHOTO = b"\xff\xd8\xff not quite a photo"


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    uid: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What an app sends along."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Stack:
    """A local cloud with Firestore, Auth and Storage, and ways to call the functions on it."""

    cloud: LocalCloud
    database: Any
    keys: Keys
    opened: list[Any] = field(default_factory=list)

    @property
    def common(self) -> dict[str, Any]:
        """Settings that both functions share."""
        issuer = "service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"
        url = f"{self.cloud.ports.url('auth')}/{issuer}"
        return {"google_cloud_project": self.cloud.project, "id_token_keys_url": url}

    def upload(self, *, url_lifetime: timedelta = LIFETIME, **changes: Any) -> Client:
        """The upload function, with some settings changed."""
        given = {
            **self.common,
            "uploads_bucket": f"{self.cloud.project}-uploads",
            "signer_key_file": str(self.keys.service_account_file),
            "quota_burst": 1000,
            "quota_per_hour": 100_000,
            **changes,
        }
        services = functions.upload.services.build(functions.upload.settings.Settings(**given))
        if url_lifetime != LIFETIME:
            credentials = key_file(given["signer_key_file"])
            signer = UploadSigner(credentials, bucket=given["uploads_bucket"], lifetime=url_lifetime)
            services = dataclasses.replace(services, signer=signer)
        return self._client(Router(functions.upload.routes.ROUTES, services), services)

    def status(self, **changes: Any) -> Client:
        """The status function, with some settings changed."""
        given = {
            **self.common,
            "derived_bucket": f"{self.cloud.project}-derived",
            "signer_key_file": str(self.keys.service_account_file),
            "uploads_bucket": f"{self.cloud.project}-uploads",
            **{f"{topic}_topic": f"projects/{self.cloud.project}/topics/{topic}" for topic in TOPICS},
            "page_token_secret": "a secret of this test run",
            **changes,
        }
        services = functions.status.services.build(functions.status.settings.Settings(**given))
        return self._client(Router(functions.status.routes.ROUTES, services), services)

    def _client(self, router: Router, services: Any) -> Client:
        self.opened.append(services.jobs.database.client)
        return Client(Request.application(lambda request: respond(request, router, cors_origins=("*",))))

    def sign_in(self) -> Person:
        """Somebody new, signed in anonymously by the calls that the Firebase SDKs make."""
        url = f"{self.cloud.ports.url('auth')}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=any"
        made = requests.post(url, json={"returnSecureToken": True}, timeout=5).json()
        return Person(uid=made["localId"], token=made["idToken"])

    def jobs_of(self, person: Person) -> list[str]:
        """The ids of the jobs that somebody has."""
        mine = self.database.collection("jobs").where(filter=FieldFilter("uid", "==", person.uid))
        return [snapshot.id for snapshot in mine.get()]

    def add_job(self, uid: str, **changes: Any) -> str:
        """A job that is just there, as an earlier request left it."""
        at = changes.pop("create_time", datetime.now(UTC))
        fields = {
            "uid": uid,
            "kind": "inspection",
            "images": {"0": JobImage(content_type="image/jpeg", size=len(PHOTO))},
            "create_time": at,
            "update_time": at,
            "expire_time": at + KEPT,
            **changes,
        }
        job_id = new_job_id()
        self.database.document(f"jobs/{job_id}").set(to_document(Job(**fields)))
        return job_id


@contextlib.contextmanager
def running_stack(folder: Path) -> Iterator[Stack]:
    """The stack, for the length of a `with` block, with the variables that lead Google's libraries to it."""
    with local_cloud(folder, "firestore,auth,storage") as cloud, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRESTORE_EMULATOR_HOST", cloud.ports.address("firestore"))
        patch.setenv("STORAGE_EMULATOR_HOST", cloud.ports.url("storage"))
        database = firestore.Client(project=cloud.project)
        stack = Stack(cloud=cloud, database=database, keys=Keys(folder / "keys"), opened=[database])
        make_bucket(f"{cloud.project}-uploads")
        make_bucket(f"{cloud.project}-derived")
        yield stack
        for client in stack.opened:
            client.close()


def make_bucket(name: str) -> None:
    """A bucket, unless there is one."""
    client = storage.Client(project="demo-loupe", credentials=AnonymousCredentials())
    if client.lookup_bucket(name) is None:
        client.create_bucket(name)
    client.close()


def read_object(bucket: str, name: str) -> tuple[bytes, str]:
    """An object's bytes and content type."""
    client = storage.Client(project="demo-loupe", credentials=AnonymousCredentials())
    blob = client.bucket(bucket).get_blob(name)
    assert blob is not None
    found = (blob.download_as_bytes(), blob.content_type)
    client.close()
    return found


def body_of(**changes: Any) -> dict[str, Any]:
    """A request for a job with one photo."""
    images = [{"contentType": "image/jpeg", "size": len(PHOTO)}]
    return {"kind": "inspection", "images": images, **changes}


def reason(answer: TestResponse) -> str:
    """Why a request was refused, after making sure of the shape that every refusal has."""
    error = answer.json["error"]
    assert set(error) == {"code", "status", "message", "details"}
    assert error["code"] == answer.status_code
    assert len(error["message"]) > 10
    assert error["details"][0]["domain"] == "loupe"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return str(error["details"][0]["reason"])
