"""The messages that a listener is sent."""

from __future__ import annotations

from collections.abc import Iterator

from localcloud.firestore import clock
from localcloud.firestore.watchers import Watch
from localcloud.firestore.wire import ListenResponse, Status
from localcloud.rpc import RpcError

_NO_CHANGE, _ADD, _REMOVE, _CURRENT, _RESET = range(5)
_TOKEN_BYTES = 8


def added(target_id: int) -> ListenResponse:
    """The target was accepted for a try."""
    return ListenResponse(target_change={"target_change_type": _ADD, "target_ids": [target_id]})


def removed(target_id: int, cause: RpcError | None = None) -> ListenResponse:
    """The target is gone: as was asked, or because of `cause`."""
    answer = ListenResponse(target_change={"target_change_type": _REMOVE, "target_ids": [target_id]})
    if cause is not None:
        code, _ = cause.code.value
        answer.target_change.cause.CopyFrom(Status(code=code, message=cause.message))
    return answer


def reset(target_id: int, time: int) -> ListenResponse:
    """Everything the client knows of the target is void; all of it follows."""
    return _at(time, kind=_RESET, target_ids=[target_id])


def current(target_id: int, time: int) -> ListenResponse:
    """All of the target up to `time` has been sent."""
    return _at(time, kind=_CURRENT, target_ids=[target_id])


def consistent(time: int) -> ListenResponse:
    """All targets show what there was at `time`: the client may show it too."""
    return _at(time, kind=_NO_CHANGE, target_ids=[])


def news(watch: Watch, time: int) -> Iterator[ListenResponse]:
    """What is new in a watch."""
    delta = watch.view.delta()
    ids = [watch.target_id]
    moment = clock.timestamp(time)
    for document in delta.shown:
        yield ListenResponse(document_change={"document": watch.project(document), "target_ids": ids})
    for name in delta.deleted:
        yield ListenResponse(document_delete={"document": name, "removed_target_ids": ids, "read_time": moment})
    for name in delta.removed:
        yield ListenResponse(document_remove={"document": name, "removed_target_ids": ids, "read_time": moment})


def _at(time: int, *, kind: int, target_ids: list[int]) -> ListenResponse:
    return ListenResponse(
        target_change={
            "target_change_type": kind,
            "target_ids": target_ids,
            "read_time": clock.timestamp(time),
            "resume_token": time.to_bytes(_TOKEN_BYTES, "big"),
        }
    )
