"""`terraform fmt`, `validate` and `test` for real, and examples that are valid."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from tests.infra.terraform import BUNDLES, change, copy
from tests.running import ROOT


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_the_format_is_that_of_terraform():
    command = ["terraform", "fmt", "-check", "-recursive", "-diff", str(ROOT / "terraform")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_configuration_is_valid(terraform):
    done = terraform.run("validate")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_tests_of_terraform_pass(terraform):
    done = terraform.run("test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Success! [1-9]\d* passed, 0 failed", done.stdout)


@pytest.mark.parametrize("example", sorted((ROOT / "terraform/envs").glob("*.example")), ids=lambda path: path.name)
def test_an_example_can_be_planned(terraform, example, tmp_path):
    (tmp_path / "env.tfvars").write_text(example.read_text())
    if terraform.schema is None:
        pytest.skip("a plan by the real provider asks Google")
    done = terraform.run(
        "plan", "-input=false", "-lock=false", f"-var-file={tmp_path / 'env.tfvars'}", f"-var=bundles={hcl(BUNDLES)}"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def hcl(bundles):
    rows = (f'{name} = {{ file = "{one["file"]}", sha256 = "{one["sha256"]}" }}' for name, one in bundles.items())
    return f"{{ {', '.join(rows)} }}"


def test_every_variable_is_described_and_checked_or_a_switch():
    text = (ROOT / "terraform/variables.tf").read_text()
    blocks = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in blocks] == sorted(name for name, _ in blocks)
    for name, body in blocks:
        assert re.search(r'description = "\S', body), name
        assert "validation {" in body or re.search(r"type\s+= bool", body), name


def test_every_variable_is_in_the_guide():
    guide = (ROOT / "docs/guides/deploy.md").read_text()
    names = re.findall(r'^variable "(\w+)"', (ROOT / "terraform/variables.tf").read_text(), re.MULTILINE)
    assert sorted(set(re.findall(r"^\| `(\w+)` \|", guide, re.MULTILINE))) == sorted(names)


MISTAKES_OF_FORM = {
    "uniform_bucket_level_acces": (
        "modules/storage/main.tf",
        "uniform_bucket_level_access =",
        "uniform_bucket_level_acces =",
    ),
    "DELT": ("modules/observability/metrics.tf", '"DELTA"', '"DELT"'),
    "module.project.registry": ("main.tf", r"module\.project\.repository", "module.project.registry"),
    "google_firebase_web_app": (
        "modules/firebase/main.tf",
        r'(resource "google_firebase_web_app" "this" \{\n)  provider = google-beta\n',
        r"\1",
    ),
    "state": (
        "modules/events/main.tf",
        r'(resource "google_cloud_scheduler_job" "task" \{)',
        r'\1\n  state = "ENABLED"',
    ),
}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """What validate says of a copy in which everything of the above is wrong."""
    terraform = copy(tmp_path_factory.mktemp("malformed"))
    for mistake in MISTAKES_OF_FORM.values():
        change(terraform, *mistake)
    done = terraform.run("validate", "-json")
    assert done.returncode == 1
    return [json.dumps(each) for each in json.loads(done.stdout)["diagnostics"]]


@pytest.mark.parametrize("mistake", MISTAKES_OF_FORM)
def test_a_mistake_of_form_is_caught(complaints, mistake):
    assert any(mistake in complaint for complaint in complaints), complaints
