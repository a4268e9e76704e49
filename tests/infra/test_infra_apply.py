"""What is applied stays as it is, and a new bundle touches its own functions and nothing else."""

from __future__ import annotations

import json
import re

import pytest

from tests.infra.terraform import BUNDLES, copy

VARIABLES = {"project_id": "my-project", "public_ingress": True}


@pytest.fixture(scope="module")
def applied(tmp_path_factory):
    """A copy that was applied to a cloud that takes everything: the stub."""
    terraform = copy(tmp_path_factory.mktemp("applied"))
    if terraform.schema is None:
        pytest.skip("the real provider would ask Google")
    (terraform.folder / "dist").mkdir()
    for name in BUNDLES:
        (terraform.folder / "dist" / f"{name}.zip").write_bytes(b"a bundle")
    done = run(terraform, "apply", BUNDLES, "-auto-approve")
    assert done.returncode == 0, done.stdout + done.stderr
    return terraform


def run(terraform, command, bundles, *options):
    (terraform.folder / "given.tfvars.json").write_text(json.dumps({"bundles": bundles, **VARIABLES}))
    return terraform.run(command, "-input=false", "-var-file=../given.tfvars.json", *options)


def changes(terraform, bundles):
    """The addresses that a plan would touch, with what it would do."""
    done = run(terraform, "plan", bundles, "-out=../plan")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = terraform.run("show", "-json", "../plan").stdout
    plan = json.loads(next(line for line in shown.splitlines() if line.startswith("{")))
    return {
        each["address"]: each["change"]["actions"]
        for each in plan["resource_changes"]
        if each["change"]["actions"] not in (["no-op"], ["read"])
    }


def test_a_second_plan_changes_nothing(applied):
    assert changes(applied, BUNDLES) == {}


def test_a_new_bundle_of_analyze_is_deployed_to_its_three_functions_and_nowhere_else(applied):
    touched = changes(applied, {**BUNDLES, "analyze": {**BUNDLES["analyze"], "sha256": "0" * 64}})
    functions = {address for address in touched if "google_cloudfunctions2_function" in address}
    assert functions == {
        f'module.analyze["{each}"].google_cloudfunctions2_function.this' for each in ("high", "normal", "batch")
    }
    assert touched.keys() - functions == {'module.storage.google_storage_bucket_object.bundle["analyze"]'}
    assert all(touched[function] == ["update"] for function in functions)


def test_the_end_says_how_to_see_it_in_action(applied):
    done = applied.run("output", "-raw", "see_it_in_action")
    command = re.search(r"loupe doctor --smoke --upload (\S+) --status (\S+) --api-key (\S+)", done.stdout)
    assert command
    assert command[1] == "https://loupe-upload-123456789012.europe-west1.run.app"
    assert "console.firebase.google.com/project/my-project/firestore" in done.stdout
