"""Received events → ready ones: translated by the manifest, due once the others of the same subject are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from engine.errors import ExpressionError, LeaseLost, TranslationError
from engine.intake.translate import subject_of, translate
from engine.model import CanonicalEvent, Outcome, OutcomeKind, as_plain
from engine.pipeline.erasing import ERASED
from engine.pipeline.isolation import PROCESS
from engine.pipeline.outcomes import record_outcome
from engine.pipeline.outgoing import NO_ROUTES, Outgoing
from engine.pipeline.route import MOST_UNFINISHED, Route, working_on
from engine.store.events import StoredEvent
from engine.store.store import Store

_LEASE_S = 60.0
"""How long a worker may take to translate what it has begun with before another one does it."""

_NOT_AWAITED = ("backfill", "engine")
"""Sources whose events come alone: nothing is won by waiting for others of the same application."""


class TranslationWork:
    """Translates what waits in the inbox (``only`` of one connection). Safe for any number of threads."""

    def __init__(self, routes: Mapping[str, Route], store: Store, only: str | None, outgoing: Outgoing) -> None:
        self._routes, self._store, self._only, self._outgoing = routes, store, only, outgoing

    def run(self, limit: int, of: str | None = None) -> int:
        """How many events were translated, ``limit`` at most (of one connection, if given)."""
        waiting = self._store.inbox.received(limit, of or self._only)
        with PROCESS.beside():
            done = self._translate([event for event in waiting if not event.unfinished])
        # One of these ended a worker: each is counted by itself, so that it does not take the others along.
        for event in waiting:
            if event.unfinished:
                with PROCESS.alone():
                    done += self._translate([event])
        return done

    def _translate(self, events: Sequence[StoredEvent]) -> int:
        if not events:
            return 0
        mine = self._store.inbox.starting([event.id for event in events], _LEASE_S)
        for event in events:
            if event.id not in mine:
                continue
            with suppress(LeaseLost), working_on(event.id, event.connection):
                outcome = self._translated(event)
                if outcome is None:
                    continue
                with self._store.transaction():
                    late = outcome.kind is OutcomeKind.ERASED
                    record_outcome(self._store, [event.id], outcome, outgoing=NO_ROUTES if late else self._outgoing)
                    if late:
                        self._store.erasures.blank([event.id])
        return len(mine)

    def _translated(self, event: StoredEvent) -> Outcome | None:
        """The outcome of an event that needs no work, or None when it is ready."""
        route = self._routes.get(event.connection)
        if route is None:
            return Outcome(OutcomeKind.QUARANTINED, f"there is no connection {event.connection} any more")
        if event.unfinished >= MOST_UNFINISHED:
            return Outcome(OutcomeKind.QUARANTINED, "translating it ended the worker three times")
        try:
            translated = translate(route.connection, event.raw)
            if isinstance(translated, Outcome):
                return translated
            subject = subject_of(translated.ids)
        except (TranslationError, ExpressionError) as error:
            return Outcome(OutcomeKind.QUARANTINED, error.message)
        if self._store.erasures.has(event.connection, translated.ids.candidate):
            return ERASED
        if not route.connection.takes_part(translated.ids.job):
            self._store.erasures.concerns(event.id, translated.ids.candidate)
            return Outcome(OutcomeKind.FILTERED, "the tenant takes part with other jobs only")
        self._ready(route, event, translated, subject)
        return None

    def _ready(self, route: Route, event: StoredEvent, translated: CanonicalEvent, subject: str) -> None:
        manifest = route.connection.manifest
        wait_s = 0.0 if event.source in _NOT_AWAITED else manifest.events.coalesce_s
        if translated.ids.job is None and translated.ids.application is None:
            # What happened to a person's applications tells more, and comes with events of its own.
            wait_s *= 2
        with self._store.transaction():
            self._store.inbox.ready(
                event.id,
                subject=subject,
                canonical=as_plain(translated),
                due_at=event.received_at + wait_s,
                manifest_hash=manifest.digest,
            )
            self._store.steps.add(event.id, "translated", {"event": translated.type.value, "source": event.source})
