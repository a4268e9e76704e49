"""What the service answers when it cannot do what is asked, by canonical status."""

from __future__ import annotations

from grpc import StatusCode

from localcloud.rpc import RpcError


def invalid(message: str) -> RpcError:
    """INVALID_ARGUMENT: the request can never succeed."""
    return RpcError(StatusCode.INVALID_ARGUMENT, message)


def not_found(message: str) -> RpcError:
    """NOT_FOUND: the document is not there."""
    return RpcError(StatusCode.NOT_FOUND, message)


def already_exists(message: str) -> RpcError:
    """ALREADY_EXISTS: the document is there."""
    return RpcError(StatusCode.ALREADY_EXISTS, message)


def failed_precondition(message: str) -> RpcError:
    """FAILED_PRECONDITION: not in the state that things are in now."""
    return RpcError(StatusCode.FAILED_PRECONDITION, message)


def aborted(message: str) -> RpcError:
    """ABORTED: somebody else was faster; the transaction is to be tried again from its start."""
    return RpcError(StatusCode.ABORTED, message)


def resource_exhausted(message: str) -> RpcError:
    """RESOURCE_EXHAUSTED: a limit of the service is reached."""
    return RpcError(StatusCode.RESOURCE_EXHAUSTED, message)


def unavailable(message: str) -> RpcError:
    """UNAVAILABLE: try again."""
    return RpcError(StatusCode.UNAVAILABLE, message)


def unimplemented(what: str) -> RpcError:
    """UNIMPLEMENTED: `what` is a part of Firestore that this service does not have."""
    return RpcError(StatusCode.UNIMPLEMENTED, f"the local Firestore does not support {what}")
