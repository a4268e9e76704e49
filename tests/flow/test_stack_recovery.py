"""What dies comes back, and no photo is lost by it."""

from __future__ import annotations

import os
import signal

import httpx
import pytest

from loupe.client import photos, results, uploads
from loupe.client.uploads import Wanted
from loupe.client.watching import Watch, database
from shared.model.states import State
from tests.stack import ENOUGH, Stack, eventually, started


def wanted(path) -> Wanted:
    return Wanted(kind="inspection", photos=tuple(photos.find([path])))


def finish(stack: Stack, phone, one: Wanted):
    """Send a job and return it as it is at its end."""
    job_id, places = uploads.create(phone, one)
    with Watch(database(stack.running), phone, job_id) as changes:
        uploads.send(phone, job_id, places, one.photos)
        *_, last = changes.until_final(60)
    return last


@pytest.mark.slow
def test_a_job_whose_worker_is_killed_in_the_middle_still_completes(stack, samples):
    one = wanted(samples["warning-sign.jpg"].path)
    with stack.phone() as phone:
        job_id, places = uploads.create(phone, one)
        killed = False
        with Watch(database(stack.running), phone, job_id) as changes:
            uploads.send(phone, job_id, places, one.photos)
            for job in changes.until_final(90):
                if job.state is State.PROCESSING and not killed:
                    os.killpg(stack.pid("analyze"), signal.SIGKILL)
                    killed = True
        assert job.state is State.COMPLETED
        assert job.attempt == 2
        result = results.read(phone, job_id)
    assert len(result.images) == 1
    assert result.reports["inspection"]["full"]["text"]


def test_a_killed_function_answers_again(stack):
    before = stack.pid("status")
    os.killpg(before, signal.SIGKILL)
    assert eventually(lambda: stack.pid("status") != before)
    assert httpx.get(f"{stack.running.urls['status']}/healthz").status_code == 200


def test_jobs_of_before_are_there_and_new_ones_complete_on_other_ports(tmp_path, samples):
    one = wanted(samples["wall.webp"].path)
    with started(tmp_path / "data", upload=ENOUGH) as first, first.phone() as phone:
        assert finish(first, phone, one).state is State.COMPLETED
        uid = phone.uid
    with started(tmp_path / "data", upload=ENOUGH) as second:
        assert second.running.ports.analyze != first.running.ports.analyze
        listed = second.loupe("jobs", "--json")
        assert uid in listed.stdout
        with second.phone() as phone:
            assert finish(second, phone, one).state is State.COMPLETED


def test_the_local_cloud_keeps_what_it_was_given_when_it_is_killed(tmp_path, samples):
    one = wanted(samples["wall.webp"].path)
    with started(tmp_path / "data", upload=ENOUGH) as stack, stack.phone() as phone:
        done = finish(stack, phone, one)
        before = stack.pid("localcloud")
        os.kill(before, signal.SIGKILL)
        assert eventually(lambda: stack.pid("localcloud") != before)
        [kept] = phone.get("status", "/v1/jobs")["jobs"]
        assert kept["summary"] == done.summary
        assert finish(stack, phone, one).state is State.COMPLETED
