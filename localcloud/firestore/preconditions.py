"""Conditions on a document that a write carries with it."""

from __future__ import annotations

from localcloud.firestore import clock
from localcloud.firestore.refusals import already_exists, failed_precondition, invalid, not_found
from localcloud.firestore.wire import Document, Precondition


def check(name: str, current: Document | None, condition: Precondition, now: int) -> None:
    """Holds `condition` against the document as it is.

    Raises:
        NOT_FOUND: it should exist and does not.
        ALREADY_EXISTS: it should not exist and does.
        FAILED_PRECONDITION: it was last changed at another time than the condition says.
        INVALID_ARGUMENT: that time is after `now`, the time of the commit.
    """
    kind = condition.WhichOneof("condition_type")
    if kind == "exists":
        _check_existence(name, current, exists=condition.exists)
    elif kind == "update_time":
        _check_update_time(name, current, clock.exact_microseconds(condition.update_time), now)


def _check_existence(name: str, current: Document | None, *, exists: bool) -> None:
    if exists and current is None:
        raise not_found(f"No document to update: {name}")
    if not exists and current is not None:
        raise already_exists(f"Document already exists: {name}")


def _check_update_time(name: str, current: Document | None, required: int, now: int) -> None:
    if required > now:
        raise invalid(f"the required update time of {name} is in the future")
    stored = 0 if current is None else clock.microseconds(current.update_time)
    if stored != required:
        raise failed_precondition(
            f"the stored version ({stored}) of {name} does not match the required base version ({required})"
        )
