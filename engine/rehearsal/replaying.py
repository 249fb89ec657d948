"""Events that went through once in; what a changed manifest or tenant's file would have made of them out.

Rests on what the store kept of each event. Nothing is sent, nothing is read from an ATS, nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.errors import ExpressionError, TranslationError
from engine.intake.translate import translate
from engine.manifest.connection import Connection
from engine.model import CanonicalEvent, Ids, Json, Outcome, OutcomeKind, as_plain
from engine.pipeline.events import canonical_of
from engine.rehearsal.kept import Kept, kept_of
from engine.rehearsal.kept_known import known_then
from engine.rehearsal.request_differences import RequestComparison
from engine.rehearsal.standing import NOTHING, Standing, came_of, would_be
from engine.store.events import StoredEvent
from engine.store.store import Store
from engine.writeback.planner import Plan, plan
from engine.writeback.values import output_values


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that would be otherwise: an output, a part of a request, or the event as a whole; in words."""

    what: str
    before: str
    after: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """One event. ``lacks`` says what could not be compared because it is not kept, ``notes`` what to bear in mind."""

    event_id: str
    type: str
    subject: str
    received_at: float
    differences: tuple[Difference, ...] = ()
    lacks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    differences: list[Difference] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Replay:
    """Compares events of one tenant. ``changed`` is what would go live, ``present`` what is live, if at hand."""

    def __init__(self, store: Store, changed: Connection, present: Connection | None) -> None:
        self._store, self._changed = store, changed
        self._requests = RequestComparison(present, changed)

    def last(self, count: int) -> Iterator[Replayed]:
        """The newest ``count`` events of the tenant, oldest first."""
        for event in reversed(self._store.inbox.list(self._changed.name, limit=count)):
            yield self.replay(event)

    def replay(self, event: StoredEvent) -> Replayed:
        """What would be otherwise with one event."""
        kept, found = kept_of(self._store, event.id), _Found()
        if event.state not in ("finished", "planned"):
            found.lacks.append("it was not worked on yet")
        elif self._is_an_event(kept, found):
            self._outputs(kept, found)
        kind = str((event.canonical or {}).get("type") or f"({event.source})")
        told = (tuple(found.differences), tuple(found.lacks), tuple(found.notes))
        return Replayed(event.id, kind, event.subject or "", event.received_at, *told)

    # ── the event ────────────────────────────────────────────────────────────────────────────────────────────

    def _is_an_event(self, kept: Kept, found: _Found) -> bool:
        """Whether the event would be worked on as it was; differences of its translation are told."""
        event = kept.event
        if event.parent_id is not None:
            return True
        if not event.body:
            found.lacks.append("its raw bytes were removed: how it would be read is not compared")
            return event.canonical is not None
        now = self._translated(event)
        before = canonical_of(event) if event.canonical else None
        if before is None:
            if isinstance(now, CanonicalEvent):
                ended = _ended(event.outcome) if event.outcome else event.state
                found.differences.append(Difference("event", ended, _event_words(now)))
                found.lacks.append("it was never worked on: what it would write cannot be told")
            return False
        if isinstance(now, Outcome):
            found.differences.append(Difference("event", _event_words(before), _ended(now)))
            return False
        if (before.type, before.ids) != (now.type, now.ids):
            found.differences.append(Difference("event", _event_words(before), _event_words(now)))
            return before.ids == now.ids
        return True

    def _translated(self, event: StoredEvent) -> CanonicalEvent | Outcome:
        try:
            now = translate(self._changed, event.raw)
        except (TranslationError, ExpressionError) as error:
            return Outcome(OutcomeKind.QUARANTINED, error.message)
        if isinstance(now, CanonicalEvent) and not self._changed.takes_part(now.ids.job):
            return Outcome(OutcomeKind.FILTERED, "the tenant takes part with other jobs only")
        return now

    # ── its outputs ──────────────────────────────────────────────────────────────────────────────────────────

    def _outputs(self, kept: Kept, found: _Found) -> None:
        superseded = kept.event.outcome is not None and kept.event.outcome.kind is OutcomeKind.SUPERSEDED
        if kept.planned is None and superseded:
            return
        if kept.planned is None or kept.context is None:
            found.lacks.append(kept.lacks or "no plan of it is kept")
            return
        if kept.lent_by is not None:
            found.notes.append(f"made from what was kept of {kept.lent_by}, about the same application")
        context = kept.values(self._changed)
        try:
            if self._is_skipped(kept, context):
                found.differences.append(Difference("event", "worked on", "filtered: `events.skip` holds"))
                return
            planned = self._planned(kept, context)
        except ExpressionError as error:
            found.differences.append(Difference("event", "worked on", f"quarantined: {error.message}"))
            return
        self._compare(kept, planned, found)
        for name, outputs in self._not_kept(context).items():
            found.lacks.append(f"{name} is not kept, and {', '.join(outputs)} would be made of it")
        if kept.event.manifest_hash == self._changed.manifest.digest:
            return
        if self._requests.is_possible(kept.event):
            told = self._requests.differences(kept, planned, context, {one.what for one in found.differences})
            found.differences += [Difference(*one) for one in told]
        else:
            found.notes.append("written by another version than is live now: requests and texts are not compared")

    def _is_skipped(self, kept: Kept, context: Mapping[str, Json]) -> bool:
        skip = self._changed.manifest.events.skip
        return skip is not None and bool(skip({**context, "event": as_plain(canonical_of(kept.event))}))

    def _planned(self, kept: Kept, context: Mapping[str, Json]) -> Plan:
        manifest = self._changed.manifest
        known = known_then(self._store, self._changed, kept)
        audit_id = str((context.get("score") or {}).get("audit_id") or "")
        return plan(manifest, output_values(manifest, context), known, audit_id=audit_id)

    def _compare(self, kept: Kept, planned: Plan, found: _Found) -> None:
        came, would = came_of(kept), would_be(planned)
        for output in dict.fromkeys([*self._changed.manifest.write_back.outputs, *came]):
            before: Standing = came.get(output, NOTHING)
            after = would.get(output, NOTHING)
            if before != after:
                found.differences.append(Difference(output, str(before), str(after), after.why))

    def _not_kept(self, context: Mapping[str, Json]) -> dict[str, list[str]]:
        """What outputs read that no delivery keeps, such as a job's description: name → outputs."""
        found: dict[str, list[str]] = {}
        for output in self._changed.manifest.write_back.outputs.values():
            if not output.enabled:
                continue
            chains = (*output.value.references, *(output.when.references if output.when else ()))
            for chain in chains:
                if chain[0] == "job" and chain[1:] and chain[1] not in context["job"]:
                    found.setdefault(".".join(chain[:2]), []).append(output.name)
        return found


def _ended(outcome: Outcome) -> str:
    return f"{outcome.kind.value}: {outcome.why}"


def _event_words(event: CanonicalEvent) -> str:
    ids: Ids = event.ids
    named = ", ".join(f"{name} {value}" for name, value in as_plain(ids).items() if value is not None)
    return f"{event.type.value} ({named})"
