"""Erasing a person: one way for the ATS's own word, the command and the API.

In: a connection and the candidate's id there. Out: what was removed here, and what of ours stands in the ATS still:
no manifest says how a note or a file is deleted, so a person has to do that. A scoring service is told by the sweep
(``engine.runtime.scorer_erasures``).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from engine.clock import iso
from engine.errors import LeaseLost, Refused
from engine.hydration.hydrate import Hydrator
from engine.model import CanonicalEvent, Json, Outcome, OutcomeKind
from engine.pipeline.outcomes import record_outcome
from engine.pipeline.outgoing import NO_ROUTES, Outgoing
from engine.pipeline.payload import planned_of
from engine.pipeline.route import Route
from engine.store.audit import ENGINE
from engine.store.deliveries import Delivery
from engine.store.events import Claim
from engine.store.store import Store
from engine.telemetry import metrics

TO_TELL = "scorer.erasures"
"""The name under which the inputs stand that a scoring service is to forget."""

REMOTE = "remote/"
"""How versions of scores begin that a scoring service made."""


ERASED = Outcome(OutcomeKind.ERASED, "about a person who was erased")
DELETED = Outcome(OutcomeKind.ERASED, "the candidate was deleted in the ATS")


@dataclass(frozen=True, slots=True)
class LeftThere:
    """One write of ours that stands in the ATS, as far as it is known: its place and target, when, and its ids.

    ``marker`` is the text by which a note or a file of ours is found there; empty where it has none.
    """

    place: str
    target: str
    operation: str
    marker: str
    ids: Mapping[str, Json]
    at: str


@dataclass(frozen=True, slots=True)
class ErasedPerson:
    """What an erasure came to: rows touched by family, and what is left in the ATS."""

    counts: Mapping[str, int]
    left: tuple[LeftThere, ...]


def erase_person(
    store: Store,
    connection: str,
    candidate_id: str,
    actor: str,
    *,
    event_id: str | None = None,
    outgoing: Outgoing = NO_ROUTES,
) -> ErasedPerson:
    """Removes all that is known of the candidate, and refuses what comes about them from now on.

    May be done again. ``event_id`` is the event that said so, where there is one; else ``outgoing`` tells others.
    """
    with store.transaction():
        left = tuple(found for one in store.deliveries_about(connection, candidate_id) for found in _left(one))
        asked = {
            one.score.input_hash
            for one in store.scores.of_candidate(connection, candidate_id)
            if one.score.scorer.startswith(REMOTE)
        }
        tell_scorer_of(store, asked)
        store.audit.act(actor, "erase", connection, event_id, candidate_id=candidate_id)
        newest = store.inbox.newest_about(connection, candidate_id)
        if newest is not None:
            outgoing.tell(store, newest, ERASED)
        counts = store.erase(connection, candidate_id)
        metrics.OUTCOMES.labels(connection, OutcomeKind.ERASED.value).inc(counts["ended"])
    return ErasedPerson(counts, left)


def erase_by_word(
    store: Store, route: Route, hydrator: Hydrator, claim: Claim, canonical: CanonicalEvent, outgoing: Outgoing
) -> Outcome | None:
    """Erases the candidate whom the one event of the claim says to be deleted, and ends it; else its outcome."""
    event, candidate = claim.events[0], canonical.ids.candidate or ""
    if not _is_sure(route, canonical) and _is_there(hydrator, candidate):
        # Nobody signed for it: what is said of a person is only a reason to look.
        return Outcome(OutcomeKind.FILTERED, "the ATS still has the candidate")
    with store.transaction():
        record_outcome(store, [event.id], DELETED, claim.token, outgoing=outgoing)
        erased = erase_person(store, event.connection, candidate, ENGINE, event_id=event.id)
        store.steps.add(event.id, "erased", erased.counts)
    store.erase_naming(event.connection, candidate)
    store.scrub()
    return None


def end_erased(store: Store, claim: Claim) -> None:
    """Ends what of a claim is open still: it is about a person who was erased."""
    now = [store.inbox.get(id_) for id_ in claim.ids]
    held = [event.id for event in now if event.state == "leased" and event.token == claim.token]
    with suppress(LeaseLost), store.transaction():
        if held:
            # Other systems were told when the person was erased.
            record_outcome(store, held, ERASED, claim.token, outgoing=NO_ROUTES)
        store.erasures.blank(claim.ids)


def tell_scorer_of(store: Store, input_hashes: set[str]) -> None:
    """Has the scoring service told that it is to forget these inputs."""
    if input_hashes:
        store.connections.change("", TO_TELL, lambda kept: sorted({*(kept or ()), *input_hashes}))


def _left(delivery: Delivery) -> list[LeftThere]:
    if not delivery.payload or not (delivery.state == "delivered" or delivery.sent):
        return []
    planned = planned_of(delivery.payload)
    progress = delivery.payload.get("progress") or {}
    at = iso(delivery.settled_at or delivery.created_at)
    ids = dict(progress.get("captured") or {})
    return [LeftThere(planned.place, str(planned.target), planned.operation, delivery.marker, ids, at)]


def _is_sure(route: Route, canonical: CanonicalEvent) -> bool:
    """Whether the ATS itself said what the event says: in its answer, or under a signature that covers it."""
    door = route.connection.manifest.events.webhook
    covered = door is not None and door.signature is not None and door.signature.covers_body
    return canonical.source in ("poll", "queue") or covered


def _is_there(hydrator: Hydrator, candidate_id: str) -> bool:
    try:
        hydrator.candidate(candidate_id)
    except Refused as error:
        if error.kind != "missing":
            raise
        return False
    return True
