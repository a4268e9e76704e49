"""What Google's Firestore client sees of faults."""

from __future__ import annotations

import secrets
import threading
import time

import pytest
from google.api_core import exceptions, retry
from google.cloud import firestore

from localcloud.faults.effects import Drop, Error, Hang, Malformed, Reorder, Skew, Span

COMMIT = "firestore.Commit"
UNAVAILABLE = Error(code="UNAVAILABLE")
# Queries need this said: with the library's own default, a stream that breaks ends in an AttributeError of the library.
AGAIN = retry.Retry(predicate=retry.if_exception_type(exceptions.ServiceUnavailable))


def put(document, value=1, **options):
    document.set({"n": value}, retry=None, timeout=5, **options)


def there(document) -> bool:
    return document.get().exists


def test_a_commit_that_fails_before_its_effect_has_none(jobs, faults):
    faults.add(COMMIT, UNAVAILABLE)
    with pytest.raises(exceptions.ServiceUnavailable, match="UNAVAILABLE by fault f"):
        put(jobs.document("a"))
    assert not there(jobs.document("a"))


def test_a_commit_that_is_applied_and_unavailable_has_written(jobs, faults):
    faults.add(COMMIT, UNAVAILABLE, applied=True)
    with pytest.raises(exceptions.ServiceUnavailable):
        put(jobs.document("a"))
    assert there(jobs.document("a"))


def test_the_client_tries_again_and_meets_its_own_document(jobs, faults):
    """That is what `create` looks like when its first answer got lost."""
    faults.add(COMMIT, UNAVAILABLE, applied=True, count=1)
    with pytest.raises(exceptions.AlreadyExists):
        jobs.document("a").create({"n": 1})


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ABORTED", exceptions.Aborted),
        ("RESOURCE_EXHAUSTED", exceptions.ResourceExhausted),
        ("DEADLINE_EXCEEDED", exceptions.DeadlineExceeded),
        ("PERMISSION_DENIED", exceptions.PermissionDenied),
        (404, exceptions.NotFound),
        ("503", exceptions.ServiceUnavailable),
        (412, exceptions.FailedPrecondition),
    ],
)
def test_a_rule_names_the_code_in_grpc_or_in_http(jobs, faults, code, error):
    faults.add(COMMIT, Error(code=code))
    with pytest.raises(error):
        put(jobs.document("a"))


def test_a_transaction_that_is_aborted_five_times_is_given_up(database, jobs, faults):
    rule = faults.add(COMMIT, Error(code="ABORTED"))

    @firestore.transactional
    def write(transaction):
        transaction.set(jobs.document("a"), {"n": 1})

    with pytest.raises(ValueError, match="5 attempts"):
        write(database.transaction())
    assert faults.hits(rule) == 5
    assert not there(jobs.document("a"))


def test_a_transaction_that_is_aborted_twice_goes_through(database, jobs, faults):
    faults.add(COMMIT, Error(code="ABORTED"), count=2)

    @firestore.transactional
    def write(transaction):
        transaction.set(jobs.document("a"), {"n": 1})

    write(database.transaction())
    assert there(jobs.document("a"))


def test_a_commit_whose_answer_is_late_has_written_though_its_caller_gave_up(jobs, faults, timed):
    faults.add(COMMIT, delay_ms=Span(1000, 1000), applied=True)
    with timed() as seconds, pytest.raises(exceptions.DeadlineExceeded):
        jobs.document("a").set({"n": 1}, retry=None, timeout=0.2)
    assert seconds() < 0.9
    assert there(jobs.document("a"))


def test_a_commit_that_is_late_is_only_late(jobs, faults, timed):
    faults.add(COMMIT, delay_ms=Span(200, 300))
    with timed() as seconds:
        put(jobs.document("a"))
    assert 0.2 <= seconds() < 0.9


@pytest.mark.parametrize("applied", [False, True])
def test_a_commit_that_hangs_lasts_until_its_caller_gives_up(jobs, faults, applied):
    faults.add(COMMIT, Hang(), applied=applied)
    with pytest.raises(exceptions.DeadlineExceeded):
        jobs.document("a").set({"n": 1}, retry=None, timeout=0.3)
    faults.clear()
    assert there(jobs.document("a")) is applied


def test_removing_the_rule_ends_the_hanging(jobs, faults):
    rule = faults.add(COMMIT, Hang())
    remover = threading.Timer(0.2, faults.remove, [rule])
    remover.start()
    with pytest.raises(exceptions.DeadlineExceeded, match="held up"):
        put(jobs.document("a"))
    remover.join()


def test_a_lost_connection_is_what_the_client_calls_unavailable(jobs, faults):
    faults.add(COMMIT, Drop(), applied=True)
    with pytest.raises(exceptions.ServiceUnavailable, match="connection lost"):
        put(jobs.document("a"))
    assert there(jobs.document("a"))


def test_an_answer_that_is_no_message_is_an_internal_error(jobs, faults):
    faults.add(COMMIT, Malformed())
    with pytest.raises(exceptions.InternalServerError, match="deserializ"):
        put(jobs.document("a"))
    assert there(jobs.document("a"))


def test_a_read_that_comes_back_malformed_is_an_error_too(jobs, faults):
    put(jobs.document("a"))
    faults.add("firestore.BatchGetDocuments", Malformed())
    with pytest.raises(exceptions.InternalServerError, match="deserializ"):
        jobs.document("a").get(retry=None, timeout=5)


def test_a_query_breaks_off_after_its_first_result(jobs, faults):
    for name in "abc":
        put(jobs.document(name))
    faults.add("firestore.RunQuery", Error(code="ABORTED"), applied=True)
    results = jobs.stream(retry=AGAIN)
    assert next(results).id == "a"
    with pytest.raises(exceptions.Aborted):
        next(results)


def test_the_client_goes_on_where_a_query_broke_off(jobs, faults):
    for name in "abc":
        put(jobs.document(name))
    rule = faults.add("firestore.RunQuery", UNAVAILABLE, applied=True, count=2)
    assert [document.id for document in jobs.stream(retry=AGAIN)] == ["a", "b", "c"]
    assert faults.hits(rule) == 2


def test_a_listener_whose_stream_breaks_connects_again_and_sees_everything(jobs, faults):
    rule = faults.add("firestore.Listen", UNAVAILABLE, applied=True, count=2)
    seen: set[str] = set()
    arrived = threading.Event()

    def on_snapshot(documents, _changes, _time):
        seen.update(document.id for document in documents)
        if {"a", "b"} <= seen:
            arrived.set()

    put(jobs.document("a"))
    watch = jobs.on_snapshot(on_snapshot)
    try:
        put(jobs.document("b"))
        assert arrived.wait(10)
    finally:
        watch.unsubscribe()
    assert faults.hits(rule) == 2


def test_an_open_stream_breaks_at_a_snapshot(database, jobs, faults):
    api = database._firestore_api
    target = {"documents": {"documents": [jobs.document("a")._document_path]}, "target_id": 1}
    done = threading.Event()

    def requests():
        yield {"database": database._database_string, "add_target": target}
        done.wait(10)

    metadata = [("google-cloud-resource-prefix", database._database_string)]
    stream = api.listen(requests=requests(), metadata=metadata, retry=None, timeout=10)
    assert next(iter(stream)).target_change.target_change_type.name == "ADD"
    faults.add("firestore.Listen.snapshot", Error(code="ABORTED"))
    put(jobs.document("a"))
    try:
        with pytest.raises(exceptions.Aborted):
            for _ in stream:
                pass
    finally:
        done.set()


def test_a_rule_can_be_for_some_documents_only(jobs, faults):
    rule = faults.add(COMMIT, UNAVAILABLE, match={"document": f"{jobs.id}/a"})
    put(jobs.document("b"))
    for name in ("a", "a2"):
        with pytest.raises(exceptions.ServiceUnavailable):
            put(jobs.document(name))
    (fault,) = faults.all()
    assert (fault["id"], fault["seen"], fault["hits"]) == (rule, 2, 2)


def test_a_glob_is_for_all_calls_that_it_matches(jobs, faults):
    faults.add("firestore.*Get*", UNAVAILABLE)
    put(jobs.document("a"))
    with pytest.raises(exceptions.ServiceUnavailable):
        jobs.document("a").get(retry=None)


def test_commits_change_places(jobs, faults):
    faults.add(COMMIT, Reorder(window=3, within_ms=5000))
    writers = []
    for number in range(3):
        writers.append(threading.Thread(target=put, args=[jobs.document(str(number))]))
        writers[-1].start()
        time.sleep(0.1)
    for writer in writers:
        writer.join()
    faults.clear()
    written = sorted(jobs.stream(), key=lambda document: document.update_time)
    order = [document.id for document in written]
    assert sorted(order) == ["0", "1", "2"]
    assert order != ["0", "1", "2"]


def test_the_clock_of_the_service_is_ahead(jobs, faults):
    """By a second only: the clock of Firestore never goes back, and other tests use it too."""
    faults.add("firestore.clock", Skew(seconds=Span(1, 1)))
    before = time.time()
    written = jobs.document(secrets.token_hex(4)).set({"at": firestore.SERVER_TIMESTAMP})
    assert 0.9 < written.update_time.timestamp() - before < 3


def test_without_rules_nothing_happens_and_everything_is_counted(jobs, faults):
    before = faults.calls()[COMMIT]
    for name in "abc":
        put(jobs.document(name))
    after = faults.calls()[COMMIT]
    assert after["entered"] - before["entered"] == 3
    assert after["failed"] == before["failed"]
    assert after["faulted"] == before["faulted"]


def test_what_fails_by_a_rule_is_counted_as_failed_and_as_faulted(jobs, faults):
    before = faults.calls()[COMMIT]
    faults.add(COMMIT, UNAVAILABLE, count=1)
    faults.add(COMMIT, UNAVAILABLE, count=1, applied=True)
    for _ in range(2):
        with pytest.raises(exceptions.ServiceUnavailable):
            put(jobs.document("a"))
    put(jobs.document("a"))
    after = faults.calls()[COMMIT]
    assert [after[name] - before[name] for name in ("entered", "failed", "faulted")] == [3, 2, 2]
