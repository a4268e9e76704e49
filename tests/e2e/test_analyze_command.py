"""`loupe analyze` as a user runs it, on a running stack."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from tests.running import ROOT
from tests.stack import command, environment, eventually, loupe

PHOTOS = Path(os.environ.get("LOUPE_PHOTOS", ROOT.parent / "shared" / "photos"))
KEYS = {"job", "images", "findings", "reports"}


@pytest.fixture
def analyze(stack):
    def run(*arguments: object, **options):
        return stack.loupe("analyze", *arguments, **options)

    return run


def on_a_terminal(*arguments: object, data: Path, cwd: Path, **variables: str) -> str:
    """What a user sees whose terminal is 100 columns wide."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(*arguments),
        env=environment(data, TERM="xterm-256color", COLUMNS="100", **variables),
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            chunk = os.read(ours, 65_536)
        except OSError:  # the other side has been closed
            break
        if not chunk:
            break
        seen += chunk
    os.close(ours)
    assert process.wait(60) == 0, seen.decode()
    return seen.decode()


def test_json_is_one_object_with_all_that_is_known_and_progress_is_beside_it(analyze, samples):
    answer = analyze(samples["meter.jpg"].path, "--kind", "inspection", "--json")
    assert answer.returncode == 0
    result = json.loads(answer.stdout)
    assert set(result) == KEYS
    assert result["job"]["state"] == "COMPLETED"
    assert result["images"][0]["exif"]["model"] == "sample renderer"
    assert "048213" in {finding["value"] for finding in result["findings"]}
    assert result["reports"]["inspection"]["full"]["colors"]
    assert "meter.jpg: completed" in answer.stderr


def test_several_photos_become_several_jobs_in_the_order_of_the_files(analyze, samples):
    files = [samples[name].path for name in ("wall.webp", "meter-blurred.jpg", "pipe-sideways.jpg")]
    answer = analyze(*files, "--kind", "inspection", "--option", "text=false", "--json")
    assert answer.returncode == 0
    jobs = json.loads(answer.stdout)["jobs"]
    assert all(set(job) == KEYS for job in jobs)
    assert [job["images"][0]["type"] for job in jobs] == ["image/webp", "image/jpeg", "image/jpeg"]
    assert [warning["reason"] for warning in jobs[1]["job"]["warnings"]] == ["BLURRY"]


def test_a_broken_photo_fails_with_its_reason_and_exit_code_1(analyze, samples):
    answer = analyze(samples["pipe-broken.jpg"].path, "--kind", "inspection", "--json")
    assert answer.returncode == 1
    result = json.loads(answer.stdout)
    assert result["job"]["error"]["reason"] == "UNREADABLE"
    assert result["images"] == []


def test_a_person_is_told_why_a_photo_failed_and_what_to_do(analyze, samples):
    answer = analyze(samples["pipe-broken.jpg"].path, "--kind", "inspection")
    assert answer.returncode == 1
    assert "FAILED" in answer.stdout
    assert "Send it again, or take a new one" in re.sub(r"[\s│]+", " ", answer.stdout)


def test_a_person_is_shown_what_the_photo_is_how_good_and_what_it_says(analyze, samples):
    shown = analyze(samples["warning-sign.jpg"].path, "--kind", "inspection", "--location").stdout
    for fact in ("COMPLETED", "100/100", "JPEG", "Loupe sample renderer", "2026-05-04 09:37", "53.54131° N", "DANGER"):
        assert fact in shown


def test_the_place_is_kept_only_with_consent(analyze, samples):
    arguments = (samples["wall.webp"].path, "--kind", "inspection", "--option", "text=false", "--json")
    assert json.loads(analyze(*arguments).stdout)["images"][0]["gps"] is None
    place = json.loads(analyze(*arguments, "--location").stdout)["images"][0]["gps"]
    assert place["latitude"] == pytest.approx(52.5163, abs=1e-4)


def test_several_photos_are_shown_as_a_table_with_one_failure_making_the_exit_code(analyze, samples):
    files = [samples[name].path for name in ("meter-blurred.jpg", "pipe-broken.jpg")]
    answer = analyze(*files, "--kind", "inspection", COLUMNS="140")
    assert answer.returncode == 1
    assert re.search(r"meter-blurred\.jpg .*COMPLETED .*\n", answer.stdout)
    assert re.search(r"pipe-broken\.jpg .*FAILED .*\n", answer.stdout)


def test_a_folder_stands_for_the_photos_in_it(analyze, samples, tmp_path):
    (tmp_path / "photos").mkdir()
    for name in ("wall.webp", "meter-blurred.jpg"):
        (tmp_path / "photos" / name).write_bytes(samples[name].path.read_bytes())
    (tmp_path / "photos" / "notes.txt").write_text("not a photo")
    answer = analyze(tmp_path / "photos", "--kind", "inspection", "--option", "text=false", "--json")
    assert len(json.loads(answer.stdout)["jobs"]) == 2


def test_pictures_are_saved_where_they_are_asked_for(analyze, samples, tmp_path):
    answer = analyze(samples["meter.jpg"].path, "--kind", "inspection", "--json", "--out", tmp_path / "out")
    result = json.loads(answer.stdout)
    folder = tmp_path / "out" / result["job"]["name"].removeprefix("jobs/")
    assert {path.name for path in folder.iterdir()} == {"annotated.jpg", "normalized.jpg", "thumbnail.webp"}
    with Image.open(folder / "annotated.jpg") as annotated, Image.open(folder / "normalized.jpg") as normalized:
        assert annotated.size == normalized.size
        assert annotated.tobytes() != normalized.tobytes()


def test_nothing_is_saved_where_nobody_looks(analyze, samples, tmp_path):
    analyze(samples["wall.webp"].path, "--kind", "inspection", "--option", "text=false", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_on_a_terminal_there_are_colours_bars_and_pictures(stack, samples, tmp_path):
    arguments = ("analyze", samples["wall.webp"].path, "--kind", "inspection")
    seen = on_a_terminal(*arguments, data=stack.data, cwd=tmp_path)
    assert "\x1b[38;" in seen  # swatches in the colours themselves
    assert "loupe-out/" in seen
    assert list(tmp_path.glob("loupe-out/*/annotated.jpg"))


def test_no_color_is_honoured(stack, tmp_path):
    seen = on_a_terminal("jobs", data=stack.data, cwd=tmp_path, NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", seen)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--kind", "inspection"], "Missing argument 'FILE…'"),
        (["nowhere.jpg", "--kind", "inspection"], "nowhere.jpg: no such file or directory"),
        (["PHOTO"], "Missing option '--kind'"),
        (
            ["PHOTO", "--kind", "horoscope"],
            "There is no kind 'horoscope'. There is: color_correction,",
        ),
        (["PHOTO", "--kind", "inspection", "--option", "tea=hot"], "one of these names: colors, text"),
        (["PHOTO", "--kind", "inspection", "--option", "text"], "NAME=VALUE"),
        (["PHOTO", "--kind", "inspection", "--option", "text=perhaps"], "true or false"),
        (["NOTES", "--kind", "inspection"], "not a photo (accepted: JPEG, PNG, WEBP, HEIC, HEIF, AVIF)"),
        (["EMPTY", "--kind", "inspection"], "no photos in this folder"),
    ],
)
def test_being_called_wrongly_is_exit_code_2_and_says_what_there_is(samples, tmp_path, arguments, said):
    (tmp_path / "notes.txt").write_text("Buy milk.")
    (tmp_path / "empty").mkdir()
    places = {"PHOTO": samples["wall.webp"].path, "NOTES": tmp_path / "notes.txt", "EMPTY": tmp_path / "empty"}
    answer = loupe("analyze", *(places.get(argument, argument) for argument in arguments), data=tmp_path / "data")
    assert answer.returncode == 2
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""


def test_what_the_server_refuses_is_one_line_and_one_json_object(analyze, tmp_path):
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.write(b"\xff\xd8\xff")
        file.truncate(21 * 1024 * 1024)
    answer = analyze(huge, "--kind", "inspection", "--json")
    assert answer.returncode == 2
    assert json.loads(answer.stdout)["error"]["status"] == "INVALID_ARGUMENT"
    spoken = analyze(huge, "--kind", "inspection")
    assert spoken.stderr.splitlines()[-1].startswith("error: ")


def test_ctrl_c_ends_at_once_with_130_and_the_job_goes_on(stack, samples):
    process = subprocess.Popen(
        command("analyze", samples["warning-sign.jpg"].path, "--kind", "inspection"),
        env=environment(stack.data),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = process.stderr.readline()
    job_id = re.search(r"job (\w{20})", said)[1]
    next(line for line in process.stderr if re.search("reading|checking|analysing", line))  # the photo has arrived
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=5)
    assert process.returncode == 130
    assert "Interrupted" in rest
    assert "Traceback" not in rest
    watched = stack.loupe("watch", job_id, "--json")
    assert json.loads(watched.stdout)["job"]["state"] == "COMPLETED"


def test_without_a_stack_one_is_started_for_the_call_and_stopped_afterwards(samples, tmp_path):
    import psutil

    data = tmp_path / "data"
    arguments = ("analyze", samples["wall.webp"].path, "--kind", "inspection", "--option", "text=false", "--json")
    answer = loupe(*arguments, data=data)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["job"]["state"] == "COMPLETED"
    assert "No stack is running: starting one" in answer.stderr
    mine = [
        process for process in psutil.process_iter(["cmdline"]) if str(data) in " ".join(process.info["cmdline"] or ())
    ]
    assert eventually(lambda: not any(process.is_running() for process in mine))
    assert not (data / "stack.json").exists()


@pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"there are no photos in {PHOTOS} (LOUPE_PHOTOS)")
def test_every_real_photo_comes_to_an_end_with_a_result_or_a_reason(analyze):
    result = json.loads(analyze(PHOTOS, "--kind", "inspection", "--json", timeout=110).stdout)
    jobs = [one["job"] for one in result["jobs"]]
    assert len(jobs) >= 15
    assert {job["state"] for job in jobs} == {"COMPLETED", "FAILED"}
    assert all(job["error"]["reason"] and job["error"]["message"] for job in jobs if job["state"] == "FAILED")


def test_the_same_user_comes_back(stack, samples):
    arguments = ("analyze", samples["wall.webp"].path, "--kind", "inspection", "--option", "text=false", "--json")
    first, second = (json.loads(stack.loupe(*arguments).stdout)["job"] for _ in range(2))
    assert first["uid"] == second["uid"]
    listed = json.loads(stack.loupe("jobs", "--json", "--limit", "2").stdout)["jobs"]
    assert [job["name"] for job in listed] == [second["name"], first["name"]]
    assert (stack.data / "phone.json").stat().st_mode & 0o077 == 0


def test_a_saved_user_whom_the_stack_does_not_know_is_replaced(stack):
    (stack.data / "phone.json").write_text('{"uid": "nobody", "refreshToken": "forged"}')
    answer = stack.loupe("jobs", "--json")
    assert json.loads(answer.stdout) == {"jobs": []}
