"""Tasks on strangers' bytes, as a kind is given them: a failure of the guard is a refusal of the job's own kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.errors import InvalidArgument, Unavailable

from .intake.guard import GuardUnavailableError
from .intake.refusal import Refused

if TYPE_CHECKING:
    from .intake.guard import Guard


class GuardedTasks:
    """The guard's tasks, for kinds."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def run(self, task: str, payload: bytes) -> bytes:
        """See `kinds.port.Guarded`."""
        try:
            return self._guard.run(task, payload)
        except Refused as refused:
            raise InvalidArgument(refused.reason, refused.message, internal=refused.detail or "") from refused
        except GuardUnavailableError as error:
            raise Unavailable(
                "DECODER_UNAVAILABLE",
                "There is nothing to read the photo with. Deliver again.",
                internal=str(error),
            ) from error
