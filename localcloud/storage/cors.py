"""Cross-origin rules: what a browser is told about who may use a bucket from which page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localcloud.storage.buckets import CorsRule

# The JSON API lets every page in, as in the cloud; there, credentials decide.
EVERYBODY = (
    CorsRule(
        origin=["*"],
        method=["*"],
        response_header=["*"],
        max_age_seconds=3600,
    ),
)
# What a bucket made for local use starts with.
LOCAL_DEFAULT = (
    CorsRule(
        origin=["*"],
        method=["GET", "HEAD", "PUT"],
        response_header=[
            "Content-Type",
            "x-goog-content-length-range",
            "x-goog-if-generation-match",
            "x-goog-meta-traceparent",
            "x-goog-generation",
            "ETag",
        ],
    ),
)
_ALWAYS_READABLE = "Content-Length, Content-Range, ETag, Location, Range, x-goog-generation, x-goog-hash"


def preflight(rules: Sequence[CorsRule], origin: str, method: str, headers: Sequence[str]) -> dict[str, str]:
    """What to answer to the question whether `origin` may send `method` with `headers`; nothing if it may not."""
    for rule in rules:
        listed = {name.lower() for name in rule.response_header}
        allowed = "*" in listed or all(name.lower() in listed for name in headers)
        if _admits(rule, origin, method) and allowed:
            return {
                "access-control-allow-origin": _told_origin(rule, origin),
                "access-control-allow-methods": ", ".join(rule.method) if "*" not in rule.method else method,
                "access-control-allow-headers": ", ".join(headers if "*" in listed else rule.response_header),
                "access-control-max-age": str(rule.max_age_seconds),
                "vary": "Origin",
            }
    return {}


def exposed(rules: Sequence[CorsRule], origin: str, method: str) -> dict[str, str]:
    """What to add to the answer to a request that a page of `origin` has sent; nothing if it may not read it."""
    for rule in rules:
        if _admits(rule, origin, method):
            readable = _ALWAYS_READABLE if "*" in rule.response_header else ", ".join(rule.response_header)
            return {
                "access-control-allow-origin": _told_origin(rule, origin),
                "access-control-expose-headers": readable,
                "vary": "Origin",
            }
    return {}


class Cors:
    """Adds these headers to every answer of `app`, whatever it says; `rules_of` knows the rules for a path."""

    def __init__(self, app: ASGIApp, rules_of: Callable[[str], Sequence[CorsRule]]) -> None:
        self._app = app
        self._rules_of = rules_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        headers = {name: value.decode("latin-1") for name, value in scope.get("headers", ())}
        origin = headers.get(b"origin")
        if scope["type"] != "http" or origin is None:
            await self._app(scope, receive, send)
            return
        rules = self._rules_of(scope["path"])
        asked = headers.get(b"access-control-request-method")
        if scope["method"] == "OPTIONS" and asked is not None:
            names = headers.get(b"access-control-request-headers", "").split(",")
            added = preflight(rules, origin, asked, [name.strip() for name in names if name.strip()])
        else:
            added = exposed(rules, origin, scope["method"])
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in added.items()]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *encoded]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _admits(rule: CorsRule, origin: str, method: str) -> bool:
    return ("*" in rule.origin or origin in rule.origin) and ("*" in rule.method or method in rule.method)


def _told_origin(rule: CorsRule, origin: str) -> str:
    return "*" if "*" in rule.origin else origin
