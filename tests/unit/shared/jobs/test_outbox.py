"""A row of the outbox as it is published."""

from __future__ import annotations

from datetime import timedelta

from shared.jobs import outbox
from shared.jobs.outbox import OutboxRow
from tests.unit.shared.jobs.jobs import T0


def test_copies_are_the_same_bytes_though_the_database_keeps_no_order_of_fields():
    taken = []
    for payload in ({"name": "jobs/j", "run": 1}, {"run": 1, "name": "jobs/j"}):
        row = OutboxRow(
            uid="u", job_id="j", payload=payload, create_time=T0, update_time=T0, expire_time=T0 + timedelta(days=7)
        )
        outbox.send("outbox/j:1:completed", row, lambda data, attributes: taken.append((data, attributes["eventId"])))
    assert taken[0] == taken[1] == (b'{"name":"jobs/j","run":1}', "j:1:completed")
