"""How each effect gets into the decision about a call."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING

from localcloud.faults.calls import CALLS
from localcloud.faults.codes import parse_code
from localcloud.faults.decision import Decision, Gone, Step
from localcloud.faults.effects import Corrupt, Drop, Duplicate, Effect, Error, Hang, Malformed, Reorder, Truncate
from localcloud.faults.failure import HUNG, Dropped, Fault

if TYPE_CHECKING:
    from localcloud.faults.armed import Armed


@functools.singledispatch
def befall(effect: Effect, armed: Armed, decision: Decision, call: str) -> None:
    """Add an effect to what is to befall `call`; one that ends it becomes a step on the rule's side of the call."""
    raise TypeError(f"{effect} by fault {armed.id} cannot befall {call} ({decision})")


def wait(seconds: float, armed: Armed) -> Step:
    """A step that takes so long, or until the rule is removed."""

    async def waiting(_gone: Gone | None) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(armed.removed.wait(), seconds)

    return waiting


@befall.register(Error)
def _(effect: Error, armed: Armed, decision: Decision, _call: str) -> None:
    code = parse_code(effect.code)

    async def fail(_gone: Gone | None) -> None:
        raise Fault(code, f"{code.name} by fault {armed.id}")

    _side(armed, decision).append(fail)


@befall.register(Hang)
def _(_effect: Hang, armed: Armed, decision: Decision, _call: str) -> None:
    async def hang(gone: Gone | None) -> None:
        ends: list[asyncio.Future[object]] = [asyncio.ensure_future(armed.removed.wait())]
        if gone is not None:
            ends.append(asyncio.ensure_future(gone()))
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        raise Fault(HUNG, f"held up by fault {armed.id}")

    _side(armed, decision).append(hang)


@befall.register(Drop)
def _(_effect: Drop, armed: Armed, decision: Decision, _call: str) -> None:
    async def drop(_gone: Gone | None) -> None:
        raise Dropped(f"connection lost by fault {armed.id}", applied=armed.rule.applied)

    _side(armed, decision).append(drop)


@befall.register(Truncate)
@befall.register(Corrupt)
def _(effect: Truncate | Corrupt, armed: Armed, decision: Decision, call: str) -> None:
    if CALLS[call].upload and not armed.rule.applied:
        decision.request = effect
    else:
        decision.answer = effect


@befall.register(Malformed)
def _(_effect: Malformed, _armed: Armed, decision: Decision, _call: str) -> None:
    decision.malformed = True


@befall.register(Duplicate)
def _(effect: Duplicate, _armed: Armed, decision: Decision, _call: str) -> None:
    decision.copies += effect.copies
    decision.new_ids |= effect.ids == "new"


@befall.register(Reorder)
def _(effect: Reorder, armed: Armed, decision: Decision, _call: str) -> None:
    gate = armed.gate(window=effect.window, within=effect.within_ms / 1000)

    async def queue(_gone: Gone | None) -> None:
        await gate.go_through()

    decision.before.append(queue)


def _side(armed: Armed, decision: Decision) -> list[Step]:
    return decision.after if armed.rule.applied else decision.before
