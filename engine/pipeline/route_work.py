"""What waits for a route in, sent or given back with a time out: the schedule of Standard Webhooks, 75 h.

Those about one application go in order. A route whose other side answers 410 is switched off until a person
resumes it: what is meant for it is kept.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.route_poster import RoutePoster, Told
from engine.clock import Clock
from engine.delivery.schedule import GiveUp, decide
from engine.errors import LeaseLost
from engine.manifest.routes import OutgoingRoute, signing_key
from engine.model import Json
from engine.pipeline.alerts import alert
from engine.pipeline.holding_on import LEASE_S
from engine.pipeline.outcomes import POISONED
from engine.pipeline.outgoing import envelope, lane_of, type_of
from engine.pipeline.route import MOST_UNFINISHED, working_on
from engine.store.deliveries import Delivery
from engine.store.store import Store
from engine.telemetry import metrics
from engine.telemetry.tracing import Attributes, span

_DISABLED = "disabled"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenRoute:
    """A route with its secrets followed, and what posts to it."""

    route: OutgoingRoute
    poster: RoutePoster


def open_outgoing_route(route: OutgoingRoute, environment: Mapping[str, str]) -> OpenRoute:
    """Follows the secrets of ``route``. Raises SettingMissing."""
    keys = [signing_key(route.name, secret) for secret in route.secrets(environment)]
    reach = "loopback" if route.is_loopback else "private" if route.private else "public"
    return OpenRoute(route, RoutePoster(route.url, keys, route.timeout_s, reach))  # type: ignore[arg-type]


class RouteWork:
    """Sends what waits. Safe for any number of threads and processes."""

    def __init__(self, routes: Mapping[str, OpenRoute], store: Store, clock: Clock) -> None:
        self._routes, self._store, self._clock = routes, store, clock
        self._failures: Counter[str] = Counter()

    def deliver_once(self, name: str) -> str | None:
        """Works on what is due longest for the route ``name``; its id, or None when nothing is due or it is off."""
        if disabled_why(self._store, name) is not None:
            return None
        delivery = self._store.outbox.claim(LEASE_S, of=lane_of(name))
        if delivery is None:
            return None
        tenant = str(delivery.payload.get("data", {}).get("tenant", ""))
        told: Attributes = {"fieldwright.route": name, "fieldwright.attempt": delivery.attempts}
        with working_on(delivery.event_id, tenant), span("tell", told, event=delivery.event_id):
            try:
                self._deliver(self._routes[name], delivery)
            except LeaseLost:
                _log.info("lease lost on %s", delivery.id)
        return delivery.id

    def failures(self, name: str) -> int:
        """How many tries of the route have failed in a row in this process."""
        return self._failures[name]

    def _deliver(self, opened: OpenRoute, delivery: Delivery) -> None:
        name = opened.route.name
        if delivery.unfinished > MOST_UNFINISHED:
            self._store.outbox.settle(delivery.id, delivery.token, "dead", POISONED)
            _log.error("%s for the route %s: %s", delivery.id, name, POISONED, extra={"route": name})
            return
        told = self._posted(opened, delivery)
        self._failures[name] = 0 if told.taken else self._failures[name] + 1
        result = "delivered" if told.taken else "gone" if told.gone else "failed"
        metrics.OUTGOING.labels(name, result).inc()
        if told.taken:
            self._store.outbox.settle(delivery.id, delivery.token, "delivered", told.cause)
        elif told.gone:
            self._disable(name, delivery, told.cause)
        else:
            self._again(name, delivery, told)

    def _posted(self, opened: OpenRoute, delivery: Delivery) -> Told:
        try:
            body = body_of(delivery.id, delivery.payload)
            return opened.poster.post(delivery.id, body, self._clock.now())
        except Exception:
            reference = secrets.token_hex(4)
            _log.exception("outgoing event %s failed, reference %s", delivery.id, reference)
            return Told(False, f"an internal error, reference {reference}")

    def _disable(self, name: str, delivery: Delivery, cause: str) -> None:
        with self._store.transaction():
            self._store.connections.put(lane_of(name), _DISABLED, {"why": cause, "at": self._clock.now()})
            now = self._clock.now()
            self._store.outbox.retry_at(delivery.id, delivery.token, now, cause, counted=False)
        extra = {"route": name}
        _log.warning("the route %s is off: %s; fieldwright routes resume %s", name, cause, name, extra=extra)

    def _again(self, name: str, delivery: Delivery, told: Told) -> None:
        decision = decide(delivery.attempts, self._clock.now(), told.wait_s)
        extra = {"route": name}
        if isinstance(decision, GiveUp):
            cause = f"given up after {decision.tries} tries: {told.cause}"
            self._store.outbox.settle(delivery.id, delivery.token, "dead", cause)
            _log.error("%s for the route %s: %s", delivery.id, name, cause, extra=extra)
            return
        self._store.outbox.retry_at(delivery.id, delivery.token, decision.at, told.cause)
        metrics.RETRIES.labels(lane_of(name), "outgoing").inc()
        alert(lane_of(name), delivery.attempts, f"the route {name}", told.cause, extra)


def ping(opened: OpenRoute, now: float) -> Told:
    """Sends a ``ping`` event at once, and once."""
    id_ = f"ping_{secrets.token_hex(8)}"
    event = envelope(type_of("ping"), "", "", now, {"route": opened.route.name})
    return opened.poster.post(id_, body_of(id_, event), now)


def body_of(id: str, payload: Mapping[str, Json]) -> bytes:
    """The CloudEvent as it is sent; the same bytes at every try."""
    whole = {"id": id, **payload}
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")


def disabled_why(store: Store, name: str) -> str | None:
    """Why the route is off; None where it is not."""
    kept = store.connections.get(lane_of(name), _DISABLED)
    return str(kept["why"]) if kept else None


def resume(store: Store, name: str) -> bool:
    """Switches the route on again; whether it was off."""
    was_off = disabled_why(store, name) is not None
    store.connections.delete(lane_of(name), _DISABLED)
    return was_off
