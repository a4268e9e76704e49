"""Bundles, installed once for the whole run."""

from __future__ import annotations

import pytest

from localcloud.supervisor.ports import free_ports
from tests.deploy.deployed import FUNCTIONS, deploy, documented, local_cloud


@pytest.fixture(scope="session")
def deployments(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deployments")
    return {function: deploy(function, folder / function) for function in FUNCTIONS}


@pytest.fixture(params=FUNCTIONS)
def deployment(request, deployments):
    return deployments[request.param]


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    """A local cloud: its folder, its ports, and the variables of every function on it."""
    data, ports = tmp_path_factory.mktemp("cloud"), free_ports()
    with local_cloud(data, ports) as programs:
        yield data, ports, {function: documented(programs[function]) for function in FUNCTIONS}
