"""Push delivery of one subscription: at most so many requests at a time, a pause when they are not acknowledged."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from functools import partial

from localcloud.edge import Edge
from localcloud.faults.details import subscription as details
from localcloud.pubsub.backlog import Entry, Window
from localcloud.pubsub.settings import Push
from localcloud.pubsub.subscription import Subscription
from localcloud.rpc import RpcError

CONCURRENCY = 8  # requests under way per subscription
SHORTEST_PAUSE = 0.1  # seconds, as Google's
LONGEST_PAUSE = 10.0  # seconds; Google's is 60, too long to wait for a function that was started again on this machine
_SILENCE = 60.0  # seconds between two warnings about the same subscription

_LOG = logging.getLogger(__name__)

Post = Callable[[Subscription, Push, Entry, int], Awaitable[str | None]]


class Pusher:
    """Takes what is ready and calls `post`, which answers None for an acknowledgement or else what went wrong.

    The last argument of `post` is the number of a copy that a fault makes, 0 for the message itself.

    A failed push delays its message as the retry policy says, and all pushes of the subscription by a pause that
    doubles from one round of failures to the next. The pause ends with the first success, or another endpoint.
    """

    def __init__(self, subscription: Subscription, *, post: Post, edge: Edge) -> None:
        self._subscription = subscription
        self._post = post
        self._edge = edge
        self._window = Window()
        self._tasks: set[asyncio.Task[None]] = set()
        self._round = 0  # grows with every pause, so that requests sent together count as one failure
        self._pause = 0.0
        self._resume: asyncio.TimerHandle | None = None
        self._silent_until = -math.inf
        self._target: Push | None = None
        self._stopped = False
        subscription.watch(self._pump)
        self._pump()

    def cancel(self) -> None:
        """Push no more, and cut short what is under way; those messages are as if they had never been sent."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()

    async def stop(self) -> None:
        """Cancel; returns when nothing is under way any more."""
        self.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _pump(self) -> None:
        self._aim(self._subscription.settings.push)
        if self._target is None or self._resume is not None or self._stopped:
            return
        room = CONCURRENCY - len(self._tasks)
        for entry in self._subscription.take(self._window, limit=room, lease=math.inf):
            task = asyncio.get_running_loop().create_task(self._deliver(self._target, entry, self._round))
            self._tasks.add(task)
            task.add_done_callback(self._finished)

    def _aim(self, target: Push | None) -> None:
        if target == self._target:
            return
        self._target = target
        self._pause = 0.0
        if self._resume is not None:
            self._resume.cancel()
            self._resume = None

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("%s: a push failed unexpectedly", self._subscription.name, exc_info=error)
        self._pump()

    async def _deliver(self, push: Push, entry: Entry, sent_in: int) -> None:
        subscription = self._subscription
        patience = partial(asyncio.sleep, subscription.settings.ack_deadline)
        problem: str | None = "the push broke off"
        try:
            async with self._edge.around("pubsub.push", partial(details, subscription.name), gone=patience) as decision:
                posts = [self._post(subscription, push, entry, twin) for twin in decision.twins()]
                answer, *_ = await asyncio.gather(*posts)
            problem = answer
        except RpcError as error:
            problem = error.message
        finally:
            if not self._stopped:
                self._conclude(push, entry, problem, sent_in)

    def _conclude(self, push: Push, entry: Entry, problem: str | None, sent_in: int) -> None:
        if problem is None:
            self._pause = 0.0
            try:
                self._subscription.settle([entry])
            except RpcError as error:
                problem = error.message
        if problem is not None:
            self._warn(push, problem)
            if sent_in == self._round:
                self._rest()
            self._subscription.fail([entry])

    def _rest(self) -> None:
        self._round += 1
        self._pause = min(max(SHORTEST_PAUSE, self._pause * 2), LONGEST_PAUSE)
        self._resume = asyncio.get_running_loop().call_later(self._pause, self._resumed)

    def _resumed(self) -> None:
        self._resume = None
        self._pump()

    def _warn(self, push: Push, problem: str) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._silent_until:
            self._silent_until = now + _SILENCE
            name = self._subscription.name
            _LOG.warning("%s: %s does not acknowledge, trying again: %s", name, push.endpoint, problem)
