"""Whatever a service answers becomes JSON or one readable refusal."""

from __future__ import annotations

import httpx
import pytest

from loupe.client.answers import body_of, refusal
from shared import errors

AT = httpx.Request("GET", "http://127.0.0.1:5001/v1/jobs")


def answer(code: int, **content: object) -> httpx.Response:
    return httpx.Response(code, request=AT, **content)


def test_a_refusal_of_loupe_keeps_its_reason_message_and_class():
    told = errors.ResourceExhausted("QUOTA_EXCEEDED", "Try again in 7 seconds.", retry_after=7)
    heard = refusal(answer(429, json=told.body(), headers={"Retry-After": "7"}))
    assert isinstance(heard, errors.ResourceExhausted)
    assert (heard.reason, heard.message, heard.retry_after) == ("QUOTA_EXCEEDED", "Try again in 7 seconds.", 7)


def test_cloud_storages_xml_is_understood():
    xml = "<?xml version='1.0'?><Error><Code>ExpiredToken</Code><Message>The URL ran out.</Message></Error>"
    heard = refusal(answer(400, text=xml))
    assert isinstance(heard, errors.InvalidArgument)
    assert heard.message == "ExpiredToken: The URL ran out."


def test_identity_toolkits_errors_are_understood():
    body = {"error": {"code": 400, "message": "TOKEN_EXPIRED", "errors": [{"reason": "invalid", "domain": "global"}]}}
    assert refusal(answer(400, json=body)).message == "TOKEN_EXPIRED"


@pytest.mark.parametrize("text", ["", "<html>Bad gateway</html>", "[]", "null", '{"error": null}', '{"error": []}'])
@pytest.mark.parametrize(
    ("code", "kind"), [(502, errors.Internal), (503, errors.Unavailable), (403, errors.PermissionDenied)]
)
def test_an_error_that_nobody_knows_is_still_a_refusal(text, code, kind):
    heard = refusal(answer(code, text=text))
    assert isinstance(heard, kind)
    assert f"HTTP {code}" in heard.message


@pytest.mark.parametrize("text", ["[1]", "null", '"text"', "<html>", ""])
def test_an_answer_that_is_no_json_object_is_not_taken_for_one(text):
    with pytest.raises(errors.Unavailable):
        body_of(answer(200, text=text))
