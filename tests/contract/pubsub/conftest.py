"""A Pub/Sub service for all tests here; each test has a project of its own in it."""

from __future__ import annotations

import pytest

from tests.contract.pubsub.clients import Clients, connected
from tests.running import local_cloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    with local_cloud(tmp_path_factory.mktemp("pubsub"), "pubsub") as cloud:
        yield cloud


@pytest.fixture(scope="session")
def connection(cloud):
    with connected(cloud.ports.address("pubsub")) as clients:
        yield clients


@pytest.fixture
def pubsub(connection):
    return Clients(connection.publisher, connection.subscriber)
