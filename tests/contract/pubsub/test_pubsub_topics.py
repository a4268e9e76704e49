import grpc
import pytest
from google.api_core import exceptions
from google.iam.v1 import iam_policy_pb2
from google.pubsub_v1 import SchemaServiceClient
from google.pubsub_v1.services.schema_service.transports import SchemaServiceGrpcTransport

from tests.contract.pubsub.clients import data, refused


def test_a_topic_is_created_read_changed_and_deleted(pubsub):
    topic = pubsub.topic("photos", labels={"team": "a"})
    assert pubsub.publisher.get_topic(topic=topic).labels == {"team": "a"}
    changed = {"topic": {"name": topic, "labels": {"team": "b"}}, "update_mask": "labels"}
    assert pubsub.publisher.update_topic(request=changed).labels == {"team": "b"}
    assert pubsub.publisher.get_topic(topic=topic).labels == {"team": "b"}
    pubsub.publisher.delete_topic(topic=topic)
    with refused(exceptions.NotFound):
        pubsub.publisher.get_topic(topic=topic)


def test_a_second_topic_of_the_same_name_is_refused(pubsub):
    pubsub.topic("photos")
    with refused(exceptions.AlreadyExists):
        pubsub.topic("photos")


def test_topics_are_listed_by_project_in_pages(pubsub):
    names = [pubsub.topic(f"topic-{number}") for number in range(5)]
    pages = pubsub.publisher.list_topics(request={"project": f"projects/{pubsub.project}", "page_size": 2}).pages
    assert [[topic.name for topic in page.topics] for page in pages] == [names[:2], names[2:4], names[4:]]


@pytest.mark.parametrize("request_", [{"page_size": -1}, {"page_token": "what?"}, {"page_token": "gA=="}])
def test_a_bad_page_is_refused(pubsub, request_):
    with refused(exceptions.InvalidArgument):
        pubsub.publisher.list_topics(request={"project": f"projects/{pubsub.project}", **request_})


@pytest.mark.parametrize(
    "name",
    [
        "photos",
        "projects/p/topics/",
        "projects/p/topics/ab",
        "projects/p/topics/1abc",
        "projects/p/topics/google",
        "projects/p/topics/a b c",
        "projects/p/topics/" + "a" * 256,
        "projects/p/subscriptions/photos",
        "projects//topics/photos",
        "projects/p/topics/photos/more",
        "projects/p/topics/photos\n",
        "",
    ],
)
def test_a_malformed_name_is_refused(pubsub, name):
    with refused(exceptions.InvalidArgument):
        pubsub.publisher.create_topic(name=name)
    with refused(exceptions.InvalidArgument):
        pubsub.publisher.get_topic(topic=name)


def test_what_is_not_there_is_not_found(pubsub):
    gone = pubsub.path("topics", "gone")
    for call in (
        lambda: pubsub.publisher.get_topic(topic=gone),
        lambda: pubsub.publisher.delete_topic(topic=gone),
        lambda: pubsub.publish(gone, b"x"),
        lambda: list(pubsub.publisher.list_topic_subscriptions(topic=gone)),
    ):
        with refused(exceptions.NotFound, match="gone"):
            call()


def test_an_update_names_fields_that_can_change(pubsub):
    topic = pubsub.topic()
    for mask in ("", "name", "colour", "labels.team", "message_storage_policy.colour"):
        request = {"topic": {"name": topic}, "update_mask": {"paths": [mask] if mask else []}}
        with refused(exceptions.InvalidArgument):
            pubsub.publisher.update_topic(request=request)


@pytest.mark.parametrize(
    "settings",
    [
        {"kms_key_name": "projects/p/locations/l/keyRings/r/cryptoKeys/k"},
        {"schema_settings": {"schema": "projects/p/schemas/s"}},
        {"message_retention_duration": {"seconds": 3600}},
    ],
)
def test_a_setting_that_has_no_effect_here_is_refused(pubsub, settings):
    with refused(exceptions.MethodNotImplemented, match="does not support"):
        pubsub.topic(**settings)


def test_the_subscriptions_of_a_topic_are_listed(pubsub):
    topic = pubsub.topic()
    names = [pubsub.subscription(topic, f"reader-{number}") for number in range(3)]
    pubsub.subscription(pubsub.topic("other"), "elsewhere")
    assert list(pubsub.publisher.list_topic_subscriptions(topic=topic)) == names


def test_a_deleted_topic_leaves_its_subscriptions_with_what_they_have(pubsub):
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    pubsub.publish(topic, b"last")
    pubsub.publisher.delete_topic(topic=topic)
    assert pubsub.subscriber.get_subscription(subscription=subscription).topic == "_deleted-topic_"
    assert data(pubsub.pull(subscription)) == [b"last"]
    pubsub.topic()
    pubsub.publish(topic, b"of a new topic with the same name")
    assert pubsub.nothing_comes(subscription)


def test_what_google_has_and_this_service_has_not_says_so(pubsub):
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    snapshot = pubsub.path("snapshots", "snap")
    for call in (
        lambda: pubsub.subscriber.seek(request={"subscription": subscription}),
        lambda: pubsub.subscriber.create_snapshot(name=snapshot, subscription=subscription),
        lambda: list(pubsub.subscriber.list_snapshots(project=f"projects/{pubsub.project}")),
        lambda: list(pubsub.publisher.list_topic_snapshots(topic=topic)),
        lambda: pubsub.publisher.get_iam_policy(iam_policy_pb2.GetIamPolicyRequest(resource=topic)),
    ):
        with refused(exceptions.MethodNotImplemented, match="does not support"):
            call()


def test_schemas_are_not_supported(pubsub, cloud):
    with grpc.insecure_channel(cloud.ports.address("pubsub")) as channel:
        schemas = SchemaServiceClient(transport=SchemaServiceGrpcTransport(channel=channel))
        with refused(exceptions.MethodNotImplemented, match="ListSchemas"):
            list(schemas.list_schemas(parent=f"projects/{pubsub.project}"))
