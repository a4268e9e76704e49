from __future__ import annotations

import pytest

from tests.jwks import publisher


@pytest.fixture
def issuer():
    with publisher() as running:
        yield running
