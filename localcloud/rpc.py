"""gRPC for the local cloud: a table of methods becomes a handler whose every call passes the edge."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio

from localcloud.edge import Edge

MESSAGE_LIMIT = 32 * 1024 * 1024


class RpcError(Exception):
    """A refusal: becomes the gRPC status of the call."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Unary:
    """One request, one answer: `serve(request, context)`."""

    request: Any
    serve: Callable[[Any, Any], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One request, many answers: `serve(request, context)` yields them."""

    request: Any
    serve: Callable[[Any, Any], AsyncIterator[Any]]


@dataclass(frozen=True, kw_only=True)
class Duplex:
    """Many requests, many answers: `serve(requests, context)` yields the answers.

    The edge is passed once, when the stream opens; what flows later passes it by `serve`'s own doing.
    """

    request: Any
    serve: Callable[[AsyncIterator[Any], Any], AsyncIterator[Any]]


Method = Unary | Stream | Duplex


def handler(service: str, prefix: str, edge: Edge, methods: Mapping[str, Method]) -> grpc.GenericRpcHandler:
    """The handler of one gRPC service, say `google.firestore.v1.Firestore` with prefix `firestore`.

    Requests and answers are plain protobuf messages (`proto_plus_class.pb()`); `Method.request` is that class.
    """
    handlers = {name: _method(f"{prefix}.{name}", edge, method) for name, method in methods.items()}
    return grpc.method_handlers_generic_handler(service, handlers)


def server(address: str, *handlers: grpc.GenericRpcHandler) -> grpc.aio.Server:
    """A server bound to `host:port`, not started. Raises RuntimeError if the port is taken."""
    made = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", MESSAGE_LIMIT),
            ("grpc.max_send_message_length", MESSAGE_LIMIT),
            ("grpc.so_reuseport", 0),
        ]
    )
    made.add_generic_rpc_handlers(handlers)
    made.add_insecure_port(address)
    return made


def _method(call: str, edge: Edge, method: Method) -> grpc.RpcMethodHandler:
    codec = {
        "request_deserializer": method.request.FromString,
        "response_serializer": lambda message: message.SerializeToString(),
    }
    if isinstance(method, Unary):
        return grpc.unary_unary_rpc_method_handler(_unary(call, edge, method.serve), **codec)
    if isinstance(method, Stream):
        return grpc.unary_stream_rpc_method_handler(_stream(call, edge, method.serve), **codec)
    return grpc.stream_stream_rpc_method_handler(_stream(call, edge, method.serve), **codec)


def _unary(call: str, edge: Edge, serve: Callable[[Any, Any], Awaitable[Any]]) -> Callable[[Any, Any], Awaitable[Any]]:
    async def served(request: Any, context: Any) -> Any:
        try:
            async with edge.around(call):
                return await serve(request, context)
        except RpcError as error:
            await context.abort(error.code, error.message)

    return served


def _stream(
    call: str, edge: Edge, serve: Callable[[Any, Any], AsyncIterator[Any]]
) -> Callable[[Any, Any], AsyncIterator[Any]]:
    async def served(request: Any, context: Any) -> AsyncIterator[Any]:
        try:
            async with edge.around(call):
                async for answer in serve(request, context):
                    yield answer
        except RpcError as error:
            await context.abort(error.code, error.message)

    return served
