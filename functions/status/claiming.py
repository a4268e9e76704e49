"""`POST /v1/jobs:claim`: jobs of an anonymous account become those of the account that its person has signed in to.

Linking keeps the user id, and there is nothing to claim. Where the credential belongs to an account already, Firebase
signs in to that one: another user id, under which the jobs made before would not be seen.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from shared.errors import FailedPrecondition, InvalidArgument, Unauthenticated
from shared.http.answers import json_answer
from shared.http.bodies import read_json
from shared.jobs.protocol import Outcome
from shared.model.states import State

from .contract import Claimed, ClaimRequest

if TYPE_CHECKING:
    from werkzeug.wrappers import Request, Response

    from shared.auth.identity import Caller

    from .services import Services

PAGE: Final = 50  # jobs that are read at a time
PATIENCE: Final = 20.0  # seconds after which the caller is told to go on


def claim_jobs(services: Services, request: Request) -> Response:
    """Make the anonymous account's jobs the caller's. Raises CLAIM_TOKEN_INVALID, CLAIM_NOT_ANONYMOUS.

    Broken off or repeated: the same request goes on with what is left.
    """
    caller = services.gate.caller(request.headers)
    giver = _giver(services, read_json(request, ClaimRequest))
    if giver.uid == caller.uid:
        return json_answer(Claimed(jobs=0, complete=True))
    if not giver.anonymous:
        message = (
            "Only what was made anonymously can be claimed, and this account has a sign-in. Sign in to it instead."
        )
        raise FailedPrecondition("CLAIM_NOT_ANONYMOUS", message)
    jobs, complete = _handed_over(services, giver.uid, caller.uid)
    return json_answer(Claimed(jobs=jobs, complete=complete))


def _giver(services: Services, wanted: ClaimRequest) -> Caller:
    """Who had the jobs. What is wrong with that token is nothing that the caller's own sign-in could mend."""
    try:
        return services.gate.holder(wanted.id_token)
    except Unauthenticated as error:
        message = "The ID token of the anonymous account is not one of this project, or has run out after an hour."
        raise InvalidArgument("CLAIM_TOKEN_INVALID", message, internal=str(error)) from error


def _handed_over(services: Services, giver: str, taker: str) -> tuple[int, bool]:
    """How many jobs changed hands, and whether none is left."""
    until, count = time.monotonic() + PATIENCE, 0
    while page := services.database.find("jobs", "uid", giver, limit=PAGE):
        # A job under way may ask for another one of its owner's: whatever it knows of its own, theirs is found.
        for path, _ in sorted(page, key=lambda one: State(one[1]["state"]).terminal):
            if time.monotonic() > until:
                return count, False
            outcome = services.control.hand_over(path.removeprefix("jobs/"), giver=giver, taker=taker)
            count += outcome is Outcome.HELD
    return count, True
