"""How the stacks of the matrix are set: short leases, short pauses, prices that can be summed up."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

PRICES: Final = {"TEXT_DETECTION": 1500, "IMAGE_PROPERTIES": 1000}  # micro-dollars
BURST: Final = 20  # photos of one user at once, where quotas are used up
BUDGET: Final = 8000  # micro-dollars of a day, where budgets are
LEASE: Final = 1  # seconds; with the allowance for clocks, a job of a dead worker is taken over after eleven
LONG_LEASE: Final = 30  # where no worker dies, so that a slow one keeps its jobs on a busy machine
BACKOFF: Final = (timedelta(milliseconds=100), timedelta(milliseconds=400))
ACK_DEADLINE: Final = timedelta(seconds=10)
POINTS: Final = (
    *("after_arrive", "after_claim", "after_read", "after_judge", "after_advance", "after_derive", "after_vision"),
    *("before_commit", "after_commit", "before_outbox_send", "after_outbox_send", "before_ack"),
)  # the fail-points of analyze
MAX_DELIVERIES: Final = 100  # a job waits for a dead worker's lease through more deliveries than it would in the cloud

_UPLOAD: Final = {"QUOTA_BURST": "100000", "QUOTA_PER_HOUR": "1000000", "DAILY_BUDGET_MICRO_USD": "1000000000"}
_ANALYZE: Final = {
    "LEASE_SECONDS": str(LEASE),
    "VISION_TEXT_MICRO_USD": str(PRICES["TEXT_DETECTION"]),
    "VISION_PROPERTIES_MICRO_USD": str(PRICES["IMAGE_PROPERTIES"]),
    "DAILY_BUDGET_MICRO_USD": "1000000000",
    "SWEEP_SILENCE_SECONDS": "1",
    "SWEEP_SETTLE_SECONDS": "5",
    "WORKERS": "2",
    "THREADS": "8",
}
_LOCALCLOUD: Final = {"SWEEP_EVERY_SECONDS": "0"}  # the matrix asks for a sweep when it wants one


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What one stack is told, by function. `points` arms the fail-points of analyze; `{each}` in it is a count."""

    name: str
    upload: dict[str, str] = {}
    analyze: dict[str, str] = {}
    points: str = ""

    @property
    def usual(self) -> bool:
        """Whether it is as any other, and only there to share the work."""
        return self.upload == {} and self.points == "" and self.analyze.keys() <= {"LEASE_SECONDS"}

    def overrides(self, *, state: str, runs: int) -> dict[str, dict[str, str]]:
        """For the supervisor. `state` is where fail-points are counted, `runs` how many runs its rows have."""
        each = max(1, runs // len(POINTS))
        armed = {"FAILPOINTS": self.points.format(each=each), "FAILPOINTS_STATE": state} if self.points else {}
        return {
            "localcloud": _LOCALCLOUD,
            "upload": {**_UPLOAD, **self.upload},
            "analyze": {**_ANALYZE, **self.analyze, **armed},
        }


SETTINGS: Final = {
    setting.name: setting
    for setting in (
        Setting(name="plain", analyze={"LEASE_SECONDS": str(LONG_LEASE)}),
        Setting(name="doors", analyze={"LEASE_SECONDS": str(LONG_LEASE)}),  # to share the work
        Setting(name="waits"),  # for what has to wait for deadlines
        Setting(
            name="money",
            upload={"QUOTA_BURST": str(BURST), "QUOTA_PER_HOUR": "1", "DAILY_BUDGET_MICRO_USD": str(BUDGET)},
            analyze={"DAILY_BUDGET_MICRO_USD": str(BUDGET)},
        ),
        Setting(
            name="kills",
            # Few requests in a process, so that a killing hits few jobs.
            analyze={"WORKERS": "4", "THREADS": "2"},
            points=",".join(f"{point}=kill:{{each}}@0.2" for point in POINTS),
        ),
        Setting(name="deletions", points=",".join(f"{point}=stall:0.4s@0.2" for point in POINTS)),
        Setting(
            name="zombies",
            analyze={"WORKERS": "2", "THREADS": "16"},
            points="after_claim=stall:2s@0.3,after_derive=stall:2s@0.3,before_commit=stall:2s@0.5,after_vision=raise@0.1",
        ),
    )
}
