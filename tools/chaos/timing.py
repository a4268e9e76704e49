"""The times of a run. Seconds count from T0."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from shared.jobs.sweep import Patience

T0: Final = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE: Final = Patience(uploads=timedelta(minutes=45))  # the rest is as in the product
QUICK: Final = 0.4  # seconds that a step takes at most, unless it stalls
SWEEP: Final = 120.0  # seconds between two sweeps
RARELY: Final = 900.0  # seconds, where nothing else happens: the sweeps in between would find nothing
LONGEST_OUTAGE: Final = 4 * 3600.0  # seconds
HORIZON: Final = 24 * 3600.0  # seconds within which everything has to have come to rest
