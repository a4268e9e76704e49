"""The exceptions by which an injected fault reaches the caller."""

from __future__ import annotations

from typing import Final

import grpc

from localcloud.faults.codes import Code
from localcloud.rpc import RpcError

LOST: Final = Code("UNAVAILABLE", 503)  # what gRPC clients are told by their own library when a connection breaks
HUNG: Final = Code("DEADLINE_EXCEEDED", 504)


class Fault(RpcError):
    """A refusal by a rule; `http` is its code where the service speaks HTTP."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(grpc.StatusCode[code.name], message)
        self.http = code.http


class Dropped(Fault):
    """The call gets no answer at all. `applied`: it has had its effect all the same."""

    def __init__(self, message: str, *, applied: bool) -> None:
        super().__init__(LOST, message)
        self.applied = applied
