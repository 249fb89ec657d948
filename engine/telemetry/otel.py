"""Spans by the OpenTelemetry SDK: the only module that knows it, loaded where tracing is configured."""

from __future__ import annotations

import hashlib
import os
import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from engine import __version__
from engine.telemetry.tracing import Attributes, Note

_S = 1_000_000_000
_FLUSH_MS = 5000


def exporting() -> SpanProcessor:
    """Sends spans by OTLP over HTTP, as the OTEL_EXPORTER_OTLP_… variables say, from a thread of its own."""
    return BatchSpanProcessor(OTLPSpanExporter())


class OtelTracer:
    """A tracer (``engine.telemetry.tracing``) for this process, which is a ``role``."""

    def __init__(self, role: str, processor: SpanProcessor) -> None:
        self._ids = _Ids()
        resource = Resource.create(
            {
                "service.name": os.environ.get("OTEL_SERVICE_NAME") or "fieldwright",
                "service.version": __version__,
                "fieldwright.role": role,
                "process.runtime.version": platform.python_version(),
            }
        )
        # By the trace's id alone, so that all processes decide alike about one event.
        ratio = TraceIdRatioBased(_ratio(os.environ.get("OTEL_TRACES_SAMPLER_ARG")))
        self._provider = TracerProvider(sampler=ratio, resource=resource, id_generator=self._ids)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("fieldwright", __version__)

    @contextmanager
    def span(self, name: str, event: str, parent: str, attributes: Attributes) -> Iterator[Note]:
        context = trace.set_span_in_context(NonRecordingSpan(_first_of(event))) if event else None
        links = [Link(_first_of(parent))] if parent else []
        told = {**attributes, **({"fieldwright.event": event} if event else {})}
        with self._tracer.start_as_current_span(
            name, context, links=links, attributes=told, record_exception=False, set_status_on_exception=False
        ) as opened:
            try:
                yield opened.set_attribute
            except BaseException as error:
                opened.set_status(Status(StatusCode.ERROR))
                opened.set_attribute("error.type", type(error).__name__)
                raise

    def accepted(self, event: str, began_at: float, attributes: Attributes) -> None:
        now = time.time_ns()
        with self._ids.given(_first_of(event)):
            opened = self._tracer.start_span(
                "accept",
                context=trace.set_span_in_context(trace.INVALID_SPAN),
                kind=SpanKind.SERVER,
                attributes={**attributes, "fieldwright.event": event},
                start_time=min(now, int(began_at * _S)),
            )
        opened.end(now)

    def close(self) -> None:
        self._provider.force_flush(_FLUSH_MS)
        self._provider.shutdown()


class _Ids(IdGenerator):
    """Random ids, but for the span of this thread whose ids are given."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()
        self._own = threading.local()

    @contextmanager
    def given(self, context: SpanContext) -> Iterator[None]:
        self._own.context = context
        try:
            yield
        finally:
            self._own.context = None

    def generate_trace_id(self) -> int:
        given: SpanContext | None = getattr(self._own, "context", None)
        return given.trace_id if given else self._random.generate_trace_id()

    def generate_span_id(self) -> int:
        given: SpanContext | None = getattr(self._own, "context", None)
        return given.span_id if given else self._random.generate_span_id()


def _first_of(event: str) -> SpanContext:
    """Trace and first span of an event: they follow from its id, so that no process need tell another."""
    hashed = hashlib.sha256(event.encode()).digest()
    trace_id, span_id = int.from_bytes(hashed[:16], "big"), int.from_bytes(hashed[16:24], "big")
    return SpanContext(trace_id or 1, span_id or 1, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _ratio(text: str | None) -> float:
    try:
        return min(1.0, max(0.0, float(text or 1.0)))
    except ValueError:
        return 1.0
