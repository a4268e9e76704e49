"""What is asked of a photo is told to everybody, and kept by whoever passes it on."""

from __future__ import annotations

import json

import msgspec
import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request

from functions.status.routes import ROUTES
from shared.http.respond import respond
from shared.http.routing import Router
from shared.model.quality import FILE, Policy, default_policy

ADDRESS = "/v1/policies/quality"


@pytest.fixture(scope="module")
def status():
    """The function without its services: nothing here needs them, nor a token."""
    router = Router(ROUTES, None)
    return Client(Request.application(lambda request: respond(request, router, cors_origins=("*",))))


def test_an_app_is_told_the_policy_that_photos_are_judged_by(status):
    answer = status.get(ADDRESS)
    assert answer.status_code == 200
    assert msgspec.json.decode(answer.data, type=Policy) == default_policy()
    assert answer.json["version"] == json.loads(FILE.read_text())["version"]
    assert {rule["reason"] for rule in answer.json["rules"]} == set(answer.json["retake"])


def test_the_bounds_of_a_condition_are_only_there_where_they_are_set(status):
    for way in status.get(ADDRESS).json["empty"]:
        assert all(set(condition) in ({"metric", "below"}, {"metric", "above"}) for condition in way["conditions"])


def test_it_may_be_kept_by_anybody_and_is_sent_again_only_where_it_has_changed(status):
    first = status.get(ADDRESS)
    assert first.headers["Cache-Control"].startswith("public")
    again = status.get(ADDRESS, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
