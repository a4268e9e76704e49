"""The guide to models of one's own, done to the letter: on a copy of the sources, with a stack of their own."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from PIL import Image

from tests.running import ROOT
from tests.stack import environment, eventually

GUIDE = (ROOT / "docs/guides/bring-your-model.md").read_text()
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # a dozen programs start one after the other

KINDS, ANALYZERS = "shared/model/kinds.py", "functions/analyze/kinds/__init__.py"


def block(name: str) -> str:
    """The code of the guide that begins with this file's name."""
    (found,) = re.findall(rf"```python\n# {re.escape(name)}\n(.*?)```", GUIDE, re.DOTALL)
    return found


def commands(first: str, *, at: int = 0) -> list[list[str]]:
    """The commands of the shell block that begins so; of several, the one at this place."""
    found = [code for code in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) if code.startswith(first)]
    return [shlex.split(line)[1:] for line in found[at].splitlines()]


@dataclass
class Sources:
    """A copy of the sources with the guide's lines in them, and a stack that runs on it."""

    root: Path
    data: Path

    def loupe(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "loupe", *map(str, arguments)],
            cwd=self.root,
            env={**environment(self.data), "PYTHONPATH": str(self.root)},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def done(self, *arguments: object) -> dict:
        answer = self.loupe(*arguments, "--json")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def insert(self, file: str, after: str, lines: str) -> None:
        text = (self.root / file).read_text()
        assert text.count(after) == 1
        (self.root / file).write_text(text.replace(after, after + lines))


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    root = tmp_path_factory.mktemp("sources")
    for part in ("functions", "shared", "localcloud", "loupe", "models"):
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    made = Sources(root=root, data=root / ".loupe")
    nobody = '        Kind(name="nobody", title="Whose model nobody brings", min_images=1, max_images=1),\n'
    made.insert(KINDS, "    for kind in (\n", block(KINDS) + nobody)
    rows = "ANALYZERS: Final[Mapping[str, Analyzer]] = {"
    made.insert(ANALYZERS, rows, "\n" + block(ANALYZERS) + '    "nobody": classifier("nobody@stable"),\n')
    made.insert(ANALYZERS, "from __future__ import annotations\n", "\nfrom .from_model import classifier, detector\n")
    for script in ("surface.py", "red_things.py"):
        (root / script).write_text(block(script))
        subprocess.run([sys.executable, "-W", "ignore", script], cwd=root, check=True, timeout=90)
    wall = np.full((300, 400, 3), (150, 75, 35)) + np.random.default_rng(3).normal(0, 15, (300, 400, 3))
    wall[100:150, 200:250] = (250, 10, 10)
    Image.fromarray(wall.clip(0, 255).astype(np.uint8)).save(root / "wall.png")
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: made.loupe("down"))
        made.done("up", "--detach", "--free-ports")
        yield made


@pytest.fixture(scope="module")
def documents(sources):
    found = sources.done("up", "--detach")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRESTORE_EMULATOR_HOST", found["urls"]["firestore"].removeprefix("http://"))
        client = firestore.Client(project=found["project"], credentials=AnonymousCredentials())
        yield client
        client.close()


@pytest.fixture(scope="module")
def brought(sources):
    """Both models, as the guide adds them, and the second version of one as a candidate on every job."""
    for line in re.findall(r"^loupe (models add .* --promote)$", GUIDE, re.MULTILINE):
        sources.done(*shlex.split(line))
    add, shadow, *_ = commands("loupe models add surface.onnx", at=1)
    sources.done(*add)
    sources.done(*shadow[:-1], "1")
    return sources


@pytest.fixture(scope="module")
def surface(brought):
    """A job of the classifier that has come to its end."""
    return brought.done("analyze", "wall.png", "--kind", "surface")["job"]


def test_the_classifier_answers_and_says_what_it_is(brought, surface):
    job = surface
    assert (job["summary"]["label"], job["summary"]["labelName"]) == ("rust", "Rust")
    assert job["summary"]["confidence"] > 0.9
    kept = brought.done("models", "card", "surface")["manifest"]
    assert job["provenance"]["model"] == "surface"
    assert job["provenance"]["modelSha256"] == kept["sha256"]
    assert job["provenance"]["modelSample"] == "true"
    assert job["warnings"][0]["reason"] == "SAMPLE_MODEL"
    shown = brought.loupe("watch", job["name"].removeprefix("jobs/")).stdout
    assert "Rust" in shown
    assert "surface/1" in shown


def test_the_detector_finds_the_red_thing_where_it_is(brought):
    result = brought.done("analyze", "wall.png", "--kind", "red_things")
    assert result["job"]["summary"]["objects"].keys() == {"red"}
    box = result["findings"][0]["box"]
    assert box["left"] <= 0.56 <= box["left"] + box["width"]
    assert box["top"] <= 0.42 <= box["top"] + box["height"]


def test_a_kind_without_its_model_fails_and_makes_nothing_up(sources):
    answer = sources.loupe("analyze", "wall.png", "--kind", "nobody", "--json")
    job = json.loads(answer.stdout)["job"]
    assert answer.returncode == 1
    assert (job["state"], job["error"]["reason"]) == ("FAILED", "MODEL_UNAVAILABLE")
    assert "there is no nobody@stable" in (sources.data / "logs" / "analyze.log").read_text()


def test_a_candidate_is_compared_unseen_and_promoted_only_when_it_agrees(brought, surface):
    found = brought.done("models", "compare", "surface")
    assert (found["stable"], found["candidate"]) == (1, 2)
    assert (found["summary"]["jobs"], found["summary"]["failed"], found["summary"]["agreement"]) == (1, 0, 1.0)
    assert found["summary"]["confusion"] == {"rust": {"rust": 1}}
    assert surface["provenance"]["modelVersion"] == "1"
    assert "shadow" not in json.dumps(surface)
    (_, _, _, promote, rollback) = commands("loupe models add surface.onnx", at=1)
    refused = brought.loupe(*promote)
    assert refused.returncode == 1
    assert "1 jobs; 100 are asked for" in refused.stderr
    assert brought.done(*promote[:-1], "1")["aliases"]["aliases"] == {"stable": 2}
    assert brought.done(*rollback)["version"] == 1


def test_what_a_candidate_said_goes_when_the_job_goes(brought, surface, documents):
    job_id = surface["name"].removeprefix("jobs/")
    row = documents.document(f"shadows/{job_id}-surface")
    assert row.get().to_dict()["pair"] == "surface/1~2"
    answer = brought.loupe("delete", job_id)
    assert answer.returncode == 0, answer.stderr
    assert eventually(lambda: not row.get().exists, within=60)
