"""Keys are fetched when needed, and nobody can make Loupe fetch them all the time."""

from __future__ import annotations

import threading
import time

import pytest

from shared.auth.keys import FAILED_EVERY, FRESH, STALE, UNKNOWN_EVERY, KeySet
from shared.errors import Unavailable
from tests.jwks import key_set, rsa_key


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(issuer, clock):
    return KeySet(issuer.url, clock=clock)


def test_the_keys_are_fetched_once_and_kept(issuer, keys):
    found = [keys.find("k1") for _ in range(3)]
    assert found[0].public_numbers() == rsa_key().public_key().public_numbers()
    assert issuer.asked == 1


def test_after_an_hour_they_are_fetched_again(issuer, keys, clock):
    keys.find("k1")
    clock.now += FRESH
    keys.find("k1")
    assert issuer.asked == 2


def test_a_new_key_is_found_when_it_is_first_used(issuer, keys, clock):
    keys.find("k1")
    issuer.keys = key_set(k1=rsa_key(), k2=rsa_key(1))
    clock.now += UNKNOWN_EVERY
    assert keys.find("k2") is not None
    assert issuer.asked == 2


def test_made_up_key_ids_do_not_make_it_fetch_again_and_again(issuer, keys, clock):
    assert keys.find("k1") is not None
    clock.now += UNKNOWN_EVERY
    assert all(keys.find(f"made-up-{number}") is None for number in range(50))
    assert issuer.asked == 2


def test_while_the_publisher_is_down_kept_keys_go_on_being_good(issuer, keys, clock):
    keys.find("k1")
    issuer.status = 500
    clock.now += FRESH + 1
    assert keys.find("k1") is not None
    clock.now += STALE
    with pytest.raises(Unavailable, match="KEYS_UNREACHABLE"):
        keys.find("k1")


def test_a_publisher_that_never_answered_is_unavailable_and_not_asked_at_once_again(issuer, keys, clock):
    issuer.status = 503
    for _ in range(5):
        with pytest.raises(Unavailable, match="KEYS_UNREACHABLE"):
            keys.find("k1")
    assert issuer.asked == 1
    issuer.status = 200
    clock.now += FAILED_EVERY
    assert keys.find("k1") is not None


def test_a_slow_publisher_is_given_up(issuer, clock):
    issuer.delay = 0.5
    keys = KeySet(issuer.url, clock=clock, timeout=(0.1, 0.1))
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        keys.find("k1")
    assert time.monotonic() - begun < 0.4


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/keys", "https://127.0.0.1:1/keys", "http://", "nonsense", "http://[::1"]
)
def test_a_publisher_that_is_not_there_is_unavailable(clock, url):
    with pytest.raises(Unavailable, match="KEYS_UNREACHABLE"):
        KeySet(url, clock=clock).find("k1")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"keys":[]}', b'{"keys":[{"kty":"RSA","kid":"k1"}]}', b'{"keys":[{"kid":1}]}']
)
def test_an_answer_that_is_no_key_set_is_unavailable(issuer, keys, body):
    issuer.body = body
    with pytest.raises(Unavailable, match="KEYS_UNREACHABLE"):
        keys.find("k1")


def test_many_threads_cause_one_fetch(issuer, keys):
    issuer.delay = 0.05
    found = []
    threads = [threading.Thread(target=lambda: found.append(keys.find("k1"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert issuer.asked == 1
