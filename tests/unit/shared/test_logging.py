"""Log lines are what Cloud Logging reads, and hold nothing that could be used against a user."""

from __future__ import annotations

import io
import json
import logging
import threading

import pytest

from shared import logging as lines

log = logging.getLogger("somewhere")
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def logged(monkeypatch):
    """Set logging up on a stream of our own; what was there before comes back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers = []
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    lines.configure("upload", project="demo-loupe")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers = before
    root.setLevel(level)


def test_a_line_has_severity_message_time_and_function(logged):
    log.warning("Took %d photos", 3)
    (entry,) = logged()
    assert (entry["severity"], entry["message"], entry["logger"]) == ("WARNING", "Took 3 photos", "somewhere")
    assert entry["logging.googleapis.com/labels"] == {"function": "upload"}
    assert entry["time"].endswith("+00:00")


def test_labels_last_as_long_as_their_block(logged):
    with lines.bind(job_id="j1"), lines.bind(image=2):
        log.info("inside", extra={"labels": {"outcome": "claimed"}})
    log.info("outside")
    inside, outside = logged()
    assert inside["logging.googleapis.com/labels"] == {
        "function": "upload",
        "job_id": "j1",
        "image": "2",
        "outcome": "claimed",
    }
    assert "job_id" not in outside["logging.googleapis.com/labels"]


def test_labels_of_one_thread_are_not_those_of_another(logged):
    with lines.bind(job_id="mine"):
        thread = threading.Thread(target=log.info, args=("elsewhere",))
        thread.start()
        thread.join()
    assert "job_id" not in logged()[0]["logging.googleapis.com/labels"]


def test_a_request_names_its_trace_in_every_line(logged):
    with lines.request({"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}, "r1"):
        log.info("hello")
    log.info("afterwards")
    entry, afterwards = logged()
    assert entry["logging.googleapis.com/trace"] == f"projects/demo-loupe/traces/{TRACE}"
    assert entry["logging.googleapis.com/spanId"] == "b7ad6b7169203331"
    assert entry["logging.googleapis.com/trace_sampled"] is True
    assert entry["logging.googleapis.com/labels"]["request_id"] == "r1"
    assert "logging.googleapis.com/trace" not in afterwards


def test_googles_older_trace_header_is_understood():
    trace = lines.parse_trace({"X-Cloud-Trace-Context": f"{TRACE}/255;o=1"})
    assert trace == lines.Trace(trace_id=TRACE, span_id="00000000000000ff", sampled=True)


@pytest.mark.parametrize("header", ["", "junk", f"00-{TRACE}", "00-" + "g" * 32 + "-b7ad6b7169203331-01", "é" * 55])
def test_a_malformed_trace_is_no_trace(header):
    assert lines.parse_trace({"traceparent": header, "X-Cloud-Trace-Context": header}) is None


def test_an_exception_comes_with_its_stack(logged):
    try:
        {}["lost"]
    except KeyError:
        log.exception("Defect")
    (entry,) = logged()
    assert entry["severity"] == "ERROR"
    assert entry["stack_trace"].startswith("Defect\nTraceback (most recent call last):")
    assert "KeyError: 'lost'" in entry["stack_trace"]


@pytest.mark.parametrize(
    "secret",
    [
        "https://storage.googleapis.com/b/o?X-Goog-Algorithm=A&X-Goog-Signature=5ec4e7beef&X-Goog-Expires=900",
        "Authorization: Bearer 5ec4e7beef",
        "token eyJhbGciOiJSUzI1NiIs.eyJzdWIiOiJ1MSJ9.5ec4e7beef",
    ],
)
def test_signatures_and_tokens_are_struck_out(logged, secret):
    log.warning("Saw %s", secret)
    try:
        int(secret)
    except ValueError:
        log.exception("Defect")
    assert "5ec4e7beef" not in json.dumps(logged())


@pytest.mark.usefixtures("logged")
def test_on_a_terminal_lines_are_for_people(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    lines.configure("upload")
    with lines.bind(job_id="j1"):
        log.info("Took it")
    assert terminal.getvalue().endswith("INFO    Took it  [job_id=j1]\n")


def test_a_request_without_a_trace_begins_one(logged):
    with lines.request({}, "r1"):
        log.info("one")
        log.info("two")
        handed_on = lines.parse_trace({"traceparent": lines.traceparent()})
    with lines.request({}, "r2"):
        log.info("another")
    one, two, another = [entry["logging.googleapis.com/trace"].rpartition("/")[2] for entry in logged()]
    assert handed_on is not None
    assert one == two == handed_on.trace_id != another


def test_work_that_was_handed_on_is_logged_under_the_trace_it_came_with(logged):
    with lines.request({}, "r1"), lines.follow(f"00-{TRACE}-b7ad6b7169203331-01"):
        log.info("hello")
        assert lines.traceparent() == f"00-{TRACE}-b7ad6b7169203331-01"
    assert logged()[0]["logging.googleapis.com/trace"] == f"projects/demo-loupe/traces/{TRACE}"


@pytest.mark.parametrize("malformed", ["", "junk", f"00-{TRACE}", "é" * 55])
def test_a_malformed_trace_is_not_followed(logged, malformed):
    with lines.request({"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}, "r1"), lines.follow(malformed):
        log.info("hello")
    assert logged()[0]["logging.googleapis.com/trace"] == f"projects/demo-loupe/traces/{TRACE}"


def test_nothing_is_handed_on_outside_a_request():
    assert lines.traceparent() == ""


def test_an_error_without_a_stack_is_reported_too(logged):
    log.error("Job x has FAILED")
    log.warning("Not so bad")
    error, warning = logged()
    assert error["@type"].endswith("ReportedErrorEvent")
    assert error["serviceContext"]["service"] == "upload"
    assert "@type" not in warning
