"""Signed URLs: what was signed goes through, and nothing else does."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import socket
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from google.auth import crypt
from google.cloud.storage._signing import generate_signed_url_v4
from google.oauth2 import service_account
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud.keys import SIGNER_EMAIL, Keys

PHOTO = b"\xff\xd8" + bytes(998)
TERMS = {"x-goog-content-length-range": f"{len(PHOTO)},{len(PHOTO)}", "x-goog-if-generation-match": "0"}
SENT = {"content-type": "image/jpeg", **TERMS}


@pytest.fixture
def url(sign) -> str:
    """Signed as Loupe signs uploads."""
    return sign("normal/job/0", content_type="image/jpeg", headers=TERMS)


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def code(answer) -> str:
    """The `Code` of an XML error."""
    found = re.search("<Code>(.*?)</Code>", answer.text)
    return found[1] if found else ""


def test_the_signed_upload_goes_through_and_says_what_it_stored(http, bucket, url):
    answer = http.put(url, data=PHOTO, headers={**SENT})
    assert answer.status_code == 200
    found = bucket.get_blob("normal/job/0")
    assert found.download_as_bytes() == PHOTO
    assert found.content_type == "image/jpeg"
    assert answer.headers["x-goog-generation"] == str(found.generation)
    assert answer.headers["x-goog-metageneration"] == "1"
    assert answer.headers["x-goog-stored-content-length"] == str(len(PHOTO))
    assert answer.headers["x-goog-hash"] == f"crc32c={found.crc32c},md5={found.md5_hash}"
    assert answer.headers["etag"] == f'"{hashlib.md5(PHOTO, usedforsecurity=False).hexdigest()}"'


def test_a_second_put_to_the_same_url_is_refused_and_the_first_object_stays(http, bucket, url):
    first = http.put(url, data=PHOTO, headers={**SENT}).headers["x-goog-generation"]
    again = http.put(url, data=PHOTO[::-1], headers={**SENT})
    assert (again.status_code, code(again)) == (412, "PreconditionFailed")
    assert bucket.get_blob("normal/job/0").generation == int(first)
    assert bucket.blob("normal/job/0").download_as_bytes() == PHOTO


def edited(name: str, value: str):
    return lambda url: re.sub(rf"(?<={name}=)[^&]*", value, url)


@pytest.mark.parametrize(
    ("edit", "status", "expected"),
    [
        (lambda url: url.replace("/job/0", "/job/1"), 403, "SignatureDoesNotMatch"),
        (lambda url: url.replace("/bucket-", "/bucket_"), 403, "SignatureDoesNotMatch"),
        (edited("X-Goog-Expires", "601"), 403, "SignatureDoesNotMatch"),
        (edited("X-Goog-Expires", "604801"), 400, "InvalidArgument"),
        (edited("X-Goog-Expires", "0"), 400, "InvalidArgument"),
        (edited("X-Goog-Expires", "-1"), 400, "InvalidArgument"),
        (edited("X-Goog-Expires", "1e3"), 400, "InvalidArgument"),
        (edited("X-Goog-Signature", "00"), 403, "SignatureDoesNotMatch"),
        (edited("X-Goog-Signature", "xyz"), 400, "MalformedSecurityHeader"),
        (edited("X-Goog-Signature", ""), 400, "MalformedSecurityHeader"),
        (edited("X-Goog-Date", "20200101T000000Z"), 400, "MalformedSecurityHeader"),
        (edited("X-Goog-Date", "today"), 400, "MalformedSecurityHeader"),
        (edited("X-Goog-Algorithm", "GOOG4-HMAC-SHA256"), 501, "NotImplemented"),
        (edited("X-Goog-Algorithm", "none"), 400, "InvalidArgument"),
        (edited("X-Goog-Credential", "a/b"), 400, "MalformedSecurityHeader"),
        (edited("X-Goog-SignedHeaders", "content-type%3Bhost"), 400, "MalformedSecurityHeader"),
        (edited("X-Goog-SignedHeaders", ""), 400, "MalformedSecurityHeader"),
        (lambda url: f"{url}&generation=1", 403, "SignatureDoesNotMatch"),
        (lambda url: f"{url}&X-Goog-Expires=604800", 400, "InvalidArgument"),
        (lambda url: f"{url}&%58-Goog-Expires=604800", 400, "InvalidArgument"),
        (lambda url: re.sub("&X-Goog-Signature=.*", "", url), 400, "MissingSecurityHeader"),
        (lambda url: url.partition("?")[0], 403, "AccessDenied"),
        (lambda url: url.replace(SIGNER_EMAIL.replace("@", "%40"), "other%40demo.example"), 403, "AccessDenied"),
        (lambda url: url.replace("%2Fauto%2F", "%2Fus%2F"), 403, "SignatureDoesNotMatch"),
        (lambda url: url.replace("%2Fstorage%2F", "%2Fcompute%2F"), 400, "MalformedSecurityHeader"),
    ],
)
def test_an_edited_url_is_refused(http, bucket, url, edit, status, expected):
    answer = http.put(edit(url), data=PHOTO, headers={**SENT})
    assert (answer.status_code, code(answer)) == (status, expected)
    assert answer.headers["content-type"].startswith("application/xml")
    assert bucket.get_blob("normal/job/0") is None


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST", "PATCH"])
def test_another_method_than_the_signed_one_is_refused(http, bucket, url, method):
    bucket.blob("normal/job/0").upload_from_string(b"there")
    assert http.request(method, url, headers={**SENT}).status_code == 403
    assert bucket.blob("normal/job/0").download_as_bytes() == b"there"


@pytest.mark.parametrize(
    ("change", "status", "expected"),
    [
        ({"content-type": "image/png"}, 403, "SignatureDoesNotMatch"),
        ({"content-type": None}, 400, "MalformedSecurityHeader"),
        ({"x-goog-content-length-range": "0,99999999"}, 403, "SignatureDoesNotMatch"),
        ({"x-goog-content-length-range": None}, 400, "MalformedSecurityHeader"),
        ({"x-goog-if-generation-match": None}, 400, "MalformedSecurityHeader"),
        ({"x-goog-if-generation-match": "1"}, 403, "SignatureDoesNotMatch"),
        ({"x-goog-meta-owner": "me"}, 400, "MalformedSecurityHeader"),
        ({"x-goog-acl": "public-read"}, 400, "MalformedSecurityHeader"),
        ({"host": "storage.example"}, 403, "SignatureDoesNotMatch"),
    ],
)
def test_other_headers_than_the_signed_ones_are_refused(http, bucket, url, change, status, expected):
    answer = http.put(url, data=PHOTO, headers={**SENT, **change})
    assert (answer.status_code, code(answer)) == (status, expected)
    assert bucket.get_blob("normal/job/0") is None


def chunked(data: bytes):
    yield from (data[start : start + 300] for start in range(0, len(data), 300))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PHOTO + b"x", "EntityTooLarge"),
        (PHOTO[:-1], "EntityTooSmall"),
        (b"", "EntityTooSmall"),
        (PHOTO * 20_000, "EntityTooLarge"),
    ],
)
@pytest.mark.parametrize("framing", [bytes, chunked])
def test_another_size_than_the_signed_one_is_refused(http, bucket, url, data, expected, framing):
    answer = http.put(url, data=framing(data) or b"", headers={**SENT})
    assert (answer.status_code, code(answer)) == (400, expected)
    assert bucket.get_blob("normal/job/0") is None


def test_the_signed_size_may_come_in_chunks(http, bucket, url):
    assert http.put(url, data=chunked(PHOTO), headers={**SENT}).status_code == 200
    assert bucket.blob("normal/job/0").download_as_bytes() == PHOTO


def test_an_upload_must_say_how_long_it_is(cloud, url):
    connection = http.client.HTTPConnection("127.0.0.1", cloud.ports.storage)
    parts = urlsplit(url)
    connection.putrequest("PUT", f"{parts.path}?{parts.query}")
    for name, value in SENT.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 411
    connection.close()


def test_a_caller_that_leaves_in_the_middle_leaves_nothing(cloud, bucket, url):
    parts = urlsplit(url)
    head = "".join(f"{name}: {value}\r\n" for name, value in SENT.items())
    with socket.create_connection(("127.0.0.1", cloud.ports.storage)) as raw:
        raw.sendall(
            f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nhost: {parts.netloc}\r\n{head}"
            f"content-length: {len(PHOTO)}\r\n\r\n".encode()
        )
        raw.sendall(PHOTO[:-1])
    assert bucket.get_blob("normal/job/0") is None
    written = [path for path in (cloud.data / "blobs").rglob("*") if path.is_file()]
    assert all(path.stat().st_size != len(PHOTO) - 1 for path in written)


@pytest.fixture
def sign_at(cloud, bucket, base):
    """A URL signed at some other time than now."""
    credentials = service_account.Credentials.from_service_account_file(cloud.data / "keys" / "service-account.json")

    def signed(shift: timedelta, lifetime: int) -> str:
        return generate_signed_url_v4(
            credentials,
            resource=f"/{bucket.name}/o",
            expiration=lifetime,
            api_access_endpoint=base,
            method="PUT",
            _request_timestamp=f"{datetime.now(UTC) + shift:%Y%m%dT%H%M%SZ}",
        )

    return signed


@pytest.mark.parametrize(
    ("shift", "lifetime", "status", "expected"),
    [
        (timedelta(seconds=-901), 900, 400, "ExpiredToken"),
        (timedelta(days=-8), 604_800, 400, "ExpiredToken"),
        (timedelta(minutes=16), 900, 403, "RequestTimeTooSkewed"),
        (timedelta(minutes=14), 900, 200, ""),
        (timedelta(seconds=-800), 900, 200, ""),
        (timedelta(days=-6), 604_800, 200, ""),
    ],
)
def test_urls_hold_for_their_time_and_no_longer(http, sign_at, shift, lifetime, status, expected):
    answer = http.put(sign_at(shift, lifetime), data=b"x")
    assert (answer.status_code, code(answer)) == (status, expected)


def test_a_stranger_with_a_good_signature_of_his_own_is_refused(http, bucket, base, tmp_path, sign):
    stranger = Keys(tmp_path)
    for email, expected in ((SIGNER_EMAIL, "SignatureDoesNotMatch"), ("mallory@demo.example", "AccessDenied")):
        signer = crypt.RSASigner.from_string(_pem(stranger))
        credentials = service_account.Credentials(signer, email, "http://127.0.0.1:1")
        forged = generate_signed_url_v4(
            credentials,
            resource=f"/{bucket.name}/o",
            expiration=600,
            api_access_endpoint=base,
            method="PUT",
        )
        answer = http.put(forged, data=b"x")
        assert (answer.status_code, code(answer)) == (403, expected)
    assert http.put(sign("o"), data=b"x").status_code == 200


def _pem(keys: Keys) -> bytes:
    return json.loads(keys.service_account_file.read_text())["private_key"].encode()


def test_unsigned_requests_are_refused_whether_or_not_the_object_is_there(http, base, bucket):
    bucket.blob("there").upload_from_string(b"x")
    for name in ("there", "missing", ""):
        for method in ("GET", "PUT", "DELETE"):
            answer = http.request(method, f"{base}/{bucket.name}/{name}", headers={"authorization": "Bearer token"})
            assert (answer.status_code, code(answer)) == (403, "AccessDenied")


def test_a_mismatch_shows_what_should_have_been_signed(http, url, bucket):
    answer = http.put(url.replace("/job/0", "/job/1"), data=PHOTO, headers={**SENT})
    assert f"<CanonicalRequest>PUT\n/{bucket.name}/normal/job/1\n" in answer.text
    assert "<StringToSign>GOOG4-RSA-SHA256\n" in answer.text


def test_an_error_is_well_formed_whatever_the_object_is_called(http, sign):
    answer = http.get(sign("</Error>&\x01", "GET"))
    assert (answer.status_code, code(answer)) == (404, "NoSuchKey")
    assert answer.text.endswith("/&lt;/Error&gt;&amp;\ufffd</Details></Error>")


def test_a_bucket_that_is_not_there_is_not_found(http, signing_client):
    url = (
        signing_client.bucket("no-such-bucket").blob("o").generate_signed_url(version="v4", expiration=60, method="PUT")
    )
    answer = http.put(url, data=b"x")
    assert (answer.status_code, code(answer)) == (404, "NoSuchBucket")


def test_custom_metadata_and_attributes_are_stored_if_signed(http, bucket, sign):
    sent = {"x-goog-meta-job": "7", "cache-control": "no-store", "x-goog-storage-class": "NEARLINE"}
    assert http.put(sign("o", headers=sent), data=b"x", headers=sent).status_code == 200
    found = bucket.get_blob("o")
    assert (found.metadata, found.cache_control, found.storage_class) == ({"job": "7"}, "no-store", "NEARLINE")


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("content-md5", md5(b"x"), 200),
        ("content-md5", md5(b"y"), 400),
        ("content-md5", "short", 400),
        ("x-goog-hash", "crc32c=AAAAAA==", 400),
        ("x-goog-content-sha256", hashlib.sha256(b"x").hexdigest(), 200),
        ("x-goog-content-sha256", hashlib.sha256(b"y").hexdigest(), 400),
        ("x-goog-content-sha256", "nonsense", 400),
        ("x-goog-content-length-range", "5", 400),
        ("x-goog-content-length-range", "9,1", 400),
        ("x-goog-if-metageneration-match", "1", 412),
        ("x-goog-if-generation-match", "one", 400),
        ("x-goog-acl", "private", 501),
        ("x-goog-resumable", "start", 501),
        ("x-goog-encryption-algorithm", "AES256", 501),
    ],
)
def test_signed_terms_are_kept(http, bucket, sign, header, value, status):
    answer = http.put(sign("o", headers={header: value}), data=b"x", headers={header: value})
    assert answer.status_code == status
    assert (bucket.get_blob("o") is not None) == (status == 200)


def test_the_host_may_be_signed_without_its_port(http, bucket, base, cloud):
    credentials = service_account.Credentials.from_service_account_file(cloud.data / "keys" / "service-account.json")
    url = generate_signed_url_v4(
        credentials,
        resource=f"/{bucket.name}/o",
        expiration=600,
        api_access_endpoint="http://127.0.0.1",
        method="PUT",
    )
    assert http.put(url.replace("http://127.0.0.1", base), data=b"x").status_code == 200


@pytest.mark.parametrize("name", ["a b+c", "ü/€", "%41", "a%2Fb", "..", "a/../b", "x?y=z#f", "~tilde!$'()*,;:@="])
def test_odd_names_are_signed_and_found(cloud, bucket, sign, name):
    # Written by hand, since HTTP libraries tidy paths up.
    for method, data in (("PUT", b"odd"), ("GET", b"")):
        url = urlsplit(sign(name, method))
        connection = http.client.HTTPConnection("127.0.0.1", cloud.ports.storage)
        connection.request(method, f"{url.path}?{url.query}", data)
        answer = connection.getresponse()
        status, body = answer.status, answer.read()
        connection.close()
        if name == "..":
            assert status in {400, 404}
            return
        assert status == 200
    assert body == b"odd"
    assert bucket.blob(name).download_as_bytes() == b"odd"


@pytest.fixture
def raw_put(cloud, url):
    """Sends a request target as it is and returns the status."""
    connection = http.client.HTTPConnection("127.0.0.1", cloud.ports.storage)
    host = urlsplit(url).netloc

    def put(target: str) -> int:
        connection.request("PUT", target, PHOTO, {**SENT, "host": host})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    yield put
    connection.close()


_UNESCAPED = "".join(chr(code) for code in range(0x21, 0x7F))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_other_character_anywhere_in_a_signed_url_is_accepted(raw_put, bucket, url, data):
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}"
    at = data.draw(st.integers(1, len(target) - 1), label="at")
    other = data.draw(st.sampled_from(_UNESCAPED), label="instead")
    flipped = target[:at] + other + target[at + 1 :]
    if _meaning(flipped) == _meaning(target):
        return
    assert raw_put(flipped) >= 400
    assert bucket.get_blob("normal/job/0") is None


def _meaning(target: str) -> tuple:
    """What a request target says, however it is spelled; the case of hex digits means nothing either."""
    path, _, query = target.partition("?")
    pairs = sorted(tuple(map(unquote_to_bytes, part.partition("=")[::2])) for part in query.split("&"))
    return unquote_to_bytes(path), [
        (name, value.lower() if name == b"X-Goog-Signature" else value) for name, value in pairs
    ]
