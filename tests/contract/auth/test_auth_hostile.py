"""Bodies that nobody should send: a clear error, never a crash."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.auth.conftest import ADMINISTRATOR, V1, code

CALLS = ["signUp", "signInWithPassword", "signInWithCustomToken", "lookup", "update", "delete", "createAuthUri"]
BODIES = {
    "nothing": b"\x00",
    "no JSON": b"email=ada",
    "half a JSON": b'{"email": "a',
    "no object": b"[]",
    "null": b"null",
    "wrong types": b'{"email": 1, "idToken": {}, "token": [], "identifier": true, "localId": 7}',
    "wrong lists": b'{"localId": [1], "email": [null], "idToken": 4, "token": 4, "identifier": 4, "password": 4}',
    "bad utf-8": b'{"email": "\xff", "token": "\xff"}',
    "half a surrogate": b'{"email": "\\ud800", "password": "\\ud800xxxxxx", "token": "\\ud800"}',
    "very deep": b"[" * 100_000,
    "very deep in a field": b'{"x":' * 5000 + b"1" + b"}" * 5000,
    "a field too long": b'{"email": "%b", "identifier": "%b", "token": "%b", "idToken": "%b"}' % ((b"x" * 20_000,) * 4),
    "too large": b'{"email": "' + b"x" * 1_100_000 + b'"}',
}


def post(phone, call, body):
    return phone.http.post(f"{phone.url}{V1}{call}", params={"key": "x"}, data=body, timeout=10)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_makes_no_sense_is_a_400(phone, call, body):
    answer = post(phone, f"accounts:{call}", body)
    assert answer.status_code == 400
    assert code(answer)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_refresh_that_makes_no_sense_is_a_400(phone, body):
    path = f"{phone.url}/securetoken.googleapis.com/v1/token"
    assert phone.http.post(path, params={"key": "x"}, data=body, timeout=10).status_code == 400


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("accounts", {"localId": "x" * 129}),
        ("accounts", {"localId": ""}),
        ("accounts", {"email": "no address"}),
        ("accounts", {"idToken": "x"}),
        ("accounts", {"mfaInfo": [{"phoneInfo": "+1"}]}),
        ("accounts:update", {}),
        ("accounts:update", {"localId": "nobody"}),
        ("accounts:update", {"localId": "ada", "validSince": "soon"}),
        ("accounts:update", {"localId": "ada", "validSince": 1e300}),
        ("accounts:update", {"localId": "ada", "customAttributes": "["}),
        ("accounts:update", {"localId": "ada", "customAttributes": "[]"}),
        ("accounts:update", {"localId": "ada", "customAttributes": "[" * 900}),
        ("accounts:update", {"localId": "ada", "customAttributes": '{"sub": "eve"}'}),
        ("accounts:update", {"localId": "ada", "customAttributes": '{"a": "%s"}' % ("x" * 1000)}),
        ("accounts:delete", {"localId": "nobody"}),
        ("accounts:delete", {}),
        ("accounts:batchDelete", {}),
        ("accounts:batchDelete", {"localIds": ["x"] * 1001}),
        ("accounts:batchCreate", {"users": []}),
        (":createSessionCookie", {"idToken": "x", "validDuration": 600}),
        (":createSessionCookie", {"idToken": "x", "validDuration": 1}),
    ],
)
def test_an_administrators_mistake_is_a_400(phone, call, body):
    phone.admin("accounts", {"localId": "ada"})
    path = f"{V1}projects/{phone.project}" + (call if call.startswith(":") else f"/{call}")
    assert phone.post(path, body, headers=ADMINISTRATOR).status_code == 400


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1" * 400, "٣", ""])
def test_a_page_size_that_is_no_number_is_a_400(phone, limit):
    path = f"{phone.url}{V1}projects/{phone.project}/accounts:batchGet"
    answer = phone.http.get(path, params={"maxResults": limit}, headers=ADMINISTRATOR, timeout=10)
    assert code(answer) == "INVALID_PAGE_SELECTION"


@pytest.mark.parametrize("project", ["..", "a%20b", "%00", "%ff", "x" * 100, "'; DROP TABLE users; --"])
def test_a_project_id_that_is_none_is_a_400(phone, project):
    answer = phone.http.delete(f"{phone.url}/emulator/v1/projects/{project}/accounts", timeout=10)
    assert answer.status_code in {400, 404}


def test_what_is_unknown_is_said_to_be_so(phone):
    unknown = phone.http.get(f"{phone.url}/identitytoolkit.googleapis.com/v2/recaptchaConfig", timeout=10)
    assert unknown.status_code == 501
    assert unknown.json()["error"]["status"] == "UNIMPLEMENTED"
    assert phone.http.get(f"{phone.url}/somewhere", timeout=10).status_code == 404


def test_a_web_page_may_make_every_call(phone):
    asked = {
        "Origin": "http://localhost:5173",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-client-version,x-firebase-gmpid",
    }
    preflight = phone.http.options(f"{phone.url}{V1}accounts:signUp", headers=asked, timeout=10)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "x-client-version" in preflight.headers["Access-Control-Allow-Headers"]
    for path in (f"{V1}accounts:signUp", "/nowhere", "/identitytoolkit.googleapis.com/v9"):
        answer = phone.http.post(phone.url + path, headers={"Origin": "http://localhost:5173"}, timeout=10)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_one_address_taken_by_many_at_once_is_given_to_one(phone):
    body = {"email": "ada@example.com", "password": "engine!"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: phone.post("accounts:signUp", body), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
