"""The requests of an event by two manifests, compared leaf by leaf: a note's text, a body's field, a path.

Only where the live manifest is the one that the event was planned by; nothing is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from connectors.calls import Caller
from engine.clock import SYSTEM
from engine.errors import FieldwrightError
from engine.manifest.connection import Connection
from engine.model import Json
from engine.pipeline.payload import planned_of
from engine.rehearsal.answers import CannedTransport
from engine.rehearsal.composed import composed
from engine.rehearsal.kept import Kept
from engine.store.events import StoredEvent
from engine.writeback.compose import Found, compose
from engine.writeback.grouping import Planned
from engine.writeback.planner import Plan

_ABSENT = "(not there)"
Told = tuple[str, str, str]
"""What is otherwise, before and after, in words."""


class RequestComparison:
    """Composes requests by the manifest that is live and by the changed one, and compares them."""

    def __init__(self, present: Connection | None, changed: Connection) -> None:
        self._present = _Composer(present) if present is not None else None
        self._changed = _Composer(changed)

    def is_possible(self, event: StoredEvent) -> bool:
        """Whether the manifest that planned the event is at hand."""
        return self._present is not None and self._present.connection.manifest.digest == event.manifest_hash

    def differences(
        self, kept: Kept, plan: Plan, context: Mapping[str, Json], told: Collection[str]
    ) -> Iterator[Told]:
        """What is otherwise in requests whose outputs go where they went; ``told`` names outputs that do not."""
        if self._present is None:
            return
        before = {_key(one): one for one in map(planned_of, (d.payload for d in kept.deliveries if d.payload))}
        for request in plan.deliveries:
            earlier = before.get(_key(request))
            is_told = any(write.output in told for write in request.writes)
            if earlier is None or is_told or request.place == "attachment":
                continue
            was = self._present.requests(earlier, kept.values(self._present.connection), kept.event)
            now = self._changed.requests(request, context, kept.event)
            for path in dict.fromkeys([*was, *now]):
                if was.get(path) != now.get(path):
                    yield path, *_otherwise(was.get(path), now.get(path))


def _key(planned: Planned) -> tuple[str, frozenset[str]]:
    return planned.place, frozenset(write.output for write in planned.writes)


class _Composer:
    """Composes requests by the manifest of one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._caller = Caller(connection, transport=CannedTransport(connection.manifest, {}), clock=SYSTEM)

    def requests(self, planned: Planned, context: Mapping[str, Json], event: StoredEvent) -> dict[str, str]:
        """Every leaf of the calls that ``planned`` takes, by its path; the error of what cannot be composed."""
        found: dict[str, str] = {}
        manifest = self.connection.manifest
        try:
            made = compose(manifest, planned, context, now=event.received_at, found=self._found(planned, context))
        except FieldwrightError as error:
            return {planned.operation: error.message}
        for number, seen in enumerate(made.rounds):
            for step in manifest.write_back.places[planned.place].write:
                name = f"{step.call}[{number}]" if len(made.rounds) > 1 else step.call
                found |= {
                    f"{name} {path}": leaf for path, leaf in self._leaves(step.call, {**context, **seen}).items()
                }
        return found

    def _found(self, planned: Planned, context: Mapping[str, Json]) -> Found:
        """What would be looked up at the moment of writing, as far as it is kept: names stand for ids."""
        place = self.connection.manifest.write_back.places[planned.place]
        tags = (context.get("candidate") or {}).get("tags") or () if place.read else None
        stage = {"id": planned.target, "name": planned.target, "from": {}}
        return Found(fields=planned.fields, current_tags=tags, stage=stage)

    def _leaves(self, operation: str, context: Mapping[str, Json]) -> dict[str, str]:
        # What a recipe's later calls read of earlier answers is not kept: such a call is compared by its error.
        try:
            request = composed(self._caller.prepare(operation, {"captured": {}, **context}))
        except FieldwrightError as error:
            return {"error": error.message}
        return _leaves({name: part for name, part in request.items() if name not in ("headers", "operation")})


def _leaves(value: Json, path: str = "") -> dict[str, str]:
    if isinstance(value, Mapping):
        pairs = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{path}[{number}]", item) for number, item in enumerate(value)]
    else:
        return {path: str(value)}
    return {leaf: text for inner, item in pairs for leaf, text in _leaves(item, inner).items()}


def _otherwise(was: str | None, now: str | None) -> tuple[str, str]:
    """Both texts; of texts in lines, the lines that only one of them has."""
    if was is None or now is None:
        return was or _ABSENT, now or _ABSENT
    old, new = was.splitlines(), now.splitlines()
    if len(old) < 2 and len(new) < 2:
        return was, now
    gone, fresh = [line for line in old if line not in new], [line for line in new if line not in old]
    return "\n".join(gone) or "(other lines)", "\n".join(fresh) or "(lines left out)"
