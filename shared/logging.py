"""Log lines as Cloud Logging reads them: one JSON object per line on standard output.

`configure` is called once per process, `request` opens the scope of one request, `follow` that of an earlier one's
trace, `bind` adds labels to every line inside a block. Where standard output is a terminal, lines are for people.

What a bearer could use (signed URLs, tokens) is struck out of every line; EXIF and places are never logged.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec

from shared.version import VERSION

SECRETS: Final = (
    (re.compile(r"(?i)(x-goog-(?:signature|credential)=)[^&\s\"']+"), r"\1[struck out]"),
    (re.compile(r"(?i)(bearer\s+)[^\s\"',]+"), r"\1[struck out]"),
    (re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "[token struck out]"),
)
TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2}).*")
# Error Reporting takes an entry of this type even without a stack trace: its guide "Format errors in logs".
REPORTED: Final = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
CLOUD_TRACE: Final = re.compile(r"([0-9a-f]{32})(?:/(\d{1,20}))?(?:;o=(\d))?")


class Headers(Protocol):
    """The headers of a request, whatever framework read them."""

    def get(self, name: str, default: str, /) -> str:
        """The header, or `default`."""


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """The distributed trace that a request belongs to."""

    trace_id: str
    span_id: str | None = None
    sampled: bool = False

    @property
    def traceparent(self) -> str:
        """As W3C Trace Context writes it, for whoever goes on with the work."""
        return f"00-{self.trace_id}-{self.span_id or secrets.token_hex(8)}-{int(self.sampled):02x}"


_labels: ContextVar[Mapping[str, str]] = ContextVar("labels", default={})  # noqa: B039 - never changed, only replaced
_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)


def configure(function: str, *, project: str | None = None, level: int = logging.INFO) -> None:
    """Send every record of this process to standard output. Called again, it replaces what it set up before.

    `project` gives traces their full name; without it GOOGLE_CLOUD_PROJECT does.
    """
    project = os.environ.get("GOOGLE_CLOUD_PROJECT", "") if project is None else project
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Readable() if sys.stdout.isatty() else _CloudJson(function, project))
    logging.basicConfig(level=level, handlers=[handler], force=True)


@contextlib.contextmanager
def bind(**labels: object) -> Iterator[None]:
    """Add labels to every line that is logged inside the block by this thread."""
    token = _labels.set({**_labels.get(), **{name: str(value) for name, value in labels.items()}})
    try:
        yield
    finally:
        _labels.reset(token)


@contextlib.contextmanager
def request(headers: Headers, request_id: str, *, sampled: bool = False) -> Iterator[None]:
    """The scope of one request: its lines carry its id and no label of another, and the trace its headers name.

    Where they name none, a trace begins here; `sampled` says whether spans of it are to be kept.
    """
    trace = _trace.set(parse_trace(headers) or _new_trace(sampled))
    labels = _labels.set({"request_id": request_id})
    try:
        yield
    finally:
        _labels.reset(labels)
        _trace.reset(trace)


@contextlib.contextmanager
def follow(traceparent: str) -> Iterator[None]:
    """Lines inside the block belong to the trace of earlier work; where `traceparent` is malformed, nothing changes."""
    earlier = parse_trace({"traceparent": traceparent})
    token = _trace.set(earlier or _trace.get())
    try:
        yield
    finally:
        _trace.reset(token)


def traceparent() -> str:
    """The trace that this thread works for, to be handed on; empty where there is none."""
    trace = _trace.get()
    return trace.traceparent if trace else ""


def parse_trace(headers: Headers) -> Trace | None:
    """The trace of `traceparent`, else of `X-Cloud-Trace-Context`; None where neither is well formed."""
    if found := TRACEPARENT.fullmatch(headers.get("traceparent", "")):
        return Trace(trace_id=found[1], span_id=found[2], sampled=bool(int(found[3], 16) & 1))
    if found := CLOUD_TRACE.fullmatch(headers.get("X-Cloud-Trace-Context", "")):
        span = f"{int(found[2]) % 2**64:016x}" if found[2] else None
        return Trace(trace_id=found[1], span_id=span, sampled=found[3] == "1")
    return None


def _new_trace(sampled: bool) -> Trace:
    return Trace(trace_id=secrets.token_hex(16), span_id=secrets.token_hex(8), sampled=sampled)


def strike_out(text: str) -> str:
    """The text without signatures and tokens."""
    for secret, instead in SECRETS:
        text = secret.sub(instead, text)
    return text


class _CloudJson(logging.Formatter):
    def __init__(self, function: str, project: str) -> None:
        super().__init__()
        self._function = function
        self._project = project

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "severity": record.levelname,
            "message": strike_out(record.getMessage()),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "logger": record.name,
            "logging.googleapis.com/labels": {"function": self._function, **_labels_of(record)},
            **self._traced(),
        }
        metric = getattr(record, "metric", None)
        if metric is not None:
            entry["metric"] = metric
        if record.levelno >= logging.ERROR:
            entry |= {"@type": REPORTED, "serviceContext": {"service": self._function, "version": VERSION}}
        if record.exc_info:
            entry["stack_trace"] = strike_out(f"{record.getMessage()}\n{self.formatException(record.exc_info)}")
        return json.dumps(entry, ensure_ascii=False, default=str)

    def _traced(self) -> Mapping[str, Any]:
        trace = _trace.get()
        if trace is None:
            return {}
        name = f"projects/{self._project}/traces/{trace.trace_id}" if self._project else trace.trace_id
        span = {"logging.googleapis.com/spanId": trace.span_id} if trace.span_id else {}
        return {"logging.googleapis.com/trace": name, "logging.googleapis.com/trace_sampled": trace.sampled, **span}


class _Readable(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        labels = " ".join(f"{name}={value}" for name, value in _labels_of(record).items())
        return strike_out(super().format(record)) + (f"  [{labels}]" if labels else "")


def _labels_of(record: logging.LogRecord) -> dict[str, str]:
    own: Mapping[str, object] = getattr(record, "labels", {})
    return {**_labels.get(), **{name: str(value) for name, value in own.items()}}
