"""The history of a violation: what was seen of the job, what there is of it, and what the functions said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.chaos_real.invariants import Violation

if TYPE_CHECKING:
    from tools.chaos_real.evidence import Evidence
    from tools.chaos_real.scene import Scene

LINES = 40  # of the logs, at most


def end_of(job: dict[str, Any] | None) -> str:
    """How a job ended, in a word."""
    if job is None:
        return "no document"
    if job["deleteTime"] is not None:
        return "DELETED"
    return str(job["error"]["reason"]) if job["error"] else str(job["state"])


def tell(violation: Violation, scene: Scene, evidence: Evidence) -> Iterator[str]:
    """Line by line."""
    yield f"{violation}"
    job_id = violation.job
    if not job_id:
        return
    yield "  as a listener saw it:"
    yield from (f"    {seen}" for seen in scene.watch.history(job_id))
    yield f"  document: {json.dumps(evidence.job(job_id), default=str, sort_keys=True)}"
    yield from (f"  below it: {name}" for name in sorted(evidence.below(f"jobs/{job_id}")))
    for name, row in sorted(evidence.rows("outbox", job_id).items()):
        yield f"  outbox: {name} {row['state']} {row.get('sendTime')}"
    for event, copies in scene.mailbox.of(job_id):
        yield f"  event: {event}, received {len(copies)} times"
    for entry in evidence.charges(job_id):
        yield f"  ledger: attempt {entry['attempt']} {entry['feature']} {entry['state']} {entry['spent']}"
    objects = [*evidence.uploads, *evidence.derived]
    yield from (f"  object: {name}" for name in objects if f"{job_id}/" in name)
    yield from _logged(scene.cloud.logs, job_id)


def _logged(folder: Path, job_id: str) -> Iterator[str]:
    for log in sorted(folder.glob("*.log")):
        lines = [line for line in log.read_text(errors="replace").splitlines() if job_id in line]
        yield from (f"  {log.stem}: {line[:600]}" for line in lines[-LINES:])
