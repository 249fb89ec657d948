"""Spans of OpenTelemetry, where the operator has configured it; else nothing, at the cost of one look.

Where ``OTEL_EXPORTER_OTLP_ENDPOINT`` (or ``…_TRACES_ENDPOINT``) is set and the extra ``otel`` is installed, spans are
sent there. All spans of one event are one trace, whichever process makes them: its id follows from the event's.
Spans carry ids of ours, connections, operations and numbers; of an error its kind, never its text.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

Attributes = Mapping[str, str | int | float | bool]
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_log = logging.getLogger(__name__)


Note = Callable[[str, str | int | float | bool], None]
"""Adds an attribute to the span that is open."""


class Tracer(Protocol):
    """What makes spans, once it is configured."""

    def span(self, name: str, event: str, parent: str, attributes: Attributes) -> AbstractContextManager[Note]: ...

    def accepted(self, event: str, began_at: float, attributes: Attributes) -> None: ...

    def close(self) -> None: ...


def _unheard(name: str, value: str | int | float | bool) -> None:
    """Where there is no span."""


_NOTHING: AbstractContextManager[Note] = nullcontext(_unheard)


class _Current:
    tracer: Tracer | None = None


def trace_with(tracer: Tracer | None) -> None:
    """From now on this process' spans go to ``tracer``; None: nowhere."""
    _Current.tracer = tracer


@contextmanager
def traced(role: str, environment: Mapping[str, str]) -> Iterator[None]:
    """Traces what is done inside, where that is configured; at the end the last spans are sent."""
    tracer = _configured(role, environment)
    trace_with(tracer)
    try:
        yield
    finally:
        trace_with(None)
        if tracer is not None:
            tracer.close()


def _configured(role: str, environment: Mapping[str, str]) -> Tracer | None:
    if not any(environment.get(name) for name in _ENDPOINTS) or environment.get("OTEL_SDK_DISABLED") == "true":
        return None
    try:
        from engine.telemetry.otel import OtelTracer, exporting
    except ImportError:
        _log.warning("traces are configured (%s), but not installed: pip install 'fieldwright[otel]'", _ENDPOINTS[0])
        return None
    return OtelTracer(role, exporting())


def span(
    name: str, attributes: Attributes | None = None, *, event: str = "", parent: str = ""
) -> AbstractContextManager[Note]:
    """A span around what is done inside, within the one that is open; with ``event``, in that event's trace.

    ``parent`` is the event that it was split from, if any.
    """
    tracer = _Current.tracer
    return _NOTHING if tracer is None else tracer.span(name, event, parent, attributes or {})


def accepted(event: str, connection: str, source: str, began_at: float) -> None:
    """The first span of an event's trace: from its arrival (UTC s) until it was committed, which is now."""
    tracer = _Current.tracer
    if tracer is not None:
        tracer.accepted(event, began_at, {"fieldwright.connection": connection, "fieldwright.source": source})
