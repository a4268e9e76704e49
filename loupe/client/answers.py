"""Answers of Loupe's functions and of the services beside them: their JSON, or the refusal as an exception."""

from __future__ import annotations

import re
from typing import Any, Final

import httpx
import msgspec

from shared import errors
from shared.errors import LoupeError, Unavailable

REFUSALS: Final[dict[str, type[LoupeError]]] = {
    kind.status: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, LoupeError) and kind is not LoupeError
}


def body_of(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; an empty one where it has no content. Raises the LoupeError that it stands for."""
    if answer.is_error:
        raise refusal(answer)
    if answer.status_code == httpx.codes.NO_CONTENT:
        return {}
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError as error:
        where = f"{answer.url.host}:{answer.url.port}"
        raise Unavailable(
            "ANSWER_UNREADABLE", f"{where} does not answer as Loupe does. Look at what is wrong with: loupe doctor"
        ) from error


def refusal(answer: httpx.Response) -> LoupeError:
    """A refusal, whoever spoke it: a function, Identity Toolkit or Cloud Storage."""
    try:
        error = answer.json()["error"]
        status, message = error.get("status", ""), str(error["message"])
        detail = (error.get("details") or error.get("errors") or [{}])[0]
        reason = str(detail.get("reason", "REFUSED"))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        status, reason, message = "", "REFUSED", _text_of(answer)
    kind = REFUSALS.get(status) or _by_code(answer.status_code)
    return kind(reason, message, retry_after=_seconds(answer.headers.get("Retry-After")))


def unreachable(service: str, error: httpx.TransportError) -> Unavailable:
    """The refusal that stands for no answer at all."""
    return Unavailable(
        "STACK_UNREACHABLE",
        f"The {service} service does not answer ({type(error).__name__}). Look at what is wrong with: loupe doctor",
        internal=str(error),
    )


def _by_code(code: int) -> type[LoupeError]:
    by_code = {kind.code: kind for kind in reversed(REFUSALS.values())}
    return by_code.get(code, errors.Internal if code >= 500 else errors.FailedPrecondition)


def _text_of(answer: httpx.Response) -> str:
    # Cloud Storage speaks XML here; two of its elements are all that a person needs.
    found = [re.search(rf"<{name}>(.*?)</{name}>", answer.text, re.DOTALL) for name in ("Code", "Message")]
    words = ": ".join(match[1] for match in found if match)
    return words or f"HTTP {answer.status_code} from {answer.url.host}:{answer.url.port}"


def _seconds(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None
