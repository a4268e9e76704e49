"""HTTP bodies that get harmed on their way: cut, with a bit changed, with a wrong checksum, or unreadable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from localcloud.faults.decision import Decision
from localcloud.faults.effects import Corrupt, Truncate

HASH: Final = "x-goog-hash"
WRONG_HASH: Final = "crc32c=AAAAAA==,md5=AAAAAAAAAAAAAAAAAAAAAA=="
GARBAGE: Final = b'{"kind": '

HangUp = Callable[[], None]


class Cut:
    """Lets the first bytes through; `over` as soon as there are more."""

    def __init__(self, keep: int) -> None:
        self._left = keep
        self.over = False

    def __call__(self, chunk: bytes) -> bytes:
        """The part of a chunk that passes."""
        passed = chunk[: self._left]
        self.over = len(passed) < len(chunk)
        self._left -= len(passed)
        return passed


class Flip:
    """Changes the lowest bit of the byte at a position."""

    def __init__(self, position: int) -> None:
        self._ahead = position
        self.over = False

    def __call__(self, chunk: bytes) -> bytes:
        """The chunk, changed if the position lies in it."""
        changed = bytearray(chunk)
        if 0 <= self._ahead < len(chunk):
            changed[self._ahead] ^= 1
        self._ahead -= len(chunk)
        return bytes(changed)


def harm(effect: Truncate | Corrupt, length: int) -> Cut | Flip:
    """What is done to a body of so many bytes."""
    return Cut(int(length * effect.share)) if isinstance(effect, Truncate) else Flip(length // 2)


class HarmedRequest:
    """The messages of a request's body, harmed; a cut body ends as if its sender had gone."""

    def __init__(self, receive: Receive, effect: Truncate | Corrupt, length: int) -> None:
        self._receive = receive
        self._harm = harm(effect, length)

    async def __call__(self) -> Message:
        """The next one."""
        if self._harm.over:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        body = self._harm(message.get("body", b""))
        return {**message, "body": body, "more_body": message.get("more_body", False) or self._harm.over}


class HarmedResponse(Response):
    """An answer whose headers and body are harmed on their way; `hang_up` closes the connection after a cut."""

    def __init__(self, answer: Response, decision: Decision, hang_up: HangUp) -> None:
        super().__init__(status_code=answer.status_code)
        self._answer = answer
        self._decision = decision
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it."""
        if self._decision.malformed:
            await self._send_garbage(scope, receive, send)
            return
        harmed: Cut | Flip | None = None

        async def sent(message: Message) -> None:
            nonlocal harmed
            if message["type"] == "http.response.start":
                harmed = self._harmed_head(MutableHeaders(scope=message))
                await send(message)
            elif harmed is None:
                await send(message)
            elif not harmed.over:
                await self._send_part(message, harmed, send)

        await self._answer(scope, receive, sent)
        if harmed is not None and harmed.over and not self._silent:
            self._hang_up()
            await gone(receive)

    @property
    def _silent(self) -> bool:
        return isinstance(self._decision.answer, Truncate) and self._decision.answer.silent

    def _harmed_head(self, headers: MutableHeaders) -> Cut | Flip | None:
        effect = self._decision.answer
        if effect is None:
            return None
        if isinstance(effect, Corrupt) and effect.part == "header":
            headers[HASH] = WRONG_HASH
            return None
        length = int(headers.get("content-length", "0"))
        if isinstance(effect, Truncate) and effect.silent:
            headers["content-length"] = str(int(length * effect.share))
        return harm(effect, length)

    async def _send_part(self, message: Message, harmed: Cut | Flip, send: Send) -> None:
        body = harmed(message.get("body", b""))
        more = not self._silent if harmed.over else message.get("more_body", False)
        await send({**message, "body": body, "more_body": more})

    async def _send_garbage(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["content-length"] = str(len(GARBAGE))
                await send(message)
                await send({"type": "http.response.body", "body": GARBAGE})

        await self._answer(scope, receive, sent)


class NoResponse(Response):
    """The end of the connection instead of an answer."""

    def __init__(self, hang_up: HangUp) -> None:
        super().__init__()
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Ends it."""
        self._hang_up()
        await gone(receive)


async def gone(receive: Receive) -> None:
    """Returns when the caller's connection is closed; what still comes of its request is not read."""
    while (await receive())["type"] != "http.disconnect":
        pass
