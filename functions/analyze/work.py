"""What a worker does with a job it holds: read, judge, derive, analyse, commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from shared.errors import LoupeError, Unavailable
from shared.jobs.protocol import Completion, Outcome
from shared.model.job import Failure
from shared.model.states import Stage
from shared.version import VERSION

from . import photos
from .failpoints import reach
from .kinds import ANALYZERS
from .kinds.port import Analysis

if TYPE_CHECKING:
    from shared.jobs.store import Claim

    from .services import Services


def work(claim: Claim, services: Services) -> Outcome:
    """Bring the job to its end, or learn that it is no longer ours.

    ENDED: the job is final. FENCED: another worker has it. Raises what a passing failure raises: the job is then still
    ours, and whoever called has to release it.
    """
    job_id, job = claim.job_id, claim.job
    meter = services.meter(claim)
    reach("after_claim")
    try:
        ready = [_judged(claim, index, services) for index in range(len(job.images))]
        held = services.jobs.advance(claim, Stage.ANALYZING)
        reach("after_advance")
        if held is not Outcome.HELD:
            return held
        images = [photos.derive(services.objects, job_id, job, one) for one in ready]
        reach("after_derive")
        analysis = ANALYZERS[job.kind]([one.photo for one in ready], job.options, services.eyes(meter))
        reach("after_vision")
    except photos.Rejected as rejected:
        return services.jobs.fail(claim, rejected.failure, {}, meter.charges)
    except Unavailable:
        raise
    except LoupeError as error:
        failure = Failure(status=error.status, reason=error.reason, message=error.message)
        return services.jobs.fail(claim, failure, {}, meter.charges)
    completion = Completion(
        summary=analysis.summary,
        warnings=analysis.warnings,
        degraded=analysis.degraded,
        cost=meter.cost,
        provenance={"version": VERSION, "qualityPolicy": ready[0].policy, **analysis.provenance},
    )
    reach("before_commit")
    outcome = services.jobs.complete(claim, completion, _details(images, analysis), meter.charges)
    reach("after_commit")
    return outcome


def _judged(claim: Claim, index: int, services: Services) -> photos.Ready:
    data = photos.read(services.objects, claim.job_id, claim.job, index)
    reach("after_read")
    ready = photos.judge(services.guard, claim.job, index, data)
    reach("after_judge")
    return ready


def _details(images: Sequence[dict[str, Any]], analysis: Analysis) -> dict[str, dict[str, Any]]:
    """Everything below the job's own document, by path."""
    photographed = {f"images/{index}": image for index, image in enumerate(images)}
    found = {
        f"findings/{finding.type}-{number:03d}": msgspec.to_builtins(finding)
        for number, finding in enumerate(analysis.findings)
    }
    reports = {f"reports/{name}": dict(report) for name, report in analysis.reports.items()}
    return {**photographed, **found, **reports}
