"""Checksums against published values, and claims about them."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.storage.checksums import Claim, Digest, claims_in_headers, claims_in_resource, signed_payload
from localcloud.storage.errors import Refusal


def test_the_check_values_of_the_algorithms():
    digest = Digest()
    digest.update(b"123456789")
    assert base64.b64decode(digest.checksums().crc32c).hex() == "e3069283"
    assert base64.b64decode(digest.checksums().md5).hex() == "25f9e794323b453885f5181f1b624d0b"


@given(st.lists(st.binary(max_size=50)))
def test_how_it_is_cut_does_not_matter(chunks):
    pieces, whole = Digest(sha256=True), Digest(sha256=True)
    for chunk in chunks:
        pieces.update(chunk)
    whole.update(b"".join(chunks))
    assert pieces.checksums() == whole.checksums()
    pieces.check([Claim("sha256", hashlib.sha256(b"".join(chunks)).digest())])
    assert pieces.size == len(b"".join(chunks))


@pytest.mark.parametrize("algorithm", ["crc32c", "md5", "sha256"])
def test_a_claim_that_is_not_met_is_refused(algorithm):
    digest = Digest(sha256=True)
    digest.update(b"x")
    size = {"crc32c": 4, "md5": 16, "sha256": 32}[algorithm]
    with pytest.raises(Refusal, match="BadDigest"):
        digest.check([Claim(algorithm, bytes(size))])


def test_a_digest_without_md5_has_none():
    assert Digest(md5=False).checksums().md5 is None
    assert Digest(md5=False).checksums().header() == "crc32c=AAAAAA=="


def test_claims_are_collected_from_wherever_they_stand():
    md5 = base64.b64encode(bytes(16)).decode()
    claims = claims_in_headers({"content-md5": md5, "x-goog-hash": f"crc32c=AAAAAA==, md5={md5}"})
    assert claims == (Claim("md5", bytes(16)), Claim("crc32c", bytes(4)), Claim("md5", bytes(16)))
    assert claims_in_resource({"md5Hash": md5, "crc32c": "AAAAAA==", "size": 3}) == (
        Claim("crc32c", bytes(4)),
        Claim("md5", bytes(16)),
    )
    assert signed_payload({"x-goog-content-sha256": "00" * 32}) == (Claim("sha256", bytes(32)),)
    assert signed_payload({"x-goog-content-sha256": "UNSIGNED-PAYLOAD"}) == signed_payload({}) == ()


@given(st.text(max_size=30).filter(lambda text: text != "UNSIGNED-PAYLOAD"))
def test_nonsense_is_refused_and_never_ignored(text):
    for read in (
        lambda: claims_in_headers({"content-md5": text}),
        lambda: claims_in_resource({"md5Hash": text}),
        lambda: signed_payload({"x-goog-content-sha256": text}),
    ):
        with pytest.raises(Refusal):
            read()
