"""One process of each Firestore for all tests here; each test has collections of its own in it."""

from __future__ import annotations

import uuid

import pytest

from tests.contract.firestore.connecting import Wire, client_of
from tests.contract.firestore.servers import official_emulator, running_official_emulator
from tests.running import local_cloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    with local_cloud(tmp_path_factory.mktemp("firestore"), "firestore") as cloud:
        yield cloud


@pytest.fixture(scope="session")
def official():
    script = official_emulator()
    if script is None:
        pytest.skip("Google's Firestore emulator is not installed (gcloud components install cloud-firestore-emulator)")
    with running_official_emulator(script) as address:
        yield address


@pytest.fixture(scope="session")
def ours(cloud):
    """The address of our Firestore."""
    return cloud.ports.address("firestore")


@pytest.fixture(scope="session", params=["ours", pytest.param("official", marks=pytest.mark.slow)])
def address(request):
    """The address of each Firestore in turn: what is held against both is the contract."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def client(address):
    with client_of(address) as client:
        yield client


@pytest.fixture(scope="session")
def our_client(ours):
    with client_of(ours) as client:
        yield client


@pytest.fixture
def collection(client):
    """An empty collection."""
    return client.collection(f"c{uuid.uuid4().hex}")


@pytest.fixture
def our_collection(our_client):
    """An empty collection of our Firestore."""
    return our_client.collection(f"c{uuid.uuid4().hex}")


@pytest.fixture(scope="session")
def wire(ours):
    """The bare protocol of our Firestore."""
    opened = Wire(ours)
    yield opened
    opened.channel.close()
