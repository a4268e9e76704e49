"""Broken protocols: small changes of the core that people make, each of which loses, repeats or leaks something.

The first five are the usual recipes and their published failures; the others are one forgotten check each. Every one
has to be caught by the same runs that the real protocol passes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from shared.database import Found, Write
from shared.jobs import charges, outbox, protocol, sweep, tombstone, wishes
from shared.jobs.protocol import Arrival, Completion, Outcome, Verdict
from shared.jobs.store import Claim, Decision, Details, Extra, Jobs
from shared.model.job import Job
from shared.model.states import State
from tools.chaos.world import BUCKET, Actor, World

Patches = Sequence[tuple[ModuleType, str, Any]]


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """One broken protocol: what is broken, and how to break it for the length of a `with` block."""

    name: str
    story: str
    patches: Callable[[], Patches] = tuple
    world_type: type[World] = World

    @contextlib.contextmanager
    def applied(self) -> Iterator[type[World]]:
        """Break the protocol in this process, and give the world to run it in."""
        kept = [(module, name, getattr(module, name)) for module, name, _ in self.patches()]
        try:
            for module, name, broken in self.patches():
                setattr(module, name, broken)
            yield self.world_type
        finally:
            for module, name, original in kept:
                setattr(module, name, original)


def unfenced(decision: Callable[..., Verdict]) -> Callable[..., Verdict]:
    """A worker's decision that takes whoever asks for the one who holds the job."""

    def always(job: Job | None, fence: int, *rest: Any, **more: Any) -> Verdict:
        if job is None:
            return decision(job, fence, *rest, **more)
        return decision(replace(job, state=State.PROCESSING), job.attempt, *rest, **more)

    return always


def without_fence(*names: str) -> AbstractContextManager[type[World]]:
    """The protocol without the fence check of the named decisions, as if somebody had removed it by hand."""
    broken = [(protocol, name, unfenced(getattr(protocol, name))) for name in names]
    return Mutant(name="unfenced", story="", patches=lambda: broken).applied()


class CreateAsDedupe(Jobs):
    """Whoever makes a marker for the object works on it; whoever finds one takes itself for a duplicate."""

    def arrive(self, job_id: str, index: int, arrival: Arrival, *, owner: str) -> tuple[Outcome, Claim | None]:
        """See `Jobs.arrive`."""
        marker = f"markers/{job_id}:{index}:{arrival.generation}"

        def body(found: Found) -> tuple[bool, Sequence[Write]]:
            return (True, [Write(path=marker, fields={})]) if found[marker] is None else (False, ())

        if not self.database.transact([marker], body):
            return Outcome.RECORDED, None
        return super().arrive(job_id, index, arrival, owner=owner)


class InlineEffects(Jobs):
    """The worker publishes the event itself, as its last deed before the commit."""

    world: World

    def complete(
        self, claim: Claim, completion: Completion, details: Details, *, refused: Collection[str] = ()
    ) -> Outcome:
        """See `Jobs.complete`."""
        self.world.events.publish(b"completed", {"eventId": f"{claim.job_id}:{claim.job.run}:completed"})
        return super().complete(claim, completion, details, refused=refused)

    def _writes(self, job_id: str, verdict: Verdict, at: Any) -> list[Write]:
        rows = super()._writes(job_id, verdict, at)
        return [row for row in rows if not row.path.endswith(":completed")]


class OutboxAfterwards(Jobs):
    """The row is written when the commit is through."""

    def decide(self, job_id: str, decide: Decision, extra: Extra | None = None) -> tuple[Verdict, Job | None]:
        """See `Jobs.decide`."""
        verdict, job = super().decide(job_id, decide, extra)
        if verdict.ended_now and job is not None:
            row = outbox.ended(job_id, job, self.clock())
            self.database.transact([row.path], lambda found: (None, [] if found[row.path] else [row]))
        return verdict, job

    def _writes(self, job_id: str, verdict: Verdict, at: Any) -> list[Write]:
        return super()._writes(job_id, replace(verdict, ended_now=False), at)


class ForgetsAnswers(Jobs):
    """Every attempt pays anew."""

    def answer(self, claim: Claim, call: str) -> bytes | None:
        """See `Jobs.answer`."""
        del claim, call
        return None


class StoresEarly(Jobs):
    """The details are written before the commit that ends the job."""

    def complete(
        self, claim: Claim, completion: Completion, details: Details, *, refused: Collection[str] = ()
    ) -> Outcome:
        """See `Jobs.complete`."""
        job = self.get(claim.job_id)
        if job is not None:
            kept = {"uid": job.uid, "attempt": claim.fence}
            writes = [
                Write(path=f"jobs/{claim.job_id}/{name}", fields={**dict(value), **kept})
                for name, value in details.items()
                if isinstance(value, Mapping)
            ]
            self.database.transact((), lambda _: (None, writes))
        return super().complete(claim, completion, details, refused=refused)


def _in_a_world_of(jobs_type: type[Jobs]) -> type[World]:
    class Broken(World):
        """A world whose processes have a broken store."""

        def make_jobs(self, actor: Actor) -> Jobs:
            """See `World.make_jobs`."""
            jobs = jobs_type(self.database, clock=actor.clock, uploads_bucket=BUCKET)
            if isinstance(jobs, InlineEffects):
                jobs.world = self
            return jobs

    return Broken


class _AcknowledgesFenced(World):
    nacked = frozenset({Outcome.BUSY})


def _same_attempt(job: Job, **more: Any) -> Verdict:
    verdict = CLAIM(job, **more)
    if verdict.job is None or verdict.outcome is not Outcome.CLAIMED or job.attempt == 0:
        return verdict
    return replace(verdict, job=replace(verdict.job, attempt=job.attempt))


def _any_generation(job: Job | None, index: int, generation: int, **more: Any) -> Verdict:
    image = job.images.get(str(index)) if job is not None and not job.state.terminal else None
    if job is not None and image is not None and image.generation not in (None, generation):
        job = replace(job, images={**job.images, str(index): replace(image, generation=generation)})
        verdict = ARRIVE(job, index, generation, **more)
        return verdict if verdict.job is not None else replace(verdict, job=job)
    return ARRIVE(job, index, generation, **more)


def _unnoticed_tombstone(job: Job | None, **more: Any) -> Verdict:
    verdict = BURY(job, **more)
    if verdict.job is None or job is None:
        return verdict
    return replace(verdict, job=replace(job, delete_time=verdict.job.delete_time, purge=verdict.job.purge))


def _leak(job: Job, *, refused: Collection[str] = (), known: bool) -> tuple[Job, tuple[charges.Closed, ...]]:
    return CLOSE(job, refused=refused, known=known) if known else (replace(job, charges={}), ())


def _settle_again(job: Job, **more: Any) -> tuple[Job, tuple[charges.Closed, ...]]:
    closed, what = CLOSE(job, **more)
    return replace(closed, charges=job.charges), what


def _gives_up_at_once(job: Job | None, facts: sweep.Facts, *rest: Any) -> sweep.Action:
    return DECIDE(replace(job, redrive_time=job.create_time) if job is not None else None, facts, *rest)


# The originals, for those that change them a little.
CLAIM, ARRIVE, BURY, CLOSE, DECIDE = protocol.claim, protocol.arrive, tombstone.bury, charges.close, sweep.decide
RERUN: Final = wishes._rerun  # noqa: SLF001 - broken on purpose

MUTANTS: Final[Mapping[str, Mutant]] = {
    mutant.name: mutant
    for mutant in (
        Mutant(
            name="create-as-dedupe",
            story="A delivery first creates a marker for its object; whoever finds one acknowledges as a duplicate.",
            world_type=_in_a_world_of(CreateAsDedupe),
        ),
        Mutant(
            name="unconditional-finish",
            story="Completing and failing a job asks neither for the attempt nor for the state.",
            patches=lambda: [(protocol, name, unfenced(getattr(protocol, name))) for name in ("complete", "fail")],
        ),
        Mutant(
            name="acknowledge-when-fenced",
            story="A worker that has lost its job acknowledges its delivery.",
            world_type=_AcknowledgesFenced,
        ),
        Mutant(
            name="inline-effects",
            story="The event is published by the worker before the commit, not through the outbox.",
            world_type=_in_a_world_of(InlineEffects),
        ),
        Mutant(
            name="unconditional-delete",
            story="A worker that fails frees the lease, whoever's it is by then.",
            patches=lambda: [(protocol, "release", unfenced(protocol.release))],
        ),
        Mutant(
            name="lease-without-margin",
            story="Leases end on the dot of anybody's clock, and showing a stage does not look at the fence.",
            patches=lambda: [
                (protocol, "CLOCK_SKEW", protocol.CLOCK_SKEW * 0),
                (protocol, "advance", unfenced(protocol.advance)),
            ],
        ),
        Mutant(
            name="same-attempt",
            story="Whoever takes a job over goes on with the attempt number of the worker before.",
            patches=lambda: [(protocol, "claim", _same_attempt)],
        ),
        Mutant(
            name="outbox-afterwards",
            story="The outbox row is written after the commit that it belongs to.",
            world_type=_in_a_world_of(OutboxAfterwards),
        ),
        Mutant(
            name="details-first",
            story="Details are written before the commit that ends the job.",
            world_type=_in_a_world_of(StoresEarly),
        ),
        Mutant(
            name="any-generation",
            story="An arrival is recorded whatever generation of the photo was recorded before.",
            patches=lambda: [(protocol, "arrive", _any_generation)],
        ),
        Mutant(
            name="unnoticed-tombstone",
            story="A deleted job keeps its state, and a claim does not look at the tombstone.",
            patches=lambda: [(tombstone, "bury", _unnoticed_tombstone)],
        ),
        Mutant(
            name="purged-once",
            story="A deleted job is removed once, with workers that are still at it.",
            patches=lambda: [(tombstone, "removed", _removed_for_good)],
        ),
        Mutant(
            name="leaked-counter",
            story="What a vanished worker has reserved is not closed when its job is taken away.",
            patches=lambda: [(charges, "close", _leak)],
        ),
        Mutant(
            name="settled-twice",
            story="Closed charges stay on the job, and the next to close them settles them again.",
            patches=lambda: [(charges, "close", _settle_again)],
        ),
        Mutant(
            name="pays-again",
            story="An answer that was paid for is not looked for by the next attempt.",
            world_type=_in_a_world_of(ForgetsAnswers),
        ),
        Mutant(
            name="retry-without-token",
            story="A request to retry that is repeated counts as another one.",
            patches=lambda: [(wishes, "_rerun", _rerun_always)],
        ),
        Mutant(
            name="impatient-sweep",
            story="A job that stands still is given up without being delivered again.",
            patches=lambda: [(sweep, "decide", _gives_up_at_once)],
        ),
    )
}


def _removed_for_good(job: Job | None, *, settle: Any, **more: Any) -> Verdict:
    return REMOVED(job, settle=settle * 0, **more)


def _rerun_always(job: Job | None, photos: wishes.Photos, token: str, now: Any) -> Verdict:
    if job is not None and job.state in (State.FAILED, State.COMPLETED):
        job = replace(job, run_tokens=())
    return RERUN(job, photos, token, now)


REMOVED: Final = tombstone.removed
