"""One claimed delivery in, what its attempt came to out: names are looked up, it is composed, and sent by steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.clock import Clock
from engine.delivery.attempt import Attempted, Sought
from engine.delivery.recipe import Cook, Progress, Recipe
from engine.errors import Refused
from engine.hydration.objects import mapper
from engine.model import Application, as_plain
from engine.pipeline.falling import Work
from engine.pipeline.holding_on import LEASE_S
from engine.pipeline.payload import payload_with, progress_of
from engine.pipeline.publishing import NewToken, is_fetched, new_token, with_address
from engine.store.deliveries import Delivery
from engine.store.store import Store
from engine.writeback.compose import compose
from engine.writeback.known import Known
from engine.writeback.places import Landing, PassedOver, find_stage
from engine.writeback.targets import Targets

_MOVE_FRESH_S = 30.0


@dataclass(frozen=True, slots=True)
class NotMoved:
    """A stage move that has become needless or wrong while it waited, and why in one phrase."""

    why: str


class Attempts:
    """Makes attempts. Raises as calls do where something cannot be looked up now."""

    def __init__(self, store: Store, clock: Clock, token: NewToken = new_token) -> None:
        self._store, self._clock, self._new_token = store, clock, token

    def make(self, work: Work) -> Attempted | NotMoved:
        """One attempt of a delivery."""
        if work.planned.place == "stage" and self._has_waited(work.delivery):
            work = _with_present_application(work)
            found = find_stage(work.place, work.planned.writes[0].value, _stages(work))
            if not isinstance(found, Landing):
                return NotMoved(found.why if isinstance(found, PassedOver) else "the application is there already")
        try:
            recipe = self._recipe(work)
        except Refused as refusal:
            return refusal
        route, keep = work.route, _Kept(self._store, work.delivery)
        progress = progress_of(work.delivery, recipe)
        return Cook(route.caller, route.connection.manifest.operations, recipe, progress, keep).cook()

    def _recipe(self, work: Work) -> Recipe:
        route, writes = work.route, work.planned.writes
        found = Targets(route.connection, route.caller, route.discovery).find(work.planned, work.context)
        composed = compose(route.connection.manifest, work.planned, work.context, now=self._clock.now(), found=found)
        file = composed.file
        if file is not None and is_fetched(work):
            file = with_address(self._store, work, file, self._new_token())
        return Recipe(
            steps=work.place.write,
            rounds=composed.rounds,
            context=work.context,
            sought=Sought(work.delivery.marker, writes[0].value if len(writes) == 1 else None),
            file=file,
            verify=work.place.verify,
        )

    def _has_waited(self, delivery: Delivery) -> bool:
        return delivery.attempts > 1 or self._clock.now() - delivery.created_at > _MOVE_FRESH_S


class _Kept:
    """Progress in the delivery's own row (``engine.delivery.recipe.Keep``)."""

    def __init__(self, store: Store, delivery: Delivery) -> None:
        self._store, self._delivery = store, delivery

    def sending(self, progress: Progress | None) -> None:
        delivery = self._delivery
        payload = payload_with(delivery.payload, progress) if progress else None
        self._store.outbox.mark_sent(delivery.id, delivery.token, LEASE_S, payload)

    def stands(self, progress: Progress) -> None:
        delivery, begun = self._delivery, bool(progress.made)
        payload = payload_with(delivery.payload, progress)
        self._store.outbox.mark_sent(delivery.id, delivery.token, LEASE_S, payload, sent=begun)


def _with_present_application(work: Work) -> Work:
    """``work`` with the application as it is at this moment: a person may have moved it on meanwhile."""
    manifest, delivery = work.route.connection.manifest, work.delivery
    rule = manifest.objects.get("application")
    if rule is None:
        return work
    record = work.route.caller.record(rule.read, work.context)
    made = mapper(Application, manifest.objects)
    ids = {"candidate_id": delivery.candidate_id, "job_id": delivery.job_id or ""}
    present = as_plain(made.map(record, **ids)) if made and record else None
    return replace(work, context={**work.context, "application": present})


def _stages(work: Work) -> Known:
    discovery = work.route.discovery
    return Known(stage=discovery.stage_now(work.context), stages=discovery.stages(work.context))
