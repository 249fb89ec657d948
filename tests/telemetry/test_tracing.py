"""Traces: one per event over its whole way, by the SDK's own exporter in memory and by OTLP to a stub on loopback."""

from __future__ import annotations

import gzip
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from engine.telemetry import tracing
from engine.telemetry.otel import OtelTracer
from tests.pipeline.line import engineers, open_line


@contextmanager
def in_memory() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracer = OtelTracer("test", SimpleSpanProcessor(exporter))
    tracing.trace_with(tracer)
    try:
        yield exporter
    finally:
        tracing.trace_with(None)
        tracer.close()


def named(spans: tuple[ReadableSpan, ...], name: str) -> list[ReadableSpan]:
    return [span for span in spans if span.name == name]


def test_an_events_whole_way_is_one_trace_that_begins_with_its_acceptance(tmp_path: Path) -> None:
    with in_memory() as exporter, open_line(tmp_path) as line:
        event = line.score(line.apply())
        spans = tuple(
            span
            for span in exporter.get_finished_spans()
            if (span.attributes or {}).get("fieldwright.event") == event.id
        )
        everything = exporter.get_finished_spans()
    (accept,) = named(spans, "accept")
    (work,) = named(spans, "work")
    delivers = named(spans, "deliver")
    assert delivers
    assert {span.context.trace_id for span in spans} == {accept.context.trace_id}
    assert {span.parent.span_id for span in (work, *delivers) if span.parent} == {accept.context.span_id}
    assert accept.parent is None
    for name in ("hydrate", "score", "plan"):
        (step,) = named(everything, name)
        assert step.parent is not None
        assert step.parent.span_id == work.context.span_id
    calls = [span for span in everything if span.name.startswith("call ")]
    inside = {work.context.span_id, *(span.context.span_id for span in delivers)}
    inside |= {span.context.span_id for name in ("hydrate", "score", "plan") for span in named(everything, name)}
    assert calls
    assert {span.parent.span_id for span in calls if span.parent} <= inside


def test_spans_hold_neither_the_person_nor_the_text_of_an_error(tmp_path: Path) -> None:
    person = engineers(1)[0]
    with in_memory() as exporter, open_line(tmp_path) as line:
        line.ats.faults.set(path="*", answer_5xx=1)
        line.score(line.apply())
        line.pass_time(60)
        told = " ".join(span.to_json() for span in exporter.get_finished_spans())
    assert "error.type" in told
    for word in (person.first_name, person.last_name, person.email):
        assert word not in told


def test_a_failure_inside_marks_the_span_by_its_kind_only() -> None:
    with in_memory() as exporter, pytest.raises(ValueError), tracing.span("step", event="evt_1"):
        raise ValueError("Ana Lopez")
    (span,) = exporter.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "ValueError"
    assert "Ana" not in span.to_json()


def test_two_processes_agree_on_the_trace_of_an_event() -> None:
    code = (
        "from engine.telemetry.otel import OtelTracer\n"
        "from opentelemetry.sdk.trace.export import SimpleSpanProcessor\n"
        "from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter\n"
        "kept = InMemorySpanExporter(); tracer = OtelTracer('work', SimpleSpanProcessor(kept))\n"
        "with tracer.span('deliver', 'evt_1', '', {}): pass\n"
        "print(kept.get_finished_spans()[0].context.trace_id)\n"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    with in_memory() as exporter, tracing.span("work", event="evt_1"):
        pass
    assert int(other.stdout) == exporter.get_finished_spans()[0].context.trace_id


def test_spans_reach_a_collector_by_otlp_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            bodies.append(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with tracing.traced("serve", environment), tracing.span("work", event="evt_1"):
        pass
    server.shutdown()
    server.server_close()
    (request,) = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    (resource,) = request.resource_spans
    assert [span.name for scope in resource.scope_spans for span in scope.spans] == ["work"]
    told = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert (told["service.name"], told["fieldwright.role"]) == ("fieldwright", "serve")


def test_where_nothing_is_configured_nothing_of_the_sdk_is_loaded() -> None:
    code = (
        "import sys, engine.runtime.service\nfrom engine.telemetry.tracing import span, traced\n"
        "with traced('serve', {}), span('work', event='e') as note: note('a', 1)\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.strip() == "[]"


def test_configured_but_not_installed_is_one_line_of_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "engine.telemetry.otel", None)
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    with caplog.at_level(logging.WARNING), tracing.traced("serve", environment), tracing.span("work"):
        pass
    assert [record.getMessage() for record in caplog.records if "fieldwright[otel]" in record.getMessage()] != []
    assert len(caplog.records) == 1
