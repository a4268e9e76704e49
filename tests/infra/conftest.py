"""Terraform's plans, made once for the whole run."""

from __future__ import annotations

import pytest

from tests.infra.planned import Plan
from tests.infra.terraform import copy

SMALL = {"project_id": "my-project"}
FULL = {
    "project_id": "my-project",
    "public_ingress": True,
    "app_check": True,
    "cmek": True,
    "billing_account": "012345-6789AB-CDEF01",
    "alert_emails": ["oncall@example.com"],
    "android_package_name": "com.example.app",
    "apple_bundle_id": "com.example.app",
    "data_access_logs": True,
    "firestore_location": "eur3",
    "github": {"owner": "you", "owner_id": "1", "repository": "loupe", "state_bucket": "my-state"},
    "log_archive_days": 400,
    "runbooks_url": "https://example.com/runbooks",
    "scale": {"upload": {"min": 1, "max": 100}},
}


@pytest.fixture(scope="session")
def terraform(tmp_path_factory):
    return copy(tmp_path_factory.mktemp("terraform"))


@pytest.fixture(scope="session")
def small(terraform):
    """What an operator gets who says nothing but the project."""
    return Plan(terraform.plan(**SMALL))


@pytest.fixture(scope="session")
def full(terraform):
    """Everything that can be turned on."""
    return Plan(terraform.plan(**FULL))


@pytest.fixture(params=["small", "full"])
def plan(request):
    return request.getfixturevalue(request.param)
