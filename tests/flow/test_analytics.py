"""Yesterday in numbers, counted by the task on the local Firestore and shown by `loupe stats`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from shared.database import Span
from shared.firestore import FirestoreDatabase
from shared.ledger import day_of
from shared.model.job import new_job_id
from shared.tasks import ANALYTICS
from tests.stack import eventually


def test_a_span_of_time_comes_page_by_page_newest_first_and_each_document_once(impatient):
    since = datetime(2020, 1, 1, tzinfo=UTC)
    ids = sorted(new_job_id() for _ in range(5))
    times = [since, since, since + timedelta(hours=1), since + timedelta(days=1), since - timedelta(microseconds=1)]
    for job_id, at in zip(ids, times, strict=True):
        impatient.documents.document(f"jobs/{job_id}").set({"kind": "span", "state": "CANCELLED", "createTime": at})
    span = Span(
        collection="jobs", field="kind", value="span", time="createTime", since=since, until=since + timedelta(days=1)
    )
    store, after, found = FirestoreDatabase(impatient.documents), None, []
    while page := store.within(span, limit=1, after=after):
        ((path, fields),) = page
        after = (fields["createTime"], path)
        found.append(path)
    assert found == [f"jobs/{ids[number]}" for number in (2, 1, 0)]
    for job_id in ids:
        impatient.documents.document(f"jobs/{job_id}").delete()


def test_the_jobs_of_yesterday_are_counted_and_shown(impatient):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    made = yesterday.replace(hour=12, minute=0, second=0, microsecond=0)
    documents = impatient.documents
    placed = []
    for number, (state, error) in enumerate(
        (("COMPLETED", None), ("COMPLETED", None), ("FAILED", {"reason": "STALLED"}))
    ):
        fields = {"kind": "inspection", "state": state, "error": error, "createTime": made + timedelta(hours=number)}
        placed.append(documents.document(f"jobs/{new_job_id()}"))
        placed[-1].set(fields)
    entry = documents.document(f"ledger/{day_of(made)}/entries/{new_job_id()}:1:text")
    entry.set({"feature": "text", "spent": 1500})
    kept = documents.document(f"analytics/{day_of(made)}")
    impatient.task(ANALYTICS)
    assert eventually(lambda: (kept.get().to_dict() or {}).get("complete"), within=40)
    (day,) = json.loads(impatient.stack.loupe("stats", "--days", "1", "--json").stdout)["days"].values()
    assert day["jobs"] == {"inspection": {"COMPLETED": {"none": 2}, "FAILED": {"STALLED": 1}}}
    assert day["costMicroUsd"] == {"text": 1500}
    shown = impatient.stack.loupe("stats", "--days", "1").stdout
    assert "STALLED" in shown
    assert "$0.0015" in shown
    for each in (*placed, entry, kept):
        each.delete()
