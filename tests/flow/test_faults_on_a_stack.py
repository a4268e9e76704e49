"""A whole stack that is broken on purpose while it works."""

from __future__ import annotations

import json

import pytest

from tests.stack import ENOUGH, QUICK_LEASE, started


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A stack whose worker fails when it has read its first photo."""
    state = tmp_path_factory.mktemp("failpoints")
    fail = {"FAILPOINTS": "after_read=raise:1", "FAILPOINTS_STATE": str(state)}
    with started(tmp_path_factory.mktemp("broken") / "data", upload=ENOUGH, analyze=QUICK_LEASE | fail) as stack:
        yield stack, state


def test_a_job_completes_though_its_worker_fails_and_every_push_comes_three_times(broken, samples):
    stack, state = broken
    added = stack.loupe("faults", "add", "pubsub.push", "--duplicate", "new", "--copies", "2", "--json")
    assert added.returncode == 0, added.stderr
    photo = samples["meter-blurred.jpg"].path
    answer = stack.loupe("analyze", photo, "--kind", "inspection", "--option", "text=false", "--json")
    assert answer.returncode == 0, answer.stderr
    job = json.loads(answer.stdout)["job"]
    assert job["state"] == "COMPLETED"
    sizes = {path.name: path.stat().st_size for path in state.iterdir()}
    assert sizes["after_read.hits"] >= 2  # failed at the first, spared since
    (fault,) = json.loads(stack.loupe("faults", "list", "--json").stdout)["faults"]
    assert fault["hits"] >= 1
