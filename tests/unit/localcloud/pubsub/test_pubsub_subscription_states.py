"""Whatever happens to a subscription, each message is in exactly one place, in memory and in the store alike."""

import heapq
import itertools
import math

import pytest
from grpc import StatusCode
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from localcloud.pubsub.backlog import State, Window
from localcloud.pubsub.broker import Broker
from localcloud.pubsub.protos import PubsubMessage, Subscription, Topic
from localcloud.pubsub.settings import read
from localcloud.pubsub.store import Store
from localcloud.rpc import RpcError

TOPIC = "projects/p/topics/top"
MORGUE = "projects/p/topics/morgue"
SUBSCRIPTION = "projects/p/subscriptions/sub"
MORGUE_SUBSCRIPTION = "projects/p/subscriptions/morgue"


class Alarm:
    def __init__(self, when, callback):
        self._when = when
        self.callback = callback

    def when(self):
        return self._when

    def cancel(self):
        self.callback = lambda: None


class HandClock:
    """A clock that moves when it is told to, and calls what is due on the way."""

    def __init__(self):
        self._now = 100.0
        self.alarms = []
        self._order = itertools.count()

    def time(self):
        return self._now

    def call_at(self, when, callback):
        alarm = Alarm(when, callback)
        heapq.heappush(self.alarms, (when, next(self._order), alarm))
        return alarm

    def advance(self, seconds):
        end = self._now + seconds
        while self.alarms and self.alarms[0][0] <= end:
            when, _, alarm = heapq.heappop(self.alarms)
            self._now = max(self._now, when)
            alarm.callback()
        self._now = end


def subscription_proto(*, ordered):
    proto = Subscription(name=SUBSCRIPTION, topic=TOPIC, enable_message_ordering=ordered, filter="NOT attributes:skip")
    proto.dead_letter_policy.dead_letter_topic = MORGUE
    proto.dead_letter_policy.max_delivery_attempts = 5
    proto.retry_policy.minimum_backoff.FromMilliseconds(500)
    proto.retry_policy.maximum_backoff.seconds = 4
    return proto


class SubscriptionMachine(RuleBasedStateMachine):
    ordered = False

    def __init__(self):
        super().__init__()
        self.clock = HandClock()
        self.store = Store(":memory:")
        self.broker = Broker(store=self.store, clock=self.clock, changed=lambda _: None)
        for name in (TOPIC, MORGUE):
            self.broker.create_topic(Topic(name=name))
        self.subscription = self.broker.create_subscription(read(subscription_proto(ordered=self.ordered)))
        self.morgue = self.broker.create_subscription(read(Subscription(name=MORGUE_SUBSCRIPTION, topic=MORGUE)))
        self.published = set()  # by their data
        self.acknowledged = set()
        self.windows = [Window(), Window(messages_limit=2)]
        self.ack_ids = []

    def teardown(self):
        self.store.close()

    @rule(count=st.integers(1, 4), key=st.sampled_from(["", "a", "b"]), skip=st.booleans())
    def publish(self, count, key, skip):
        protos = [PubsubMessage(data=str(len(self.published) + i).encode(), ordering_key=key) for i in range(count)]
        for proto in protos:
            if skip:
                proto.attributes["skip"] = "1"
            else:
                self.published.add(proto.data)
        self.broker.publish(TOPIC, protos)

    @rule(which=st.integers(0, 1), limit=st.integers(1, 5), lease=st.sampled_from([None, 1.0, math.inf]))
    def take(self, which, limit, lease):
        taken = self.subscription.take(self.windows[which], limit=limit, lease=lease)
        self.ack_ids += [entry.ack_id for entry in taken]

    @precondition(lambda self: self.ack_ids)
    @rule(data=st.data())
    def acknowledge(self, data):
        chosen = data.draw(st.lists(st.sampled_from(self.ack_ids), max_size=3))
        before = self.contents()
        self.subscription.acknowledge(chosen)
        self.acknowledged |= before - self.contents()

    @precondition(lambda self: self.ack_ids)
    @rule(data=st.data(), seconds=st.sampled_from([0, 0, 0, 1, 30]))
    def modify(self, data, seconds):
        self.subscription.modify(data.draw(st.lists(st.sampled_from(self.ack_ids), max_size=3)), seconds)

    @precondition(lambda self: self.ack_ids)
    @rule()
    def refuse_everything(self):
        self.subscription.modify(self.ack_ids, 0)

    @rule(times=st.integers(1, 5))
    def take_and_refuse_again_and_again(self, times):
        for _ in range(times):
            taken = self.subscription.take(self.windows[0], limit=1000)
            self.ack_ids += [entry.ack_id for entry in taken]
            self.subscription.fail(taken)
            self.clock.advance(5.0)

    @rule(which=st.integers(0, 1))
    def go_away(self, which):
        self.subscription.release(self.windows[which])
        assert not self.windows[which].held

    @rule(seconds=st.sampled_from([0.05, 0.6, 5.0, 20.0]))
    def let_time_pass(self, seconds):
        self.clock.advance(seconds)

    @rule()
    def start_again(self):
        """The process dies, its timers with it, and another opens the same store."""
        self.clock.alarms.clear()
        self.broker = Broker(store=self.store, clock=self.clock, changed=lambda _: None)
        self.subscription = self.broker.subscription(SUBSCRIPTION)
        self.morgue = self.broker.subscription(MORGUE_SUBSCRIPTION)
        self.windows = [Window(), Window(messages_limit=2)]

    def contents(self):
        return {data(entry) for entry in self.subscription.backlog}

    @invariant()
    def every_message_is_in_exactly_one_place(self):
        waiting = [data(entry) for entry in self.subscription.backlog]
        dead = [data(entry) for entry in self.morgue.backlog]
        assert sorted(waiting + dead + list(self.acknowledged)) == sorted(self.published)

    @invariant()
    def what_is_out_is_in_one_window_and_nothing_else_is(self):
        out = {entry.row for entry in self.subscription.backlog if entry.state is State.OUTSTANDING}
        held = [row for window in self.windows for row in window.held]
        assert sorted(held) == sorted(out)
        assert len(self.windows[1].held) <= 2

    @invariant()
    def the_next_due_time_is_that_of_the_first_lease_or_pause(self):
        dues = [entry.due for entry in self.subscription.backlog if entry.due != math.inf]
        assert self.subscription.backlog.next_due() == min(dues, default=None)
        assert all(due > self.clock.time() for due in dues)

    @invariant()
    def the_store_has_what_memory_has(self):
        remembered = [
            (entry.row, subscription.number, entry.failures, entry.message.body)
            for subscription in (self.subscription, self.morgue)
            for entry in subscription.backlog
        ]
        assert list(self.store.backlog()) == sorted(remembered)

    @invariant()
    def nothing_is_delivered_more_often_than_the_policy_allows(self):
        assert all(entry.failures < 5 for entry in self.subscription.backlog)

    @invariant()
    def of_one_key_at_most_the_oldest_message_is_out(self):
        if not self.ordered:
            return
        oldest = {}
        for entry in sorted(self.subscription.backlog, key=lambda one: one.row):
            key = entry.message.ordering_key
            if key and oldest.setdefault(key, entry) is not entry:
                assert entry.state is State.READY


class OrderedSubscriptionMachine(SubscriptionMachine):
    ordered = True


def data(entry):
    return PubsubMessage.FromString(entry.message.body).data


TestSubscription = SubscriptionMachine.TestCase
TestSubscription.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestOrderedSubscription = OrderedSubscriptionMachine.TestCase
TestOrderedSubscription.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_the_machine_reaches_dead_letters():
    """The rules above can kill a message; were that not so, they would prove nothing about it."""
    machine = SubscriptionMachine()
    machine.publish(count=2, key="", skip=False)
    machine.take_and_refuse_again_and_again(times=5)
    assert (len(machine.subscription.backlog), len(machine.morgue.backlog)) == (0, 2)
    machine.every_message_is_in_exactly_one_place()
    machine.the_store_has_what_memory_has()
    machine.teardown()


def drained(subscription):
    return [data(entry) for entry in subscription.take(Window(), limit=1000)]


def opened(clock, **policy):
    store = Store(":memory:")
    broker = Broker(store=store, clock=clock, changed=lambda _: None)
    broker.create_topic(Topic(name=TOPIC))
    return store, broker, broker.create_subscription(read(Subscription(name=SUBSCRIPTION, topic=TOPIC, **policy)))


def test_the_backoff_doubles_from_its_minimum_to_its_maximum():
    clock = HandClock()
    policy = {"retry_policy": {"minimum_backoff": {"seconds": 2}, "maximum_backoff": {"seconds": 5}}}
    store, broker, subscription = opened(clock, **policy)
    broker.publish(TOPIC, [PubsubMessage(data=b"m")])
    for pause in (2, 4, 5, 5):
        (entry,) = subscription.take(Window(), limit=1)
        subscription.modify([entry.ack_id], 0)
        clock.advance(pause - 0.01)
        assert subscription.take(Window(), limit=1) == []
        clock.advance(0.02)
    assert drained(subscription) == [b"m"]
    store.close()


def test_without_a_retry_policy_a_refused_message_comes_again_after_a_tenth_of_a_second():
    clock = HandClock()
    store, broker, subscription = opened(clock)
    broker.publish(TOPIC, [PubsubMessage(data=b"m")])
    subscription.fail(subscription.take(Window(), limit=1))
    assert drained(subscription) == []
    clock.advance(0.11)
    assert drained(subscription) == [b"m"]
    store.close()


def test_an_unanswered_message_comes_again_after_the_ack_deadline():
    clock = HandClock()
    store, broker, subscription = opened(clock, ack_deadline_seconds=30)
    broker.publish(TOPIC, [PubsubMessage(data=b"m")])
    assert drained(subscription) == [b"m"]
    clock.advance(29.9)
    assert drained(subscription) == []
    clock.advance(0.3)
    assert drained(subscription) == [b"m"]
    store.close()


def test_a_message_older_than_the_retention_is_dropped():
    clock = HandClock()
    store, broker, subscription = opened(clock, message_retention_duration={"seconds": 600})
    broker.publish(TOPIC, [PubsubMessage(data=b"old"), PubsubMessage(data=b"new")])
    old = min(subscription.backlog, key=lambda entry: entry.row)
    aged = type(old.message)(body=old.message.body, ordering_key="", published=old.message.published - 601)
    old.message = aged
    clock.advance(61)
    assert drained(subscription) == [b"new"]
    assert len(list(store.backlog())) == 1
    store.close()


def test_a_store_that_cannot_be_written_refuses_the_message_and_delivers_nothing():
    clock = HandClock()
    store, broker, subscription = opened(clock)
    broker.publish(TOPIC, [PubsubMessage(data=b"first")])
    (entry,) = subscription.take(Window(), limit=1)
    store.close()
    with pytest.raises(RpcError, match="cannot write") as refusal:
        broker.publish(TOPIC, [PubsubMessage(data=b"second")])
    assert refusal.value.code is StatusCode.UNAVAILABLE
    with pytest.raises(RpcError, match="cannot write"):
        subscription.acknowledge([entry.ack_id])
    assert [data(one) for one in subscription.backlog] == [b"first"]
    assert entry.state is State.OUTSTANDING


def test_ids_go_on_growing_even_if_the_clock_was_set_back():
    clock = HandClock()
    store, _, subscription = opened(clock)
    future = 10**17  # microseconds since 1970: in the year 5138
    with store.transaction():
        store.add_messages(
            [(future, subscription.number, 0, PubsubMessage(data=b"from the future").SerializeToString())]
        )
    again = Broker(store=store, clock=clock, changed=lambda _: None)
    assert again.publish(TOPIC, [PubsubMessage(data=b"m")]) == [future + 1]
    assert drained(again.subscription(SUBSCRIPTION)) == [b"from the future", b"m"]
    store.close()
