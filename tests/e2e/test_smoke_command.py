"""`loupe doctor --smoke`: one photo through a deployment, and what to mend where that fails."""

from __future__ import annotations

import json

import httpx
import pytest
from msgspec.structs import replace

from localcloud.faults.effects import Error
from localcloud.faults.rule import Rule
from loupe.client.deployed import Place, Visitor
from loupe.client.faults import FaultsClient
from loupe.doctor import smoke
from loupe.doctor.finding import Health


@pytest.fixture
def place(stack):
    urls = stack.running.urls
    sign_in = f"{urls['auth']}/identitytoolkit.googleapis.com/v1"
    return Place(upload=urls["upload"], status=urls["status"], api_key="key", sign_in=sign_in)


@pytest.fixture
def tried(place, samples):
    """The findings by name, for a place with changes."""

    def look(photo="meter.jpg", **changes):
        data = samples[photo].path.read_bytes()
        return {finding.name: finding for finding in smoke.look(replace(place, **changes), data, "image/jpeg")}

    return look


def test_a_photo_goes_through_a_deployment_that_is_well(tried):
    found = tried()
    assert list(found) == ["Upload", "Status", "Sign-in", "Job", "Photo", "Result"]
    assert {finding.health for finding in found.values()} == {Health.GOOD}


def test_the_local_stack_is_tried_where_no_other_is_named(stack):
    done = stack.loupe("doctor", "--smoke", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["findings"][-1]["name"] == "Result"


def test_the_user_that_it_was_is_gone_afterwards(tried, stack):
    uid = tried()["Sign-in"].detail.rpartition(" ")[2]
    url = f"{stack.running.urls['auth']}/identitytoolkit.googleapis.com/v1/projects/demo-loupe/accounts:lookup"
    answer = httpx.post(url, json={"localId": [uid]}, headers={"Authorization": "Bearer owner"}, trust_env=False)
    assert "users" not in answer.json()


def test_urls_that_are_mixed_up_are_told(tried, place):
    found = tried(upload=place.status, status=place.upload)
    assert found["Upload"].remedy == "The URLs of upload and status are mixed up."


def test_a_function_that_is_not_there_is_told(tried):
    found = tried(status="http://127.0.0.1:1")
    assert found["Status"].health is Health.BAD
    assert "terraform output urls" in found["Status"].remedy


def test_a_bucket_that_takes_nothing_is_told(tried, stack):
    faults = FaultsClient(stack.running)
    faults.add(Rule(call="storage.xml.put", effect=Error(code=403)))
    try:
        found = tried()
    finally:
        faults.clear()
    assert found["Photo"].health is Health.BAD
    assert "roles/storage.objectCreator" in found["Photo"].remedy
    assert "Result" not in found


def test_a_photo_that_fails_is_told_with_its_reason(tried):
    found = tried("pipe-broken.jpg")
    assert found["Result"].health is Health.BAD
    assert "FAILED: " in found["Result"].detail


@pytest.mark.parametrize(
    "options", [("--smoke", "--upload", "https://example.com"), ("--upload", "https://example.com")]
)
def test_a_place_that_is_half_named_is_called_wrongly(stack, options):
    done = stack.loupe("doctor", *options)
    assert done.returncode == 2
    assert "--smoke" in done.stderr or "--api-key" in done.stderr


def test_a_photo_that_is_none_is_called_wrongly(stack, tmp_path):
    (tmp_path / "notes.txt").write_text("no photo")
    assert stack.loupe("doctor", "--smoke", "--photo", tmp_path / "notes.txt").returncode == 2


def test_a_debug_build_proves_what_it_is_before_it_asks():
    seen = []

    def answer(request):
        seen.append(request)
        token = {"token": "proof", "ttl": "3600s"} if "exchangeDebugToken" in request.url.path else {}
        return httpx.Response(200, json={**token, "job": {"name": "jobs/x"}, "uploads": [{}]})

    place = Place(upload="http://u", status="http://s", api_key="k", app_id="1:42:web:abc", debug_token="secret")
    visitor = Visitor(place, httpx.Client(transport=httpx.MockTransport(answer)))
    visitor.attest()
    visitor.create("inspection", "image/jpeg", 1)
    assert seen[0].url.path == "/v1/projects/42/apps/1:42:web:abc:exchangeDebugToken"
    assert json.loads(seen[0].content) == {"debugToken": "secret"}
    assert seen[1].headers["X-Firebase-AppCheck"] == "proof"


def test_a_debug_token_without_its_app_is_called_wrongly(stack):
    done = stack.loupe("doctor", "--smoke", "--debug-token", "secret")
    assert done.returncode == 2
    assert "--app-id" in done.stderr
