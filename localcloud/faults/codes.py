"""Codes of refusals: Google's canonical names and the HTTP codes that belong to them, both ways."""

from __future__ import annotations

from typing import Final, NamedTuple

HTTP_BY_NAME: Final = {
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "UNAUTHENTICATED": 401,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
}
NAME_BY_HTTP: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    412: "FAILED_PRECONDITION",
    416: "OUT_OF_RANGE",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class Code(NamedTuple):
    """One refusal as gRPC names it and as HTTP numbers it."""

    name: str
    http: int


def parse_code(given: str | int) -> Code:
    """`UNAVAILABLE`, `"503"` or 503. Raises ValueError naming the codes that there are."""
    text = str(given).upper()
    if text in HTTP_BY_NAME:
        return Code(text, HTTP_BY_NAME[text])
    if text.isascii() and text.isdigit() and len(text) == 3 and int(text) in NAME_BY_HTTP:
        return Code(NAME_BY_HTTP[int(text)], int(text))
    known = ", ".join([*HTTP_BY_NAME, *map(str, NAME_BY_HTTP)])
    raise ValueError(f"There is no code {text[:40]}. There are: {known}")
