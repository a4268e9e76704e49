"""The README and the documents beside it: what they tell people to run exists, and what they point at is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from loupe.app import loupe

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text()


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_to_a_file_leads_to_one(document):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text())
    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert missing == []


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target for document in DOCUMENTS for target in re.findall(r"(?m)(?:^|`)make ([a-z-]+)", document.read_text())
    }
    assert {"demo", "test"} <= named <= targets


def test_every_command_of_the_command_line_is_in_the_readme_and_no_other():
    named = set(re.findall(r"`loupe ([a-z]+)", README)) | set(re.findall(r"-m loupe ([a-z]+)", README))
    assert named - set(loupe.commands) == set()
    assert set(loupe.commands) - named <= {"demo"}  # `make demo` is in its place


@pytest.mark.parametrize("option", ["--location", "--kind"])
def test_the_options_of_analyze_that_the_readme_names_exist(option):
    assert option in README
    assert option in CliRunner().invoke(loupe, ["analyze", "--help"]).output


def test_make_alone_lists_every_target_that_the_readme_names():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(f"make {target}" in listed for target in ("setup", "demo", "up", "test", "check", "bench", "clean"))


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node to parse JavaScript")
def test_the_javascript_of_the_readme_parses(tmp_path):
    (example,) = blocks("js")
    (tmp_path / "example.mjs").write_text(example)
    subprocess.run(["node", "--check", "example.mjs"], cwd=tmp_path, check=True)


@pytest.mark.parametrize("language", ["js", "dart", "swift", "kotlin"])
def test_every_client_example_takes_the_same_four_steps(language):
    (example,) = blocks(language)
    assert re.search(r"signInAnonymously", example)
    assert "v1/jobs" in example
    assert "headers" in example
    assert re.search(r"onSnapshot|snapshots\(\)|addSnapshotListener", example)
