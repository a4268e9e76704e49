"""What a message on the topic `tasks` asks for: its attribute `task` is one of these names, its data is empty."""

from __future__ import annotations

from typing import Final

SWEEP: Final = "sweep"  # look at everything that has stopped moving; sent every two minutes
MAINTENANCE: Final = "maintenance"  # remove what has expired, and what belongs to nothing; sent every hour
ANALYTICS: Final = "analytics"  # count the days that are over; sent every hour, and nothing to do but once a day
PURGE: Final = "purge"  # remove what is left of a deleted job, by the attribute `jobId`; the sweep does it, too


def purge(job_id: str) -> tuple[bytes, dict[str, str]]:
    """The message that has a buried job purged: data and attributes."""
    return b"", {"task": PURGE, "jobId": job_id}
