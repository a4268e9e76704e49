import pytest
from google.api_core import exceptions

from tests.contract.pubsub.clients import data, eventually, refused
from tests.contract.pubsub.endpoint import endpoint

DAY = 86_400


def test_a_subscription_has_googles_defaults(pubsub):
    topic = pubsub.topic()
    name = pubsub.subscription(topic, retry_policy={}, dead_letter_policy={"dead_letter_topic": topic})
    made = pubsub.subscriber.get_subscription(subscription=name)
    assert (made.name, made.topic, made.ack_deadline_seconds, made.state.name) == (name, topic, 10, "ACTIVE")
    assert made.message_retention_duration.total_seconds() == 7 * DAY
    assert made.expiration_policy.ttl.total_seconds() == 31 * DAY
    assert made.retry_policy.minimum_backoff.total_seconds() == 10
    assert made.retry_policy.maximum_backoff.total_seconds() == 600
    assert made.dead_letter_policy.max_delivery_attempts == 5


def test_a_subscription_keeps_what_it_was_told(pubsub):
    settings = {
        "ack_deadline_seconds": 120,
        "filter": 'attributes.priority = "high"',
        "enable_message_ordering": True,
        "labels": {"team": "a"},
        "expiration_policy": {},
        "topic_message_retention_duration": {"seconds": 600},  # output only
        "push_config": {
            "push_endpoint": "http://127.0.0.1:1/push",
            "oidc_token": {"service_account_email": "push@demo.iam.gserviceaccount.com", "audience": "loupe"},
        },
    }
    name = pubsub.subscription(pubsub.topic(), **settings)
    made = pubsub.subscriber.get_subscription(subscription=name)
    assert made.ack_deadline_seconds == 120
    assert made.filter == 'attributes.priority = "high"'
    assert made.enable_message_ordering
    assert made.labels == {"team": "a"}
    assert not made.expiration_policy.ttl
    assert not made.topic_message_retention_duration
    assert made.push_config.oidc_token.audience == "loupe"


@pytest.mark.parametrize(
    "settings",
    [
        {"ack_deadline_seconds": 9},
        {"ack_deadline_seconds": 601},
        {"ack_deadline_seconds": -1},
        {"message_retention_duration": {"seconds": 599}},
        {"message_retention_duration": {"seconds": 31 * DAY + 1}},
        {"expiration_policy": {"ttl": {"seconds": DAY - 1}}},
        {"retry_policy": {"minimum_backoff": {"seconds": -1}}},
        {"retry_policy": {"maximum_backoff": {"seconds": 601}}},
        {"retry_policy": {"minimum_backoff": {"seconds": 20}, "maximum_backoff": {"seconds": 10}}},
        {"dead_letter_policy": {"max_delivery_attempts": 5}},
        {"dead_letter_policy": {"dead_letter_topic": "morgue"}},
        {"push_config": {"push_endpoint": "127.0.0.1:80"}},
        {"push_config": {"push_endpoint": "ftp://example.com/"}},
        {"push_config": {"push_endpoint": "http://"}},
        {"push_config": {"push_endpoint": "http://[::1/"}},
        {"push_config": {"push_endpoint": "http://example.com:port/"}},
        {"push_config": {"push_endpoint": "http://example.com/a b"}},
        {"push_config": {"push_endpoint": "http://example.com/\r\nX: y"}},
        {"push_config": {"push_endpoint": "http://example.com/", "oidc_token": {"audience": "a"}}},
        {"labels": {"k" * 64: ""}},
        {"labels": {f"k{number}": "" for number in range(65)}},
        {"filter": "attributes:a AND attributes:b OR attributes:c"},
        {"filter": "attributes:a".ljust(257)},
        {"topic": "photos"},
    ],
    ids=lambda settings: str(settings)[:60],
)
def test_settings_beyond_googles_limits_are_refused(pubsub, settings):
    request = {"name": pubsub.path("subscriptions", "reader"), "topic": pubsub.topic(), **settings}
    with refused(exceptions.InvalidArgument):
        pubsub.subscriber.create_subscription(request=request)
    with refused(exceptions.NotFound):
        pubsub.subscriber.get_subscription(subscription=request["name"])


@pytest.mark.parametrize("attempts", [1, 4, 101, -1])
def test_a_dead_letter_policy_allows_5_to_100_attempts(pubsub, attempts):
    topic = pubsub.topic()
    policy = {"dead_letter_topic": topic, "max_delivery_attempts": attempts}
    with refused(exceptions.InvalidArgument, match="5 to 100"):
        pubsub.subscription(topic, dead_letter_policy=policy)


@pytest.mark.parametrize(
    "settings",
    [
        {"enable_exactly_once_delivery": True},
        {"retain_acked_messages": True},
        {"bigquery_config": {"table": "p.d.t"}},
        {"cloud_storage_config": {"bucket": "b"}},
        {"message_transforms": [{"javascript_udf": {"function_name": "f", "code": ""}}]},
        {"push_config": {"push_endpoint": "http://127.0.0.1/", "no_wrapper": {}}},
        {"push_config": {"push_endpoint": "http://127.0.0.1/", "attributes": {"x-goog-version": "v1beta1"}}},
    ],
    ids=lambda settings: str(settings)[:60],
)
def test_a_setting_that_is_not_supported_is_refused_by_name(pubsub, settings):
    with refused(exceptions.MethodNotImplemented, match="does not support"):
        pubsub.subscription(pubsub.topic(), **settings)


def test_names_that_are_taken_missing_or_malformed_are_refused(pubsub):
    topic = pubsub.topic()
    pubsub.subscription(topic, "reader")
    with refused(exceptions.AlreadyExists):
        pubsub.subscription(topic, "reader")
    with refused(exceptions.NotFound, match="nowhere"):
        pubsub.subscription(pubsub.path("topics", "nowhere"), "other")
    with refused(exceptions.NotFound, match="morgue"):
        policy = {"dead_letter_topic": pubsub.path("topics", "morgue")}
        pubsub.subscription(topic, "other", dead_letter_policy=policy)
    with refused(exceptions.InvalidArgument):
        pubsub.subscription(topic, "goog")
    with refused(exceptions.NotFound):
        pubsub.subscription("_deleted-topic_", "other")


def test_subscriptions_are_listed_by_project_in_pages(pubsub):
    topic = pubsub.topic()
    names = [pubsub.subscription(topic, f"reader-{number}") for number in range(3)]
    request = {"project": f"projects/{pubsub.project}", "page_size": 2}
    pages = pubsub.subscriber.list_subscriptions(request=request).pages
    assert [[one.name for one in page.subscriptions] for page in pages] == [names[:2], names[2:]]


def test_an_update_changes_what_its_mask_names_and_nothing_else(pubsub):
    name = pubsub.subscription(pubsub.topic(), ack_deadline_seconds=20, labels={"a": "1"}, retry_policy={})
    subscription = {"name": name, "ack_deadline_seconds": 30, "labels": {"b": "2"}}
    mask = {"paths": ["ack_deadline_seconds", "retry_policy"]}
    changed = pubsub.subscriber.update_subscription(request={"subscription": subscription, "update_mask": mask})
    assert changed.ack_deadline_seconds == 30
    assert changed.labels == {"a": "1"}
    assert not changed.retry_policy
    assert pubsub.subscriber.get_subscription(subscription=name) == changed


@pytest.mark.parametrize("field", ["filter", "topic", "name", "enable_message_ordering", "colour", ""])
def test_what_cannot_change_is_refused(pubsub, field):
    topic = pubsub.topic()
    name = pubsub.subscription(topic, filter="attributes:a")
    subscription = {"name": name, "topic": topic, "filter": "attributes:b", "enable_message_ordering": True}
    request = {"subscription": subscription, "update_mask": {"paths": [field] if field else []}}
    with refused(exceptions.InvalidArgument):
        pubsub.subscriber.update_subscription(request=request)
    assert pubsub.subscriber.get_subscription(subscription=name).filter == "attributes:a"


def test_an_update_is_checked_as_a_creation_is(pubsub):
    name = pubsub.subscription(pubsub.topic())
    for subscription, field in (
        ({"ack_deadline_seconds": 5}, "ack_deadline_seconds"),
        ({"dead_letter_policy": {"dead_letter_topic": "x"}}, "dead_letter_policy"),
        ({"push_config": {"push_endpoint": "x"}}, "push_config"),
    ):
        request = {"subscription": {"name": name, **subscription}, "update_mask": {"paths": [field]}}
        with refused(exceptions.InvalidArgument):
            pubsub.subscriber.update_subscription(request=request)


def test_an_update_to_a_dead_letter_topic_that_is_not_there_is_refused(pubsub):
    name = pubsub.subscription(pubsub.topic())
    policy = {"dead_letter_topic": pubsub.path("topics", "morgue")}
    mask = {"paths": ["dead_letter_policy"]}
    request = {"subscription": {"name": name, "dead_letter_policy": policy}, "update_mask": mask}
    with refused(exceptions.NotFound, match="morgue"):
        pubsub.subscriber.update_subscription(request=request)


def test_a_pull_subscription_becomes_a_push_subscription_and_back(pubsub):
    topic = pubsub.topic()
    name = pubsub.subscription(topic)
    pubsub.publish(topic, b"waiting")
    with endpoint() as there:
        pubsub.subscriber.modify_push_config(subscription=name, push_config={"push_endpoint": there.url})
        eventually(lambda: there.data() == [b"waiting"])
        with refused(exceptions.FailedPrecondition, match="not supported for this subscription type"):
            pubsub.pull(name)
        pubsub.subscriber.modify_push_config(subscription=name, push_config={})
        pubsub.publish(topic, b"pulled")
        assert data(pubsub.pull(name)) == [b"pulled"]
        assert there.data() == [b"waiting"]


def test_a_deleted_subscription_is_gone_with_its_messages(pubsub):
    topic = pubsub.topic()
    name = pubsub.subscription(topic)
    pubsub.publish(topic, b"lost")
    pubsub.subscriber.delete_subscription(subscription=name)
    for call in (
        lambda: pubsub.pull(name),
        lambda: pubsub.subscriber.get_subscription(subscription=name),
        lambda: pubsub.subscriber.delete_subscription(subscription=name),
        lambda: pubsub.subscriber.acknowledge(subscription=name, ack_ids=["1-1"]),
        lambda: pubsub.subscriber.subscribe(name, callback=print).result(timeout=5),
    ):
        with refused(exceptions.NotFound):
            call()
    pubsub.subscription(topic)
    assert pubsub.nothing_comes(name)


def test_a_detached_subscription_gets_and_gives_nothing_more(pubsub):
    topic = pubsub.topic()
    name = pubsub.subscription(topic)
    pubsub.publish(topic, b"dropped")
    pubsub.publisher.detach_subscription(request={"subscription": name})
    assert pubsub.subscriber.get_subscription(subscription=name).detached
    assert list(pubsub.publisher.list_topic_subscriptions(topic=topic)) == []
    pubsub.publish(topic, b"ignored")
    with refused(exceptions.FailedPrecondition, match="detached"):
        pubsub.pull(name)
