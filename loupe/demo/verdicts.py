"""Whether a sample came to what it was made for."""

from __future__ import annotations

import msgspec

from loupe.client.analysis import Outcome
from loupe.view.words import harmless
from tools.samples import Expected, Sample


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A sample, what became of it, and its pictures by file name in the folder of pictures."""

    sample: Sample
    outcome: Outcome
    annotated: bytes | None = None
    thumbnail: bytes | None = None

    @property
    def surprise(self) -> str:
        """In which way it did not do what it is expected to do; empty where it did."""
        return surprise(self.sample.expect, self.outcome)


def surprise(expected: Expected, outcome: Outcome) -> str:
    """How an outcome differs from what is expected; empty where it does not."""
    if outcome.result is None:
        return outcome.refusal.message if outcome.refusal else "no result"
    job = outcome.result.job
    reason = (job.get("error") or {}).get("reason")
    warnings = {warning["reason"] for warning in job.get("warnings") or ()}
    if job["state"] != expected.state:
        return f"expected {expected.state}, got {job['state']}"
    if reason != expected.reason:
        return f"expected the reason {expected.reason}, got {harmless(reason)}"
    wanted = set(expected.warnings)
    # One flaw often brings another with it (what is dark has little contrast); a good photo has none.
    if not wanted <= warnings or (warnings and not wanted):
        return f"expected the warnings {_listed(wanted)}, got {_listed(warnings)}"
    return ""


def _listed(reasons: set[str]) -> str:
    return harmless(", ".join(sorted(reasons))) or "none"
