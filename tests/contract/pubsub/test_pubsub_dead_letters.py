import datetime as dt

import pytest

from tests.contract.pubsub.clients import data, eventually
from tests.contract.pubsub.endpoint import dead_url, endpoint, status

PREFIX = "CloudPubSubDeadLetterSource"
AT_ONCE = {"minimum_backoff": {}, "maximum_backoff": {}}  # as soon as is possible


@pytest.fixture
def topic(pubsub):
    return pubsub.topic()


@pytest.fixture
def morgue(pubsub):
    """The subscription of the dead-letter topic."""
    return pubsub.subscription(pubsub.topic("morgue"), "morgue")


@pytest.fixture
def policy(pubsub, morgue):
    """Five attempts, then the topic of `morgue`."""
    topic = pubsub.subscriber.get_subscription(subscription=morgue).topic
    return {"dead_letter_topic": topic, "max_delivery_attempts": 5}


def test_the_delivery_attempt_grows_with_every_refusal_until_the_message_is_dead(pubsub, topic, morgue, policy):
    subscription = pubsub.subscription(topic, dead_letter_policy=policy)
    (number,) = pubsub.publish(topic, b"poison", kind="inspection")
    attempts = []
    for _ in range(5):
        (received,) = pubsub.pull(subscription)
        attempts.append(received.delivery_attempt)
        pubsub.give(subscription, 0, received)
    assert attempts == [1, 2, 3, 4, 5]
    (dead,) = pubsub.pull(morgue)
    published = received.message.publish_time
    attributes = dict(dead.message.attributes)
    assert dt.datetime.fromisoformat(attributes.pop(f"{PREFIX}TopicPublishTime")) == published
    assert attributes == {
        "kind": "inspection",
        f"{PREFIX}DeliveryCount": "5",
        f"{PREFIX}Subscription": "reader",
        f"{PREFIX}SubscriptionProject": pubsub.project,
    }
    assert dead.message.data == b"poison"
    assert dead.message.message_id != number
    assert dead.delivery_attempt == 0
    assert pubsub.nothing_comes(subscription)


def test_a_message_refused_twice_in_one_request_has_failed_once(pubsub, topic, morgue, policy):
    subscription = pubsub.subscription(topic, dead_letter_policy=policy)
    pubsub.publish(topic, b"x")
    for attempt in (1, 2, 3, 4, 5):
        (received,) = pubsub.pull(subscription)
        assert received.delivery_attempt == attempt
        pubsub.give(subscription, 0, received, received)
    assert data(pubsub.pull(morgue)) == [b"x"]


def test_a_deadline_that_passes_counts_as_an_attempt(pubsub, topic, policy):
    subscription = pubsub.subscription(topic, dead_letter_policy=policy)
    pubsub.publish(topic, b"x")
    pubsub.give(subscription, 1, *pubsub.pull(subscription))
    (received,) = pubsub.pull(subscription)
    assert received.delivery_attempt == 2


def test_the_client_library_sees_the_delivery_attempt(pubsub, topic, morgue, policy):
    subscription = pubsub.subscription(topic, dead_letter_policy=policy)
    attempts = []

    def callback(message):
        attempts.append(message.delivery_attempt)
        message.nack()

    pubsub.publish(topic, b"poison")
    with pubsub.receiving(subscription, callback):
        assert data(pubsub.pull(morgue)) == [b"poison"]
    assert attempts == [1, 2, 3, 4, 5]


def test_what_an_endpoint_refuses_is_dead_after_its_attempts(pubsub, topic, morgue, policy):
    with endpoint(status(500)) as there:
        push = {"push_endpoint": there.url}
        pubsub.subscription(topic, push_config=push, dead_letter_policy=policy, retry_policy=AT_ONCE)
        pubsub.publish(topic, b"poison")
        assert data(pubsub.pull(morgue)) == [b"poison"]
        assert [pushed.body["deliveryAttempt"] for pushed in there.pushed] == [1, 2, 3, 4, 5]


def test_what_nobody_listens_for_is_dead_after_its_attempts(pubsub, topic, morgue, policy):
    push = {"push_endpoint": dead_url()}
    pubsub.subscription(topic, push_config=push, dead_letter_policy=policy, retry_policy=AT_ONCE)
    pubsub.publish(topic, *[b"x"] * 5)
    dead = []
    while len(dead) < 5:
        received = pubsub.pull(morgue, wait=10)
        pubsub.acknowledge(morgue, *received)
        dead += received
    assert {one.message.attributes[f"{PREFIX}DeliveryCount"] for one in dead} == {"5"}


def test_without_its_dead_letter_topic_a_message_goes_on_being_delivered(pubsub, topic, morgue, policy):
    subscription = pubsub.subscription(topic, dead_letter_policy=policy)
    pubsub.publisher.delete_topic(topic=policy["dead_letter_topic"])
    pubsub.publish(topic, b"x")
    for attempt in range(1, 8):
        (received,) = pubsub.pull(subscription)
        assert received.delivery_attempt == attempt
        pubsub.give(subscription, 0, received)
    pubsub.topic("morgue")
    morgue = pubsub.subscription(policy["dead_letter_topic"], "new-morgue")
    pubsub.give(subscription, 0, *pubsub.pull(subscription))
    (dead,) = pubsub.pull(morgue)
    assert dead.message.attributes[f"{PREFIX}DeliveryCount"] == "8"


def test_the_next_message_of_a_key_follows_when_the_one_before_is_dead(pubsub, topic, morgue, policy):
    subscription = pubsub.subscription(topic, dead_letter_policy=policy, enable_message_ordering=True)
    pubsub.publish(topic, b"poison", b"good", key="k")
    for _ in range(5):
        pubsub.give(subscription, 0, *pubsub.pull(subscription))
    assert data(pubsub.pull(subscription)) == [b"good"]
    (dead,) = pubsub.pull(morgue)
    assert (dead.message.data, dead.message.ordering_key) == (b"poison", "k")


def test_a_dead_message_can_die_again(pubsub, topic, morgue, policy):
    first = pubsub.subscription(topic, dead_letter_policy=policy)
    cellar = pubsub.subscription(pubsub.topic("cellar"), "cellar")
    second_policy = {**policy, "dead_letter_topic": pubsub.path("topics", "cellar")}
    second = pubsub.subscription(policy["dead_letter_topic"], "second", dead_letter_policy=second_policy)
    pubsub.publish(topic, b"poison")
    for subscription in (first, second):
        for _ in range(5):
            pubsub.give(subscription, 0, *pubsub.pull(subscription))
    (dead,) = pubsub.pull(cellar)
    assert dead.message.attributes[f"{PREFIX}Subscription"] == "second"
    eventually(lambda: data(pubsub.pull(morgue)) == [b"poison"])
