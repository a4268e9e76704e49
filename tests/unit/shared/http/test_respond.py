"""Whatever comes in, the answer is one of ours: its shape, its headers, its next step."""

from __future__ import annotations

import io
import json
import logging

import flask
import msgspec
import pytest
from google.api_core import exceptions
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from shared.errors import ResourceExhausted
from shared.http.answers import json_answer, tagged_answer
from shared.http.bodies import MAX_BODY, read_body, read_json, read_query
from shared.http.health import health
from shared.http.respond import respond
from shared.http.routing import Route, Router


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    content_type: str
    size: int


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    parts: list[Part] = []
    extra: dict[str, object] = {}


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    page_size: int = 20


class Kitchen:
    """What handlers raise is set by the test."""

    error: Exception | None = None

    def take(self, request: Request) -> Response:
        if self.error:
            raise self.error
        return json_answer({"kind": read_json(request, Order).kind}, 201)

    def one(self, request: Request, name: str) -> Response:
        return tagged_answer(request, {"name": name})

    def listed(self, request: Request) -> Response:
        return json_answer({"size": read_query(request, Query).page_size})

    def raw(self, request: Request) -> Response:
        return json_answer({"length": len(read_body(request))})


@pytest.fixture
def kitchen():
    return Kitchen()


@pytest.fixture
def router(kitchen):
    return Router(
        [
            Route("POST", "/v1/orders", kitchen.take),
            Route("GET", "/v1/orders", kitchen.listed),
            Route("GET", "/v1/orders/<id:name>", kitchen.one),
            Route("POST", "/v1/orders/<id:name>:cancel", kitchen.one),
            Route("POST", "/raw", kitchen.raw),
            health("kitchen"),
        ]
    )


@pytest.fixture
def client(router):
    return Client(Request.application(lambda request: respond(request, router, cors_origins=("*",))))


def order(client, body, **headers):
    headers.setdefault("Content-Type", "application/json")
    return client.post("/v1/orders", data=body, headers=headers)


def refusal(answer):
    """The reason, after making sure that the whole shape is right."""
    error = answer.json["error"]
    assert set(error) == {"code", "status", "message", "details"}
    assert error["code"] == answer.status_code
    assert error["message"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    (detail,) = error["details"]
    assert detail["domain"] == "loupe"
    return detail["reason"]


def test_a_route_answers_json_that_nobody_keeps(client):
    answer = order(client, b'{"kind":"inspection"}')
    assert (answer.status_code, answer.json) == (201, {"kind": "inspection"})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_custom_method_is_not_part_of_the_id(client):
    assert client.post("/v1/orders/a1:cancel").json == {"name": "a1"}
    assert refusal(client.get("/v1/orders/a1:cancel")) == "METHOD_NOT_ALLOWED"
    assert refusal(client.post("/v1/orders/a1:fly")) == "ROUTE_NOT_FOUND"


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/orders/a b", "/v1/orders/é", "/v1/orders/" + "x" * 65, "/v1//orders", "/%00"]
)
def test_an_unknown_address_is_not_found(client, path):
    answer = client.get(path)
    assert (answer.status_code, refusal(answer)) == (404, "ROUTE_NOT_FOUND")


def test_a_wrong_method_is_told_the_right_ones(client):
    answer = client.delete("/v1/orders")
    assert (answer.status_code, refusal(answer)) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_a_preflight_is_answered_for_every_address(client):
    answer = client.options(
        "/anything", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    )
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    ("origin", "allowed"), [("https://a.example", True), ("https://b.example", False), (None, False)]
)
def test_where_origins_are_named_only_they_may_read(router, origin, allowed):
    app = Request.application(lambda request: respond(request, router, cors_origins=("https://a.example",)))
    answer = Client(app).get("/healthz", headers={"Origin": origin} if origin else {})
    assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is (allowed or origin is None)
    assert "Origin" in answer.headers["Vary"]


def test_a_request_id_is_echoed_or_made(client):
    assert client.get("/healthz", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    made = [
        client.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"]
        for given in ("", "a b", "x" * 65)
    ]
    assert len(set(made)) == 3
    assert all(len(each) == 32 for each in made)


def test_a_health_check_names_function_and_version(client):
    answer = client.get("/healthz").json
    assert (answer["status"], answer["function"]) == ("ok", "kitchen")
    assert answer["version"]


def test_a_read_is_tagged_and_not_sent_again(client):
    first = client.get("/v1/orders/a1")
    again = client.get("/v1/orders/a1", headers={"If-None-Match": first.headers["ETag"]})
    other = client.get("/v1/orders/a2", headers={"If-None-Match": first.headers["ETag"]})
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert (other.status_code, other.json) == (200, {"name": "a2"})


def test_a_refusal_says_when_to_try_again(client, kitchen):
    kitchen.error = ResourceExhausted("QUOTA_EXCEEDED", "Wait.", retry_after=7, left="0")
    answer = order(client, b"{}")
    assert (answer.status_code, refusal(answer), answer.headers["Retry-After"]) == (429, "QUOTA_EXCEEDED", "7")
    assert answer.json["error"]["details"][0]["metadata"] == {"left": "0"}


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ServiceUnavailable("down"),
        exceptions.DeadlineExceeded("late"),
        exceptions.Aborted("contention"),
        exceptions.Unknown("stream removed"),
        exceptions.ResourceExhausted("too much"),
        exceptions.RetryError("gave up", cause=None),
    ],
    ids=lambda error: type(error).__name__,
)
def test_when_google_does_not_answer_the_answer_is_to_try_again(client, kitchen, error):
    kitchen.error = error
    answer = order(client, b"{}")
    assert (answer.status_code, refusal(answer), answer.headers["Retry-After"]) == (503, "BACKEND_UNAVAILABLE", "2")
    assert str(error) not in answer.text


@pytest.mark.parametrize("error", [KeyError("secret"), exceptions.PermissionDenied("secret"), RuntimeError("secret")])
def test_a_defect_is_logged_with_its_stack_and_tells_nothing(client, kitchen, error, caplog):
    kitchen.error = error
    with caplog.at_level(logging.ERROR):
        answer = order(client, b"{}", **{"X-Request-Id": "r7"})
    assert (answer.status_code, refusal(answer)) == (500, "INTERNAL")
    assert "secret" not in answer.text
    assert answer.json["error"]["details"][0]["metadata"] == {"requestId": "r7"}
    assert caplog.records[0].exc_info[1] is error


INVALID_JSON = {
    "nothing": b"",
    "half an object": b'{"kind":',
    "two objects": b'{"kind":"a"} {}',
    "not UTF-8": b'{"kind":"\xff\xfe"}',
    "half a surrogate pair": b'{"kind":"\\ud800"}',
    "a byte order mark": b'\xef\xbb\xbf{"kind":"a"}',
    "NaN": b'{"kind":NaN}',
    "single quotes": b"{'kind':'a'}",
    "bottomless": b'{"kind":"a","extra":{"a":' + b"[" * 60_000,
}


@pytest.mark.parametrize("body", INVALID_JSON.values(), ids=INVALID_JSON)
def test_what_is_not_json_is_refused(client, body):
    answer = order(client, body)
    assert (answer.status_code, refusal(answer)) == (400, "INVALID_JSON")


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        (b"[]", "", "expected object, got array"),
        (b"null", "", "expected object, got null"),
        (b"{}", "", "missing required field kind"),
        (b'{"kind":7}', "kind", "expected str, got int"),
        (b'{"kind":"a","color":1}', "", "unknown field color"),
        (b'{"kind":"a","parts":[{"contentType":"x","size":"1"}]}', "parts[0].size", "expected int, got str"),
        (b'{"kind":"a","parts":[{"contentType":"x","size":1,"z":1}]}', "parts[0]", "unknown field z"),
        (b'{"kind":"a","extra":{"a":1e400}}', "extra[...]", "number out of range"),
    ],
)
def test_a_body_of_another_form_is_refused_by_field(client, body, field, says):
    answer = order(client, body)
    assert refusal(answer) == "INVALID_REQUEST"
    error = answer.json["error"]
    assert error["details"][0]["metadata"] == {"field": field}
    assert says in error["message"]


def test_a_long_wrong_name_is_not_repeated_in_full(client):
    assert len(order(client, b'{"kind":"a","%s":1}' % (b"x" * 50_000)).data) < 1000


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Encoding": "gzip"},
    ],
    ids=str,
)
def test_another_content_type_is_refused(client, headers):
    assert refusal(order(client, b'{"kind":"a"}', **headers)) == "CONTENT_TYPE"


def test_a_body_up_to_the_limit_is_taken_and_one_byte_more_is_not(client):
    assert client.post("/raw", data=b"x" * MAX_BODY).json == {"length": MAX_BODY}
    answer = client.post("/raw", data=b"x" * (MAX_BODY + 1))
    assert (answer.status_code, refusal(answer)) == (400, "REQUEST_TOO_LARGE")


def test_a_body_of_unknown_length_is_counted_while_it_is_read(client):
    answer = client.post(
        "/raw",
        input_stream=io.BytesIO(b"x" * (MAX_BODY + 1)),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert refusal(answer) == "REQUEST_TOO_LARGE"


def test_a_body_that_breaks_off_is_refused(client):
    answer = client.post("/raw", input_stream=io.BytesIO(b"x"), environ_overrides={"CONTENT_LENGTH": "100"})
    assert refusal(answer) == "BODY_INCOMPLETE"


@pytest.mark.parametrize(
    ("query", "field"), [("pageSize=many", "pageSize"), ("pageSize=1&pageSize=2", "pageSize"), ("pagesize=1", "")]
)
def test_a_query_that_is_not_understood_is_refused(client, query, field):
    answer = client.get(f"/v1/orders?{query}")
    assert refusal(answer) == "INVALID_REQUEST"
    assert answer.json["error"]["details"][0]["metadata"] == {"field": field}


def test_inside_functions_framework_a_huge_body_is_refused_in_our_words(router):
    """functions-framework reads what a function left, refuses more than ten megabytes, and then answers a bare 500."""
    app = flask.Flask("test")
    app.config["MAX_CONTENT_LENGTH"] = 10 * 1024 * 1024
    app.add_url_rule(
        "/<path:path>",
        view_func=lambda **_: respond(flask.request, router, cors_origins=("*",)),
        methods=["POST", "PUT"],
    )

    @app.after_request
    def read_request(response):
        flask.request.get_data()
        return response

    body = bytes(11 * 1024 * 1024)
    answer = app.test_client().post("/raw", data=body)
    assert json.loads(answer.data)["error"]["details"][0]["reason"] == "REQUEST_TOO_LARGE"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert refusal(app.test_client().put("/nowhere", data=body)) == "ROUTE_NOT_FOUND"
