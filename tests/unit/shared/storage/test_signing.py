"""A signed upload says exactly what may be put where; signing by IAM answers in time or says that it cannot."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from localcloud.keys import SIGNER_EMAIL, Keys
from shared.errors import Internal, Unavailable
from shared.storage.credentials import IamSigning, key_file
from shared.storage.signing import SIGNED_HEADERS, DownloadSigner, UploadSigner
from tests.jwks import rsa_key

NOW = datetime(2026, 5, 1, tzinfo=UTC)
NAME = "normal/abcdefghij0123456789/0"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"))


def test_the_signature_binds_method_place_type_size_and_newness(keys, monkeypatch):
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    signer = UploadSigner(key_file(str(keys.service_account_file)), bucket="photos")
    signed = signer.sign(NAME, content_type="image/jpeg", size=1234, now=NOW)
    url = urlsplit(signed.url)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert (signed.method, url.scheme, url.netloc) == ("PUT", "https", "storage.googleapis.com")
    assert url.path == f"/photos/{NAME}"
    assert signed.headers == {
        "content-type": "image/jpeg",
        "x-goog-content-length-range": "1234,1234",
        "x-goog-if-generation-match": "0",
    }
    assert set(query["X-Goog-SignedHeaders"].split(";")) == {"host", *signed.headers}
    assert query["X-Goog-Expires"] == "900"
    assert query["X-Goog-Credential"].startswith(SIGNER_EMAIL)
    assert signed.expire_time == NOW + timedelta(minutes=15)


def test_the_trace_goes_with_the_object(keys, monkeypatch):
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    signer = UploadSigner(key_file(str(keys.service_account_file)), bucket="photos")
    signed = signer.sign(NAME, content_type="image/jpeg", size=1, now=NOW, trace=trace)
    assert signed.headers["x-goog-meta-traceparent"] == trace
    assert "x-goog-meta-traceparent" in signed.url
    assert set(signed.headers) == set(SIGNED_HEADERS)


def test_a_download_is_signed_for_one_object_and_ten_minutes(keys, monkeypatch):
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    signer = DownloadSigner(key_file(str(keys.service_account_file)), bucket="pictures")
    signed = signer.sign("job/report.html", file="report.html", now=NOW)
    url = urlsplit(signed.url)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert (url.netloc, url.path) == ("storage.googleapis.com", "/pictures/job/report.html")
    assert (query["X-Goog-Expires"], query["X-Goog-SignedHeaders"]) == ("600", "host")
    assert query["response-content-disposition"] == 'inline; filename="report.html"'
    assert signed.expire_time == NOW + timedelta(minutes=10)


def test_on_a_laptop_the_url_leads_to_the_local_cloud(keys, monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9199")
    signer = UploadSigner(key_file(str(keys.service_account_file)), bucket="photos")
    assert signer.sign(NAME, content_type="image/png", size=1, now=NOW).url.startswith(
        f"http://127.0.0.1:9199/photos/{NAME}?"
    )


def test_a_file_that_is_no_key_is_refused(tmp_path):
    wrong = tmp_path / "key.json"
    wrong.write_text("{}")
    with pytest.raises(ValueError, match="not in the expected format"):
        key_file(str(wrong))


class Iam(ThreadingHTTPServer):
    """The IAM credentials API's signBlob, with a real key, and with failures in front of it."""

    def __init__(self):
        self.failures: list[int | float] = []  # a status to answer with, or seconds to keep silent
        self.calls: list[tuple[str, str]] = []
        self.connections = 0
        super().__init__(("127.0.0.1", 0), _IamCall)

    def process_request(self, request, client_address):
        self.connections += 1
        super().process_request(request, client_address)


class _IamCall(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.calls.append((self.path, self.headers["Authorization"]))
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        failure = self.server.failures.pop(0) if self.server.failures else 200
        if isinstance(failure, float):
            time.sleep(failure)
            failure = 200
        signature = rsa_key().sign(base64.b64decode(body["payload"]), padding.PKCS1v15(), hashes.SHA256())
        answer = json.dumps({"keyId": "k", "signedBlob": base64.b64encode(signature).decode()}).encode()
        self.send_response(failure)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass

    def handle(self):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client gave up waiting, as it should
            super().handle()


@pytest.fixture
def iam():
    server = Iam()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def signing(iam):
    from google.oauth2.credentials import Credentials

    made = IamSigning(
        "signer@p.iam.gserviceaccount.com", Credentials("t0ken"), endpoint=f"http://127.0.0.1:{iam.server_port}"
    )
    yield made
    made.close()


def test_without_a_key_iam_signs(iam, signing):
    rsa_key().public_key().verify(signing.sign_bytes(b"message"), b"message", padding.PKCS1v15(), hashes.SHA256())
    assert iam.calls == [
        ("/v1/projects/-/serviceAccounts/signer@p.iam.gserviceaccount.com:signBlob", "Bearer t0ken"),
    ]


def test_a_url_signed_by_iam_names_the_account(signing, monkeypatch):
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    url = UploadSigner(signing, bucket="photos").sign(NAME, content_type="image/png", size=1, now=NOW).url
    assert "X-Goog-Credential=signer%40p.iam.gserviceaccount.com%2F" in url


def test_signatures_share_a_connection(iam, signing):
    for _ in range(3):
        signing.sign_bytes(b"message")
    assert iam.connections == 1


@pytest.mark.parametrize("failures", [[503], [429, 500], [502, 504]])
def test_a_passing_failure_is_tried_again(iam, signing, failures):
    iam.failures = list(failures)
    assert signing.sign_bytes(b"message")
    assert len(iam.calls) == len(failures) + 1


@pytest.mark.parametrize("status", [503, 429])
def test_after_three_tries_the_answer_is_to_come_back(iam, signing, status):
    iam.failures = [status] * 10
    with pytest.raises(Unavailable) as refused:
        signing.sign_bytes(b"message")
    assert (refused.value.reason, refused.value.retry_after, len(iam.calls)) == ("SIGNING_UNAVAILABLE", 2, 3)


def test_a_silent_iam_is_given_up_in_time(iam, signing, monkeypatch):
    monkeypatch.setattr("shared.storage.credentials.CALL_TIMEOUT", 0.2)
    monkeypatch.setattr("shared.storage.credentials.TOTAL_TIMEOUT", 0.3)
    iam.failures = [0.5, 0.5, 0.5]
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="SIGNING_UNAVAILABLE"):
        signing.sign_bytes(b"message")
    assert time.monotonic() - begun < 0.9


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_no_is_a_defect_and_is_not_tried_again(iam, signing, status):
    iam.failures = [status]
    with pytest.raises(Internal, match="SIGNING_REFUSED"):
        signing.sign_bytes(b"message")
    assert len(iam.calls) == 1
