"""A streaming pull without the comforts of the client library."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import grpc
from google.pubsub_v1 import ReceivedMessage, StreamingPullRequest, StreamingPullResponse

from tests.contract.pubsub.clients import Clients, data


class Stream:
    """An open stream as the wire has it: requests go in one by one, messages are collected."""

    def __init__(self, pubsub: Clients, subscription: str, **first: Any) -> None:
        self._wake = threading.Condition()
        self._requests: list[StreamingPullRequest] = []
        self._done = False
        self.messages: list[ReceivedMessage] = []
        self.error: grpc.RpcError | None = None
        self.send(subscription=subscription, **{"stream_ack_deadline_seconds": 10, **first})
        self._call = pubsub.subscriber.transport.streaming_pull(self._sent())
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def send(self, **request: Any) -> None:
        with self._wake:
            self._requests.append(StreamingPullRequest(request))
            self._wake.notify()

    def finish(self) -> None:
        """No more requests."""
        with self._wake:
            self._done = True
            self._wake.notify()
        self._reader.join(5)

    def cancel(self) -> None:
        self._call.cancel()
        self.finish()

    def data(self) -> list[bytes]:
        return data(self.messages)

    def ended(self) -> bool:
        return not self._reader.is_alive()

    def _sent(self) -> Iterator[StreamingPullRequest]:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._requests or self._done)
                if not self._requests:
                    return
                request = self._requests.pop(0)
            yield request

    def _read(self) -> None:
        try:
            for answer in self._call:
                self.messages += StreamingPullResponse(answer).received_messages
        except grpc.RpcError as error:
            self.error = error
