"""gRPC for the local cloud: a table of methods becomes a handler whose every call passes the edge."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import grpc
import grpc.aio

if TYPE_CHECKING:  # the edge needs RpcError
    from localcloud.edge import Edge
    from localcloud.faults.decision import Decision

MESSAGE_LIMIT = 32 * 1024 * 1024

_LOG = logging.getLogger(__name__)


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
    describe = edge.serve(call)

    async def served(request: Any, context: Any) -> Any:
        try:
            async with edge.around(call, partial(describe, request)) as decision:
                copies = [type(request).FromString(request.SerializeToString()) for _ in range(decision.copies)]
                answer = await serve(request, context)
                for copy in copies:
                    await _again(call, serve(copy, context))
                return _GARBLED if decision.malformed else answer
        except RpcError as error:
            await context.abort(error.code, error.message)

    return served


def _stream(
    call: str, edge: Edge, serve: Callable[[Any, Any], AsyncIterator[Any]]
) -> Callable[[Any, Any], AsyncIterator[Any]]:
    describe = edge.serve(call)

    async def served(request: Any, context: Any) -> AsyncIterator[Any]:
        try:
            async with edge.around(call, partial(describe, request)) as decision:
                answers = serve(request, context)
                if decision.malformed or decision.cut_after:
                    answers = _harmed(answers, decision)
                async for answer in answers:
                    yield answer
        except RpcError as error:
            await context.abort(error.code, error.message)

    return served


class _Garbled:
    """An answer that is no protobuf message."""

    def SerializeToString(self) -> bytes:  # noqa: N802 - the name that protobuf messages have
        """Bytes that no message can be read from."""
        return b"\xff" * 12


_GARBLED: Final = _Garbled()


async def _again(call: str, copy: Awaitable[Any]) -> None:
    """The copy of a call; its caller is told about the first one only."""
    try:
        await copy
    except RpcError as error:
        _LOG.info("the copy of a call of %s was refused: %s", call, error.message)


async def _harmed(answers: Any, decision: Decision) -> AsyncIterator[Any]:
    """The first answer, and if nothing cuts the stream after it all others."""
    async with aclosing(answers) as opened:
        async for answer in opened:
            yield _GARBLED if decision.malformed else answer
            if decision.cut_after:
                return
