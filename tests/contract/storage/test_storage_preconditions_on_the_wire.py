"""Every precondition of the JSON API, on reads and on writes."""

from __future__ import annotations

import pytest
from google.api_core import exceptions


@pytest.fixture
def blob(bucket):
    made = bucket.blob("o")
    made.upload_from_string(b"first")
    return made


def test_a_write_that_wants_no_object_succeeds_once(bucket):
    bucket.blob("new").upload_from_string(b"x", if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("new").upload_from_string(b"y", if_generation_match=0)
    assert bucket.blob("new").download_as_bytes() == b"x"


@pytest.mark.parametrize(
    "condition",
    [
        {"if_generation_match": 1},
        {"if_generation_not_match": "generation"},
        {"if_metageneration_match": 2},
        {"if_metageneration_not_match": 1},
    ],
)
def test_writes_whose_condition_fails_change_nothing(bucket, blob, condition):
    met = {name: blob.generation if value == "generation" else value for name, value in condition.items()}
    for attempt in (
        lambda: bucket.blob("o").upload_from_string(b"second", **met),
        lambda: bucket.blob("o").delete(**met),
        lambda: bucket.blob("o").patch(**met),
    ):
        with pytest.raises(exceptions.PreconditionFailed):
            attempt()
    found = bucket.get_blob("o")
    assert found.download_as_bytes() == b"first"
    assert found.metageneration == 1


@pytest.mark.parametrize("name", ["ifGenerationNotMatch", "ifMetagenerationNotMatch"])
@pytest.mark.parametrize("alt", ["json", "media"])
def test_readers_that_have_it_already_get_304(http, base, bucket, blob, name, alt):
    value = blob.generation if name == "ifGenerationNotMatch" else blob.metageneration
    url = f"{base}/storage/v1/b/{bucket.name}/o/o"
    assert http.get(url, params={"alt": alt, name: value}).status_code == 304
    assert http.get(url, params={"alt": alt, name: value + 1}).status_code == 200


@pytest.mark.parametrize("name", ["ifGenerationMatch", "ifMetagenerationMatch"])
def test_readers_that_want_another_version_get_412(http, base, bucket, name):
    bucket.blob("o").upload_from_string(b"x")
    answer = http.get(f"{base}/storage/v1/b/{bucket.name}/o/o", params={name: 99})
    assert answer.status_code == 412
    assert answer.json()["error"]["errors"][0]["reason"] == "conditionNotMet"


def test_etags_work_as_conditions_too(blob):
    blob.reload()
    assert blob.download_as_bytes(if_etag_match=blob.etag) == b"first"
    with pytest.raises(exceptions.PreconditionFailed):
        blob.download_as_bytes(if_etag_match="other")
    with pytest.raises(exceptions.NotModified):
        blob.reload(if_etag_not_match=blob.etag)


def test_wanting_an_object_to_be_there_is_no_wish_for_a_new_one(bucket):
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("absent").upload_from_string(b"x", if_generation_not_match=0)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("absent").upload_from_string(b"x", if_metageneration_match=1)
    assert bucket.get_blob("absent") is None
