"""openapi.yaml is what the code would write, and hangs together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from shared.errors import NotFound
from tests.docs.test_errors_and_settings import raised
from tools import openapi

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load((ROOT / "openapi.yaml").read_text())


def operations(document):
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_the_file_is_what_the_code_would_write():
    assert (ROOT / "openapi.yaml").read_text() == openapi.render(), "run `python -m tools.openapi`"


def test_checking_says_whether_the_file_is_up_to_date(tmp_path, monkeypatch, capsys):
    assert openapi.main(["--check"]) == 0
    monkeypatch.setattr(openapi, "FILE", tmp_path / "openapi.yaml")
    assert openapi.main(["--check"]) == 1
    assert "python -m tools.openapi" in capsys.readouterr().err
    assert openapi.main([]) == 0
    assert openapi.main(["--check"]) == 0


def test_every_address_is_described(document):
    assert set(document["paths"]) == {
        "/healthz",
        "/v1/jobs",
        "/v1/jobs/{jobId}",
        "/v1/jobs:claim",
        "/v1/jobs/{jobId}:cancel",
        "/v1/jobs/{jobId}:reprocess",
        "/v1/jobs/{jobId}:retry",
        "/v1/jobs/{jobId}:sign",
        "/v1/jobs/{jobId}:wait",
        "/v1/jobs/{jobId}/images",
        "/v1/jobs/{jobId}/findings",
        "/v1/jobs/{jobId}/reports",
        "/v1/jobs/{jobId}/pictures",
        "/v1/jobs/{jobId}/pictures/{picture}",
        "/v1/jobs/{jobId}/shares",
        "/v1/jobs/{jobId}/shares/{share}:revoke",
        "/v1/shared/{token}",
        "/v1/kinds/{kind}/labels",
        "/v1/policies/quality",
    }


def test_every_reference_leads_somewhere(document):
    for reference in set(re.findall(r"#/[\w/]+", str(document))):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_every_operation_has_a_name_of_its_own_and_can_be_refused(document):
    names = [operation["operationId"] for operation in operations(document)]
    assert len(set(names)) == len(names)
    assert all("default" in operation["responses"] for operation in operations(document))


def test_the_reasons_that_operations_name_are_reasons_of_the_code(document):
    named = {
        reason
        for operation in operations(document)
        for reason in re.findall(r"[A-Z]+(?:_[A-Z]+)+", operation["responses"]["default"]["description"])
    }
    assert named
    assert named <= raised().keys()


def test_a_refusal_has_the_form_that_is_described():
    body = NotFound("JOB_NOT_FOUND", "No such job.", job="x").body()
    assert openapi.msgspec.convert(body, openapi.ErrorAnswer, strict=True).error.code == 404


def test_who_holds_a_job_is_not_for_clients(document):
    assert "leaseOwner" not in str(document)
