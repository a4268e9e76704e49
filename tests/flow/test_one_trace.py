"""One trace leads from the request that asked for a job to its result, and the numbers are counted on the way."""

from __future__ import annotations

import json
import secrets

import httpx
import pytest

from loupe.client import photos, uploads
from loupe.client.uploads import Wanted
from loupe.client.watching import Watch, database
from tests.stack import eventually


def entries(stack, function: str) -> list[dict]:
    lines = (stack.data / "logs" / f"{function}.log").read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


@pytest.fixture(scope="module")
def traced(stack, samples):
    """The trace of a job that was asked for under it, and the job's id, once it is final."""
    trace = secrets.token_hex(16)
    sample = next(iter(samples.values()))
    found = tuple(photos.find([sample.path]))
    documents = database(stack.running)
    with stack.phone() as phone:
        phone.http.headers["traceparent"] = f"00-{trace}-b7ad6b7169203331-01"
        job_id, places = uploads.create(phone, Wanted(kind="inspection", photos=found))
        with Watch(documents, phone, job_id) as changes:
            uploads.send(phone, job_id, places, found)
            list(changes.until_final(60))
    documents.close()
    return trace, job_id


def test_the_analysis_is_logged_under_the_trace_of_the_request(stack, traced):
    trace, job_id = traced

    def told() -> bool:
        return any(
            entry.get("logging.googleapis.com/trace", "").endswith(trace)
            and entry["logging.googleapis.com/labels"].get("job_id") == job_id
            for entry in entries(stack, "analyze")
        )

    assert eventually(told)


def test_the_job_is_measured_from_its_arrival_to_its_end(stack, traced):
    trace, _ = traced
    wanted = {"queue_seconds", "stage_seconds", "job_seconds", "jobs_ended", "deliveries"}

    def counted() -> bool:
        seen = {
            entry["metric"]["name"]
            for entry in entries(stack, "analyze")
            if "metric" in entry and entry.get("logging.googleapis.com/trace", "").endswith(trace)
        }
        return wanted <= seen

    assert eventually(counted)


@pytest.mark.usefixtures("traced")
def test_the_console_tells_the_numbers(stack):
    told = stack.loupe("top", "--json")
    assert told.returncode == 0, told.stderr
    numbers = json.loads(told.stdout)
    ended = [row for row in numbers["metrics"] if row["name"] == "job_seconds"]
    assert any(row["labels"]["kind"] == "inspection" and row["p50"] > 0 for row in ended)
    assert {"analyze-normal", "events-kept"} <= {held["name"] for held in numbers["subscriptions"]}
    text = httpx.get(f"{stack.running.urls['console']}/metrics", trust_env=False).text
    assert 'loupe_job_seconds_bucket{kind="inspection"' in text


@pytest.mark.usefixtures("traced")
def test_people_are_shown_queues_times_and_ends(stack):
    shown = stack.loupe("top", "--once").stdout
    for words in ("Waiting", "Upload to result", "inspection completed", "deliveries ended"):
        assert words in shown
