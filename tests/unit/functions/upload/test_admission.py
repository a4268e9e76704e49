"""What may become a job, and what is said to the rest."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.upload.admission import admit, throttle
from functions.upload.contract import JobRequest, Photo
from shared.errors import FailedPrecondition, InvalidArgument, LoupeError, ResourceExhausted
from shared.http.idempotency import idempotency_key
from shared.ledger import Level
from shared.model.kinds import IMAGE_TYPES, MAX_IMAGE_BYTES, Priority
from shared.switches import Switches

JPEG = Photo(content_type="image/jpeg", size=1000)


def wanted(**changes):
    return JobRequest(**{"kind": "inspection", "images": (JPEG,), **changes})


def refusal(request, switches=Switches()) -> LoupeError:  # noqa: B008 - frozen
    with pytest.raises(LoupeError) as refused:
        admit(request, switches)
    return refused.value


@pytest.mark.parametrize("content_type", IMAGE_TYPES)
@pytest.mark.parametrize("size", [1, MAX_IMAGE_BYTES])
def test_a_photo_of_every_known_type_and_size_is_taken(content_type, size):
    assert admit(wanted(images=(Photo(content_type=content_type, size=size),)), Switches()).name == "inspection"


def test_an_unknown_kind_is_told_the_known_ones():
    error = refusal(wanted(kind="horoscope"))
    assert (error.reason, "inspection" in error.message) == ("KIND_UNKNOWN", True)
    assert error.metadata["kinds"].split(", ")[0] <= "inspection"


def test_a_kind_that_is_turned_off_is_refused():
    error = refusal(wanted(), Switches(kinds={"inspection": False}))
    assert isinstance(error, FailedPrecondition)
    assert error.reason == "KIND_DISABLED"


@pytest.mark.parametrize("count", [0, 2, 1000])
def test_another_number_of_photos_is_refused(count):
    error = refusal(wanted(images=(JPEG,) * count))
    assert (error.reason, error.metadata) == ("IMAGE_COUNT", {"min": "1", "max": "1", "given": str(count)})


@pytest.mark.parametrize(
    "content_type", ["image/gif", "image/JPEG", "image/jpg", "image/svg+xml", "", "text/html", "é"]
)
def test_another_type_of_photo_is_refused(content_type):
    error = refusal(wanted(images=(Photo(content_type=content_type, size=1),)))
    assert (error.reason, error.metadata["image"]) == ("IMAGE_TYPE", "0")


@pytest.mark.parametrize("size", [0, -1, MAX_IMAGE_BYTES + 1, 10**30])
def test_another_size_is_refused(size):
    error = refusal(wanted(images=(Photo(content_type="image/png", size=size),)))
    assert (error.reason, error.metadata) == ("IMAGE_SIZE", {"image": "0", "max": str(MAX_IMAGE_BYTES)})


def test_options_are_taken_by_name_and_type():
    assert admit(wanted(options={"text": False, "colors": True}), Switches())
    assert refusal(wanted(options={"colours": True})).reason == "OPTION_UNKNOWN"
    assert len(refusal(wanted(options={"x" * 5000: True})).message) < 300


@pytest.mark.parametrize("value", ["false", 0, 1.0])
def test_an_option_of_another_type_is_refused(value):
    assert refusal(wanted(options={"text": value})).reason == "OPTION_INVALID"


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("level", [Level.THROTTLE, Level.DEGRADE])
def test_when_money_runs_short_batch_work_waits_until_midnight(level):
    with pytest.raises(ResourceExhausted) as refused:
        throttle(Priority.BATCH, level, NOON)
    assert (refused.value.reason, refused.value.retry_after) == ("BUDGET_THROTTLED", 12 * 3600)


@pytest.mark.parametrize("priority", [Priority.HIGH, Priority.NORMAL])
def test_other_work_is_never_refused_for_money(priority):
    for level in Level:
        throttle(priority, level, NOON)


def test_batch_work_is_taken_while_there_is_money():
    throttle(Priority.BATCH, Level.NORMAL, NOON)
    throttle(Priority.BATCH, Level.WARN, NOON)


@pytest.mark.parametrize(
    ("header", "request_id", "key"), [(None, None, None), ("k", None, "k"), (None, "k", "k"), ("k", "k", "k")]
)
def test_the_key_comes_from_the_header_or_the_body(header, request_id, key):
    assert idempotency_key(header, request_id) == key


@pytest.mark.parametrize(
    ("header", "request_id"), [("", None), ("a", "b"), ("a b", None), ("é", None), ("x" * 256, None), (None, "\x00")]
)
def test_a_malformed_key_is_refused(header, request_id):
    with pytest.raises(InvalidArgument, match="IDEMPOTENCY_KEY_INVALID"):
        idempotency_key(header, request_id)
