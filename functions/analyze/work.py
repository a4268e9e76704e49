"""What a worker does with a job it holds: read, judge, derive, analyse, commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from shared.errors import LoupeError, Unavailable
from shared.http.failures import as_refusal
from shared.jobs.hold import Hold
from shared.jobs.protocol import Completion, Lost, Outcome
from shared.medical import check_intended_use
from shared.metrics import stage
from shared.model.job import Failure
from shared.model.kinds import KINDS
from shared.model.states import Stage
from shared.version import VERSION

from . import photos
from .failpoints import reach
from .kinds import ANALYZERS, ORIGINALS
from .kinds.port import Analysis

if TYPE_CHECKING:
    from shared.jobs.store import Claim

    from .models.shadow import Comparison
    from .paid import Meter
    from .services import Services


def work(claim: Claim, services: Services, comparison: Comparison) -> Outcome:
    """Bring the job to its end, or learn that it is no longer ours.

    ENDED: the job is final. FENCED: another worker has it. Raises whatever keeps the job from its end for now; it has
    been released then, so that the next delivery need not wait for the lease to run out. `comparison` learns what
    candidates of models have to be asked when all is over.
    """
    meter = services.meter(claim)
    try:
        reach("after_claim")
        return _analyse(claim, services, meter, comparison)
    except Lost as lost:
        return lost.outcome
    except BaseException as error:
        # Whatever it was, the next delivery shall not have to wait for the lease to run out.
        passing = isinstance(error, Exception) and as_refusal(error) is not None
        services.jobs.release(claim, passing=passing, refused=meter.refused)
        raise


def _analyse(claim: Claim, services: Services, meter: Meter, comparison: Comparison) -> Outcome:
    job_id, job, hold = claim.job_id, claim.job, Hold(services.jobs, claim)
    told = services.settings
    try:
        kind = KINDS[job.kind]
        check_intended_use(kind, acknowledged=told.medical_intended_use_ack, in_cloud=bool(told.k_service))
        ready = [_judged(claim, services, hold, index) for index in range(len(job.images))]
        held = services.jobs.advance(claim, Stage.ANALYZING)
        reach("after_advance")
        if held is not Outcome.HELD:
            return held
        with stage(job.kind, "derive"):
            images = [photos.derive(services.objects, hold, job_id, job, one) for one in ready]
        reach("after_derive")
        with stage(job.kind, "analyze"):
            tools = services.tools(claim, meter)
            tools = replace(tools, models=comparison.watch(tools.models, claim))
            analysis = ANALYZERS[job.kind]([one.photo for one in ready], job.options, tools)
        reach("after_vision")
        with stage(job.kind, "keep"):
            pictures = photos.keep(services.objects, hold, job_id, analysis.pictures)
    except photos.Rejected as rejected:
        return services.jobs.fail(claim, rejected.failure, {}, refused=meter.refused)
    except Unavailable:
        raise
    except LoupeError as error:
        failure = Failure(status=error.status, reason=error.reason, message=error.message)
        return services.jobs.fail(claim, failure, {}, refused=meter.refused)
    completion = Completion(
        summary=analysis.summary,
        warnings=analysis.warnings,
        degraded=analysis.degraded,
        provenance={"version": VERSION, "qualityPolicy": ready[0].policy, **analysis.provenance},
    )
    reach("before_commit")
    with stage(job.kind, "commit"):
        outcome = services.jobs.complete(claim, completion, _details(images, analysis, pictures), refused=meter.refused)
    reach("after_commit")
    return outcome


def _judged(claim: Claim, services: Services, hold: Hold, index: int) -> photos.Ready:
    hold.check()
    with stage(claim.job.kind, "read"):
        data = photos.read(services.objects, claim.job_id, claim.job, index)
    reach("after_read")
    with stage(claim.job.kind, "judge"):
        ready = photos.judge(services.guard, claim.job, index, data, original=claim.job.kind in ORIGINALS)
    reach("after_judge")
    return ready


def _details(
    images: Sequence[dict[str, Any]], analysis: Analysis, pictures: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Everything below the job's own document, by path."""
    photographed = {f"images/{index}": image for index, image in enumerate(images)}
    found = {
        f"findings/{finding.type}-{number:03d}": msgspec.to_builtins(finding)
        for number, finding in enumerate(analysis.findings)
    }
    reports = {f"reports/{name}": dict(report) for name, report in analysis.reports.items()}
    if pictures:
        reports["reports/pictures"] = {"pictures": pictures}
    return {**photographed, **found, **reports}
