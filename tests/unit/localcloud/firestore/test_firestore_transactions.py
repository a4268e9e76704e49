"""What a transaction sees belongs together, and it commits only if it is all still so."""

from __future__ import annotations

import pytest

from localcloud.firestore.plan import compile_query
from localcloud.firestore.store import Store
from localcloud.firestore.transactions import Transactions
from localcloud.firestore.wire import StructuredQuery, TransactionOptions
from localcloud.rpc import RpcError
from tests.unit.localcloud.firestore.making import DATABASE, ROOT, setting


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "firestore.sqlite3")
    opened.commit(DATABASE, [setting("a/1", {"n": 1}), setting("a/2", {"n": 1})])
    yield opened
    opened.close()


class Hands:
    """A clock that a test turns."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def transactions(store, hands):
    return Transactions(store, monotonic=hands)


def begin(transactions, **options):
    return transactions.begin(TransactionOptions(**options))


def read(transactions, transaction, path):
    found = transactions.reader(transaction).get(f"{ROOT}/{path}")
    if not transaction.read_only:
        transaction.documents.setdefault(f"{ROOT}/{path}", found)
    return found.fields["n"].integer_value


def refusal(call, *arguments):
    with pytest.raises(RpcError) as refused:
        call(*arguments)
    return refused.value.code.name


def test_a_transaction_whose_reads_are_unchanged_is_valid(store, transactions):
    transaction = begin(transactions)
    assert read(transactions, transaction, "a/1") == 1
    store.commit(DATABASE, [setting("a/3", {"n": 5})])
    transactions.validate(transaction)


def test_a_transaction_sees_later_changes_as_long_as_its_earlier_reads_are_unchanged(store, transactions):
    transaction = begin(transactions)
    assert read(transactions, transaction, "a/1") == 1
    store.commit(DATABASE, [setting("a/2", {"n": 2})])
    assert read(transactions, transaction, "a/2") == 2
    transactions.validate(transaction)


def test_a_transaction_that_was_overtaken_still_sees_one_moment_and_cannot_commit(store, transactions):
    transaction = begin(transactions)
    assert read(transactions, transaction, "a/1") == 1
    store.commit(DATABASE, [setting("a/1", {"n": 2}), setting("a/2", {"n": 2})])
    assert read(transactions, transaction, "a/2") == 1
    assert refusal(transactions.validate, transaction) == "ABORTED"


def test_a_document_that_was_missing_and_appeared_aborts(store, transactions):
    transaction = begin(transactions)
    transaction.documents[f"{ROOT}/a/new"] = transactions.reader(transaction).get(f"{ROOT}/a/new")
    store.commit(DATABASE, [setting("a/new", {})])
    assert refusal(transactions.validate, transaction) == "ABORTED"


def first_by_n(limit):
    query = StructuredQuery(limit={"value": limit})
    query.from_.add().collection_id = "a"
    query.order_by.add().field.field_path = "n"
    return compile_query(ROOT, query)


def test_a_query_is_still_so_if_what_changed_is_beyond_its_limit(store, transactions):
    transaction = begin(transactions)
    plan = first_by_n(limit=2)
    transaction.queries.append((plan, plan.results(transactions.reader(transaction).within(plan.scope))))
    store.commit(DATABASE, [setting("a/9", {"n": 9}), setting("b/1", {"n": 0})])
    transactions.validate(transaction)
    store.commit(DATABASE, [setting("a/0", {"n": 0})])
    assert refusal(transactions.validate, transaction) == "ABORTED"


def test_a_read_only_transaction_sees_the_moment_of_its_beginning(store, transactions):
    transaction = begin(transactions, read_only={})
    store.commit(DATABASE, [setting("a/1", {"n": 2})])
    assert read(transactions, transaction, "a/1") == 1
    transactions.validate(transaction)


def test_a_transaction_expires_when_it_is_idle_for_a_minute(transactions, hands):
    transaction = begin(transactions)
    hands.now += 59
    assert transactions.get(transaction.token) is transaction
    hands.now += 61
    assert refusal(transactions.get, transaction.token) == "INVALID_ARGUMENT"
    assert len(transactions) == 0


def test_a_transaction_expires_270_seconds_after_it_began_however_busy_it_is(transactions, hands):
    transaction = begin(transactions)
    for _ in range(5):
        hands.now += 50
        transactions.get(transaction.token)
    hands.now += 21
    assert refusal(transactions.get, transaction.token) == "INVALID_ARGUMENT"


def test_abandoned_transactions_are_forgotten_when_others_begin(transactions, hands):
    for _ in range(5):
        begin(transactions)
    hands.now += 61
    begin(transactions)
    assert len(transactions) == 1


def test_a_transaction_of_an_earlier_process_is_aborted_so_that_clients_try_again(store, transactions):
    token = begin(Transactions(store)).token
    assert refusal(transactions.get, token) == "ABORTED"
    assert transactions.is_known(token)


def test_a_token_that_was_never_handed_out_is_invalid(transactions):
    assert refusal(transactions.get, b"anything") == "INVALID_ARGUMENT"
    assert refusal(transactions.get, b"") == "INVALID_ARGUMENT"
    assert not transactions.is_known(b"anything")


def test_a_transaction_overtaken_by_more_than_is_remembered_is_aborted(store, transactions):
    transaction = begin(transactions)
    read(transactions, transaction, "a/1")
    for number in range(10):
        store.commit(DATABASE, [setting("a/1", {"n": number, "s": "x" * 1_000_000})])
    assert refusal(read, transactions, transaction, "a/2") == "ABORTED"
