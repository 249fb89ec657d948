"""What a process counts and measures, under the names that ``/metrics`` shows.

Labels are bounded: connections, manifests' places, and fixed words. No id, no text of others. Each process counts
for itself; what all of them share is read from the store when it is asked for (``engine.telemetry.exposition``).
"""

from __future__ import annotations

import platform

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry(auto_describe=False)
ProcessCollector(registry=REGISTRY)

_ACCEPT_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_CALL_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


def _counter(name: str, told: str, *labels: str) -> Counter:
    return Counter(f"fieldwright_{name}", told, labels, registry=REGISTRY)


def _gauge(name: str, told: str, *labels: str) -> Gauge:
    return Gauge(f"fieldwright_{name}", told, labels, registry=REGISTRY)


def _histogram(name: str, told: str, labels: tuple[str, ...], buckets: tuple[float, ...]) -> Histogram:
    return Histogram(f"fieldwright_{name}", told, labels, registry=REGISTRY, buckets=buckets)


BUILD = _gauge("build_info", "The running version; always 1.", "version", "python", "role")

ACCEPTED = _counter("accepted", "New events committed to the inbox.", "connection", "source")
DUPLICATES = _counter("duplicates", "Events that were in the inbox already.", "connection")
REFUSED = _counter("refused", "Requests turned away at the door.", "reason")
ACCEPT_SECONDS = _histogram("accept_seconds", "From an admitted webhook to its commit.", (), _ACCEPT_BUCKETS)
STORE_UNAVAILABLE = _counter("store_unavailable", "Times the store could not commit.", "at")

OUTCOMES = _counter("outcomes", "Events ended, by their outcome.", "connection", "outcome")
ATTEMPTS = _counter("attempts", "Attempts of deliveries, by what they came to.", "connection", "result")
RETRIES = _counter("retries", "What is to be tried again after a failed try.", "connection", "what")
RUNGS = _counter("rungs", "Outputs written, by their place and its rung (1 is the best).", "place", "rung")
ALERTS = _counter("alerts", "Deliveries that failed four times in a row.", "connection")

CALLS = _counter("calls", "Calls answered or failed, by class of status.", "connection", "kind", "status")
CALL_SECONDS = _histogram(
    "call_seconds", "How long calls took, without waiting for limits.", ("kind",), _CALL_BUCKETS
)
LIMITER_WAITS = _counter("limiter_waits", "Calls that had to wait for the limits of their ATS.", "connection")
LIMITER_WAIT_SECONDS = _counter("limiter_wait_seconds", "Seconds that calls waited for limits.", "connection")

OUTGOING = _counter("outgoing", "Attempts to send outgoing events, by what they came to.", "route", "result")

BREAKER = _gauge("breaker", "0: calls are made; 1: held back after failures; 2: off until resumed.", "connection")
LEADER = _gauge("leader", "Whether this process leads: polls, sweeps, seals.")
WAKEUPS_SENT = _counter("wakeups_sent", "Wake-ups handed to Redis.")
WAKEUPS_LOST = _counter("wakeups_lost", "Wake-ups that Redis did not take; the work is found by looking.")
WORKERS = _gauge("workers", "Worker threads of this process that live.")


def built(version: str, role: str) -> None:
    """Tells which version runs, and as what (``serve``, ``work``)."""
    BUILD.labels(version, platform.python_version(), role).set(1)


def status_class(status: int | None) -> str:
    """``2xx`` and the like; ``none`` where there was no answer."""
    return f"{status // 100}xx" if status is not None and 100 <= status < 600 else "none"
