"""Which services there are, and how they hang together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from localcloud.ground import Ground

NAMES = ("firestore", "pubsub", "auth", "vision", "storage", "console")


class Service(Protocol):
    """A service of the local cloud: opens its port on start, has written everything down after stop."""

    async def start(self) -> None:
        """Returns when the port is open; raises OSError or RuntimeError if that cannot be."""

    async def stop(self) -> None:
        """Returns when the port is closed and nothing is left running."""


def build(ground: Ground, *, only: Sequence[str] = NAMES) -> Iterator[Service]:
    """The services named, in the order in which they start; each is imported only when it is wanted."""
    if "firestore" in only:
        from localcloud.firestore.service import Firestore

        yield Firestore(ground)
    pubsub = None
    if "pubsub" in only:
        from localcloud.pubsub.service import PubSub

        pubsub = PubSub(ground)
        yield pubsub
    if "auth" in only:
        from localcloud.auth.service import Auth

        yield Auth(ground)
    if "vision" in only:
        from localcloud.vision.service import Vision

        yield Vision(ground)
    if "storage" in only:
        from localcloud.storage.service import Storage

        yield Storage(ground, publish=pubsub.publish if pubsub else None)
    if "console" in only:
        from localcloud.console.service import Console

        yield Console(ground, waiting=pubsub.waiting if pubsub else list)
