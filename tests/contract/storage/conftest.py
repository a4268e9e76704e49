"""One Cloud Storage process for all contract tests of it, and a fresh bucket for each."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.oauth2 import service_account

from tests.running import LocalCloud, local_cloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory) -> Iterator[LocalCloud]:
    with (
        local_cloud(tmp_path_factory.mktemp("storage"), "storage") as running,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("STORAGE_EMULATOR_HOST", running.ports.url("storage"))
        yield running


@pytest.fixture(scope="session")
def base(cloud) -> str:
    return cloud.ports.url("storage")


@pytest.fixture(scope="session")
def client(cloud) -> Iterator[storage.Client]:
    made = storage.Client(project=cloud.project, credentials=AnonymousCredentials())
    yield made
    made.close()


@pytest.fixture
def bucket(client) -> storage.Bucket:
    return client.create_bucket(f"bucket-{secrets.token_hex(8)}")


@pytest.fixture(scope="session")
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="session")
def signing_client(cloud) -> Iterator[storage.Client]:
    info = json.loads((cloud.data / "keys" / "service-account.json").read_text())
    credentials = service_account.Credentials.from_service_account_info(info)
    made = storage.Client(project=cloud.project, credentials=credentials)
    yield made
    made.close()


@pytest.fixture
def sign(signing_client, bucket) -> Callable[..., str]:
    """A V4-signed URL for an object of the test's bucket; the caller's headers are left as they are."""

    def signed(name: str, method: str = "PUT", **options) -> str:
        options = {"version": "v4", "expiration": 600, **options}
        options["headers"] = dict(options.get("headers", {}))
        return signing_client.bucket(bucket.name).blob(name).generate_signed_url(method=method, **options)

    return signed
