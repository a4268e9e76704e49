"""Notification configurations through the Google client library."""

from __future__ import annotations

import pytest
from google.api_core import exceptions

TOPIC = "//pubsub.googleapis.com/projects/p/topics/t"


def test_a_configuration_is_kept_told_and_removed(bucket):
    made = bucket.notification(
        topic_name="photos",
        topic_project="demo-loupe",
        custom_attributes={"priority": "high"},
        event_types=["OBJECT_FINALIZE"],
        blob_name_prefix="high/",
        payload_format="JSON_API_V1",
    )
    made.create()
    assert made.notification_id == "1"
    (found,) = bucket.list_notifications()
    assert (found.topic_name, found.topic_project) == ("photos", "demo-loupe")
    assert (found.custom_attributes, found.blob_name_prefix) == ({"priority": "high"}, "high/")
    assert (found.event_types, found.payload_format) == (["OBJECT_FINALIZE"], "JSON_API_V1")
    assert bucket.get_notification("1").self_link.endswith("/notificationConfigs/1")
    found.delete()
    assert list(bucket.list_notifications()) == []
    with pytest.raises(exceptions.NotFound):
        bucket.get_notification("1")


def test_a_type_of_event_is_told_ten_times_at_most(bucket):
    for number in range(10):
        bucket.notification(topic_name=f"t{number}", topic_project="p", payload_format="NONE").create()
    with pytest.raises(exceptions.BadRequest):
        bucket.notification(topic_name="one-more", topic_project="p", payload_format="NONE").create()


@pytest.mark.parametrize(
    "config",
    [
        {"topic": "photos", "payload_format": "NONE"},
        {"topic": TOPIC},
        {"topic": TOPIC, "payload_format": "XML"},
        {"topic": TOPIC, "payload_format": "NONE", "event_types": ["X"]},
        {"topic": TOPIC, "payload_format": "NONE", "custom_attributes": [1]},
        {"topic": TOPIC, "payload_format": "NONE", "custom_attributes": {"": "a"}},
        {"topic": TOPIC, "payload_format": "NONE", "custom_attributes": {"googclient": "a"}},
        {"topic": TOPIC, "payload_format": "NONE", "custom_attributes": {"a": "x" * 1025}},
    ],
)
def test_an_impossible_configuration_is_refused(http, base, bucket, config):
    answer = http.post(f"{base}/storage/v1/b/{bucket.name}/notificationConfigs", json=config)
    assert answer.status_code == 400


def test_a_bucket_that_is_not_there_has_no_configurations(http, base):
    assert http.get(f"{base}/storage/v1/b/no-such-bucket/notificationConfigs").status_code == 404
