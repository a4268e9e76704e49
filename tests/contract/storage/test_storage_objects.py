"""Objects through the Google client library: bytes, attributes, listing, copies, versions."""

from __future__ import annotations

import base64
import hashlib

import pytest
from google.api_core import exceptions

PHOTO = bytes(range(256)) * 40


def test_what_was_uploaded_comes_back(bucket):
    blob = bucket.blob("photos/1.jpg")
    blob.metadata = {"taken-by": "Zoë"}
    blob.cache_control = "no-store"
    blob.content_disposition = 'attachment; filename="Zoë.jpg"'
    blob.upload_from_string(PHOTO, content_type="image/jpeg")
    found = bucket.get_blob("photos/1.jpg")
    assert found.download_as_bytes() == PHOTO
    assert (found.size, found.content_type, found.cache_control) == (len(PHOTO), "image/jpeg", "no-store")
    assert found.metadata == {"taken-by": "Zoë"}
    assert found.content_disposition == 'attachment; filename="Zoë.jpg"'
    assert found.md5_hash == base64.b64encode(hashlib.md5(PHOTO, usedforsecurity=False).digest()).decode()
    assert (found.metageneration, found.storage_class) == (1, "STANDARD")
    assert found.time_created == found.updated


def test_ranges_are_cut_exactly(bucket):
    blob = bucket.blob("r")
    blob.upload_from_string(PHOTO)
    assert blob.download_as_bytes(start=10, end=19) == PHOTO[10:20]
    assert blob.download_as_bytes(start=len(PHOTO) - 3) == PHOTO[-3:]
    with pytest.raises(exceptions.RequestRangeNotSatisfiable):
        blob.download_as_bytes(start=len(PHOTO), end=len(PHOTO) + 5)


def test_an_empty_object_is_an_object(bucket):
    bucket.blob("empty").upload_from_string(b"")
    assert bucket.get_blob("empty").size == 0
    assert bucket.blob("empty").download_as_bytes() == b""


def test_a_missing_object_and_a_missing_bucket_are_not_found(client, bucket):
    assert bucket.get_blob("nope") is None
    with pytest.raises(exceptions.NotFound, match="No such object"):
        bucket.blob("nope").download_as_bytes()
    with pytest.raises(exceptions.NotFound, match="bucket does not exist"):
        client.bucket("no-such-bucket").blob("a").upload_from_string(b"a")


def test_overwriting_gives_a_new_generation_and_forgets_the_old_one(bucket):
    blob = bucket.blob("o")
    blob.upload_from_string(b"first")
    first = blob.generation
    blob.upload_from_string(b"second")
    assert blob.generation > first
    assert bucket.blob("o").download_as_bytes() == b"second"
    assert bucket.get_blob("o", generation=first) is None


def test_a_versioned_bucket_keeps_what_is_overwritten_and_deleted(client, bucket):
    bucket.versioning_enabled = True
    bucket.patch()
    blob = bucket.blob("v")
    generations = []
    for text in (b"one", b"two"):
        blob.upload_from_string(text)
        generations.append(blob.generation)
    bucket.blob("v").delete()
    assert bucket.get_blob("v") is None
    assert bucket.blob("v", generation=generations[0]).download_as_bytes() == b"one"
    kept = list(client.list_blobs(bucket, versions=True))
    assert [found.generation for found in kept] == generations
    assert all(found.time_deleted is not None for found in kept)
    bucket.blob("v", generation=generations[0]).delete()
    assert [found.generation for found in client.list_blobs(bucket, versions=True)] == generations[1:]


def test_patching_counts_metagenerations_and_merges_custom_metadata(bucket):
    blob = bucket.blob("p")
    blob.metadata = {"keep": "1", "drop": "2"}
    blob.upload_from_string(b"p", content_type="text/plain")
    blob.metadata = {"drop": None, "new": "3"}
    blob.content_language = "de"
    blob.patch()
    found = bucket.get_blob("p")
    assert found.metadata == {"keep": "1", "new": "3"}
    assert (found.content_language, found.content_type) == ("de", "text/plain")
    assert found.metageneration == 2
    assert found.generation == blob.generation
    assert found.etag != ""


def test_updating_sets_the_rest_back(bucket):
    blob = bucket.blob("u")
    blob.cache_control = "no-store"
    blob.upload_from_string(b"u", content_type="text/plain")
    blob._properties = {"name": "u", "contentType": "text/html"}
    blob.update()
    found = bucket.get_blob("u")
    assert (found.content_type, found.cache_control) == ("text/html", None)


def test_a_delimiter_folds_names_into_prefixes(client, bucket):
    for name in ("a/1", "a/2", "b", "c/d/e", "c/f"):
        bucket.blob(name).upload_from_string(b"")
    listed = client.list_blobs(bucket, delimiter="/")
    assert [found.name for found in listed] == ["b"]
    assert listed.prefixes == {"a/", "c/"}
    below = client.list_blobs(bucket, prefix="c/", delimiter="/")
    assert [found.name for found in below] == ["c/f"]
    assert below.prefixes == {"c/d/"}


def test_pages_and_offsets_cut_the_same_list(client, bucket):
    names = [f"{letter}{number}" for letter in "abc" for number in range(4)]
    for name in names:
        bucket.blob(name).upload_from_string(b"")
    assert [found.name for found in client.list_blobs(bucket, page_size=5)] == names
    part = client.list_blobs(bucket, start_offset="a2", end_offset="c1")
    assert [found.name for found in part] == names[2:9]
    assert [found.name for found in client.list_blobs(bucket, max_results=3)] == names[:3]


@pytest.mark.parametrize(
    "name",
    ["a b", "a/../b", "../../etc/passwd", "..a", "ü/€", "a#b?c=d&e", "%2F", "a%00b", "x\x00y", "/lead", "a//b", "~+"],
)
def test_odd_names_are_kept_to_the_letter(client, bucket, name):
    bucket.blob(name).upload_from_string(name.encode())
    assert bucket.blob(name).download_as_bytes() == name.encode()
    assert [found.name for found in client.list_blobs(bucket)] == [name]
    bucket.blob(name).delete()
    assert bucket.get_blob(name) is None


@pytest.mark.parametrize("name", [".", "..", "a\nb", "a\rb", "x" * 1025, "€" * 342, ".well-known/acme-challenge/x"])
def test_names_that_google_refuses_are_refused(http, base, bucket, name):
    url = f"{base}/upload/storage/v1/b/{bucket.name}/o"
    answer = http.post(url, params={"uploadType": "media", "name": name}, data=b"x")
    assert answer.status_code == 400


def test_a_name_of_exactly_1024_bytes_is_fine(bucket):
    bucket.blob("€" * 341 + "x").upload_from_string(b"x")
    assert bucket.get_blob("€" * 341 + "x").size == 1


def test_a_copy_has_the_bytes_and_the_attributes(bucket):
    blob = bucket.blob("from")
    blob.metadata = {"k": "v"}
    blob.upload_from_string(PHOTO, content_type="image/png")
    copied = bucket.copy_blob(blob, bucket, "to")
    assert copied.generation > blob.generation
    blob.delete()
    found = bucket.get_blob("to")
    assert found.download_as_bytes() == PHOTO
    assert (found.content_type, found.metadata) == ("image/png", {"k": "v"})


def test_a_rewrite_may_change_attributes_and_checks_its_source(bucket):
    blob = bucket.blob("from")
    blob.upload_from_string(PHOTO, content_type="image/png")
    target = bucket.blob("to")
    target.content_type = "image/webp"
    token, rewritten, total = target.rewrite(blob, if_generation_match=0, if_source_generation_match=blob.generation)
    assert (token, rewritten, total) == (None, len(PHOTO), len(PHOTO))
    assert bucket.get_blob("to").content_type == "image/webp"
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("other").rewrite(blob, if_source_generation_match=1)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("other").rewrite(blob, if_source_generation_not_match=blob.generation)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("to").rewrite(blob, if_generation_match=0)
    blob.update_storage_class("NEARLINE")
    assert bucket.get_blob("from").storage_class == "NEARLINE"
    assert bucket.get_blob("from").content_type == "image/png"


def test_composing_joins_in_order(bucket):
    parts = [bucket.blob(name) for name in ("one", "two")]
    for part in parts:
        part.upload_from_string(part.name * 1000)
    joined = bucket.blob("joined")
    joined.content_type = "text/plain"
    joined.compose(parts, if_source_generation_match=[parts[0].generation, None])
    found = bucket.get_blob("joined")
    assert found.download_as_bytes() == b"one" * 1000 + b"two" * 1000
    assert (found.component_count, found.md5_hash, found.content_type) == (2, None, "text/plain")
    with pytest.raises(exceptions.PreconditionFailed):
        joined.compose(parts, if_source_generation_match=[1, None])


def test_many_deletes_go_in_one_batch(client, bucket):
    for number in range(20):
        bucket.blob(f"o/{number} ü").upload_from_string(b"")
    with client.batch():
        for number in range(19):
            bucket.blob(f"o/{number} ü").delete()
    assert [found.name for found in client.list_blobs(bucket)] == ["o/19 ü"]


def test_a_batch_tells_each_call_what_became_of_it(client, bucket):
    bucket.blob("there").upload_from_string(b"")
    with client.batch(raise_exception=False) as batch:
        bucket.blob("missing").delete()
        bucket.blob("there").delete()
    assert [answer.status_code for answer in batch._responses] == [404, 204]
    changed = bucket.blob("patched")
    changed.upload_from_string(b"")
    with client.batch():
        changed.metadata = {"a": "é"}
        changed.patch()
    assert bucket.get_blob("patched").metadata == {"a": "é"}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("acl", 501),
        ("iam", 501),
        ("o?matchGlob=*", 501),
        ("o?softDeleted=true", 501),
        ("o?maxResults=0", 400),
        ("o?maxResults=x", 400),
        ("o?pageToken=%21", 400),
        ("o?pageToken=eyJhIjoxfQ==", 400),
        ("o/a?generation=-1", 400),
        ("o/a?ifGenerationMatch=x", 400),
        ("o/%ff", 400),
        ("o/a?x=%ff", 400),
    ],
)
def test_what_is_not_served_or_not_sense_is_said_so(http, base, bucket, path, wanted):
    answer = http.get(f"{base}/storage/v1/b/{bucket.name}/{path}")
    assert answer.status_code == wanted
    error = answer.json()["error"]
    assert error["code"] == wanted
    assert error["errors"][0]["message"] == error["message"]


def test_own_encryption_keys_are_refused(bucket):
    with pytest.raises(exceptions.GoogleAPICallError) as refused:
        bucket.blob("secret", encryption_key=b"k" * 32).upload_from_string(b"x")
    assert refused.value.code == 501
