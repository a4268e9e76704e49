"""The pipeline is one that Cloud Build takes, and its steps do what they say, also when things go wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest
import yaml
from google.cloud.devtools.cloudbuild_v1 import Build
from google.protobuf.json_format import ParseDict

from tests.running import ROOT

FILES = ("cloudbuild.yaml", "cloudbuild.deploy.yaml")
GIVEN = {"PROJECT_ID", "BUILD_ID"}


def read(file):
    return yaml.safe_load((ROOT / file).read_text())


@pytest.fixture(params=FILES)
def pipeline(request):
    return read(request.param)


def test_a_pipeline_is_a_build_by_its_schema(pipeline):
    assert ParseDict(pipeline, Build.pb(Build())).steps


def test_a_step_waits_for_steps_that_come_before_it(pipeline):
    seen = set()
    for step in pipeline["steps"]:
        assert set(step.get("waitFor", ())) - {"-"} <= seen
        seen.add(step["id"])


def test_every_script_parses(pipeline):
    for step in pipeline["steps"]:
        shell = "bash" if "bash" in step["script"].splitlines()[0] else "sh"
        subprocess.run([shell, "-n"], input=step["script"], text=True, check=True)


def test_what_scripts_read_is_given_and_what_is_given_is_read(pipeline):
    text = "\n".join([*(step["script"] for step in pipeline["steps"]), yaml.dump(pipeline["availableSecrets"])])
    read_ = set(re.findall(r"\$\{?(_[A-Z_]+)", text))
    assert read_ == set(pipeline["substitutions"])
    assert set(re.findall(r"\$\{?([A-Z]+_ID)\b", text)) <= GIVEN


def test_targets_of_make_exist(pipeline):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for step in pipeline["steps"] for name in re.findall(r"\bmake ([a-z-]+)", step["script"])}
    assert named
    assert named <= targets


def test_triggers_give_what_the_pipelines_ask_for(full):
    triggers = {each.key: each for each in full.of("google_cloudbuild_trigger")}
    assert triggers["plan"]["filename"] == FILES[0]
    assert triggers["deploy"].block("git_file_source")["path"] == FILES[1]
    for name, file in (("plan", FILES[0]), ("deploy", FILES[1])):
        given = set(triggers[name]["substitutions"] or {})
        assert given == set(read(file)["substitutions"])


def test_the_deployer_may_act_as_what_it_deploys_and_as_itself_and_as_nobody_else(full):
    mine = [each for each in full.of("google_service_account_iam_member") if "loupe-deployer@" in str(each["member"])]
    assert {each["role"] for each in mine} == {"roles/iam.serviceAccountUser"}
    accounts = {each["service_account_id"].rpartition("/")[2].partition("@")[0] for each in mine}
    assert accounts == {f"loupe-{name}" for name in ("upload", "status", "analyze", "build", "deployer")}


def test_a_deployment_waits_for_somebody_to_approve_it(full):
    triggers = {each.key: each for each in full.of("google_cloudbuild_trigger")}
    assert triggers["deploy"].block("approval_config")["approval_required"] is True
    assert not triggers["plan"]["approval_config"]


def script(step):
    (found,) = [each["script"] for each in read(FILES[1])["steps"] if each["id"] == step]
    return found


@pytest.fixture
def workspace(tmp_path):
    """A workspace in which gcloud, terraform and make only write down how they were called."""
    (tmp_path / "bin").mkdir()
    for name in ("gcloud", "terraform", "make"):
        program = tmp_path / "bin" / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >> "$CALLS"\n[ "$1" != output ] || echo \'{json.dumps(OUTPUTS)}\'\n'
            f'[ "$FAILING" != "{name} $1" ]\n'
        )
        program.chmod(0o755)
    for release in ("release", "last-good"):
        (tmp_path / release / "terraform").mkdir(parents=True)
        (tmp_path / release / ".venv/bin").mkdir(parents=True)
        loupe = tmp_path / release / ".venv/bin/python"
        loupe.write_text('#!/bin/sh\necho "loupe $*" >> "$CALLS"\n[ "$FAILING" != smoke ]\n')
        loupe.chmod(0o755)
    (tmp_path / "debug-token").write_text("")
    return tmp_path


OUTPUTS = {
    "urls": {"value": {"upload": "https://u", "status": "https://s"}},
    "firebase_config": {"value": {"apiKey": "key", "appId": "1:2:web:3"}},
}


def run(workspace, failing=""):
    """Run the steps after `fetch`, as Cloud Build would; the codes they end with, and what was called."""
    codes = {}
    environment = {
        "PATH": f"{workspace / 'bin'}:{os.environ['PATH']}",
        "CALLS": str(workspace / "calls"),
        "FAILING": failing,
        "SMOKE_PAUSE": "0",
        **dict.fromkeys(("_STATE_BUCKET", "_STATE_PREFIX", "_SOURCE_BUCKET", "_RELEASE", "_PREFIX"), "x"),
    }
    for step in ("apply", "smoke", "keep", "return"):
        file = workspace / f"{step}.sh"
        file.write_text(script(step))
        shell = "bash" if "bash" in script(step).splitlines()[0] else "sh"
        done = subprocess.run(
            [shell, file], cwd=workspace, env=environment, capture_output=True, text=True, check=False
        )
        codes[step] = done.returncode
        if done.returncode:
            break
    return codes, (workspace / "calls").read_text()


def test_a_release_that_works_becomes_the_last_good_one(workspace):
    codes, calls = run(workspace)
    assert set(codes.values()) == {0}
    assert "doctor --smoke --upload https://u --status https://s --api-key key --app-id 1:2:web:3" in calls
    assert "gcloud storage cp release.tgz gs://x/releases/last-good.tgz" in calls
    assert "auto-approve" not in calls


def test_a_release_whose_photo_does_not_come_through_is_taken_back_and_the_build_fails(workspace):
    codes, calls = run(workspace, failing="smoke")
    assert codes == {"apply": 0, "smoke": 0, "keep": 0, "return": 1}
    assert calls.count("doctor --smoke") == 3
    assert "terraform apply -input=false -auto-approve -var-file=../dist/bundles.tfvars.json" in calls
    assert "last-good.tgz" not in calls


def test_a_plan_that_is_applied_in_part_is_taken_back(workspace):
    codes, calls = run(workspace, failing="terraform apply")
    assert codes["return"] == 1
    assert "doctor" not in calls
    assert "auto-approve" in calls


def test_the_first_release_has_nothing_to_go_back_to_and_says_so(workspace):
    (workspace / "last-good/terraform").rmdir()
    codes, calls = run(workspace, failing="smoke")
    assert codes["return"] == 1
    assert "auto-approve" not in calls
