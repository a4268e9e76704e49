"""Spans for whoever collects them. Off, and not even imported, unless OTEL_EXPORTER_OTLP_ENDPOINT says where to.

Then OpenTelemetry sends them by OTLP over HTTP, as its own variables (OTEL_…) tell it. The parent of a span is what log
lines name at that moment (`shared.logging`), so that spans and lines of one job are found together.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from shared import logging as lines
from shared.version import VERSION

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider

FLUSH_MILLIS: Final = 2000  # an instance may be frozen after its answer, so spans go out before it

_provider: TracerProvider | None = None


def configure(function: str, endpoint: str) -> None:
    """Send the spans of this process from now on, or none where `endpoint` is empty. Reaches nothing yet."""
    global _provider  # noqa: PLW0603 - one exporter per process, set up where the process starts
    if _provider is not None:
        _provider.shutdown()
        _provider = None
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    _provider = TracerProvider(resource=Resource.create({"service.name": function, "service.version": VERSION}))
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=FLUSH_MILLIS / 1000)))


def enabled() -> bool:
    """Whether spans are sent."""
    return _provider is not None


@contextlib.contextmanager
def span(name: str, **attributes: str) -> Iterator[None]:
    """A span for the block, below the one that this thread is in; log lines inside name it. An exception marks it."""
    if _provider is None:
        yield
        return
    tracer = _provider.get_tracer("loupe", VERSION)
    with tracer.start_as_current_span(name, context=_parent(), attributes=attributes) as begun:
        here = begun.get_span_context()
        flags = f"{int(here.trace_flags):02x}"
        with lines.follow(f"00-{here.trace_id:032x}-{here.span_id:016x}-{flags}"):
            yield


def flush() -> None:
    """Send what has ended, in at most FLUSH_MILLIS; a collector that does not answer costs spans and nothing else."""
    if _provider is not None:
        _provider.force_flush(FLUSH_MILLIS)


def _parent() -> Context:
    from opentelemetry.context import Context
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    trace = lines.parse_trace({"traceparent": lines.traceparent()})
    if trace is None or trace.span_id is None:
        return Context()
    context = SpanContext(
        trace_id=int(trace.trace_id, 16),
        span_id=int(trace.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(trace.sampled)),
    )
    return set_span_in_context(NonRecordingSpan(context), Context())
