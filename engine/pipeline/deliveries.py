"""A planned delivery's way to the ATS: compose → attempt → settle, or down a rung with the cause.

A refusal for good moves its outputs to their next place, joined with what still waits to go there; anything else
is tried again on schedule. When nothing of an event is open any more, its outcome is recorded.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping

from engine.clock import Clock
from engine.delivery.attempt import Arrived, Attempted, Later, Unproven, held_up
from engine.delivery.schedule import GiveUp, TryAgain, decide, next_turn
from engine.errors import CallError, FieldwrightError, LeaseLost, StoreUnavailable, Throttled
from engine.model import Json, as_plain
from engine.pipeline.alerts import alert
from engine.pipeline.attempts import Attempts, NotMoved
from engine.pipeline.falling import Work, move
from engine.pipeline.holding import release
from engine.pipeline.holding_on import LEASE_S, holding_on
from engine.pipeline.isolation import PROCESS
from engine.pipeline.outcomes import POISONED, outcome_of, record_outcome
from engine.pipeline.outgoing import NO_ROUTES, Outgoing
from engine.pipeline.payload import planned_of
from engine.pipeline.pins import Pins, pinned
from engine.pipeline.publishing import NewToken, new_token
from engine.pipeline.route import MOST_UNFINISHED, Route, working_on
from engine.pipeline.telling import attempt_detail, told_nowhere
from engine.store.deliveries import Delivery
from engine.store.store import Store
from engine.store.written import Written
from engine.telemetry import metrics
from engine.telemetry.tracing import Attributes, span
from engine.writeback.values import digest

_log = logging.getLogger(__name__)


class DeliveryWork:
    """Takes deliveries from the outbox to the ATS (``only`` those of one connection). Safe for many threads.

    ``token`` makes the last part of a file's public address. ``pins`` finds the mappings by which deliveries were
    planned; without it all go out by the present ones.
    """

    def __init__(
        self,
        routes: Mapping[str, Route],
        store: Store,
        clock: Clock,
        only: str | None = None,
        *,
        token: NewToken = new_token,
        pins: Pins | None = None,
        outgoing: Outgoing = NO_ROUTES,
    ) -> None:
        self._pins = pins
        self._routes, self._store, self._clock, self._only = routes, store, clock, only
        self._outgoing = outgoing
        self._attempts = Attempts(store, clock, token)

    def deliver_once(self, event_id: str | None = None, of: str | None = None) -> str | None:
        """Works on the delivery that is due longest (of one event, of one connection, if given).

        Its id, or None when none is due.
        """
        outbox, of = self._store.outbox, of or self._only
        return PROCESS.worked(lambda: outbox.claim(LEASE_S, event_id, of), outbox.hand_back, self._worked)

    def _worked(self, delivery: Delivery) -> str:
        about = (delivery.event_id, delivery.connection, delivery.candidate_id)
        told: Attributes = {"fieldwright.place": delivery.place, "fieldwright.attempt": delivery.attempts}

        def renew(lease_s: float) -> None:
            self._store.outbox.renew(delivery.id, delivery.token, lease_s)

        whole, held = span("deliver", told, event=delivery.event_id), holding_on(renew, self._clock)
        with working_on(*about), whole, held, self._store.gathering():
            try:
                self._deliver(delivery)
                self.finish_event(delivery.event_id)
            except LeaseLost:
                _log.info("lease lost on %s", delivery.id)
        return delivery.id

    def finish_event(self, event_id: str) -> None:
        """Records the event's outcome when none of its deliveries is open any more."""
        if self._store.outbox.open_count(event_id):
            return
        event = self._store.inbox.get(event_id)
        if event.state != "planned":
            return
        with working_on(event_id, event.connection):
            steps = self._store.steps.of(event_id)
            # What came of it before it was replayed is told already.
            since = max((step.at for step in steps if step.stage == "replayed"), default=0.0)
            nowhere = told_nowhere([step for step in steps if step.at >= since])
            deliveries = [one for one in self._store.outbox.of_event(event_id) if one.created_at >= since]
            outcome = outcome_of(deliveries, nowhere)
            record_outcome(self._store, [event_id], outcome, outgoing=self._outgoing)

    def release_held(self) -> None:
        """Lets go what was held for a person and need not be any more."""
        for event_id in release(self._routes, self._store, self._only):
            self.finish_event(event_id)

    # ── attempt ──────────────────────────────────────────────────────────────────────────────────────────────

    def _deliver(self, delivery: Delivery) -> None:
        present = self._routes.get(delivery.connection)
        if present is None:
            self._store.outbox.settle(delivery.id, delivery.token, "dead", "the connection is not there any more")
            return
        if delivery.unfinished > MOST_UNFINISHED:
            self._store.outbox.settle(delivery.id, delivery.token, "dead", POISONED)
            return
        try:
            route = pinned(self._pins, present, delivery.manifest_hash)
            work = Work(route, delivery, planned_of(delivery.payload), self._context(route, delivery))
            self._settle(work, self._attempts.make(work))
        except (LeaseLost, StoreUnavailable):
            raise
        except CallError as error:
            wait_s = error.wait_s if isinstance(error, Throttled) else None
            self._again(delivery, Later(error.cause, sent=delivery.sent, wait_s=wait_s, held=held_up(error)))
        except FieldwrightError as error:
            self._store.outbox.settle(delivery.id, delivery.token, "dead", error.message)
        except Exception:
            reference = secrets.token_hex(4)
            _log.exception("delivery %s failed, reference %s", delivery.id, reference)
            self._after_surprise(delivery, f"an internal error, reference {reference}")

    def _context(self, route: Route, delivery: Delivery) -> dict[str, Json]:
        connection = route.connection
        kept = delivery.payload["context"]
        stored = self._store.scores.of_audit(delivery.payload["audit_id"])
        score = {**as_plain(stored.score), "audit_id": stored.audit_id} if stored else {}
        return {**kept, "settings": connection.open_settings, "score": score, "stage_move": connection.stage_move}

    def _tell(self, work: Work, result: Attempted) -> None:
        detail = attempt_detail(work.delivery.id, work.planned, result)
        metrics.ATTEMPTS.labels(work.delivery.connection, detail["result"]).inc()
        self._store.steps.add(work.delivery.event_id, "attempt", detail)

    # ── settle ───────────────────────────────────────────────────────────────────────────────────────────────

    def _settle(self, work: Work, result: Attempted | NotMoved) -> None:
        delivery = work.delivery
        if isinstance(result, NotMoved):
            self._tell(work, Arrived(f"not moved: {result.why}"))
            self._store.outbox.settle(delivery.id, delivery.token, "moved", result.why)
            return
        if isinstance(result, Later) and result.held:
            self._again(delivery, result)
            return
        self._tell(work, result)
        if isinstance(result, Arrived):
            self._arrived(work, result)
        elif isinstance(result, Later):
            self._again(delivery, result)
        elif isinstance(result, Unproven):
            self._store.outbox.settle(delivery.id, delivery.token, "dead", result.cause)
        else:
            if result.operation in (step.call for step in work.place.write):
                work.route.discovery.learn(work.planned.place, result)
            move(self._store, work, result)

    def _arrived(self, work: Work, result: Arrived) -> None:
        delivery = work.delivery
        rows = [
            Written(write.output, digest(write.value), write.place, write.target) for write in work.planned.writes
        ]
        with self._store.transaction():
            self._store.outbox.settle(delivery.id, delivery.token, "delivered", result.how)
            self._store.written.remember(delivery.connection, delivery.subject, rows)
        for write in work.planned.writes:
            metrics.RUNGS.labels(write.place, str(write.rung + 1)).inc()

    def _after_surprise(self, delivery: Delivery, cause: str) -> None:
        if delivery.unfinished >= MOST_UNFINISHED:
            self._store.outbox.settle(delivery.id, delivery.token, "dead", f"{POISONED}: {cause}")
            return
        decision = decide(delivery.attempts, self._clock.now())
        at = decision.at if isinstance(decision, TryAgain) else self._clock.now()
        # How far it came is not known: that it may have been sent must not be forgotten.
        self._store.outbox.retry_at(delivery.id, delivery.token, at, cause, sent=None)

    def _again(self, delivery: Delivery, later: Later) -> None:
        sent = later.sent or delivery.sent
        if later.held:
            at = next_turn(self._clock.now(), later.wait_s)
            self._store.outbox.retry_at(delivery.id, delivery.token, at, later.cause, sent=sent, counted=False)
            return
        decision = decide(delivery.attempts, self._clock.now(), later.wait_s)
        if isinstance(decision, GiveUp):
            cause = f"given up after {decision.tries} tries: {later.cause}"
            self._store.outbox.settle(delivery.id, delivery.token, "dead", cause)
            return
        metrics.RETRIES.labels(delivery.connection, "delivery").inc()
        alert(delivery.connection, delivery.attempts, f"{delivery.operation} of {delivery.event_id}", later.cause)
        self._store.outbox.retry_at(delivery.id, delivery.token, decision.at, later.cause, sent=sent)
