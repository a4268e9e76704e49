"""The other commands as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time

import pytest

from tests.running import ROOT
from tests.stack import loupe


@pytest.fixture
def job(stack, samples):
    arguments = ("analyze", samples["meter-blurred.jpg"].path, "--kind", "inspection", "--option", "text=false")
    return json.loads(stack.loupe(*arguments, "--json").stdout)["job"]


def test_help_is_quick_and_lists_every_command(tmp_path):
    began = time.monotonic()
    answer = loupe("--help", data=tmp_path)
    assert time.monotonic() - began < 1.5
    for name in ("analyze", "check", "demo", "up", "down", "env", "jobs", "watch", "doctor"):
        assert f"\n  {name} " in answer.stdout


def test_the_command_line_is_light_until_it_has_to_work():
    heavy = ("google.api_core", "grpc", "httpx", "rich", "numpy", "PIL", "uvicorn", "psutil")
    script = f"import sys, loupe.app; sys.exit(', '.join(name for name in {heavy} if name in sys.modules))"
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.stderr.strip() == ""


def test_an_unknown_command_is_called_wrongly(tmp_path):
    answer = loupe("anlyze", data=tmp_path)
    assert answer.returncode == 2
    assert "No such command 'anlyze'" in answer.stderr


def test_env_lets_googles_own_client_find_the_stack(stack):
    exports = stack.loupe("env").stdout
    script = "from google.cloud import storage; print(*(bucket.name for bucket in storage.Client().list_buckets()))"
    shell = f'{exports}\n"{sys.executable}" -c "{script}"'
    seen = subprocess.run(
        ["/bin/sh", "-c", shell], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True
    )
    assert seen.stdout.split() == ["demo-loupe-derived", "demo-loupe-models", "demo-loupe-uploads"]


def test_env_as_json_names_every_service(stack):
    variables = json.loads(stack.loupe("env", "--json").stdout)
    assert variables["FIREBASE_AUTH_EMULATOR_HOST"] == stack.running.ports.address("auth")
    assert variables["LOUPE_UPLOAD_URL"] == stack.running.urls["upload"]


def test_env_without_a_stack_says_how_to_start_one(tmp_path):
    answer = loupe("env", data=tmp_path / "data")
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert "loupe up" in answer.stderr


def test_jobs_can_be_picked_by_state(stack, job):
    failed = json.loads(stack.loupe("jobs", "--state", "failed", "--json").stdout)["jobs"]
    completed = json.loads(stack.loupe("jobs", "--state", "COMPLETED", "--json").stdout)["jobs"]
    assert job["name"] not in {one["name"] for one in failed}
    assert job["name"] in {one["name"] for one in completed}


def test_jobs_are_listed_for_people(stack, job):
    shown = stack.loupe("jobs", COLUMNS="120").stdout
    assert job["name"].removeprefix("jobs/") in shown
    assert "just now" in shown


def test_a_finished_job_can_be_watched_again(stack, job):
    answer = stack.loupe("watch", job["name"])
    assert answer.returncode == 0
    assert "The photo is blurry" in answer.stdout


@pytest.mark.parametrize(("job_id", "code"), [("a" * 20, 1), ("../secrets", 2)])
def test_a_job_that_is_not_ones_own_cannot_be_watched(stack, job_id, code):
    answer = stack.loupe("watch", job_id)
    assert answer.returncode == code
    assert "loupe jobs" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_doctor_asks_every_service_of_a_healthy_stack(stack):
    answer = stack.loupe("doctor", "--json")
    report = json.loads(answer.stdout)
    assert answer.returncode == 0, report
    asked = {finding["name"] for finding in report["findings"] if finding["health"] == "good"}
    assert {"auth", "firestore", "pubsub", "storage", "vision", "upload", "status", "analyze"} <= asked


def test_the_doctor_names_a_service_that_does_not_answer_and_the_remedy(stack, tmp_path):
    described = json.loads((stack.data / "stack.json").read_text())
    described["urls"]["status"] = "http://127.0.0.1:9"
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "stack.json").write_text(json.dumps(described))
    answer = loupe("doctor", data=tmp_path / "data")
    assert answer.returncode == 1
    assert "1 to mend" in answer.stdout
    assert "http://127.0.0.1:9" in answer.stdout
    assert "loupe down, then loupe up" in answer.stdout


def test_check_passes_on_one_line_of_json_per_file(samples, tmp_path):
    files = [samples[name].path for name in ("meter.jpg", "pipe-broken.jpg")]
    answer = loupe("check", *files, tmp_path / "nowhere.jpg", "--json", data=tmp_path)
    assert answer.returncode == 0
    verdicts = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [verdict["verdict"] for verdict in verdicts] == ["accepted", "rejected", "rejected"]
    assert verdicts[0]["file"] == str(files[0])


def test_check_shows_people_a_table(samples, tmp_path):
    folder = samples["meter.jpg"].path.parent
    answer = loupe("check", folder, data=tmp_path, COLUMNS="160")
    assert answer.returncode == 0
    assert "accepted" in answer.stdout
    assert "rejected" in answer.stdout
    assert "53.54131° N" in answer.stdout


def test_check_goes_into_folders_and_writes_rows_for_a_spreadsheet(samples, tmp_path):
    deep = tmp_path / "photos" / "deep"
    deep.mkdir(parents=True)
    (deep / "meter.jpg").write_bytes(samples["meter.jpg"].path.read_bytes())
    (tmp_path / "photos" / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"")
    os.mkfifo(tmp_path / "photos" / "pipe")
    answer = loupe("check", tmp_path / "photos", "--csv", data=tmp_path)
    assert answer.returncode == 0
    rows = list(csv.DictReader(io.StringIO(answer.stdout)))
    assert [row["reason"] for row in rows] == ["EMPTY_FILE", "NOT_A_FILE", ""]
    assert rows[2]["file"].endswith("deep/meter.jpg")
    assert "3 files in" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_check_judges_more_files_than_a_command_line_holds(tmp_path):
    (tmp_path / "many").mkdir()
    for number in range(3000):
        (tmp_path / "many" / f"{'long-' * 45}{number:05}.jpg").write_bytes(b"")
    answer = loupe("check", tmp_path / "many", "--json", data=tmp_path)
    assert answer.returncode == 0
    assert len(answer.stdout.splitlines()) == 3000


def test_strict_checks_fail_for_a_rejected_file(samples, tmp_path):
    accepted, rejected = (samples[name].path for name in ("meter.jpg", "pipe-broken.jpg"))
    assert loupe("check", accepted, "--strict", data=tmp_path).returncode == 0
    answer = loupe("check", accepted, rejected, "--strict", data=tmp_path)
    assert answer.returncode == 1
    assert "1 of 2 files were rejected" in answer.stderr


def test_check_called_wrongly_says_what_to_do(tmp_path):
    (tmp_path / "nothing").mkdir()
    assert "There are no files" in loupe("check", tmp_path / "nothing", data=tmp_path).stderr
    both = loupe("check", tmp_path, "--json", "--csv", data=tmp_path)
    assert both.returncode == 2
    assert "Choose one" in both.stderr


def test_the_demo_brings_every_sample_to_what_it_was_made_for(stack, tmp_path):
    answer = stack.loupe("demo", "--out", tmp_path / "demo-out", timeout=110)
    assert answer.returncode == 0, answer.stdout
    page = (tmp_path / "demo-out" / "index.html").read_text()
    assert page.count('<article id="photo-') == 8
    assert "UNREADABLE" in page
    assert "Not a medical device." in page
    assert (tmp_path / "demo-out" / "pictures" / "meter-annotated.jpg").stat().st_size > 10_000
    assert "loupe analyze photo.jpg --kind inspection" in answer.stdout
