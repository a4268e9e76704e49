"""All services in one local cloud with Google's clients for them, and the rules that a test puts in force."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import msgspec
import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore, storage, vision
from google.cloud.vision_v1.services.image_annotator.transports import ImageAnnotatorGrpcTransport
from google.oauth2 import service_account

from localcloud.faults.rule import Rule
from localcloud.supervisor import state
from loupe.app import main
from loupe.view import console
from tests.contract.pubsub.clients import Clients, connected
from tests.running import LocalCloud, local_cloud


@dataclass(frozen=True)
class Faults:
    """The rules of a running local cloud, over HTTP."""

    url: str
    http: requests.Session

    def add(self, call: str, effect: Any = None, **fields: Any) -> str:
        """Put a rule in force; returns its id."""
        rule = Rule(call=call, effect=effect, **fields)
        answer = self.http.post(f"{self.url}/faults", data=msgspec.json.encode(rule), timeout=5)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def all(self) -> list[dict[str, Any]]:
        return self.http.get(f"{self.url}/faults", timeout=5).json()["faults"]

    def hits(self, rule_id: str) -> int:
        return next(fault["hits"] for fault in self.all() if fault["id"] == rule_id)

    def remove(self, rule_id: str) -> None:
        assert self.http.delete(f"{self.url}/faults/{rule_id}", timeout=5).status_code == 200

    def clear(self) -> int:
        return self.http.delete(f"{self.url}/faults", timeout=5).json()["removed"]

    def calls(self) -> dict[str, dict[str, Any]]:
        return {call["name"]: call for call in self.http.get(f"{self.url}/calls", timeout=5).json()["calls"]}


@pytest.fixture(scope="session")
def cloud(tmp_path_factory) -> Iterator[LocalCloud]:
    with local_cloud(tmp_path_factory.mktemp("faults"), "firestore,pubsub,auth,vision,storage") as running:
        yield running


@pytest.fixture(scope="session")
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def faults(cloud, http) -> Iterator[Faults]:
    rules = Faults(f"{cloud.ports.url('auth')}/localcloud/v1", http)
    yield rules
    rules.clear()


@pytest.fixture(scope="session")
def database(cloud) -> Iterator[firestore.Client]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FIRESTORE_EMULATOR_HOST", cloud.ports.address("firestore"))
        client = firestore.Client(project=cloud.project, credentials=AnonymousCredentials())
    yield client
    client.close()


@pytest.fixture
def jobs(database) -> firestore.CollectionReference:
    return database.collection(f"jobs-{secrets.token_hex(4)}")


@pytest.fixture(scope="session")
def connection(cloud) -> Iterator[Clients]:
    with connected(cloud.ports.address("pubsub")) as clients:
        yield clients


@pytest.fixture
def pubsub(connection) -> Clients:
    return Clients(connection.publisher, connection.subscriber)


@pytest.fixture
def topic(pubsub) -> str:
    return pubsub.topic()


@pytest.fixture(scope="session")
def storage_client(cloud) -> Iterator[storage.Client]:
    info = json.loads((cloud.data / "keys" / "service-account.json").read_text())
    signing = service_account.Credentials.from_service_account_info(info)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STORAGE_EMULATOR_HOST", cloud.ports.url("storage"))
        client = storage.Client(project=cloud.project, credentials=AnonymousCredentials())
        client.signing_credentials = signing
        yield client
        client.close()


@pytest.fixture
def bucket(storage_client) -> storage.Bucket:
    return storage_client.create_bucket(f"bucket-{secrets.token_hex(8)}")


@pytest.fixture
def sign(storage_client, bucket) -> Callable[..., str]:
    """A V4-signed URL for an object of the test's bucket, good for ten minutes."""

    def signed(name: str, method: str = "PUT", **options: Any) -> str:
        blob = bucket.blob(name)
        options |= {"method": method, "version": "v4", "expiration": 600}
        return blob.generate_signed_url(credentials=storage_client.signing_credentials, **options)

    return signed


@pytest.fixture(scope="session")
def annotator(cloud) -> Iterator[vision.ImageAnnotatorClient]:
    with grpc.insecure_channel(cloud.ports.address("vision")) as channel:
        yield vision.ImageAnnotatorClient(transport=ImageAnnotatorGrpcTransport(channel=channel))


@pytest.fixture
def timed() -> Callable[[], contextlib.AbstractContextManager[Callable[[], float]]]:
    """`with timed() as seconds: …` and then `seconds()` is how long it took."""

    @contextlib.contextmanager
    def measuring() -> Iterator[Callable[[], float]]:
        began, ended = time.monotonic(), [0.0]
        yield lambda: ended[0]
        ended[0] = time.monotonic() - began

    return measuring


@pytest.fixture(scope="session")
def data(cloud, tmp_path_factory):
    """A folder that tells where the local cloud is, as that of a running stack does."""
    folder = tmp_path_factory.mktemp("stack")
    urls = {name: cloud.ports.url(name) for name, _ in cloud.ports}
    me = state.identify("supervisor", os.getpid())
    running = state.Running(
        supervisor=me, project=cloud.project, data=str(folder), ports=cloud.ports, urls=urls, processes=()
    )
    state.write(folder, running)
    return folder


@pytest.fixture
def run_loupe(data, capsys, faults, monkeypatch):
    """Runs `loupe faults …` and answers its exit code, standard output and standard error."""
    assert faults.all() == []
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("LOUPE_DATA", str(data))
    console.out.cache_clear()  # it keeps the width that it was made with

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["faults", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
