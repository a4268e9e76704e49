"""A model of Pub/Sub: one push subscription with deadlines, backoff and dead letters; and a topic of events."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from shared.events import Message as PushedMessage
from tools.chaos.fate import Crash, Unanswered

if TYPE_CHECKING:
    from tools.chaos.world import World

FUNCTION_TIMEOUT = 90.0  # seconds after which a push is answered with 504, whatever the worker does
FIRST_BACKOFF, LONGEST_BACKOFF = 10.0, 600.0
MAX_DELIVERIES = 20


class Message:
    """One message of the subscription. `under_way` is the delivery whose answer counts."""

    __slots__ = ("acked", "deliveries", "pushed", "under_way")

    def __init__(self, pushed: PushedMessage) -> None:
        self.pushed = pushed
        self.acked = False
        self.deliveries = 0
        self.under_way = 0


class Subscription:
    """Delivers at least once, in any order, and gives up after MAX_DELIVERIES."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ids = 0
        self.open = 0  # messages neither acknowledged nor dead-lettered
        self.dead: list[Message] = []

    def publish(self, data: bytes, attributes: dict[str, str], *, delay: float = 0.1) -> None:
        """Take a message."""
        self._ids += 1
        self.open += 1
        message = Message(PushedMessage(message_id=str(self._ids), attributes=attributes, data=data))
        self._world.at(delay, self._deliver, message)

    def _deliver(self, message: Message) -> None:
        if message.acked:
            return
        world = self._world
        if message.deliveries >= MAX_DELIVERIES:
            self._bury(message)
            return
        message.deliveries += 1
        fault = world.fate.pick(world.profile.delivery)
        self._push(message, acknowledges=fault != "acknowledgement lost")
        if fault == "delivered twice":
            world.at(world.fate.between(0.0, 200.0), self._again, message)

    def _again(self, message: Message) -> None:
        """The same delivery once more: its answer counts as well as the other's."""
        self._start(message, functools.partial(self._duplicate_answered, message))

    def _push(self, message: Message, *, acknowledges: bool) -> None:
        message.under_way += 1
        number = message.under_way
        self._start(message, functools.partial(self._answered, message, number, acknowledges))
        if message.under_way == number and not message.acked:
            self._world.at(FUNCTION_TIMEOUT, self._deadline, (message, number))

    def _start(self, message: Message, answered: Any) -> None:
        name = f"worker {message.pushed.message_id}.{message.deliveries}"
        self._world.start_worker(message.pushed, name, answered)

    def _answered(self, message: Message, number: int, acknowledges: bool, result: Any) -> None:
        if message.under_way != number or message.acked:
            return  # too late: its deadline has passed
        message.under_way += 1
        if result is True and acknowledges:
            self._acknowledge(message)
        else:
            self._nack(message)

    def _duplicate_answered(self, message: Message, result: Any) -> None:
        if result is True and not message.acked:
            self._acknowledge(message)

    def _deadline(self, about: tuple[Message, int]) -> None:
        message, number = about
        if message.under_way == number and not message.acked:
            message.under_way += 1
            self._nack(message)

    def _acknowledge(self, message: Message) -> None:
        message.acked = True
        self.open -= 1
        self._world.note(f"message {message.pushed.message_id} is acknowledged")

    def _nack(self, message: Message) -> None:
        backoff = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** (message.deliveries - 1))
        self._world.at(backoff * self._world.fate.between(0.8, 1.2), self._deliver, message)

    def _bury(self, message: Message) -> None:
        message.acked = True
        self.open -= 1
        self.dead.append(message)
        self._world.note(f"message {message.pushed.message_id} is dead-lettered")
        self._world.start_dead_letter(message.pushed)


class Events:
    """Who listens to the events: it knows an event by its id, and takes the first of each."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.taken: dict[str, list[bytes]] = {}  # event id → every copy
        self.delivered: set[str] = set()  # jobs that were delivered again

    def publish(self, data: bytes, attributes: dict[str, str]) -> None:
        """Take an event. Raises Unanswered, with or without it, or Crash after it."""
        fault = self._world.fate.pick(self._world.profile.publish)
        if fault != "not accepted":
            self._world.note(f"event {attributes['eventId']} is taken")
            self.taken.setdefault(attributes["eventId"], []).append(data)
        if fault == "accepted, crash":
            raise Crash
        if fault:
            raise Unanswered("publishing an event")

    def deliver(self, data: bytes, attributes: dict[str, str]) -> None:
        """Publish to the topic of the uploads instead: a delivery. Raises as `publish`."""
        fault = self._world.fate.pick(self._world.profile.publish)
        if fault != "not accepted":
            self.delivered.add(attributes["objectId"].split("/")[1])
            self._world.subscription.publish(data, attributes)
        if fault == "accepted, crash":
            raise Crash
        if fault:
            raise Unanswered("publishing a delivery")
