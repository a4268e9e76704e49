"""The real terraform on a copy of ours: with the provider from the registry, or with a stub that serves its schema."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.running import ROOT

STUB = Path(os.environ.get("LOUPE_TERRAFORM", ROOT.parent / "shared" / "terraform"))
ADDITIONS = Path(__file__).with_name("schema-additions.json")
SECRET = "a-secret-that-no-plan-may-show-0123456789"
BACKEND = 'terraform {\n  backend "local" {}\n}\n'
BUNDLES = {
    name: {"file": f"../dist/{name}.zip", "sha256": f"{name[0]}".encode().hex()[:2] * 32}
    for name in ("upload", "status", "analyze")
}


@dataclass(frozen=True)
class Terraform:
    """Terraform in the folder of a copy."""

    folder: Path  # holds terraform/ and firebase/
    schema: Path | None  # None: the real provider

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = ["terraform", f"-chdir={self.folder / 'terraform'}", *arguments]
        if self.schema:
            constraints = STUB / "google-constraints.json"
            command = [
                sys.executable,
                str(STUB / "tfstub.py"),
                "-c",
                str(constraints),
                str(self.schema),
                "--",
                *command,
            ]
        environment = {**os.environ, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "TF_CLI_ARGS": "-no-color"}
        environment |= {"TF_VAR_page_token_secret": SECRET, **variables}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False)

    def plan(self, **variables: Any) -> dict[str, Any]:
        """The plan for a project of these variables, as JSON. Skips where the real provider would ask Google."""
        if self.schema is None:
            pytest.skip(f"a plan by the real provider asks Google; {STUB} has a stub that does not")
        (self.folder / "given.tfvars.json").write_text(json.dumps({"bundles": BUNDLES, **variables}))
        planned = self.run("plan", "-input=false", "-lock=false", "-var-file=../given.tfvars.json", "-out=../plan")
        assert planned.returncode == 0, planned.stdout + planned.stderr
        shown = self.run("show", "-json", "../plan")
        assert shown.returncode == 0, shown.stderr
        return json.loads(next(line for line in shown.stdout.splitlines() if line.startswith("{")))


def copy(folder: Path) -> Terraform:
    """A copy that may be changed, initialised. Skips, with the reason, where there is no terraform or no provider."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    for part in ("terraform", "firebase"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns(".terraform*"))
    (folder / "terraform" / "backend_override.tf").write_text(BACKEND)
    found = Terraform(folder, _schema(folder))
    done = found.run("init", "-input=false")
    if done.returncode and found.schema is None:
        pytest.skip(f"neither a registry of providers nor {STUB} is here")
    assert done.returncode == 0, done.stdout + done.stderr
    return found


def change(terraform: Terraform, file: str, old: str, new: str) -> None:
    """Plant a mistake in a copy; `old` is a pattern and has to be there."""
    path = terraform.folder / "terraform" / file
    text, times = re.subn(old, new, path.read_text(), count=1, flags=re.DOTALL)
    assert times == 1, f"{file} has no {old!r}"
    path.write_text(text)


def _schema(folder: Path) -> Path | None:
    if not (STUB / "tfstub.py").is_file():
        return None
    schemas = json.loads((STUB / "google-schema.json").read_text())
    for name, provider in schemas["provider_schemas"].items():
        if name.rpartition("/")[2].startswith("google"):
            provider["resource_schemas"] |= json.loads(ADDITIONS.read_text())
    path = folder / "schema.json"
    path.write_text(json.dumps(schemas))
    return path
