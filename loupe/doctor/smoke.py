"""One photo through a deployment: each step on its way a finding, and the first that fails the last."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx

from loupe.client.deployed import TIMEOUT, Place, Visitor
from loupe.doctor.finding import Finding, bad, good, warning
from shared.errors import LoupeError
from shared.version import VERSION

KIND: Final = "inspection"
WITHIN: Final = 120.0  # seconds for the result; a cold start is among them
LOGS: Final = 'Read its log: gcloud run services logs read NAME, or the dashboard. "Did not start" names the setting.'


def look(place: Place, photo: bytes, content_type: str, *, within: float = WITHIN) -> Iterator[Finding]:
    """Try everything that an app does. Ends at the first step that fails."""
    with httpx.Client(timeout=TIMEOUT) as http:
        visitor = Visitor(place, http)
        for function in ("upload", "status"):
            finding, body = _tried(
                function.capitalize(), _remedy_of(function), functools.partial(visitor.healthy, function)
            )
            if finding is None:
                yield _version(function, body)
            else:
                yield finding
                return
        yield from _visit(visitor, photo, content_type, within)


def _visit(visitor: Visitor, photo: bytes, content_type: str, within: float) -> Iterator[Finding]:
    if visitor.attests:
        finding, _ = _tried("App Check", "Does the Firebase console list the debug token for this app?", visitor.attest)
        if finding:
            yield finding
            return
        yield good("App Check", "as the app that the debug token is for")
    finding, uid = _tried("Sign-in", "Is anonymous sign-in on, and the API key that of this project?", visitor.sign_in)
    if finding:
        yield finding
        return
    yield good("Sign-in", f"as a new anonymous user, {uid}")
    try:
        yield from _send(visitor, photo, content_type, within)
    finally:
        with contextlib.suppress(LoupeError):  # Identity Platform removes it after 30 days anyway
            visitor.leave()


def _send(visitor: Visitor, photo: bytes, content_type: str, within: float) -> Iterator[Finding]:
    finding, created = _tried(
        "Job",
        "401: is GOOGLE_CLOUD_PROJECT that of the sign-in, and does App Check want --app-id and --debug-token? "
        "503: may the upload account sign as itself (roles/iam.serviceAccountTokenCreator)?",
        lambda: visitor.create(KIND, content_type, len(photo)),
    )
    if finding:
        yield finding
        return
    job_id, where = created
    yield good("Job", job_id)
    finding, _ = _tried(
        "Photo",
        "403: has the upload account roles/storage.objectCreator on the uploads bucket?",
        lambda: visitor.send(where, photo),
    )
    if finding:
        yield finding
        return
    yield good("Photo", f"{len(photo) / 1000:.0f} kB into Cloud Storage")
    yield from _ended(visitor, job_id, within)


def _ended(visitor: Visitor, job_id: str, within: float) -> Iterator[Finding]:
    began = time.monotonic()
    finding, job = _tried(
        "Result",
        "Follow it: does the bucket notify the topic, do the subscriptions push (oldest unacked message), does analyze "
        "answer 204? loupe doctor looks at each.",
        lambda: visitor.result(job_id, within),
    )
    if finding:
        yield finding
        return
    seconds = time.monotonic() - began
    if job["state"] != "COMPLETED":
        error = job.get("error") or {}
        told = f"{job['state']}: {error.get('reason', '')} {error.get('message', '')}".strip()
        yield bad("Result", told, "What the reason means is in docs/errors.md.")
    elif job.get("degraded"):
        left_out = ", ".join(str(one.get("reason", one)) for one in job["degraded"])
        yield warning(
            "Result", f"after {seconds:.1f} s, without {left_out}", "Is the Vision API on, and the budget left?"
        )
    else:
        yield good("Result", f"after {seconds:.1f} s")


def _version(function: str, body: dict[str, Any]) -> Finding:
    name = function.capitalize()
    if body.get("function") != function:
        return bad(name, f"it is {body.get('function')}", "The URLs of upload and status are mixed up.")
    if body.get("version") != VERSION:
        return warning(
            name, f"version {body.get('version')}, this is {VERSION}", "Deploy this one, or check out that one."
        )
    return good(name, f"version {body['version']}")


def _remedy_of(function: str) -> str:
    return (
        f"403: is public_ingress on, and may allUsers invoke {function}? 404: is it a URL of `terraform output urls`? "
        f"5xx: {LOGS}"
    )


def _tried(name: str, remedy: str, call: Callable[[], Any]) -> tuple[Finding | None, Any]:
    """What the call answers, or the finding that it could not be made."""
    try:
        return None, call()
    except LoupeError as error:
        return bad(name, f"{error.code} {error.reason}: {error.message}", remedy), None
