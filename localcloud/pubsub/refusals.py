"""The refusals of Pub/Sub, one function per gRPC status, so that each reads the same wherever it is raised."""

from __future__ import annotations

from grpc import StatusCode

from localcloud.rpc import RpcError


def invalid(message: str) -> RpcError:
    """INVALID_ARGUMENT: the request can never be right."""
    return RpcError(StatusCode.INVALID_ARGUMENT, message)


def missing(resource: str) -> RpcError:
    """NOT_FOUND for a topic or subscription by its full name."""
    return RpcError(StatusCode.NOT_FOUND, f"Resource not found (resource={resource}).")


def taken(resource: str) -> RpcError:
    """ALREADY_EXISTS for a topic or subscription by its full name."""
    return RpcError(StatusCode.ALREADY_EXISTS, f"Resource already exists in the project (resource={resource}).")


def precondition(message: str) -> RpcError:
    """FAILED_PRECONDITION: right in itself, but not in the state that the resource is in."""
    return RpcError(StatusCode.FAILED_PRECONDITION, message)


def unsupported(what: str) -> RpcError:
    """UNIMPLEMENTED: Google has it, the local cloud has not."""
    return RpcError(StatusCode.UNIMPLEMENTED, f"The local Pub/Sub does not support {what}.")


def stopping() -> RpcError:
    """UNAVAILABLE: the service is being stopped; clients try again."""
    return RpcError(StatusCode.UNAVAILABLE, "The local Pub/Sub is stopping.")
