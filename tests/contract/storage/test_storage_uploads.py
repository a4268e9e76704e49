"""Uploads in one request, with the resource in front, and in pieces; and what of them is refused."""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import json
import os
import socket
import time

import google_crc32c
import psutil
import pytest

CHUNK = 256 * 1024
DATA = os.urandom(3 * CHUNK + 1000)


def crc32c(data: bytes) -> str:
    return base64.b64encode(google_crc32c.Checksum(data).digest()).decode()


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


@pytest.fixture
def insert(http, base, bucket):
    def post(kind: str, **options):
        parameters = {"uploadType": kind, "name": "o", **options.pop("params", {})}
        return http.post(f"{base}/upload/storage/v1/b/{bucket.name}/o", params=parameters, **options)

    return post


@pytest.fixture
def session(insert):
    """The URL of a new resumable upload."""

    def start(**options) -> str:
        return insert("resumable", **options).headers["location"]

    return start


def put(http, url: str, data: bytes, content_range: str, **headers):
    return http.put(url, data=data, headers={"content-range": content_range, **headers})


def test_a_simple_upload_takes_its_type_from_the_header(insert, bucket):
    answer = insert("media", data=DATA, headers={"content-type": "image/png"}, params={"contentEncoding": "x"})
    assert answer.status_code == 200
    found = bucket.get_blob("o")
    assert (found.content_type, found.content_encoding, found.size) == ("image/png", "x", len(DATA))
    assert answer.json()["generation"] == str(found.generation)


@pytest.mark.parametrize("chunk", [CHUNK, 2 * CHUNK, 4 * CHUNK])
def test_the_client_uploads_in_pieces(bucket, chunk):
    blob = bucket.blob("o", chunk_size=chunk)
    blob.metadata = {"a": "b"}
    blob.upload_from_file(io.BytesIO(DATA), content_type="image/jpeg", checksum="crc32c", if_generation_match=0)
    found = bucket.get_blob("o")
    assert found.download_as_bytes() == DATA
    assert (found.content_type, found.metadata, found.md5_hash) == ("image/jpeg", {"a": "b"}, md5(DATA))


def test_the_client_uploads_a_stream_of_unknown_length(bucket):
    with bucket.blob("o", chunk_size=CHUNK).open("wb") as file:
        file.write(DATA)
    assert bucket.blob("o").download_as_bytes() == DATA
    with bucket.blob("even", chunk_size=CHUNK).open("wb") as file:
        file.write(DATA[: 2 * CHUNK])
    assert bucket.blob("even").download_as_bytes() == DATA[: 2 * CHUNK]


def test_an_interrupted_upload_says_how_far_it_came_and_goes_on(http, session, bucket):
    url = session()
    assert put(http, url, b"", "bytes */*").headers.get("range") is None
    first = put(http, url, DATA[:CHUNK], f"bytes 0-{CHUNK - 1}/{len(DATA)}")
    assert (first.status_code, first.headers["range"]) == (308, f"bytes=0-{CHUNK - 1}")
    assert put(http, url, b"", f"bytes */{len(DATA)}").headers["range"] == f"bytes=0-{CHUNK - 1}"
    last = put(http, url, DATA[CHUNK:], f"bytes {CHUNK}-{len(DATA) - 1}/{len(DATA)}")
    assert last.status_code == 200
    again = put(http, url, b"", f"bytes */{len(DATA)}")
    assert again.json() == last.json()
    assert bucket.blob("o").download_as_bytes() == DATA


def test_what_comes_twice_counts_once(http, session, bucket):
    url = session()
    put(http, url, DATA[: 2 * CHUNK], f"bytes 0-{2 * CHUNK - 1}/*")
    put(http, url, DATA[:CHUNK], f"bytes 0-{CHUNK - 1}/*")
    assert put(http, url, DATA[CHUNK:], f"bytes {CHUNK}-{len(DATA) - 1}/{len(DATA)}").status_code == 200
    assert bucket.blob("o").download_as_bytes() == DATA


def test_a_connection_that_breaks_loses_only_what_did_not_come(cloud, http, session, bucket):
    url = session()
    target, identity = url.partition(str(cloud.ports.storage))[2], url.rpartition("=")[2]
    file = cloud.data / "blobs" / identity[:2] / identity
    with socket.create_connection(("127.0.0.1", cloud.ports.storage)) as raw:
        head = f"PUT {target} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(DATA)}\r\n"
        raw.sendall(head.encode() + f"content-range: bytes 0-{len(DATA) - 1}/{len(DATA)}\r\n\r\n".encode())
        raw.sendall(DATA[:CHUNK])
        while not (file.exists() and file.stat().st_size > 0):
            time.sleep(0.005)
        written = file.stat().st_size
    # Until the server has seen the break, the upload is busy.
    while (said := put(http, url, b"", f"bytes */{len(DATA)}")).status_code == 503:
        time.sleep(0.005)
    came = int(said.headers["range"].partition("-")[2]) + 1
    assert written <= came <= CHUNK
    assert bucket.get_blob("o") is None
    assert put(http, url, DATA[came:], f"bytes {came}-{len(DATA) - 1}/{len(DATA)}").status_code == 200
    assert bucket.blob("o").download_as_bytes() == DATA


@pytest.mark.parametrize(
    ("data", "content_range"),
    [
        (DATA[:100], "bytes 0-99/*"),
        (DATA[:100], "bytes 0-99/200"),
        (DATA[:CHUNK], f"bytes {CHUNK}-{2 * CHUNK - 1}/*"),
        (DATA[:50], "bytes 0-99/100"),
        (DATA[:150], "bytes 0-99/100"),
        (b"", "bytes 5-1/10"),
        (b"", "bytes 0-9/5"),
        (b"", "pieces 1"),
        (b"", "bytes 0-99999999999999999999/*"),
    ],
)
def test_impossible_pieces_are_refused_and_change_nothing(http, session, bucket, data, content_range):
    url = session()
    assert put(http, url, data, content_range).status_code == 400
    assert bucket.get_blob("o") is None
    assert put(http, url, DATA, f"bytes 0-{len(DATA) - 1}/{len(DATA)}").status_code in {200, 400}


def test_a_total_below_what_has_come_already_is_refused(http, session, bucket):
    url = session()
    put(http, url, DATA[: 2 * CHUNK], f"bytes 0-{2 * CHUNK - 1}/*")
    assert put(http, url, b"", f"bytes */{CHUNK}").status_code == 400
    assert http.put(url, data=DATA[:CHUNK]).status_code == 400
    assert bucket.get_blob("o") is None


def test_an_announced_length_binds(http, session, bucket):
    url = session(headers={"x-upload-content-length": str(len(DATA))})
    assert put(http, url, DATA[:CHUNK], f"bytes 0-{CHUNK - 1}/{CHUNK}").status_code == 400
    assert http.put(url, data=DATA[:-1]).status_code == 400
    assert bucket.get_blob("o") is None


def test_the_precondition_of_a_resumable_upload_is_checked_again_at_its_end(http, session, bucket):
    url = session(params={"ifGenerationMatch": "0"})
    bucket.blob("o").upload_from_string(b"meanwhile")
    assert http.put(url, data=DATA).status_code == 412
    assert bucket.blob("o").download_as_bytes() == b"meanwhile"
    assert http.put(url, data=DATA).status_code == 404


def test_a_cancelled_upload_is_gone_and_a_finished_one_cannot_be_cancelled(http, session, bucket):
    url = session()
    put(http, url, DATA[:CHUNK], f"bytes 0-{CHUNK - 1}/*")
    assert http.delete(url).status_code == 499
    assert put(http, url, b"", "bytes */*").status_code == 404
    finished = session()
    http.put(finished, data=DATA)
    http.delete(finished)
    assert bucket.blob("o").download_as_bytes() == DATA


@pytest.mark.parametrize("header", [f"crc32c={crc32c(b'other')}", f"md5={md5(b'other')}", "md5=AAAA", "sha1=AA=="])
def test_a_wrong_checksum_in_a_header_stores_nothing(insert, http, session, bucket, header):
    assert insert("media", data=DATA, headers={"x-goog-hash": header}).status_code == 400
    assert http.put(session(), data=DATA, headers={"x-goog-hash": header}).status_code == 400
    assert bucket.get_blob("o") is None


def test_a_right_checksum_in_a_header_is_fine(insert):
    header = f"crc32c={crc32c(DATA)},md5={md5(DATA)}"
    assert insert("media", data=DATA, headers={"x-goog-hash": header, "content-md5": md5(DATA)}).status_code == 200


def multipart(*parts: str) -> dict:
    return {
        "data": "\r\n".join(parts).encode(),
        "headers": {"content-type": "multipart/related; boundary=b"},
    }


@pytest.mark.parametrize(
    "claim", [{"crc32c": crc32c(b"other")}, {"md5Hash": md5(b"other")}, {"md5Hash": "?"}, {"crc32c": 7}]
)
def test_a_wrong_checksum_in_the_resource_stores_nothing(insert, bucket, claim):
    body = multipart("--b", "", json.dumps({"name": "o", **claim}), "--b", "", "x", "--b--")
    assert insert("multipart", **body).status_code == 400
    assert bucket.get_blob("o") is None


@pytest.mark.parametrize(
    "request_",
    [
        multipart(""),
        multipart("--b", "", '{"name": "o"}', "--b--"),
        multipart("--b", "", '{"name": "o"}', "--b", "", "media without an end"),
        multipart("--b", "", '{"name": "o"}', "--b", "", "x", "--b", "", "a third part", "--b--"),
        multipart("--b", "", "no json", "--b", "", "x", "--b--"),
        multipart("--b", "", '{"name": "o", "metadata": {"a": 1}}', "--b", "", "x", "--b--"),
        multipart("--b", "", '{"name": "o", "contentType": "a\\nb"}', "--b", "", "x", "--b--"),
        multipart("--b", "", '{"name": "o", "metadata": {"a": "' + "x" * 9000 + '"}}', "--b", "", "x", "--b--"),
        multipart("--b", "", '{"name": "\\ud800"}', "--b", "", "x", "--b--"),
        {"data": b"--b--", "headers": {"content-type": "multipart/related"}},
        {"data": b"--b--", "headers": {"content-type": "text/plain"}},
    ],
)
def test_broken_multipart_bodies_are_refused(insert, bucket, request_):
    assert insert("multipart", **request_, params={"name": ""}).status_code == 400
    assert bucket.get_blob("o") is None


def test_an_unknown_way_of_uploading_is_refused(insert):
    assert insert("carrier-pigeon", data=b"x").status_code == 400
    assert insert("", data=b"x").status_code == 400


def test_a_caller_that_leaves_in_the_middle_leaves_nothing(cloud, bucket, client):
    connection = http.client.HTTPConnection("127.0.0.1", cloud.ports.storage)
    connection.putrequest("POST", f"/upload/storage/v1/b/{bucket.name}/o?uploadType=media&name=o")
    connection.putheader("content-length", str(len(DATA)))
    connection.endheaders(DATA[:CHUNK])
    connection.close()
    assert list(client.list_blobs(bucket)) == []


def test_large_uploads_do_not_pile_up_in_memory(cloud, bucket):
    process = psutil.Process(cloud.process.pid)
    bucket.blob("warm").upload_from_string(DATA)
    before = process.memory_info().rss
    big = os.urandom(32 * 1024 * 1024)
    bucket.blob("big").upload_from_string(big)
    assert bucket.blob("big").download_as_bytes() == big
    assert process.memory_info().rss - before < 8 * 1024 * 1024
