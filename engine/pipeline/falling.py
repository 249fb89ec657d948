"""A refusal for good in; what becomes of the request's outputs: taken apart, held, or each to its next place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.errors import Refused
from engine.manifest.model import Place
from engine.model import Json
from engine.pipeline.holding import known_of, replacing, withheld_request
from engine.pipeline.payload import planned_of
from engine.pipeline.route import Route
from engine.pipeline.telling import held_detail, rung_details, told_loss
from engine.store.deliveries import Delivery
from engine.store.store import Store
from engine.writeback.grouping import Landed, Planned, request
from engine.writeback.planner import Undeliverable, Withheld, choose
from engine.writeback.rungs import fall, regroup, split

_LOOKED, _LOOKED_S = "fields looked at", 60.0


@dataclass(frozen=True, slots=True)
class Work:
    """One claimed delivery with all that its attempt needs."""

    route: Route
    delivery: Delivery
    planned: Planned
    context: Mapping[str, Json]

    @property
    def place(self) -> Place:
        """How what is planned is written."""
        return self.route.connection.manifest.write_back.places[self.planned.place]


def move(store: Store, work: Work, refusal: Refused) -> None:
    """After a refusal for good: the batch taken apart, or each output to its next place."""
    parts = split(work.planned, refusal)
    if len(parts) > 1:
        _replace(store, work, parts, refusal.cause)
        return
    if _is_another_field(store, work, refusal):
        return
    landed, lost, held = _fallen(work, refusal)
    pending = _pending(store, work)
    audit_id = work.delivery.payload["audit_id"]
    manifest = work.route.connection.manifest
    wanted = regroup(manifest, landed, list(pending.values()), audit_id=audit_id)
    kept = {id(planned) for planned in wanted}
    absorbed = [delivery_id for delivery_id, planned in pending.items() if id(planned) not in kept]
    standing = {id(planned) for planned in pending.values()}
    fresh = tuple(planned for planned in wanted if id(planned) not in standing)
    for detail in rung_details(landed, lost, refusal):
        store.steps.add(work.delivery.event_id, "rung", detail)
    _replace(store, work, fresh, told_loss(refusal, lost), absorbed, held, dead=bool(lost))


def _is_another_field(store: Store, work: Work, refusal: Refused) -> bool:
    """Looks anew whether a bound field is there still that was refused: the write is held, or goes to the new one.

    False where it is as it was: the refusal has another reason.
    """
    write, discovery = work.planned.writes[0], work.route.discovery
    if not work.planned.fields or refusal.kind not in ("missing", "invalid"):
        return False
    if write.output not in discovery.bindings.all():
        return False
    if refusal.kind == "missing" or not store.cache.get(work.delivery.connection, _LOOKED, "field"):
        # Values that a field does not take are refused as invalid too, and must not cost a list each time.
        store.cache.put(work.delivery.connection, _LOOKED, "field", True, ttl_s=_LOOKED_S)
        discovery.forget_directories()
    known = known_of(work.route, work.delivery)
    manifest = work.route.connection.manifest
    found = choose(manifest, write.output, write.value, known, first=write.rung, causes=write.causes)
    if isinstance(found, Withheld):
        _replace(store, work, (), refusal.cause, held=[found])
        return True
    if isinstance(found, Landed) and found.field and found.field.id != work.planned.fields[0].id:
        planned = request(manifest, [found], work.delivery.payload["audit_id"])
        discovery.bind([planned], known)
        _replace(store, work, [planned], refusal.cause)
        return True
    return False


def _fallen(work: Work, refusal: Refused) -> tuple[list[Landed], list[Undeliverable], list[Withheld]]:
    known = known_of(work.route, work.delivery)
    manifest = work.route.connection.manifest
    found = [fall(manifest, write, refusal.cause, known) for write in work.planned.writes]
    landed = [item for item in found if isinstance(item, Landed)]
    lost = [item for item in found if isinstance(item, Undeliverable)]
    return landed, lost, [item for item in found if isinstance(item, Withheld)]


def _pending(store: Store, work: Work) -> dict[str, Planned]:
    """The event's other deliveries that were never sent, by id."""
    others = store.outbox.of_event(work.delivery.event_id)
    waiting = [other for other in others if other.state == "pending" and not other.sent]
    return {other.id: planned_of(other.payload) for other in waiting if other.id != work.delivery.id}


def _replace(
    store: Store,
    work: Work,
    parts: Sequence[Planned],
    cause: str,
    absorbed: Sequence[str] = (),
    held: Sequence[Withheld] = (),
    *,
    dead: bool = False,
) -> None:
    delivery = work.delivery
    fresh = [replacing(work.route, delivery, part) for part in parts]
    for one in held:
        planned = withheld_request(work.route, one, delivery.payload["audit_id"])
        fresh.append(replacing(work.route, delivery, planned, held=one.why))
        store.steps.add(delivery.event_id, "held", held_detail(one))
    store.outbox.settle(delivery.id, delivery.token, "dead" if dead else "moved", cause, fresh, absorbed)
