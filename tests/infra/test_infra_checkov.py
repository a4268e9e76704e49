"""checkov, which knows hundreds of rules, finds nothing but what `.checkov.yaml` gives a reason for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT

VERSION = "3.3.30"


@pytest.fixture(scope="module")
def checkov(tmp_path_factory):
    """checkov in a virtual environment of its own: it pins much that we use otherwise."""
    venv = tmp_path_factory.mktemp("checkov")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "-q", "--clear", "-p", sys.executable, venv], check=True)
    install = [uv, "pip", "install", "-q", "-p", venv / "bin" / "python", f"checkov=={VERSION}"]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"checkov cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return venv / "bin" / "checkov"


def test_checkov_finds_nothing(checkov, tmp_path):
    shutil.copytree(ROOT / "terraform", tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform"))
    command = [checkov, "-d", "terraform", "--config-file", "terraform/.checkov.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Parsing errors" not in done.stdout, done.stdout + done.stderr


def test_every_rule_that_is_skipped_has_a_reason():
    skipped = re.findall(r"^  - CKV\w+ *(#.*)$", (ROOT / "terraform/.checkov.yaml").read_text(), re.MULTILINE)
    assert skipped
    assert all(re.fullmatch(r"# .{20,}", reason) for reason in skipped)
