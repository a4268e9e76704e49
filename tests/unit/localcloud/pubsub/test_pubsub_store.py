import pytest

from localcloud.pubsub.store import Store

TOPIC = "projects/p/topics/top"


def break_off(store):
    with store.transaction():
        store.put_topic(TOPIC, b"")
        raise ZeroDivisionError


def test_a_transaction_that_breaks_off_leaves_nothing_behind_and_the_next_one_works():
    store = Store(":memory:")
    with pytest.raises(ZeroDivisionError):
        break_off(store)
    assert store.topics() == []
    with store.transaction():
        store.put_topic(TOPIC, b"body")
    assert store.topics() == [b"body"]
    store.close()


def test_the_number_of_a_deleted_subscription_is_not_given_again():
    store = Store(":memory:")
    with store.transaction():
        first = store.add_subscription("projects/p/subscriptions/reader", b"")
        store.delete_subscription(first)
        second = store.add_subscription("projects/p/subscriptions/reader", b"")
    assert second > first
    store.close()
