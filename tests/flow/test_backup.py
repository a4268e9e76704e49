"""Backup, loss, restore: the same documents and the same bytes are there again, and their jobs can go on."""

from __future__ import annotations

import json
import shutil

import pytest

from loupe.client import photos, uploads
from loupe.client.uploads import Wanted
from loupe.client.watching import Watch, database
from tests.stack import ENOUGH, QUICK_LEASE, started


@pytest.fixture(scope="module")
def lost(tmp_path_factory, samples):
    """A backup of a stack with two jobs that is gone now, and the ids of the jobs."""
    home = tmp_path_factory.mktemp("lost")
    with started(home / "data", upload=ENOUGH, analyze=QUICK_LEASE) as stack:
        documents = database(stack.running)
        jobs = [_analysed(stack, documents, sample) for sample in list(samples.values())[:2]]
        documents.document("control/switches").set({"kinds": {"palm": False}})
        documents.document("odd/one/below/two").set({"by": documents.document("odd/one"), "n": 1.5, "b": b"\x00\xff"})
        documents.close()
        made = stack.loupe("backup", home / "backup", "--json", timeout=120)
        assert made.returncode == 0, made.stderr
    return home / "backup", json.loads(made.stdout), jobs


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    with started(tmp_path_factory.mktemp("fresh") / "data", upload=ENOUGH, analyze=QUICK_LEASE) as stack:
        yield stack


def _analysed(stack, documents, sample) -> str:
    found = tuple(photos.find([sample.path]))
    with stack.phone() as phone:
        job_id, places = uploads.create(phone, Wanted(kind="inspection", photos=found, options={"text": False}))
        with Watch(documents, phone, job_id) as changes:
            uploads.send(phone, job_id, places, found)
            list(changes.until_final(60))
    return job_id


def test_a_backup_tells_what_it_holds(lost):
    folder, told, _ = lost
    assert told["totals"]["documents"] == len((folder / "documents.jsonl").read_text().splitlines()) > 6
    assert told["totals"]["objects"] == len((folder / "objects.jsonl").read_text().splitlines()) >= 2
    assert (folder / "manifest.json").is_file()


def test_a_dry_run_writes_nothing(lost, fresh):
    told = fresh.loupe("restore", lost[0], "--dry-run")
    assert (told.returncode, "would be written" in told.stdout) == (0, True), told.stderr
    assert not list(lost[0].glob("restored-into-*"))


def test_everything_is_as_it_was_can_be_taken_back_and_restored_again(lost, fresh):
    folder, told, jobs = lost
    restored = fresh.loupe("restore", folder, "--json", timeout=120)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    compared = json.loads(restored.stdout)
    assert compared["same"]
    assert compared["now"] == compared["before"] == told["totals"]

    again = fresh.loupe("restore", folder)
    assert (again.returncode, "empty project" in again.stderr) == (1, True)

    back = fresh.loupe("restore", folder, "--rollback", timeout=120)
    assert back.returncode == 0, back.stdout + back.stderr
    assert fresh.loupe("restore", folder, "--dry-run").returncode == 0

    assert fresh.loupe("restore", folder, timeout=120).returncode == 0
    documents = database(fresh.running)
    jobs_now = [documents.document(f"jobs/{job_id}").get().to_dict() for job_id in jobs]
    assert {job["kind"] for job in jobs_now} == {"inspection"}
    there = documents.document("odd/one/below/two").get().to_dict()
    assert (there["by"].path, there["n"], there["b"]) == ("odd/one", 1.5, b"\x00\xff")
    documents.close()


def test_what_was_changed_since_stays_and_is_named(lost, fresh):
    folder, _, jobs = lost
    documents = database(fresh.running)
    documents.document(f"jobs/{jobs[0]}").update({"assetId": "bridge-7"})
    back = fresh.loupe("restore", folder, "--rollback", timeout=120)
    assert (back.returncode, f"jobs/{jobs[0]}" in back.stdout) == (1, True)
    assert documents.document(f"jobs/{jobs[0]}").get().get("assetId") == "bridge-7"
    documents.document(f"jobs/{jobs[0]}").delete()
    documents.close()


@pytest.mark.parametrize("harm", ["documents.jsonl", "objects.jsonl", "content", "manifest.json"])
def test_a_backup_that_is_not_whole_is_refused(lost, fresh, tmp_path, harm):
    copy = tmp_path / "copy"
    shutil.copytree(lost[0], copy, ignore=shutil.ignore_patterns("restored-into-*"))
    victim = next(path for path in (copy / harm).iterdir()) if (copy / harm).is_dir() else copy / harm
    victim.write_bytes(victim.read_bytes()[:-1])
    told = fresh.loupe("restore", copy, "--dry-run")
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert victim.name in told.stderr


def test_a_folder_that_holds_something_is_not_written_into(lost, fresh):
    told = fresh.loupe("backup", lost[0])
    assert (told.returncode, "is not empty" in told.stderr) == (1, True)
