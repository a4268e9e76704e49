"""`python -m tools.chaos_real.skewed SECONDS …`: functions_framework in a process whose clock is so many seconds ahead.

Everything that Loupe decides by the time of day it decides by `shared.model.job.now`. That is what runs ahead here; the
system's clock is the machine's.
"""

from __future__ import annotations

import runpy
import sys
from datetime import datetime, timedelta

from shared.model import job


def main() -> None:
    """Set the clock, and be functions_framework."""
    ahead, right = timedelta(seconds=float(sys.argv.pop(1))), job.now

    def now() -> datetime:
        return right() + ahead

    job.now = now
    runpy.run_module("functions_framework", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
