import math

import pytest

from localcloud.pubsub.backlog import Backlog, Entry, State, Window, parse_ack_id
from localcloud.pubsub.message import Message

ALL = {"until": math.inf, "limit": 1000}


def entry(row, *, key="", size=10):
    return Entry(row=row, message=Message(body=b"x" * size, ordering_key=key, published=0.0))


def backlog(*entries, ordered=False):
    made = Backlog(ordered=ordered)
    for one in entries:
        made.add(one)
    return made


def rows(entries):
    return [one.row for one in entries]


def test_messages_leave_in_order_of_publication_and_only_once():
    line = backlog(entry(1), entry(2), entry(3))
    assert rows(line.take(window=Window(), until=math.inf, limit=2)) == [1, 2]
    assert rows(line.take(window=Window(), **ALL)) == [3]
    assert line.take(window=Window(), **ALL) == []


def test_a_window_limits_how_many_messages_are_out():
    line = backlog(entry(1), entry(2), entry(3))
    window = Window(messages_limit=2)
    first, second = line.take(window=window, **ALL)
    assert line.take(window=window, **ALL) == []
    line.remove(first)
    assert rows(line.take(window=window, **ALL)) == [3]
    line.postpone(second, 5.0)
    assert window.held == {3}


def test_a_window_limits_how_many_bytes_are_out_but_lets_a_single_large_message_pass():
    line = backlog(entry(1, size=500), entry(2), entry(3))
    window = Window(bytes_limit=100)
    (large,) = line.take(window=window, **ALL)
    line.remove(large)
    assert window.bytes_held == 0
    assert rows(line.take(window=window, **ALL)) == [2, 3]


def test_one_answer_stays_below_its_bytes_unless_its_first_message_is_larger():
    line = backlog(entry(1, size=300), entry(2, size=60), entry(3, size=60))
    assert rows(line.take(window=Window(), limit_bytes=100, **ALL)) == [1]
    assert rows(line.take(window=Window(), limit_bytes=100, **ALL)) == [2]


def test_a_lease_that_ends_is_reported_once_and_an_extended_one_later():
    line = backlog(entry(1), entry(2))
    one, two = line.take(window=Window(), until=10.0, limit=2)
    line.extend(two, 20.0)
    assert line.next_due() == 10.0
    assert line.tick(9.9) == []
    assert line.tick(10.0) == [one]
    line.postpone(one, 11.0)
    assert line.tick(11.0) == []
    assert one.state is State.READY
    assert line.tick(20.0) == [two]


def test_a_lease_that_is_moved_away_and_back_is_reported_once():
    line = backlog(entry(1))
    (one,) = line.take(window=Window(), until=10.0, limit=1)
    for end in (10.0, 20.0, 10.0):
        line.extend(one, end)
    assert line.tick(10.0) == [one]
    assert line.tick(30.0) == []


def test_a_postponed_message_is_delayed_then_ready_and_counts_its_failures():
    line = backlog(entry(1))
    (one,) = line.take(window=Window(), **ALL)
    line.postpone(one, 3.0)
    assert (one.state, one.failures) == (State.DELAYED, 1)
    assert line.take(window=Window(), **ALL) == []
    line.tick(3.0)
    assert rows(line.take(window=Window(), **ALL)) == [1]
    assert one.deliveries == 2


def test_messages_of_one_key_leave_one_at_a_time_and_other_keys_do_not_wait():
    line = backlog(entry(1, key="a"), entry(2, key="a"), entry(3, key="b"), entry(4), ordered=True)
    first, other, free = line.take(window=Window(), **ALL)
    assert rows([first, other, free]) == [1, 3, 4]
    line.postpone(first, 1.0)
    assert line.take(window=Window(), **ALL) == []
    line.tick(1.0)
    assert line.take(window=Window(), **ALL) == [first]
    line.remove(first)
    assert rows(line.take(window=Window(), **ALL)) == [2]


def test_without_ordering_keys_do_not_matter():
    line = backlog(entry(1, key="a"), entry(2, key="a"))
    assert rows(line.take(window=Window(), **ALL)) == [1, 2]


def test_a_message_that_waits_behind_another_of_its_key_can_be_removed():
    line = backlog(entry(1, key="a"), entry(2, key="a"), entry(3, key="a"), ordered=True)
    line.remove(line.find(2))
    (first,) = line.take(window=Window(), **ALL)
    line.remove(first)
    assert rows(line.take(window=Window(), **ALL)) == [3]


def test_leases_that_are_extended_again_and_again_do_not_pile_up():
    line = backlog(entry(1))
    (one,) = line.take(window=Window(), until=1.0, limit=1)
    for second in range(10_000):
        line.extend(one, 1.0 + second)
    assert len(line._timers) < 100
    assert line.next_due() == 10_000.0


def test_an_ack_id_names_the_row_and_the_delivery():
    line = backlog(entry(1763638475000000))
    (one,) = line.take(window=Window(), **ALL)
    assert parse_ack_id(one.ack_id) == (1763638475000000, 1)


@pytest.mark.parametrize("text", ["", "x", "1", "1-", "-1", "1-2-3", "1 -2", "+1-2", "1_0-2", "1-2\n", "f" * 20 + "-1"])
def test_what_never_was_an_ack_id_is_refused(text):
    with pytest.raises(ValueError, match="not an ack id"):
        parse_ack_id(text)
