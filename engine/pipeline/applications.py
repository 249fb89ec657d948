"""One application's way from its event to the outbox: hydrate → score → plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.hydration.hydrate import Hydrated, Hydrator
from engine.model import CanonicalEvent, Json, Outcome, OutcomeKind, as_plain
from engine.pipeline.holding import withheld_request
from engine.pipeline.holding_on import LEASE_S
from engine.pipeline.order import came_late
from engine.pipeline.payload import delivery_of, planned_of
from engine.pipeline.route import Route
from engine.pipeline.scoring import Scored, score_application
from engine.pipeline.telling import plan_detail
from engine.ports import Scorer
from engine.store.deliveries import Delivery, NewDelivery
from engine.store.events import Claim, StoredEvent
from engine.store.store import Store
from engine.telemetry.tracing import span
from engine.writeback.grouping import Planned
from engine.writeback.planner import Plan, plan
from engine.writeback.values import digest, output_values

_ECHO_S = 900.0
_HISTORY = frozenset({"hm_feedback", "hm_comment"})


class ApplicationWork:
    """Takes one application to its plan, or to the outcome that ends the event. Safe for any number of threads."""

    def __init__(self, store: Store, scorer: Scorer) -> None:
        self._store, self._scorer = store, scorer

    def run(
        self,
        route: Route,
        hydrator: Hydrator,
        claim: Claim,
        event: StoredEvent,
        canonical: CanonicalEvent,
        *,
        prospect: bool = False,
    ) -> Outcome | None:
        """The event's outcome, or None when its deliveries are in the outbox. Raises as hydration and scoring do."""
        with span("hydrate"):
            hydrated = hydrator.hydrate(canonical.ids, prospect=prospect)
        context = {**hydrated.context(route.connection.open_settings), "event": as_plain(canonical)}
        skip = route.connection.manifest.events.skip
        if skip is not None and skip(context):
            status = hydrated.application.status if hydrated.application else None
            return Outcome(OutcomeKind.FILTERED, f"not scored at status {status}")
        feedback = _feedback(claim)
        with self._store.transaction():
            # A slow ATS may have used up most of the lease, and the résumé and the scorer are still to come.
            self._store.inbox.renew(claim, LEASE_S)
            self._store.steps.add(event.id, "hydrated", {"prospect": prospect})
        with span("score"):
            scored = score_application(hydrated, hydrator, self._scorer, self._store, route.name, event.id)
        if scored is None and feedback is None:
            return Outcome(OutcomeKind.FILTERED, "there is no résumé yet")
        self._tell_score(event, scored)
        full = self._value_context(route, context, scored, feedback)
        with span("plan"):
            return self._plan(route, claim, event, hydrated, full, scored.score.audit_id if scored else "")

    def _tell_score(self, event: StoredEvent, scored: Scored | None) -> None:
        if scored is None:
            return
        score = scored.score
        detail = {"match": score.match, "scorer": score.scorer, "audit_id": score.audit_id, "known": scored.known}
        self._store.steps.add(event.id, "scored", {**detail, "problem": score.problem})

    def _value_context(
        self, route: Route, context: dict[str, Json], scored: Scored | None, feedback: Json
    ) -> dict[str, Json]:
        """What output values and notes are composed from."""
        connection = route.connection
        full = {**context, "score": as_plain(scored.score) if scored else {}}
        full["feedback"] = feedback or {}
        full["shortlist"] = {}
        if connection.shortlist_url is not None:
            full["shortlist"] = {"url": connection.shortlist_url.render(context)}
        full["stage_move"] = connection.stage_move
        return full

    def _plan(
        self,
        route: Route,
        claim: Claim,
        event: StoredEvent,
        hydrated: Hydrated,
        context: dict[str, Json],
        audit_id: str,
    ) -> Outcome | None:
        manifest = route.connection.manifest
        subject = f"{hydrated.candidate.id}|{hydrated.job.id}"
        known = route.discovery.known(hydrated.candidate, subject, context)
        open_now = self._store.outbox.open_of_subject(route.name, subject)
        coming = _on_its_way(open_now)
        stands = {output: place for output, place in known.stands.items() if output not in coming}
        known = replace(known, written={**known.written, **coming}, stands=stands)
        planned = plan(manifest, output_values(manifest, context), known, audit_id=audit_id)
        self._store.steps.add(event.id, "planned", plan_detail(planned))
        if not planned.deliveries and not planned.held:
            return self._nothing_to_send(route, event, subject, planned)
        route.discovery.bind(planned.deliveries, known)

        def entry(request: Planned, held: str = "") -> NewDelivery:
            return delivery_of(
                request,
                context,
                audit_id,
                connection=route.name,
                subject=subject,
                candidate_id=hydrated.candidate.id,
                job_id=hydrated.job.id,
                manifest_hash=manifest.digest,
                held=held,
            )

        entries = [entry(request) for request in planned.deliveries]
        entries += [entry(withheld_request(route, one, audit_id), one.why) for one in planned.held]
        with self._store.transaction():
            self._store.outbox.overtake(_overtaken(open_now, planned))
            self._store.outbox.enqueue(event.id, entries, claim.token)
        return None

    def _nothing_to_send(self, route: Route, event: StoredEvent, subject: str, planned: Plan) -> Outcome:
        if planned.unchanged or not planned.nowhere:
            written = self._store.written.last(route.name, subject).values()
            newest = max((value.at or 0.0 for value in written), default=0.0)
            echo = 0.0 <= event.received_at - newest < _ECHO_S
            if came_late(event, self._store.inbox.of_subject(route.name, subject)):
                return Outcome(OutcomeKind.SUPERSEDED, "a later state was worked on before it came")
            return Outcome(OutcomeKind.UNCHANGED, "our own write came back" if echo else "all is written as it is")
        causes = "; ".join(dict.fromkeys(f"{cause.place}: {cause.why}" for cause in planned.causes))
        return Outcome(OutcomeKind.FILTERED, f"no place to write to: {causes}")


def _on_its_way(open_now: Sequence[Delivery]) -> dict[str, str]:
    """Output → digest of what deliveries that are still open will write."""
    writes = (write for delivery in open_now for write in planned_of(delivery.payload).writes)
    return {write.output: digest(write.value) for write in writes}


def _overtaken(open_now: Sequence[Delivery], planned: Plan) -> list[str]:
    """Open deliveries of which every output is in the new plan with a newer value.

    What a manager answered is history, not a state: a newer answer does not take the place of an older one.
    """
    going = {write.output for request in planned.deliveries for write in request.writes}
    newer = (going | {held.write.output for held in planned.held}) - _HISTORY
    return [
        delivery.id
        for delivery in open_now
        if {write.output for write in planned_of(delivery.payload).writes} <= newer
    ]


def _feedback(claim: Claim) -> Json:
    given = [(event.canonical or {}).get("data", {}).get("feedback") for event in claim.events]
    return next((feedback for feedback in reversed(given) if feedback), None)
