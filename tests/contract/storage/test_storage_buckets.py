"""Buckets through the Google client library."""

from __future__ import annotations

import pytest
from google.api_core import exceptions


def test_a_new_bucket_is_there_with_what_it_was_given(client, bucket):
    made = client.bucket(f"{bucket.name}-labelled")
    made.labels = {"team": "loupe"}
    made.storage_class = "NEARLINE"
    client.create_bucket(made, location="europe-west1")
    found = client.get_bucket(made.name)
    assert (found.labels, found.storage_class, found.location) == ({"team": "loupe"}, "NEARLINE", "europe-west1")
    assert found.metageneration == 1
    assert found.time_created is not None
    assert found.iam_configuration.uniform_bucket_level_access_enabled


def test_a_bucket_is_made_once(client, bucket):
    with pytest.raises(exceptions.Conflict):
        client.create_bucket(bucket.name)


@pytest.mark.parametrize("name", ["UPPER", "ab", "a..b", "-abc", "192.168.0.1", "goog-thing", "x" * 64, "a/b", "a b"])
def test_an_impossible_name_is_refused(http, base, name):
    answer = http.post(f"{base}/storage/v1/b?project=p", json={"name": name})
    assert answer.status_code == 400
    assert answer.json()["error"]["errors"][0]["reason"] == "invalid"


def test_buckets_are_listed_page_by_page(client, bucket):
    names = [f"{bucket.name}-{number}" for number in range(5)]
    for name in names:
        client.create_bucket(name)
    assert [found.name for found in client.list_buckets(prefix=f"{bucket.name}-", page_size=2)] == names


def test_patching_changes_what_is_named_and_counts_metagenerations(client, bucket):
    bucket.cors = [{"origin": ["https://a.example"], "method": ["GET"], "responseHeader": [], "maxAgeSeconds": 60}]
    bucket.patch()
    bucket.labels = {"kind": "test"}
    bucket.patch()
    found = client.get_bucket(bucket.name)
    assert found.cors[0]["origin"] == ["https://a.example"]
    assert found.labels == {"kind": "test"}
    assert found.metageneration == 3


def test_a_stale_patch_is_refused(bucket):
    bucket.labels = {"a": "b"}
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.patch(if_metageneration_match=7)


def test_updating_sets_the_rest_back(client, bucket):
    bucket.labels = {"a": "b"}
    bucket.patch()
    bucket._properties = {"name": bucket.name, "versioning": {"enabled": True}}
    bucket.update()
    found = client.get_bucket(bucket.name)
    assert found.versioning_enabled
    assert found.labels == {}


def test_a_bucket_goes_only_when_it_is_empty(client, bucket):
    bucket.blob("a").upload_from_string(b"a")
    with pytest.raises(exceptions.Conflict):
        bucket.delete()
    bucket.blob("a").delete()
    bucket.delete()
    assert client.lookup_bucket(bucket.name) is None
    with pytest.raises(exceptions.NotFound):
        bucket.delete()


def test_what_a_bucket_cannot_do_is_refused_and_not_ignored(bucket):
    bucket.add_lifecycle_delete_rule(age=1)
    with pytest.raises(exceptions.GoogleAPICallError) as refused:
        bucket.patch()
    assert refused.value.code == 501
    assert "lifecycle" in refused.value.message


def test_uniform_access_cannot_be_turned_off(bucket):
    bucket.iam_configuration.uniform_bucket_level_access_enabled = False
    with pytest.raises(exceptions.GoogleAPICallError) as refused:
        bucket.patch()
    assert refused.value.code == 501


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"7",
        b'{"name": 7}',
        b'{"name": "abc-def", "labels": []}',
        b"\xff",
        b"[" * 100_000,
        b'{"name":null}',
    ],
)
def test_nonsense_is_a_bad_request(http, base, body):
    answer = http.post(f"{base}/storage/v1/b?project=p", data=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 400


def test_a_bucket_resource_beyond_a_megabyte_is_not_read(http, base):
    assert http.post(f"{base}/storage/v1/b?project=p", data=b" " * 1_100_000).status_code == 413
