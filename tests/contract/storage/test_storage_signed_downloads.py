"""Signed URLs to read and to remove an object."""

from __future__ import annotations

PHOTO = b"\xff\xd8" + bytes(998)


def test_a_signed_download_gives_bytes_ranges_and_what_is_known(http, bucket, sign):
    blob = bucket.blob("photo ü.jpg")
    blob.metadata = {"taken-by": "Zoë", "not a token": "x", "lines": "one\r\ntwo"}
    blob.upload_from_string(PHOTO, content_type="image/jpeg")
    url = sign("photo ü.jpg", "GET")
    whole = http.get(url)
    assert whole.content == PHOTO
    assert whole.headers["content-type"] == "image/jpeg"
    assert whole.headers["x-goog-generation"] == str(blob.generation)
    assert whole.headers["x-goog-meta-taken-by"].encode("latin-1").decode() == "Zoë"
    assert whole.headers["x-goog-meta-lines"] == "one  two"
    part = http.get(url, headers={"range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, PHOTO[2:6])
    assert part.headers["content-range"] == f"bytes 2-5/{len(PHOTO)}"
    assert http.get(url, headers={"range": "bytes=5000-"}).status_code == 416
    assert http.get(url, headers={"if-none-match": whole.headers["etag"]}).status_code == 304
    assert http.get(url, headers={"if-match": '"other"'}).status_code == 412
    head = http.head(sign("photo ü.jpg", "HEAD"))
    assert (head.headers["content-length"], head.content) == (str(len(PHOTO)), b"")


def test_a_download_may_be_told_as_something_else_if_that_is_signed(http, bucket, sign):
    bucket.blob("o").upload_from_string(b"x", content_type="image/jpeg")
    url = sign("o", "GET", response_disposition='attachment; filename="ü.jpg"', response_type="text/plain")
    answer = http.get(url)
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["content-disposition"].encode("latin-1").decode() == 'attachment; filename="ü.jpg"'
    assert http.get(url.replace("text%2Fplain", "text%2Fhtml")).status_code == 403
    broken = http.get(sign("o", "GET", response_type="a\r\nset-cookie: x=y"))
    assert broken.status_code == 400
    assert "set-cookie" not in broken.headers


def test_a_signed_delete_deletes(http, bucket, sign):
    bucket.blob("o").upload_from_string(b"x")
    assert http.delete(sign("o", "DELETE")).status_code == 204
    assert bucket.get_blob("o") is None
    missing = http.delete(sign("o", "DELETE"))
    assert missing.status_code == 404
    assert "<Code>NoSuchKey</Code>" in missing.text


def test_one_generation_can_be_signed_for(http, bucket, sign):
    bucket.versioning_enabled = True
    bucket.patch()
    blob = bucket.blob("o")
    blob.upload_from_string(b"one")
    first = blob.generation
    blob.upload_from_string(b"two")
    assert http.get(sign("o", "GET", generation=first)).content == b"one"
    assert http.get(sign("o", "GET", generation="x")).status_code == 400
