"""An accepted event's way: translated, then claimed, and taken to the applications that it is about.

Every event ends in exactly one outcome. What cannot be done now is given back with a time; what can never be
done says why; nothing is dropped.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from engine.clock import Clock
from engine.delivery.attempt import held_up
from engine.delivery.schedule import GiveUp, decide, next_turn
from engine.errors import (
    AnswerUnusable,
    CallError,
    ExpressionError,
    FieldwrightError,
    LeaseLost,
    PersonErased,
    Refused,
    ScoringUnavailable,
    StoreUnavailable,
    Throttled,
)
from engine.hydration.hydrate import Hydrator
from engine.hydration.memo import ListMemo
from engine.intake.translate import ids_of, subject_of
from engine.model import CanonicalEvent, EventType, Ids, Outcome, OutcomeKind, as_plain
from engine.pipeline.alerts import alert
from engine.pipeline.applications import ApplicationWork
from engine.pipeline.erasing import end_erased, erase_by_word
from engine.pipeline.event_data import EventData
from engine.pipeline.holding_on import LEASE_S, holding_on
from engine.pipeline.isolation import PROCESS
from engine.pipeline.outcomes import record_outcome
from engine.pipeline.outgoing import NO_ROUTES, Outgoing
from engine.pipeline.pins import MappingUnusable, Pins, pinned
from engine.pipeline.route import MOST_UNFINISHED, Route, working_on
from engine.pipeline.translation import TranslationWork
from engine.ports import ResumeReading, Scorer
from engine.store.events import Claim, StoredEvent
from engine.store.store import Store
from engine.telemetry import metrics
from engine.telemetry.tracing import span

_log = logging.getLogger(__name__)


class EventWork:
    """Takes events from the inbox to the outbox. Safe for any number of threads. ``only`` keeps to one connection.

    ``pins`` finds the mappings by which events were translated; without it all are worked on by the present ones.
    """

    def __init__(
        self,
        routes: Mapping[str, Route],
        store: Store,
        scorer: Scorer,
        reader: ResumeReading,
        clock: Clock,
        only: str | None = None,
        *,
        pins: Pins | None = None,
        outgoing: Outgoing = NO_ROUTES,
    ) -> None:
        self._routes, self._pins, self._store, self._clock = routes, pins, store, clock
        self._reader, self._only, self._outgoing = reader, only, outgoing
        self._lists = ListMemo(clock)
        self._translation = TranslationWork(routes, store, only, outgoing)
        self._applications = ApplicationWork(store, scorer)
        self._data = EventData(store)

    def translate_received(self, limit: int = 200, of: str | None = None) -> int:
        """Translates what waits in the inbox (of one connection, if given); how many."""
        return self._translation.run(limit, of)

    def work_once(self, of: str | None = None) -> str | None:
        """Works on the subject that waits longest (of one connection, if given).

        The id of the event it stood for, or None when none is due.
        """
        inbox, of = self._store.inbox, of or self._only
        return PROCESS.worked(lambda: inbox.claim(LEASE_S, of), inbox.hand_back, self._worked)

    def _worked(self, claim: Claim) -> str:
        event = _spokesman(claim)
        whole = span("work", {"fieldwright.attempt": event.attempts}, event=event.id, parent=event.parent_id or "")
        held = holding_on(partial(self._store.inbox.renew, claim), self._clock)
        with working_on(event.id, event.connection, event.candidate_id), whole, held, self._store.gathering():
            try:
                self._work(claim, event)
            except LeaseLost:
                _log.info("lease lost on %s", event.id)
            except PersonErased:
                end_erased(self._store, claim)
        return event.id

    def _work(self, claim: Claim, event: StoredEvent) -> None:
        if self._store.erasures.has(event.connection, event.candidate_id):
            raise PersonErased
        if event.unfinished > MOST_UNFINISHED:
            self._end(
                claim.ids, Outcome(OutcomeKind.QUARANTINED, "working on it ended the worker three times"), claim
            )
            return
        answers = tuple(other for other in claim.events if other.id != event.id and _is_answer(other))
        if answers and not _is_deletion(event):
            # Each answer of a manager says something of its own: they are written one after the other.
            waiting = replace(claim, events=answers)
            self._store.inbox.release(waiting, self._clock.now(), "after the answer before it", counted=False)
            claim = replace(claim, events=tuple(other for other in claim.events if other not in answers))
        self._data.keep(claim)
        others = [other.id for other in claim.events if other.id != event.id]
        if others:
            self._end(others, Outcome(OutcomeKind.SUPERSEDED, f"scored together with {event.id}"), claim)
        alone = replace(claim, events=(event,))
        try:
            outcome = self._advance(claim, event)
            self._data.handed_on(claim)
        except StoreUnavailable:
            raise
        except FieldwrightError as error:
            outcome = self._after(error, alone, event)
        except Exception:
            outcome = self._after_surprise(alone, event)
        if outcome is not None:
            self._data.handed_on(claim)
            self._end([event.id], outcome, alone)

    def _after(self, error: FieldwrightError, claim: Claim, event: StoredEvent) -> Outcome | None:
        """The outcome that ``error`` means, or None when the event was given back for later."""
        if isinstance(error, (LeaseLost, PersonErased)):
            raise error
        if isinstance(error, Refused):
            return _refused(error)
        if isinstance(error, (AnswerUnusable, ExpressionError, MappingUnusable)):
            return Outcome(OutcomeKind.QUARANTINED, error.message)
        cause = error.cause if isinstance(error, CallError) else error.message
        if isinstance(error, Throttled) and held_up(error):
            at = next_turn(self._clock.now(), error.wait_s)
            self._store.inbox.release(claim, at, cause, counted=False)
            return None
        if isinstance(error, (CallError, ScoringUnavailable)):
            return self._later(claim, event, cause, error.wait_s if isinstance(error, Throttled) else None)
        return Outcome(OutcomeKind.DEAD, cause)

    def _after_surprise(self, claim: Claim, event: StoredEvent) -> Outcome | None:
        reference = secrets.token_hex(4)
        _log.exception("working on %s failed, reference %s", event.id, reference)
        if event.attempts >= MOST_UNFINISHED:
            return Outcome(OutcomeKind.QUARANTINED, f"an internal error, reference {reference}")
        return self._later(claim, event, f"an internal error, reference {reference}", None)

    def _later(self, claim: Claim, event: StoredEvent, cause: str, wait_s: float | None) -> Outcome | None:
        decision = decide(event.attempts, self._clock.now(), wait_s)
        if isinstance(decision, GiveUp):
            return Outcome(OutcomeKind.DEAD, f"given up after {decision.tries} tries: {cause}")
        metrics.RETRIES.labels(event.connection, "event").inc()
        alert(event.connection, event.attempts, f"work on {event.id}", cause)
        with self._store.transaction():
            self._store.inbox.release(claim, decision.at, cause)
            self._store.steps.add(event.id, "attempt", {"result": "later", "cause": cause, "again_at": decision.at})
        return None

    def _advance(self, claim: Claim, event: StoredEvent) -> Outcome | None:
        """The event's outcome, or None when it is planned, split or given back."""
        present = self._routes.get(event.connection)
        if present is None:
            return Outcome(OutcomeKind.QUARANTINED, f"there is no connection {event.connection} any more")
        route = pinned(self._pins, present, event.manifest_hash)
        canonical = self._data.added(claim, canonical_of(event), route.connection.manifest)
        hydrator = Hydrator(
            route.connection, route.caller, self._store.cache, self._reader, self._lists, as_plain(canonical)
        )
        if canonical.type is EventType.CANDIDATE_DELETED:
            return erase_by_word(
                self._store, route, hydrator, replace(claim, events=(event,)), canonical, self._outgoing
            )
        if canonical.type.value.startswith("job."):
            return self._job_changed(route, hydrator, event, canonical)
        if canonical.ids.candidate is None or canonical.ids.job is None:
            return self._find_applications(route, hydrator, claim, event, canonical)
        try:
            return self._applications.run(route, hydrator, claim, event, canonical)
        except Refused as error:
            # A person who was scored as a prospect for this job has no application at it.
            if error.kind != "missing" or canonical.ids.job != route.connection.prospect_job:
                raise
        if canonical.type is not EventType.FEEDBACK_GIVEN and hydrator.applications_of(canonical.ids.candidate):
            return Outcome(OutcomeKind.FILTERED, "no prospect any more: they have applied to other jobs")
        return self._applications.run(route, hydrator, claim, event, canonical, prospect=True)

    def _job_changed(
        self, route: Route, hydrator: Hydrator, event: StoredEvent, canonical: CanonicalEvent
    ) -> Outcome | None:
        job_id = canonical.ids.job or ""
        hydrator.forget_job(job_id)
        applications = self._store.scores.applications_of_job(route.name, job_id)
        if not applications:
            return Outcome(OutcomeKind.UNCHANGED, "no application of this job was scored yet")
        # Jobs change for much that is not in their text, and each application would be read for nothing.
        text = hashlib.sha256(hydrator.job(job_id).text.encode("utf-8", "replace")).hexdigest()
        if self._store.cache.get(route.name, "job_text", job_id) == text:
            return Outcome(OutcomeKind.UNCHANGED, "the job reads as it did at its last change")
        ids = [Ids(candidate, job) for candidate, job in applications]
        with self._store.transaction():
            self._split(route, event, canonical, ids, EventType.SCORE_DUE)
            self._store.cache.put(route.name, "job_text", job_id, text)
        return None

    def _find_applications(
        self, route: Route, hydrator: Hydrator, claim: Claim, event: StoredEvent, canonical: CanonicalEvent
    ) -> Outcome | None:
        if canonical.ids.candidate is None:
            found = [hydrator.application_ids(canonical.ids)]
        else:
            found = hydrator.applications_of(canonical.ids.candidate)
        if any(self._store.erasures.has(route.name, ids.candidate) for ids in found):
            raise PersonErased
        if found:
            wanted = [ids for ids in found if route.connection.takes_part(ids.job)]
            if not wanted:
                return Outcome(OutcomeKind.FILTERED, "the tenant takes part with other jobs only")
            self._split(route, event, canonical, wanted, _narrowed(canonical.type))
            return None
        job_id = route.connection.prospect_job
        if job_id is None:
            return Outcome(OutcomeKind.FILTERED, "a person without an application, and no job to score them against")
        aimed = replace(canonical, ids=replace(canonical.ids, job=job_id))
        return self._applications.run(route, hydrator, claim, event, aimed, prospect=True)

    def _split(
        self, route: Route, event: StoredEvent, canonical: CanonicalEvent, found: Sequence[Ids], kind: EventType
    ) -> None:
        again = sum(step.stage == "replayed" for step in self._store.steps.of(event.id))
        mark = f"{event.id}#{again}" if again else event.id
        children = []
        for ids in found:
            child = replace(canonical, type=kind, ids=ids)
            due_at = self._clock.now() + (0.0 if event.source == "backfill" else 0.5)
            children.append((f"{mark}>{subject_of(ids)}", subject_of(ids), as_plain(child), due_at))
        # What a change of a job brings about is much at once, and nobody waits for it.
        bulk = kind is EventType.SCORE_DUE
        accepted = self._store.inbox.split(event.id, children, route.connection.manifest.digest, bulk=bulk)
        self._store.steps.add(event.id, "split", {"into": [child.id for child in accepted]})

    def _end(self, ids: Sequence[str], outcome: Outcome, claim: Claim | None = None) -> None:
        record_outcome(self._store, ids, outcome, claim.token if claim else None, outgoing=self._outgoing)


def canonical_of(event: StoredEvent) -> CanonicalEvent:
    """The canonical event as the inbox stored it."""
    plain = dict(event.canonical or {})
    return CanonicalEvent(**{**plain, "type": EventType(plain["type"]), "ids": ids_of(plain["ids"])})


def _spokesman(claim: Claim) -> StoredEvent:
    """The event that stands for all of a claim: a deletion, else the first answer of a manager, else the newest.

    Only the answer carries content; it must not end with the others should this attempt come to nothing.
    """
    for kind in (EventType.CANDIDATE_DELETED, EventType.FEEDBACK_GIVEN):
        found = [event for event in claim.events if (event.canonical or {}).get("type") == kind.value]
        if found:
            return found[0]
    return claim.events[-1]


def _is_answer(event: StoredEvent) -> bool:
    return (event.canonical or {}).get("type") == EventType.FEEDBACK_GIVEN.value


def _is_deletion(event: StoredEvent) -> bool:
    return (event.canonical or {}).get("type") == EventType.CANDIDATE_DELETED.value


def _narrowed(kind: EventType) -> EventType:
    """What an event about a person means for one of their applications."""
    created = (EventType.CANDIDATE_CREATED, EventType.APPLICATION_CREATED)
    return EventType.APPLICATION_CREATED if kind in created else EventType.APPLICATION_UPDATED


def _refused(error: Refused) -> Outcome:
    if error.kind == "missing":
        return Outcome(OutcomeKind.FILTERED, f"{error.operation}: not there any more ({error.cause})")
    return Outcome(OutcomeKind.DEAD, f"{error.operation} was refused: {error.cause}")
