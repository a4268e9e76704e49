"""What every push of Pub/Sub has in common: who sent it, from which subscription, and how it is answered.

204 acknowledges a message. Any other answer makes Pub/Sub deliver it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

from werkzeug.wrappers import Request, Response

from shared.auth.push import verify_push_token
from shared.errors import InvalidArgument
from shared.events import Push, parse_push
from shared.http.bodies import read_body

if TYPE_CHECKING:
    from .services import Services

MAX_PUSH: Final = 1024 * 1024  # bytes; a notification has about two thousand
log = logging.getLogger(__name__)


def endpoint(handle: Callable[[bytes, Services], None]) -> Callable[[Services, Request], Response]:
    """The route of a subscription's pushes: `handle` returns to acknowledge and raises to have it delivered again."""

    def push(services: Services, request: Request) -> Response:
        told = services.settings
        verify_push_token(
            request.headers.get("Authorization"),
            keys=services.push_keys,
            audience=told.push_audience,
            email=told.push_service_account,
        )
        try:
            handle(read_body(request, limit=MAX_PUSH), services)
        except InvalidArgument as refused:
            if refused.reason != "REQUEST_TOO_LARGE":
                raise
            log.warning("Dropped a push that is too large, and always will be")
        return Response(status=204)

    return push


def received(body: bytes, subscriptions: Collection[str]) -> Push | None:
    """The push, if it comes from one of `subscriptions` (none named: from any).

    None, with a word in the log, for what can never be used and has to be acknowledged.
    """
    try:
        push = parse_push(body)
    except InvalidArgument as malformed:
        log.warning("Dropped a push that cannot be read and never will be: %s", malformed)
        return None
    if subscriptions and push.subscription not in subscriptions:
        log.warning("Dropped a push of subscription %s, which is not ours", push.subscription)
        return None
    return push
