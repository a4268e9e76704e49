"""Spans reach a collector over OTLP, under the trace of their request; without one there are none."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from shared import logging as lines
from shared import metrics, tracing
from tests.running import ROOT

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


class Collector:
    """An OTLP receiver that keeps every span."""

    def __init__(self) -> None:
        self.spans = []
        self.services = set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
                for resource in sent.resource_spans:
                    named = {one.key: one.value.string_value for one in resource.resource.attributes}
                    collector.services.add(named["service.name"])
                    for scope in resource.scope_spans:
                        collector.spans += scope.spans
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is said."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def span(self, name: str):
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector(monkeypatch):
    started = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", started.url)
    tracing.configure("analyze", started.url)
    yield started
    tracing.configure("analyze", "")
    started.close()


def test_spans_hang_together_under_the_trace_of_the_request(collector):
    with lines.request({"traceparent": f"00-{TRACE}-{PARENT}-01"}, "r1"), tracing.span("job", job_id="j1"):
        with metrics.stage("inspection", "read"):
            inside = lines.traceparent()
        handed_on = lines.traceparent()
    tracing.flush()
    job, read = collector.span("job"), collector.span("read")
    assert collector.services == {"analyze"}
    assert job.trace_id.hex() == read.trace_id.hex() == TRACE
    assert job.parent_span_id.hex() == PARENT
    assert read.parent_span_id == job.span_id
    assert (handed_on.split("-")[2], inside.split("-")[2]) == (job.span_id.hex(), read.span_id.hex())
    assert {one.key: one.value.string_value for one in job.attributes} == {"job_id": "j1"}


def test_a_trace_that_is_not_sampled_sends_nothing(collector):
    with lines.request({"traceparent": f"00-{TRACE}-{PARENT}-00"}, "r1"), tracing.span("job"):
        pass
    tracing.flush()
    assert collector.spans == []


def test_a_trace_that_begins_here_is_sampled_where_spans_are_sent(collector):
    with lines.request({}, "r1", sampled=tracing.enabled()), tracing.span("job"):
        pass
    tracing.flush()
    assert collector.span("job").parent_span_id


def test_what_fails_is_marked(collector):
    with pytest.raises(KeyError), lines.request({}, "r1", sampled=True), tracing.span("job"):
        raise KeyError
    tracing.flush()
    assert collector.span("job").status.code == 2  # STATUS_CODE_ERROR


def test_without_a_collector_nothing_of_opentelemetry_is_loaded():
    code = """
import json, sys
from shared import tracing
tracing.configure("upload", "")
with tracing.span("job"):
    tracing.flush()
print(json.dumps([name for name in sys.modules if name.startswith("opentelemetry")]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_a_collector_that_is_not_there_costs_spans_and_nothing_else(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    tracing.configure("analyze", "http://127.0.0.1:1")
    with lines.request({}, "r1", sampled=True), tracing.span("job"):
        pass
    tracing.flush()
    tracing.configure("analyze", "")
