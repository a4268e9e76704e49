"""Requests that no library would send. Each gets an answer, and the next one is served."""

from __future__ import annotations

import socket

import pytest


@pytest.fixture
def raw(cloud):
    """Sends bytes as they are and returns the status line's code."""

    def send(request: bytes) -> int:
        with socket.create_connection(("127.0.0.1", cloud.ports.storage), timeout=5) as connection:
            connection.sendall(request)
            return int(connection.recv(100).split(b" ")[1])

    return send


SIGNED = (
    b"X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=a&X-Goog-Date=b&X-Goog-Expires=1&X-Goog-SignedHeaders=host"
)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET /%zz/o HTTP/1.1", 403),
        (b"PUT /b/%zz?" + SIGNED + b"&X-Goog-Signature=%zz HTTP/1.1", 400),
        (b"GET /storage/v1/b/%zz HTTP/1.1", 400),
        (b"GET /storage/v1/b/a?x=%zz HTTP/1.1", 400),
        (b"GET /storage/v1/b/..%2F..%2Fetc/o/passwd HTTP/1.1", 404),
        (b"GET http://127.0.0.1/storage/v1/b HTTP/1.1", 404),
        (b"BREW /storage/v1/b HTTP/1.1", 405),
        (b"BREW /b/o HTTP/1.1", 405),
        (b"GET /../../etc/passwd HTTP/1.1", 403),
        (b"GET / HTTP/1.1", 403),
        (b"POST /storage/v1/b?project=p HTTP/1.1\r\ncontent-length: x", 400),
        (b"nonsense", 400),
    ],
)
def test_odd_requests_are_refused(raw, client, bucket, line, status):
    assert raw(line + b"\r\nhost: x\r\nconnection: close\r\n\r\n") == status
    assert client.lookup_bucket(bucket.name) is not None


def test_headers_that_are_no_text_are_refused(raw, bucket):
    request = f"PUT /{bucket.name}/o?{SIGNED.decode()}&X-Goog-Signature=00 HTTP/1.1\r\nhost: x\r\n".encode()
    assert raw(request + b"x-goog-meta-a: \xff\xfe\r\ncontent-length: 0\r\n\r\n") == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b--",
        b"--b\r\ncontent-type: application/http\r\n\r\nnot a request\r\n--b--",
        b"--b\r\n\r\nGET /storage/v1/b/x/o/y?alt=media HTTP/1.1\r\n\r\n\r\n--b--",
        b"--b\r\n\r\nPOST /batch/storage/v1 HTTP/1.1\r\n\r\n\r\n--b--",
        b"--b\r\n\r\nPUT /bucket/object HTTP/1.1\r\n\r\n\r\n--b--",
        b"--b\r\n\r\nGET /storage/v1/b/\xc3\xbc HTTP/1.1\r\n\r\n\r\n--b--",
        b"\xff" * 1000,
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(http, base, body):
    headers = {"content-type": "multipart/mixed; boundary=b"}
    assert http.post(f"{base}/batch/storage/v1", data=body, headers=headers).status_code == 400


def test_a_batch_of_too_many_calls_is_refused(http, base):
    part = b"--b\r\n\r\nGET /storage/v1/b/a HTTP/1.1\r\n\r\n\r\n"
    headers = {"content-type": "multipart/mixed; boundary=b"}
    assert http.post(f"{base}/batch/storage/v1", data=part * 1001 + b"--b--", headers=headers).status_code == 400
