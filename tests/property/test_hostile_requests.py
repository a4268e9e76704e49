"""Whatever is sent, the answer is a success or one well-formed refusal, and never a failure of ours."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.upload.contract import CreatedJob
from shared.http.bodies import decode
from tests.apps import body_of, reason, running_stack

FEW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=12), below, max_size=4),
    max_leaves=12,
)
FIELDS = ("kind", "images", "options", "priority", "assetId", "consent", "requestId", "unknown")
CONTENT_TYPES = ("application/json", "text/plain", "", "application/json;charset=x")
HEADERS = ("Content-Encoding", "If-None-Match", "Origin", "X-Request-Id", "traceparent", "X-Firebase-AppCheck")
near_misses = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["inspection", "palm", ""]) | anything,
        "images": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "contentType": st.sampled_from(["image/jpeg", "image/png"]) | anything,
                    "size": st.integers(-1, 10**8) | anything,
                },
            ),
            max_size=3,
        )
        | anything,
        **dict.fromkeys(FIELDS[2:], anything),
    },
)
SEPARATORS = "/v1jobs:signwat?&=%#0aZ_-.~é\x00 "
paths = st.text(st.sampled_from(SEPARATORS), max_size=60).map(str.encode) | st.binary(max_size=30)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with running_stack(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def upload(stack):
    return stack.upload()


@pytest.fixture(scope="module")
def status(stack):
    return stack.status()


@pytest.fixture(scope="module")
def alice(stack):
    return stack.sign_in()


def check(answer):
    """A success, or a refusal whose fault is the caller's."""
    if answer.status_code >= 300:
        assert answer.status_code < 500, answer.text
        assert reason(answer) != "INTERNAL"
    else:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Request-Id"]


@FEW
@given(body=near_misses | anything)
def test_every_json_body_is_a_job_or_is_refused(upload, alice, body):
    text = json.dumps(body)  # spells NaN and Infinity, as some clients do
    answer = upload.post("/v1/jobs", data=text, content_type="application/json", headers=alice.headers)
    check(answer)
    if answer.status_code == 201:
        assert decode(answer.data, CreatedJob).job.state == "PENDING"


@FEW
@given(
    body=st.binary(max_size=300),
    content_type=st.sampled_from(CONTENT_TYPES),
)
def test_every_body_of_bytes_is_refused(upload, alice, body, content_type):
    check(upload.post("/v1/jobs", data=body, content_type=content_type, headers=alice.headers))


header_text = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80)


@FEW
@given(
    authorization=header_text,
    key=header_text,
    others=st.dictionaries(
        st.sampled_from(
            ["Content-Encoding", "If-None-Match", "Origin", "X-Request-Id", "traceparent", "X-Firebase-AppCheck"]
        ),
        header_text,
    ),
    signed_in=st.booleans(),
)
def test_no_header_breaks_anything(upload, status, alice, authorization, key, others, signed_in):
    token = alice.headers["Authorization"] if signed_in else authorization
    headers = {**others, "Authorization": token, "Idempotency-Key": key}
    check(upload.post("/v1/jobs", json=body_of(), headers=headers))
    answer = status.get("/v1/jobs", headers=headers)
    if answer.status_code != 304:
        check(answer)


@FEW
@given(path=paths, method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]))
def test_no_address_breaks_anything(upload, status, alice, path, method):
    for function in (upload, status):
        answer = function.open(
            environ_overrides={"PATH_INFO": (b"/" + path).decode("latin1")}, method=method, headers=alice.headers
        )
        if method != "HEAD":
            check(answer)
        assert answer.status_code < 500


@FEW
@given(
    query=st.dictionaries(
        st.sampled_from(["pageSize", "pageToken", "kind", "state", "timeout", "etag"]) | st.text(max_size=8),
        st.text(max_size=40) | st.integers().map(str) | st.sampled_from(["nan", "-inf", "1e309", "FAILED", "0"]),
        max_size=3,
    )
)
def test_no_query_breaks_anything(status, alice, query):
    check(status.get("/v1/jobs", query_string=query, headers=alice.headers))
    check(status.get("/v1/jobs/abcdefghij0123456789:wait", query_string=query, headers=alice.headers))
    check(status.get("/v1/jobs/abcdefghij0123456789/images", query_string=query, headers=alice.headers))
