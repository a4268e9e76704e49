"""What comes in: JSON bodies and query strings, of a size and of a type, or a refusal that names the field."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request

from shared.errors import InvalidArgument

T = TypeVar("T", bound=msgspec.Struct)

MAX_BODY: Final = 64 * 1024  # bytes
DISCARDED: Final = 32 * 1024 * 1024  # bytes of an unwanted body that are read so that the client hears the answer
CHUNK: Final = 64 * 1024
SHOWN: Final = 200  # characters of what the client sent that an error repeats
BROKEN: Final = (ClientDisconnected, OSError)  # what servers raise where a body ends before its end
PLACE: Final = re.compile(r"(?s)(.*?)(?: - at `(?:key in )?\$\.?(.*)`)?")


def read_body(request: Request, *, limit: int = MAX_BODY) -> bytes:
    """The body as it came.

    Raises InvalidArgument REQUEST_TOO_LARGE where it is longer than `limit` bytes, BODY_INCOMPLETE where it broke off.
    """
    declared = request.content_length or 0
    try:
        body = b"" if declared > limit else b"".join(_chunks(request, limit + 1))
    except BROKEN as error:
        message = "The request broke off before its end. Send it again."
        raise InvalidArgument("BODY_INCOMPLETE", message, internal=repr(error)) from error
    if max(declared, len(body)) > limit:
        raise InvalidArgument(
            "REQUEST_TOO_LARGE",
            f"The request's body is larger than {limit} bytes. Photos are not sent here: "
            "ask for upload URLs and put them there.",
            limit=str(limit),
        )
    return body


def read_json(request: Request, into: type[T], *, limit: int = MAX_BODY, optional: bool = False) -> T:
    """The JSON body as a value of type `into`; where it is `optional`, no body stands for all the defaults.

    Raises InvalidArgument: REQUEST_TOO_LARGE, BODY_INCOMPLETE, CONTENT_TYPE, INVALID_JSON, INVALID_REQUEST.
    """
    body = read_body(request, limit=limit)
    if optional and not body:
        return into()
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if request.mimetype != "application/json" or charset not in ("utf-8", "utf8") or encoding != "identity":
        raise InvalidArgument("CONTENT_TYPE", "Send the body as plain UTF-8 with Content-Type: application/json.")
    return decode(body, into)


def decode(body: bytes, into: type[T]) -> T:
    """JSON to a value of type `into`. Raises InvalidArgument INVALID_JSON or INVALID_REQUEST."""
    try:
        return msgspec.json.decode(body, type=into)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidArgument(
            "INVALID_JSON",
            "The request's body is not JSON. Send one JSON object in UTF-8.",
            internal=str(error)[:SHOWN],
        ) from error


def read_query(request: Request, into: type[T]) -> T:
    """The query string as a value of type `into`. Raises InvalidArgument INVALID_REQUEST."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise _refused(name, "it is given more than once")
    try:
        return msgspec.convert(request.args.to_dict(), into, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error


def accept_any_length(request: Request) -> None:
    """Lift the server's own limit, which would answer in words that are not ours; `read_body` holds a lower one."""
    request.max_content_length = sys.maxsize


def discard(request: Request) -> None:
    """Read away what the handler left of the body, so that the client hears the answer instead of a broken pipe.

    Afterwards the server finds an empty body: functions-framework would read all the rest into memory, and would
    answer 500 without a word where it is longer than ten megabytes.
    """
    with contextlib.suppress(*BROKEN):
        for _ in _chunks(request, DISCARDED):
            pass
    request.stream = io.BytesIO()


def _chunks(request: Request, most: int) -> Iterator[bytes]:
    while most > 0 and (chunk := request.stream.read(min(CHUNK, most))):
        most -= len(chunk)
        yield chunk


def _invalid(error: msgspec.ValidationError) -> InvalidArgument:
    found = PLACE.fullmatch(str(error))
    what, field = (found[1], found[2] or "") if found else (str(error), "")
    return _refused(field, what[:1].lower() + what[1:])


def _refused(field: str, what: str) -> InvalidArgument:
    place = f"The field {field[:SHOWN]}" if field else "The request"
    message = f"{place} is not as it must be: {what[:SHOWN].replace('`', '')}. Correct it and send it again."
    return InvalidArgument("INVALID_REQUEST", message, field=field[:SHOWN])
