"""All push subscriptions: which of them push, and what they send."""

from __future__ import annotations

from localcloud.edge import Edge
from localcloud.pubsub.backlog import Entry
from localcloud.pubsub.envelope import envelope
from localcloud.pubsub.oidc import PushTokens
from localcloud.pubsub.pusher import Pusher
from localcloud.pubsub.sender import Sender
from localcloud.pubsub.settings import Push
from localcloud.pubsub.subscription import Subscription


class Pushes:
    """One pusher per push subscription. `follow` has to be told of every subscription that is new or has changed."""

    def __init__(self, *, edge: Edge, tokens: PushTokens) -> None:
        self._edge = edge
        self._tokens = tokens
        self._sender = Sender()
        self._pushers: dict[Subscription, Pusher] = {}

    def follow(self, subscription: Subscription) -> None:
        """Push, or cease to push, as its settings say."""
        settings = subscription.settings
        if subscription.open and settings.push is not None and not settings.proto.detached:
            if subscription not in self._pushers:
                self._pushers[subscription] = Pusher(subscription, post=self._post, edge=self._edge)
            self._pushers[subscription].begin()
        elif subscription in self._pushers:
            self._pushers[subscription].cease()
        self._pushers = {followed: pusher for followed, pusher in self._pushers.items() if not pusher.idle}

    async def stop(self) -> None:
        """Cut short what is under way and close the connections."""
        for pusher in self._pushers.values():
            await pusher.stop()
        await self._sender.close()

    async def _post(self, subscription: Subscription, push: Push, entry: Entry, twin: int) -> str | None:
        headers = {"Content-Type": "application/json", "User-Agent": "CloudPubSub-Google"}
        if push.account:
            headers["Authorization"] = f"Bearer {self._tokens.token(push)}"
        attempt = subscription.attempt(entry)
        body = envelope(entry.message.body, subscription=subscription.name, attempt=attempt, twin=twin)
        return await self._sender.post(push.endpoint, body, headers, within=subscription.settings.ack_deadline)
