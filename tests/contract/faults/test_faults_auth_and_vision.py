"""What clients of the auth service and of Vision see of faults."""

from __future__ import annotations

import io
import time

import jwt
import pytest
import requests
from google.api_core import exceptions
from google.cloud import vision
from PIL import Image

from localcloud.faults.effects import Corrupt, Drop, Error, Hang, Malformed, Skew, Span, Truncate

SIGN_UP, ANNOTATE, BATCH = "auth.signUp", "vision.annotate", "vision.BatchAnnotateImages"
LOST = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.fixture
def sign_up(cloud):
    """A new anonymous user, as the Firebase SDKs ask for one."""
    url = f"{cloud.ports.url('auth')}/identitytoolkit.googleapis.com/v1/accounts:signUp"
    return lambda: requests.post(url, params={"key": "local"}, json={"returnSecureToken": True}, timeout=0.5)


def claims(answer):
    return jwt.decode(answer.json()["idToken"], options={"verify_signature": False})


@pytest.mark.parametrize(("code", "status"), [(503, 503), ("RESOURCE_EXHAUSTED", 429), ("UNAUTHENTICATED", 401)])
def test_signing_up_is_refused_in_the_shape_of_identity_toolkit(sign_up, faults, code, status):
    faults.add(SIGN_UP, Error(code=code), count=1)
    answer = sign_up()
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == status
    assert "by fault f" in answer.json()["error"]["errors"][0]["message"]
    assert sign_up().status_code == 200


@pytest.mark.parametrize("applied", [False, True])
def test_signing_up_gets_no_answer(sign_up, faults, applied):
    faults.add(SIGN_UP, Drop(), applied=applied)
    with pytest.raises(LOST):
        sign_up()


def test_signing_up_hangs(sign_up, faults):
    faults.add("auth.sign*", Hang())
    with pytest.raises(requests.exceptions.ReadTimeout):
        sign_up()


def test_signing_up_is_late(sign_up, faults, timed):
    faults.add(SIGN_UP, delay_ms=Span(200, 200), applied=True)
    with timed() as seconds:
        assert sign_up().status_code == 200
    assert seconds() >= 0.2


def test_an_answer_is_cut_or_no_json_or_has_a_wrong_bit(sign_up, faults):
    faults.add(SIGN_UP, Truncate(), count=1)
    with pytest.raises(LOST):
        sign_up()
    faults.add(SIGN_UP, Malformed(), count=1)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        sign_up().json()
    faults.add(SIGN_UP, Corrupt(), count=1)
    with pytest.raises((requests.exceptions.JSONDecodeError, jwt.InvalidTokenError, KeyError)):
        _verified(sign_up)


def _verified(sign_up):
    answer = sign_up()
    keys = requests.get(answer.url.partition("/identitytoolkit")[0] + "/oauth2/v3/certs", timeout=5).json()
    token = answer.json()["idToken"]
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, ["RS256"], audience="demo-loupe")


@pytest.mark.parametrize("hours", [-2, 2])
def test_id_tokens_go_by_the_clock_of_the_service(sign_up, faults, hours):
    faults.add("auth.clock", Skew(seconds=Span(hours * 3600, hours * 3600)))
    said = claims(sign_up())
    assert abs(said["iat"] - time.time() - hours * 3600) < 10
    assert said["exp"] - said["iat"] == 3600
    faults.clear()
    assert abs(claims(sign_up())["iat"] - time.time()) < 10


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def annotate(annotator):
    """The answers for so many pictures."""
    feature = {"type_": vision.Feature.Type.IMAGE_PROPERTIES}
    request = {"image": {"content": picture()}, "features": [feature]}

    def asked(count=1, **options):
        options = {"retry": None, "timeout": 30, **options}
        return annotator.batch_annotate_images(requests=[request] * count, **options).responses

    asked()  # its engine takes seconds to start
    return asked


@pytest.mark.parametrize(
    ("code", "error"),
    [("RESOURCE_EXHAUSTED", exceptions.ResourceExhausted), ("UNAVAILABLE", exceptions.ServiceUnavailable)],
)
def test_a_call_of_vision_is_refused(annotate, faults, code, error):
    faults.add(BATCH, Error(code=code), count=1)
    with pytest.raises(error):
        annotate()
    assert len(annotate()) == 1


def test_one_picture_of_a_call_has_an_error_inside_a_good_answer(annotate, faults):
    faults.add(ANNOTATE, Error(code="RESOURCE_EXHAUSTED"), after=1, count=1)
    first, second, third = annotate(3)
    assert (second.error.code, first.error.code, third.error.code) == (8, 0, 0)
    assert first.image_properties_annotation.dominant_colors.colors
    assert not second.image_properties_annotation.dominant_colors.colors


def test_one_picture_of_a_call_gets_no_answer(annotate, faults):
    faults.add(ANNOTATE, Drop(), count=1)
    assert len(annotate(2)) == 1


def test_an_answer_of_vision_cannot_be_read(annotate, faults):
    faults.add(BATCH, Malformed())
    with pytest.raises(exceptions.InternalServerError, match="deserializ"):
        annotate()


def test_a_call_of_vision_takes_longer_than_its_caller_waits(annotate, faults):
    faults.add(BATCH, Hang(), count=1)
    faults.add(BATCH, delay_ms=Span(2000, 2000), applied=True)
    for _ in range(2):
        with pytest.raises(exceptions.DeadlineExceeded):
            annotate(timeout=0.3)


def test_a_picture_that_storage_does_not_hand_out_is_an_error_inside_a_good_answer(annotator, bucket, faults):
    bucket.blob("o").upload_from_string(picture())
    image = {"source": {"image_uri": f"gs://{bucket.name}/o"}}
    request = {"image": image, "features": [{"type_": vision.Feature.Type.IMAGE_PROPERTIES}]}
    faults.add("vision.fetch", Drop(), match={"bucket": bucket.name}, count=1)
    lost, found = (annotator.batch_annotate_images(requests=[request], timeout=30).responses[0] for _ in range(2))
    assert (lost.error.code, found.error.code) == (14, 0)
