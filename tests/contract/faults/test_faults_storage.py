"""What Google's Cloud Storage client, and plain HTTP, see of faults."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator

import pytest
import requests
from google.api_core import exceptions
from google.cloud.exceptions import NotFound
from google.cloud.storage.exceptions import DataCorruption
from google.cloud.storage.retry import DEFAULT_RETRY

from localcloud.faults.effects import Corrupt, Drop, Duplicate, Error, Hang, Malformed, Reorder, Skew, Span, Truncate

PHOTO = bytes(range(256)) * 4096  # 1 MiB, in several pieces on the wire
MEDIA, INSERT, PUT, GET = "storage.objects.media", "storage.objects.insert", "storage.xml.put", "storage.xml.get"
QUICKLY = DEFAULT_RETRY.with_delay(initial=0.02, maximum=0.1)
# The client library leaves the sockets of broken downloads to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
GONE = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.fixture(scope="module", autouse=True)
def _collected() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
def photo(bucket):
    blob = bucket.blob("normal/job/0")
    blob.upload_from_string(PHOTO, content_type="image/jpeg")
    return blob


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (503, exceptions.ServiceUnavailable),
        (429, exceptions.TooManyRequests),
        (404, NotFound),
        (412, exceptions.PreconditionFailed),
        (403, exceptions.Forbidden),
        ("UNAVAILABLE", exceptions.ServiceUnavailable),
        ("RESOURCE_EXHAUSTED", exceptions.TooManyRequests),
        ("ABORTED", exceptions.Conflict),
    ],
)
def test_a_rule_names_the_code_in_http_or_in_grpc(photo, faults, code, error):
    faults.add("storage.objects.get", Error(code=code))
    with pytest.raises(error, match=r"by fault f\d"):
        photo.reload(retry=None)


def test_the_client_tries_again_after_503(photo, faults):
    rule = faults.add(MEDIA, Error(code=503), count=2)
    assert photo.download_as_bytes(retry=QUICKLY) == PHOTO
    assert faults.hits(rule) == 2


def test_an_upload_that_is_refused_after_its_effect_is_there(bucket, faults):
    faults.add(INSERT, Error(code=503), applied=True)
    with pytest.raises(exceptions.ServiceUnavailable):
        bucket.blob("o").upload_from_string(b"x", retry=None)
    assert bucket.blob("o").download_as_bytes() == b"x"


def test_the_clients_retry_of_a_conditional_upload_meets_its_own_object(bucket, faults):
    faults.add(INSERT, Drop(), applied=True, count=1)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("o").upload_from_string(PHOTO, if_generation_match=0, retry=QUICKLY)
    assert bucket.blob("o").download_as_bytes() == PHOTO


def test_a_download_that_is_cut_is_a_broken_connection(photo, faults):
    faults.add(MEDIA, Truncate(share=0.3))
    with pytest.raises(GONE):
        photo.download_as_bytes(retry=None)


def test_the_client_tries_again_after_a_cut(photo, faults):
    rule = faults.add(MEDIA, Truncate(share=0.9), count=2)
    assert photo.download_as_bytes(retry=QUICKLY) == PHOTO
    assert faults.hits(rule) == 2


@pytest.mark.parametrize("part", ["body", "header"])
def test_the_client_notices_bytes_that_are_not_those_that_were_stored(photo, faults, part):
    faults.add(MEDIA, Corrupt(part=part))
    with pytest.raises(DataCorruption):
        photo.download_as_bytes()
    faults.clear()
    assert photo.download_as_bytes() == PHOTO


def test_an_answer_that_tells_its_short_length_itself_looks_complete(photo, faults, http, sign):
    faults.add(GET, Truncate(share=0.25, silent=True))
    got = http.get(sign(photo.name, "GET"), timeout=5)
    assert got.headers["content-length"] == str(len(PHOTO) // 4)
    assert got.headers["x-goog-stored-content-length"] == str(len(PHOTO))
    assert got.content == PHOTO[: len(PHOTO) // 4]


def test_the_client_sees_by_the_stored_length_that_an_answer_is_too_short(photo, faults):
    faults.add(MEDIA, Truncate(silent=True))
    with pytest.raises(ConnectionError, match="524288 bytes"):
        photo.download_as_bytes(retry=None)


def test_just_one_bit_of_a_corrupted_download_is_wrong(photo, faults, http, sign):
    faults.add(GET, Corrupt())
    got = http.get(sign(photo.name, "GET"), timeout=5).content
    assert [place for place, byte in enumerate(got) if byte != PHOTO[place]] == [len(PHOTO) // 2]


@pytest.mark.parametrize(("share", "came"), [(0, 0), (0.25, len(PHOTO) // 4), (0.999, int(len(PHOTO) * 0.999))])
def test_just_the_share_of_a_truncated_download_comes(photo, faults, http, sign, share, came):
    faults.add(GET, Truncate(share=share))
    got = bytearray()

    def read():
        with http.get(sign(photo.name, "GET"), stream=True, timeout=5) as answer:
            assert answer.headers["content-length"] == str(len(PHOTO))
            for chunk in answer.iter_content(1000):
                got.extend(chunk)

    with pytest.raises(GONE):
        read()
    assert PHOTO.startswith(got)
    assert came - 1000 < len(got) <= came


def test_an_upload_that_is_cut_leaves_nothing(bucket, faults, sign):
    faults.add(PUT, Truncate())
    with pytest.raises(GONE):
        requests.put(sign("o"), data=PHOTO, timeout=5)
    faults.clear()
    assert bucket.get_blob("o") is None


def test_an_upload_whose_answer_is_cut_is_there(bucket, faults):
    faults.add(INSERT, Truncate(), applied=True)
    with pytest.raises(GONE):
        bucket.blob("o").upload_from_string(PHOTO, retry=None)
    assert bucket.blob("o").download_as_bytes() == PHOTO


def test_an_upload_that_is_corrupted_on_its_way_is_refused_by_its_checksum(bucket, faults):
    faults.add(INSERT, Corrupt())
    with pytest.raises(exceptions.BadRequest, match="doesn't match"):
        bucket.blob("o").upload_from_string(PHOTO, retry=None)
    assert bucket.get_blob("o") is None


def test_an_upload_without_a_checksum_is_kept_corrupted(bucket, faults, http, sign):
    faults.add(PUT, Corrupt())
    assert http.put(sign("o"), data=PHOTO, timeout=5).status_code == 200
    stored = bucket.blob("o").download_as_bytes()
    assert len(stored) == len(PHOTO)
    assert stored != PHOTO


@pytest.mark.parametrize("applied", [False, True])
def test_a_put_whose_connection_is_lost_gets_no_answer_at_all(bucket, faults, sign, applied):
    faults.add(PUT, Drop(), applied=applied, count=1)
    headers = {"x-goog-if-generation-match": "0"}
    url = sign("o", headers=headers)
    with pytest.raises(GONE):
        requests.put(url, data=PHOTO, headers=headers, timeout=5)
    again = requests.put(url, data=PHOTO, headers=headers, timeout=5)
    assert again.status_code == (412 if applied else 200)
    assert bucket.blob("o").download_as_bytes() == PHOTO


def test_an_answer_that_cannot_be_read(photo, faults):
    faults.add("storage.objects.get", Malformed())
    with pytest.raises(requests.exceptions.JSONDecodeError):
        photo.reload()


@pytest.mark.parametrize("applied", [False, True])
def test_a_call_hangs_until_its_caller_gives_up(bucket, faults, sign, applied):
    faults.add(PUT, Hang(), applied=applied)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.put(sign("o"), data=PHOTO, timeout=0.3)
    faults.clear()
    assert (bucket.get_blob("o") is not None) is applied


def test_a_call_that_hangs_goes_on_to_an_error_when_the_rule_is_removed(photo, faults):
    rule = faults.add("storage.objects.get", Hang())
    remover = threading.Timer(0.2, faults.remove, [rule])
    remover.start()
    with pytest.raises(exceptions.GatewayTimeout):
        photo.reload(retry=None)
    remover.join()


def test_a_download_is_late(photo, faults, timed):
    faults.add("storage.*", delay_ms=Span(200, 250), match={"object": "normal/"})
    with timed() as seconds:
        assert photo.download_as_bytes() == PHOTO
    assert seconds() >= 0.2


def test_a_rule_can_be_for_some_objects_only(bucket, photo, faults, http, sign):
    other = bucket.blob("batch/job/0")
    other.upload_from_string(b"x")
    faults.add("storage.*", Error(code=503), match={"object": "batch/", "bucket": bucket.name})
    assert photo.download_as_bytes(retry=None) == PHOTO
    assert http.get(sign(photo.name, "GET"), timeout=5).status_code == 200
    with pytest.raises(exceptions.ServiceUnavailable):
        other.download_as_bytes(retry=None)
    assert http.get(sign(other.name, "GET"), timeout=5).status_code == 503


def test_the_xml_api_tells_a_fault_in_xml(photo, faults, http, sign):
    faults.add(GET, Error(code=503))
    answer = http.get(sign(photo.name, "GET"), timeout=5)
    assert answer.headers["content-type"].startswith("application/xml")
    assert "<Code>ServiceUnavailable</Code>" in answer.text


def test_a_signed_url_has_expired_by_a_clock_that_is_ahead(faults, http, sign):
    url = sign("o")
    faults.add("storage.clock", Skew(seconds=Span(3600, 3600)), count=1)
    refused = http.put(url, data=b"x", timeout=5)
    assert refused.status_code == 400
    assert "<Code>ExpiredToken</Code>" in refused.text
    assert http.put(url, data=b"x", timeout=5).status_code == 200


def test_a_signed_url_is_from_the_future_by_a_clock_that_is_behind(faults, http, sign):
    faults.add("storage.clock", Skew(seconds=Span(-3600, -3600)), count=1)
    assert "<Code>RequestTimeTooSkewed</Code>" in http.put(sign("o"), data=b"x", timeout=5).text


def test_the_times_of_objects_go_by_the_clock_of_the_service(bucket, faults):
    """By a second only: generations never go back, and other tests write objects, too."""
    faults.add("storage.clock", Skew(seconds=Span(1, 1)))
    before = time.time()
    bucket.blob("o").upload_from_string(b"x")
    assert 0.9 < bucket.get_blob("o").time_created.timestamp() - before < 3


def test_calls_in_a_batch_have_faults_too(storage_client, bucket, faults):
    for name in ("a", "b"):
        bucket.blob(name).upload_from_string(b"x")
    faults.add("storage.objects.delete", Drop(), match={"object": "b"})
    batch = storage_client.batch()
    with pytest.raises(exceptions.ServiceUnavailable), batch:
        bucket.delete_blobs([bucket.blob("a"), bucket.blob("b")])
    assert bucket.get_blob("a") is None
    assert bucket.get_blob("b") is not None


def test_after_the_faults_everything_is_as_before(photo, faults, http, sign):
    for effect in (Error(code=503), Drop(), Truncate(), Corrupt(), Malformed()):
        faults.add("storage.*", effect, count=1)
        with pytest.raises((exceptions.GoogleAPICallError, DataCorruption, OSError)):
            photo.download_as_bytes(retry=None)
    assert photo.download_as_bytes(retry=None) == PHOTO
    assert http.put(sign("o"), data=b"x", timeout=5).status_code == 200


@pytest.fixture
def told(cloud, pubsub, topic, bucket, http):
    """What the bucket's notifications tell a subscriber: (object, message id) in the order of delivery."""
    reader = pubsub.subscription(topic)
    config = {"topic": f"//pubsub.googleapis.com/{topic}", "event_types": ["OBJECT_FINALIZE"], "payload_format": "NONE"}
    url = f"{cloud.ports.url('storage')}/storage/v1/b/{bucket.name}/notificationConfigs"
    assert http.post(url, json=config, timeout=5).status_code == 200

    def receive(count: int, *, wait: float = 5.0) -> list[tuple[str, str]]:
        seen = []
        while len(seen) < count:
            received = pubsub.pull(reader, wait=wait)
            seen += [(one.message.attributes["objectId"], one.message.message_id) for one in received]
            if not received:
                break
        return seen

    return receive


def test_a_notification_gets_lost_and_the_next_one_does_not(bucket, told, faults):
    faults.add("storage.notify", Drop(), match={"object": "lost"})
    for name in ("lost", "next"):
        bucket.blob(name).upload_from_string(b"x")
    assert [name for name, _ in told(1)] == ["next"]
    assert told(1, wait=0.2) == []


def test_a_notification_comes_twice_under_two_message_ids(bucket, told, faults):
    faults.add("storage.notify", Duplicate(ids="new"), match={"bucket": bucket.name, "event": "OBJECT_FINALIZE"})
    bucket.blob("o").upload_from_string(b"x")
    first, second = told(2)
    assert first[0] == second[0] == "o"
    assert first[1] != second[1]


def test_a_notification_whose_publication_is_not_known_to_have_worked_is_sent_again(bucket, told, faults):
    faults.add("storage.notify", Error(code="UNAVAILABLE"), applied=True, count=1)
    bucket.blob("o").upload_from_string(b"x")
    assert [name for name, _ in told(2)] == ["o", "o"]


def test_notifications_change_places(bucket, told, faults):
    faults.add("storage.notify", Reorder(window=5, within_ms=5000))
    for number in range(5):
        bucket.blob(str(number)).upload_from_string(b"x")
    order = [name for name, _ in told(5)]
    assert sorted(order) == list("01234")
    assert order != list("01234")


def test_a_notification_hangs_and_others_go_past_it(bucket, told, faults):
    rule = faults.add("storage.notify", Hang(), match={"object": "slow"})
    bucket.blob("slow").upload_from_string(b"x")
    bucket.blob("fast").upload_from_string(b"x")
    assert [name for name, _ in told(1)] == ["fast"]
    faults.remove(rule)
    assert [name for name, _ in told(1)] == ["slow"]
