"""Page tokens are good for one question alone; waiting ends in time, and not too many wait."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.status.pages import DEFAULT_SIZE, MAX_SIZE, Pages, page_size
from functions.status.waiting import LONGEST, WaitingRoom
from shared.errors import InvalidArgument, ResourceExhausted

SECRET = "a secret of sixteen letters or more"
QUESTION = ("jobs", "alice", "inspection", "")
PLACE = (1_780_000_000_000_000, "abcdefghij0123456789")


@pytest.mark.parametrize(("asked", "given"), [(0, DEFAULT_SIZE), (1, 1), (MAX_SIZE, MAX_SIZE), (10**9, MAX_SIZE)])
def test_a_page_has_a_size_within_bounds(asked, given):
    assert page_size(asked) == given


def test_a_page_of_less_than_nothing_is_refused():
    with pytest.raises(InvalidArgument, match="PAGE_SIZE_INVALID"):
        page_size(-1)


def test_a_token_leads_to_the_place_it_was_made_for():
    pages = Pages(SECRET)
    assert pages.after(QUESTION, pages.token(QUESTION, PLACE), tuple[int, str]) == PLACE


@pytest.mark.parametrize(
    ("question", "secret"),
    [
        (("jobs", "mallory", "inspection", ""), SECRET),
        (("jobs", "alice", "", "inspection"), SECRET),
        (("jobs", "alice", "inspection", "FAILED"), SECRET),
        (("images", "alice", "inspection", ""), SECRET),
        (QUESTION, "another secret of sixteen letters"),
    ],
)
def test_a_token_is_good_for_its_own_question_alone(question, secret):
    token = Pages(SECRET).token(QUESTION, PLACE)
    with pytest.raises(InvalidArgument, match="PAGE_TOKEN_INVALID"):
        Pages(secret).after(question, token, tuple[int, str])


def test_a_token_of_another_form_is_refused():
    pages = Pages(SECRET)
    with pytest.raises(InvalidArgument, match="PAGE_TOKEN_INVALID"):
        pages.after(QUESTION, pages.token(QUESTION, "elsewhere"), tuple[int, str])


@given(st.text())
def test_no_made_up_token_is_taken(token):
    with pytest.raises(InvalidArgument, match="PAGE_TOKEN_INVALID"):
        Pages(SECRET).after(QUESTION, token, tuple[int, str])


class Time:
    """A clock that moves only by sleeping."""

    def __init__(self):
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def room(time):
    return WaitingRoom(1, clock=time, sleep=time.sleep)


def test_news_are_answered_as_soon_as_they_are_read(room, time):
    values = iter([0, 0, 0, 7])
    assert room.until(lambda value: value == 7, lambda: next(values), timeout=30) == 7
    assert time.now < 1


def test_what_is_already_new_is_answered_at_once(room, time):
    assert room.until(lambda _: True, lambda: 7, timeout=30) == 7
    assert time.slept == []


@pytest.mark.parametrize(
    ("timeout", "waited"), [(0, 0), (0.05, 0.05), (30, 30), (10**6, LONGEST), (float("inf"), LONGEST)]
)
def test_without_news_waiting_ends_at_the_timeout(room, time, timeout, waited):
    assert room.until(lambda _: False, lambda: 7, timeout=timeout) == 7
    assert time.now == pytest.approx(waited)


def test_the_document_is_read_ever_more_slowly(room, time):
    room.until(lambda _: False, lambda: 7, timeout=LONGEST)
    assert len(time.slept) < LONGEST + 6
    assert time.slept[0] == 0.1
    assert time.slept[10] == 1.0


@pytest.mark.parametrize("timeout", [-1, float("nan")])
def test_a_timeout_that_is_none_is_refused(room, timeout):
    with pytest.raises(InvalidArgument, match="TIMEOUT_INVALID"):
        room.until(lambda _: True, lambda: 7, timeout=timeout)


def test_where_every_seat_is_taken_the_next_is_told_to_come_back():
    inside, leave = threading.Event(), threading.Event()

    def sleep(_):
        inside.set()
        leave.wait(5)

    room = WaitingRoom(1, sleep=sleep)
    first = threading.Thread(target=lambda: room.until(lambda _: leave.is_set(), lambda: 7, timeout=30))
    first.start()
    inside.wait(5)
    with pytest.raises(ResourceExhausted, match="WAITERS_FULL"):
        room.until(lambda _: False, lambda: 7, timeout=30)
    assert room.until(lambda _: True, lambda: 8, timeout=30) == 8  # who need not wait needs no seat
    leave.set()
    first.join()
    assert room.until(lambda _: True, lambda: 9, timeout=30) == 9


def test_a_seat_is_free_again_after_a_failure(room):
    values = iter([7])
    with pytest.raises(StopIteration):
        room.until(lambda _: False, lambda: next(values), timeout=30)
    assert room.until(lambda _: False, lambda: 7, timeout=1) == 7
