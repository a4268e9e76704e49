"""`loupe doctor --project`, against a small server that answers as Google documents its REST interfaces."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from loupe.app import USAGE, main
from loupe.client.cloud import Cloud
from loupe.doctor.finding import Health
from loupe.doctor.project import Project, look
from tests.laid_project import BUCKET, FIELDS, INDEXES, RUN, SUBSCRIPTIONS, P, healthy
from tests.running import ROOT


class Google:
    """The server; `answers` may be changed, `refused` says which paths answer 403, `late` sets its clock."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.late = timedelta()
        self.credentials: dict[str, str | None] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.answers = healthy(self.origin)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def findings(self, **changes: str) -> dict[str, tuple[Health, str, str]]:
        session = requests.Session()
        session.headers["Authorization"] = "Bearer mine"
        cloud = Cloud(session, base=lambda service: f"{self.origin}/{service}")
        where = {"project": "my-project", "region": "europe-west1", "prefix": "loupe", **changes}
        return {
            one.name: (one.health, one.detail, one.remedy) for one in look(Project(cloud=cloud, root=ROOT, **where))
        }

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict]:
        if path in self.refused:
            return 403, {
                "error": {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED"}
            }
        if path not in self.answers:
            return 404, {"error": {"code": 404, "message": f"Resource not found: {path}", "status": "NOT_FOUND"}}
        body = self.answers[path]
        if path == SUBSCRIPTIONS:  # in two pages
            half = body["subscriptions"]
            return 200, {"subscriptions": half[4:]} if query.get("pageToken") == ["2"] else {
                "subscriptions": half[:4],
                "nextPageToken": "2",
            }
        return 200, body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        google = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                google.credentials[asked.path] = self.headers.get("Authorization")
                status, body = google.answer(asked.path, parse_qs(asked.query))
                data = json.dumps(body).encode()
                self.send_response_only(status)
                self.send_header("Date", format_datetime(datetime.now(UTC) - google.late, usegmt=True))
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                return

        return Handler


@pytest.fixture
def google():
    server = Google()
    yield server
    server.close()


def test_a_project_as_terraform_lays_it_is_healthy(google):
    found = google.findings()
    assert {name: one for name, one in found.items() if one[0] is not Health.GOOD} == {}
    assert len(found) > 25


def _remove(path: str, field: str, number: int = 0) -> Callable[[dict], None]:
    return lambda answers: answers[path][field].pop(number)


def _set(path: str, *keys: str | int, value: object) -> Callable[[dict], None]:
    def plant(answers: dict) -> None:
        place = answers[path]
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return plant


def _no_grants(path: str) -> Callable[[dict], None]:
    return lambda answers: answers[path].pop("bindings")


FAULTS = {
    "an API is off": (_remove(f"/serviceusage/v1/{P}/services", "services"), "APIs"),
    "a notification is missing": (_remove(f"{BUCKET}/notificationConfigs", "items"), "Notifications"),
    "browsers may not upload": (_set(BUCKET, "cors", value=[]), "CORS"),
    "a topic is missing": (_remove(f"/pubsub/v1/{P}/topics", "topics"), "Topics"),
    "a subscription is missing": (_remove(SUBSCRIPTIONS, "subscriptions", 3), "Subscription analyze-tasks"),
    "a push goes elsewhere": (
        _set(SUBSCRIPTIONS, "subscriptions", 0, "pushConfig", "pushEndpoint", value="https://old.example.com/"),
        "Subscription analyze-high",
    ),
    "pushes are signed by another account": (
        _set(SUBSCRIPTIONS, "subscriptions", 1, "pushConfig", "oidcToken", "serviceAccountEmail", value="x@y.z"),
        "Subscription analyze-normal",
    ),
    "nothing is put aside": (
        lambda answers: answers[SUBSCRIPTIONS]["subscriptions"][2].pop("deadLetterPolicy"),
        "Subscription analyze-batch",
    ),
    "Cloud Storage may not publish": (
        _no_grants(f"/pubsub/v1/{P}/topics/uploads:getIamPolicy"),
        "Grant on uploads",
    ),
    "dead letters cannot be published": (
        _no_grants(f"/pubsub/v1/{P}/topics/uploads-dead:getIamPolicy"),
        "Grant on uploads-dead",
    ),
    "dead letters cannot be taken out": (
        _no_grants(f"{SUBSCRIPTIONS}/analyze-tasks:getIamPolicy"),
        "Grant on analyze-tasks",
    ),
    "pushes may not call analyze": (
        _no_grants(f"{RUN}/loupe-analyze-batch:getIamPolicy"),
        "Grant on loupe-analyze-batch",
    ),
    "other rules are in force": (
        _set(f"/firebaserules/v1/{P}/rulesets/1", "source", "files", 0, "content", value="allow read, write;"),
        "Rules",
    ),
    "an index is missing": (_remove(INDEXES, "indexes"), "Indexes"),
    "an index cannot be used": (_set(INDEXES, "indexes", 0, "state", value="NEEDS_REPAIR"), "Indexes"),
    "nothing expires": (_set(FIELDS, "fields", value=[]), "Expiry"),
    "the secret has no version": (
        _set(f"/secretmanager/v1/{P}/secrets/loupe-page-token-secret/versions", "versions", value=[]),
        "Secret",
    ),
    "a function is missing": (_remove(RUN, "services", 4), "loupe-analyze-batch"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_alone_and_says_how_it_is_mended(google, fault):
    plant, name = FAULTS[fault]
    before = copy.deepcopy(google.answers)
    plant(google.answers)
    assert google.answers != before
    wrong = {found: one for found, one in google.findings().items() if one[0] is not Health.GOOD}
    assert list(wrong) == [name]
    assert wrong[name][0] is Health.BAD
    assert "terraform apply" in wrong[name][2]


def test_an_index_that_is_being_built_is_waited_for(google):
    google.answers[INDEXES]["indexes"][0]["state"] = "CREATING"
    health, _, remedy = google.findings()["Indexes"]
    assert (health, remedy.startswith("Wait")) == (Health.WARNING, True)


def test_a_function_of_another_version_is_named(google):
    google.answers["/status/healthz"]["version"] = "0.0.1"
    health, detail, _ = google.findings()["loupe-status"]
    assert health is Health.WARNING
    assert "0.0.1" in detail


def test_a_function_that_does_not_answer_is_named(google):
    del google.answers["/upload/healthz"]
    assert google.findings()["loupe-upload"][0] is Health.BAD


def test_a_clock_that_is_wrong_is_found(google):
    google.late = timedelta(minutes=10)
    assert google.findings()["Clock"][0] is Health.BAD


def test_what_may_not_be_seen_is_said_and_the_rest_goes_on(google):
    google.refused = {f"/pubsub/v1/{P}/topics", f"/secretmanager/v1/{P}/secrets/loupe-page-token-secret/versions"}
    found = google.findings()
    assert found["Pub/Sub"][0] is found["Secret"][0] is Health.BAD
    assert "permission" in found["Pub/Sub"][1]
    assert found["Rules"][0] is Health.GOOD


def test_an_answer_in_another_shape_is_said_and_the_rest_goes_on(google):
    google.answers[f"/firebaserules/v1/{P}/releases/cloud.firestore"] = {}
    google.answers[SUBSCRIPTIONS]["subscriptions"][0]["ackDeadlineSeconds"] = "soon"
    found = google.findings()
    assert found["Rules"][0] is found["Pub/Sub"][0] is Health.BAD
    assert found["Indexes"][0] is Health.GOOD


def test_a_project_that_is_not_there_is_all_there_is_to_say(google):
    found = google.findings(project="other")
    assert list(found) == ["Project"]
    assert found["Project"][0] is Health.BAD


def test_functions_are_not_shown_the_operator_s_credentials(google):
    google.findings()
    assert google.credentials[INDEXES] == "Bearer mine"
    assert google.credentials["/upload/healthz"] is None


def test_a_server_that_is_away_is_one_line(google):
    google.close()
    health, detail, _ = google.findings()["Project"]
    assert health is Health.BAD
    assert "does not answer" in detail


@pytest.mark.parametrize(
    "given", [("--project", "p", "--smoke"), ("--project", "p"), ("--region", "r"), ("--project", "p", "--upload", "u")]
)
def test_options_that_do_not_go_together_are_refused(given, capsys):
    assert main(["doctor", *given]) == USAGE
    assert "--" in capsys.readouterr().err
