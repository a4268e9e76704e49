"""Google's Firestore client and the bare protocol, connected to a local server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.cloud import firestore

from localcloud.firestore import wire

PROJECT = "demo-loupe"
DATABASE = f"projects/{PROJECT}/databases/(default)"
ROOT = f"{DATABASE}/documents"


@contextlib.contextmanager
def client_of(address: str, **options: Any) -> Iterator[firestore.Client]:
    """Google's client; `options` are its own, say `database`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRESTORE_EMULATOR_HOST", address)
        client = firestore.Client(**{"project": PROJECT, **options})
    yield client
    client.close()


def async_client_of(address: str) -> firestore.AsyncClient:
    """Google's asyncio client, for the event loop that is running."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRESTORE_EMULATOR_HOST", address)
        return firestore.AsyncClient(project=PROJECT)


class Wire:
    """Calls the service with the messages themselves, right or wrong."""

    METADATA = (("authorization", "Bearer owner"), ("google-cloud-resource-prefix", DATABASE))

    def __init__(self, address: str) -> None:
        self.channel = grpc.insecure_channel(address)

    def unary(self, method: str, **request: Any) -> Any:
        """One answer; `request` are the fields of the request message."""
        answer = getattr(wire, f"{method}Response", None) or {
            "GetDocument": wire.Document,
            "CreateDocument": wire.Document,
            "UpdateDocument": wire.Document,
        }.get(method, wire.Empty)
        call = self.channel.unary_unary(self._path(method), _encode, answer.FromString)
        return call(getattr(wire, f"{method}Request")(**request), metadata=self.METADATA, timeout=20)

    def stream(self, method: str, **request: Any) -> list[Any]:
        """Many answers."""
        answer = getattr(wire, f"{method}Response")
        call = self.channel.unary_stream(self._path(method), _encode, answer.FromString)
        return list(call(getattr(wire, f"{method}Request")(**request), metadata=self.METADATA, timeout=20))

    def duplex(self, method: str, requests: Iterator[Any]) -> Any:
        """An open stream: iterate over it for answers, `cancel()` it when done."""
        answer = getattr(wire, f"{method}Response")
        call = self.channel.stream_stream(self._path(method), _encode, answer.FromString)
        return call(requests, metadata=self.METADATA)

    def bytes(self, method: str, body: bytes) -> bytes:
        """Whatever comes back for a request of these bytes."""
        answer: bytes = self.channel.unary_unary(self._path(method))(body, metadata=self.METADATA, timeout=20)
        return answer

    @staticmethod
    def _path(method: str) -> str:
        return f"/google.firestore.v1.Firestore/{method}"


def _encode(message: Any) -> bytes:
    encoded: bytes = message.SerializeToString()
    return encoded


def refusal(call: Any, *arguments: Any, **named: Any) -> str:
    """The status code with which a call is refused."""
    with pytest.raises(grpc.RpcError) as refused:
        call(*arguments, **named)
    code: str = refused.value.code().name
    return code
