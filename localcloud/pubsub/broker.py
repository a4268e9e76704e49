"""All topics and subscriptions, and the way of a message from the one to the other."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from localcloud.pubsub.backlog import Entry
from localcloud.pubsub.dead_letter import dead_letter
from localcloud.pubsub.message import Ids, Message, stamp
from localcloud.pubsub.names import DELETED_TOPIC
from localcloud.pubsub.protos import PubsubMessage, Topic
from localcloud.pubsub.protos import Subscription as SubscriptionProto
from localcloud.pubsub.refusals import missing, precondition, taken
from localcloud.pubsub.settings import Settings, read
from localcloud.pubsub.store import Store
from localcloud.pubsub.subscription import Clock, Subscription
from localcloud.rpc import RpcError

_LOG = logging.getLogger(__name__)


class Broker:
    """Everything there is, as the store had it. `changed` is called with each subscription whose settings are new.

    `wall` tells the seconds since 1970 for the time of publication.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        changed: Callable[[Subscription], None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._clock = clock
        self._wall = wall
        self._changed = changed
        self._ids = Ids()
        self._topics: dict[str, Any] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._readers: dict[str, list[Subscription]] = {}  # by topic
        self._unburied: set[str] = set()  # subscriptions whose dead-letter topic was found missing
        self._load()

    @property
    def topics(self) -> Mapping[str, Any]:
        """The topics by name."""
        return MappingProxyType(self._topics)

    @property
    def subscriptions(self) -> Mapping[str, Subscription]:
        """The subscriptions by name."""
        return MappingProxyType(self._subscriptions)

    def topic(self, name: str) -> Any:
        """A topic. Raises RpcError NOT_FOUND."""
        if name not in self._topics:
            raise missing(name)
        return self._topics[name]

    def subscription(self, name: str) -> Subscription:
        """A subscription. Raises RpcError NOT_FOUND."""
        if name not in self._subscriptions:
            raise missing(name)
        return self._subscriptions[name]

    def create_topic(self, proto: Any) -> None:
        """Add a topic. Raises RpcError ALREADY_EXISTS."""
        if proto.name in self._topics:
            raise taken(proto.name)
        self._put_topic(proto)

    def update_topic(self, proto: Any) -> None:
        """Replace a topic by one of the same name. Raises RpcError NOT_FOUND."""
        self.topic(proto.name)
        self._put_topic(proto)

    def delete_topic(self, name: str) -> None:
        """Remove a topic; its subscriptions stay and keep what they have. Raises RpcError NOT_FOUND."""
        self.topic(name)
        orphans = [found for found in self._subscriptions.values() if found.settings.proto.topic == name]
        settings = [_changed_proto(orphan.settings, topic=DELETED_TOPIC) for orphan in orphans]
        with self._store.transaction():
            self._store.delete_topic(name)
            for orphan, changed in zip(orphans, settings, strict=True):
                self._store.update_subscription(orphan.number, changed.proto.SerializeToString())
        del self._topics[name]
        self._readers.pop(name, None)
        for orphan, changed in zip(orphans, settings, strict=True):
            orphan.configure(changed)

    def create_subscription(self, settings: Settings) -> Subscription:
        """Add a subscription. Raises RpcError ALREADY_EXISTS, or NOT_FOUND for its topic or dead-letter topic."""
        if settings.name in self._subscriptions:
            raise taken(settings.name)
        self.topic(settings.proto.topic)
        self._check_dead_letters(settings)
        with self._store.transaction():
            number = self._store.add_subscription(settings.name, settings.proto.SerializeToString())
        made = self._attach(number, settings)
        self._changed(made)
        return made

    def update_subscription(self, settings: Settings) -> None:
        """Go by other settings. Raises RpcError NOT_FOUND, also for a dead-letter topic."""
        subscription = self.subscription(settings.name)
        if settings.proto.topic != subscription.settings.proto.topic:
            raise precondition(f"The topic of a subscription cannot change (resource={settings.name}).")
        if settings.ordered != subscription.settings.ordered:
            raise precondition(f"The ordering of a subscription cannot change (resource={settings.name}).")
        self._check_dead_letters(settings)
        with self._store.transaction():
            self._store.update_subscription(subscription.number, settings.proto.SerializeToString())
        subscription.configure(settings)
        self._changed(subscription)

    def delete_subscription(self, name: str) -> None:
        """Remove a subscription and its messages. Raises RpcError NOT_FOUND."""
        subscription = self.subscription(name)
        with self._store.transaction():
            self._store.delete_subscription(subscription.number)
        del self._subscriptions[name]
        self._detach(subscription)
        subscription.close(missing(name))
        self._changed(subscription)

    def detach_subscription(self, name: str) -> None:
        """Cut a subscription off from its topic and drop its messages. Raises RpcError NOT_FOUND."""
        subscription = self.subscription(name)
        settings = _changed_proto(subscription.settings, detached=True)
        with self._store.transaction():
            self._store.update_subscription(subscription.number, settings.proto.SerializeToString())
        self._detach(subscription)
        subscription.configure(settings)
        subscription.clear()
        self._changed(subscription)

    def publish(self, topic: str, protos: Sequence[Any]) -> list[int]:
        """Give PubsubMessages to all subscriptions that want them; returns their ids. They are changed in place.

        Returns when they are in the store. Raises RpcError NOT_FOUND for the topic, UNAVAILABLE for the store.
        """
        self.topic(topic)
        return self._spread(topic, protos, instead_of=())

    def close(self, reason: RpcError) -> None:
        """Hand out nothing more."""
        for subscription in self._subscriptions.values():
            subscription.close(reason)

    def _spread(self, topic: str, protos: Iterable[Any], *, instead_of: Iterable[int]) -> list[int]:
        numbers: list[int] = []
        fresh: dict[Subscription, list[Entry]] = {}
        for proto in protos:
            numbers.append(self._ids.next())
            message = stamp(proto, numbers[-1], now=self._wall())
            for reader in self._readers.get(topic, ()):
                if reader.settings.matches is None or reader.settings.matches(proto.attributes):
                    fresh.setdefault(reader, []).append(Entry(row=self._ids.next(), message=message))
        with self._store.transaction():
            self._store.add_messages(_rows(fresh))
            self._store.remove_messages(instead_of)
        for reader, entries in fresh.items():
            reader.offer(entries)
        return numbers

    def _bury(self, source: Subscription, entries: Sequence[Entry]) -> bool:
        policy = source.settings.dead_letters
        if policy is None or policy.topic not in self._topics:
            if source.name not in self._unburied:
                self._unburied.add(source.name)
                _LOG.warning("%s: its dead-letter topic is gone; messages go on being delivered", source.name)
            return False
        letters = [dead_letter(entry, subscription=source.name) for entry in entries]
        self._spread(policy.topic, letters, instead_of=[entry.row for entry in entries])
        return True

    def _load(self) -> None:
        for body in self._store.topics():
            topic = Topic.FromString(body)
            self._topics[topic.name] = topic
        attached = {
            number: self._attach(number, read(SubscriptionProto.FromString(body)))
            for number, body in self._store.subscriptions()
        }
        kept: dict[Subscription, list[Entry]] = {}
        for row, number, failures, body in self._store.backlog():
            self._ids.skip(row)
            kept.setdefault(attached[number], []).append(Entry(row=row, message=_restored(body), failures=failures))
        for subscription, entries in kept.items():
            subscription.offer(entries)
        for subscription in attached.values():
            self._changed(subscription)

    def _put_topic(self, proto: Any) -> None:
        with self._store.transaction():
            self._store.put_topic(proto.name, proto.SerializeToString())
        self._topics[proto.name] = proto

    def _attach(self, number: int, settings: Settings) -> Subscription:
        made = Subscription(number=number, settings=settings, store=self._store, clock=self._clock, bury=self._bury)
        self._subscriptions[made.name] = made
        if not settings.proto.detached and settings.proto.topic != DELETED_TOPIC:
            self._readers.setdefault(settings.proto.topic, []).append(made)
        return made

    def _detach(self, subscription: Subscription) -> None:
        readers = self._readers.get(subscription.settings.proto.topic, [])
        if subscription in readers:
            readers.remove(subscription)

    def _check_dead_letters(self, settings: Settings) -> None:
        if settings.dead_letters is not None:
            self.topic(settings.dead_letters.topic)


def _rows(fresh: Mapping[Subscription, Sequence[Entry]]) -> Iterator[tuple[int, int, int, bytes]]:
    for reader, entries in fresh.items():
        for entry in entries:
            yield entry.row, reader.number, entry.failures, entry.message.body


def _restored(body: bytes) -> Message:
    proto = PubsubMessage.FromString(body)
    return Message(body=body, ordering_key=proto.ordering_key, published=proto.publish_time.ToMilliseconds() / 1000)


def _changed_proto(settings: Settings, **fields: object) -> Settings:
    proto = SubscriptionProto()
    proto.CopyFrom(settings.proto)
    for name, value in fields.items():
        setattr(proto, name, value)
    return read(proto)
