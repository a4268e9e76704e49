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
    """One pusher per push subscription. `follow` has to be told of all that are new, have changed or are deleted."""

    def __init__(self, *, edge: Edge, tokens: PushTokens) -> None:
        self._edge = edge
        self._tokens = tokens
        self._sender = Sender()
        self._pushers: dict[Subscription, Pusher] = {}

    def follow(self, subscription: Subscription) -> None:
        """Have a pusher for it if it pushes; from then on that goes by its settings, until it is deleted."""
        if not subscription.open:
            pusher = self._pushers.pop(subscription, None)
            if pusher is not None:
                pusher.cancel()
        elif subscription.settings.push is not None and subscription not in self._pushers:
            self._pushers[subscription] = Pusher(subscription, post=self._post, edge=self._edge)

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
