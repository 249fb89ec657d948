"""The ATS's event queue, drained: batch by batch into the inbox, so that nothing is lost whatever fails.

Taking a batch may take its events out of the queue. Before each taking it is therefore written down that a batch may
be on its way, and only the commit that keeps its events ends that. Where it never came, because an answer was lost
or this process ended, the ATS is asked for that batch again before the next one is taken. A queue that is told what
was kept (``acknowledge``) gives the rest again by itself. What comes twice is known by its key.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.calls import Caller
from connectors.messages import Answer
from connectors.paging import records_of
from engine.clock import Clock
from engine.errors import AnswerUnusable, CredentialRefused, Refused, Throttled
from engine.intake.queued import dedupe_key, queued_event
from engine.manifest.connection import Connection
from engine.manifest.language.expressions import Path
from engine.manifest.model import Queue
from engine.model import Json
from engine.store import Store

_CURSOR = "queue#"
_MOST_BATCHES = 100
_AGAIN_AFTER_FAILURE_S = 60.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DrainReport:
    """What one drain did. ``replayed``: a batch was given again that may not have been kept."""

    batches: int
    records: int
    events_new: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a queue stands: ``committed`` is the last batch whose events are kept, ``drained_at`` in UTC s.

    ``in_doubt``: a batch may have been taken and not kept. ``types``: what was subscribed to.
    """

    committed: Json = None
    drained_at: float | None = None
    in_doubt: bool = False
    types: Sequence[str] | None = None


def standing(store: Store, connection: str) -> Standing:
    """Where the queue of ``connection`` stands. Raises StoreUnavailable."""
    stored = store.cursors.get(connection, _CURSOR) or {}
    return Standing(**{name: stored[name] for name in Standing.__slots__ if name in stored})


class Drainer:
    """Drains the queue of one connection. One thread at a time."""

    def __init__(self, connection: Connection, queue: Queue, caller: Caller, store: Store, clock: Clock) -> None:
        self._connection, self._queue = connection, queue
        self._caller, self._store, self._clock = caller, store, clock
        self._tried_at: float | None = None
        self._unkept: Json = None

    def due_at(self) -> float:
        """When (UTC s) it is to be drained next; after a failure that is soon, and not at once."""
        drained_at = standing(self._store, self._connection.name).drained_at
        regular = drained_at + self._queue.every_s if drained_at is not None else 0.0
        again_s = min(self._queue.every_s, _AGAIN_AFTER_FAILURE_S)
        return max(regular, self._tried_at + again_s if self._tried_at is not None else 0.0)

    def drain(self) -> DrainReport:
        """Takes batches until there is none. Raises CallError, AnswerUnusable, ExpressionError, StoreUnavailable."""
        self._tried_at = self._clock.now()
        now = standing(self._store, self._connection.name)
        if now.types is None:
            now = self._subscribed(now)
        batches, records, new = 0, 0, 0
        if now.in_doubt and self._queue.replay is not None:
            now, records, new = self._replayed(now)
        replayed = records > 0
        while batches < _MOST_BATCHES:
            now, taken, fresh = self._batch(now)
            batches, records, new = batches + 1, records + taken, new + fresh
            # A queue that gives what it gave before is asked again at the next turn, not at once.
            if not fresh:
                break
        if list(now.types or ()) != list(self._queue.types):
            now = self._subscribed(now)
        self._keep(replace(now, drained_at=self._clock.now()))
        self._tried_at = None
        return DrainReport(batches, records, new, replayed)

    # ── one batch ────────────────────────────────────────────────────────────────────────────────────────────

    def _batch(self, before: Standing) -> tuple[Standing, int, int]:
        """Takes the next batch: where it stands then, how many events came, how many of them were new."""
        if self._queue.replay is not None:
            before = self._keep(replace(before, in_doubt=True))
        try:
            answer = self._caller.call(self._queue.read, {"queue": self._seen(before)})
        except (Refused, Throttled, CredentialRefused) as error:
            # The ATS answered that it gave nothing.
            before = self._keep(replace(before, in_doubt=False))
            if not isinstance(error, Refused) or error.kind != "missing" or self._queue.subscribe is None:
                raise
            return self._subscribed(before), 0, 0
        records = self._records(self._queue.read, answer)
        id_ = _id(self._queue.request_id, answer.body)
        self._unkept = id_
        after, new = self._taken(before, records, id_)
        if self._queue.acknowledge is not None and records:
            keys = [dedupe_key(self._queue, record, self._clock.now()) for record in records]
            self._caller.call(self._queue.acknowledge, {"queue": {**self._seen(after, id_), "keys": keys}})
        return after, len(records), new

    def _taken(self, before: Standing, records: Sequence[Json], id_: Json) -> tuple[Standing, int]:
        """Keeps a batch's events and where the queue stands, both or neither."""
        needs_id = bool(records) and self._queue.request_id is not None and self._queue.replay is not None
        is_known = id_ is not None or not needs_id
        after = replace(before, in_doubt=not is_known, committed=before.committed if id_ is None else id_)
        now = self._clock.now()
        events = [queued_event(self._connection.name, self._queue, record, now) for record in records]
        with self._store.transaction():
            new = sum(one.new for one in self._store.inbox.accept(events)) if events else 0
            self._keep(after)
        self._unkept = None
        if not is_known and self._queue.request_id is not None:
            where = f"`{self._queue.request_id.text}`"
            raise AnswerUnusable(f"{self._queue.read}: no id of the batch stands at {where} in the answer")
        return after, new

    def _replayed(self, before: Standing) -> tuple[Standing, int, int]:
        """Has the batch given again that may not have been kept; as ``_batch``."""
        assert self._queue.replay is not None
        id_ = self._unkept
        if self._queue.last is not None and id_ is None:
            id_ = _id(self._queue.last_id, self._caller.call(self._queue.last, {}).body)
            if id_ is None or str(id_) == str(before.committed):
                return self._keep(replace(before, in_doubt=False)), 0, 0
        try:
            answer = self._caller.call(self._queue.replay, {"queue": self._seen(before, id_)})
        except Refused as error:
            if error.kind != "missing":
                raise
            _log.warning(
                "the queue of %s does not have the batch any more that may not have been kept", self._connection.name
            )
            return self._keep(replace(before, in_doubt=False)), 0, 0
        records = self._records(self._queue.replay, answer)
        given = _id(self._queue.request_id, answer.body)
        after, new = self._taken(before, records, given if given is not None else id_)
        return after, len(records), new

    def _records(self, operation: str, answer: Answer) -> list[Json]:
        """The events of an answer; an answer that holds nothing at all has none."""
        if answer.body is None or answer.body == {}:
            return []
        return records_of(self._connection.manifest.operations[operation], answer, is_first=True)

    def _subscribed(self, before: Standing) -> Standing:
        types = list(self._queue.types)
        if self._queue.subscribe is not None:
            self._caller.call(self._queue.subscribe, {"queue": {"types": types}})
        return self._keep(replace(before, types=types))

    def _seen(self, now: Standing, id_: Json = None) -> dict[str, Json]:
        """What templates see as ``queue``."""
        named = {"request_id": id_, "committed": now.committed}
        return {
            **{name: value for name, value in named.items() if value is not None},
            "types": list(self._queue.types),
        }

    def _keep(self, now: Standing) -> Standing:
        value = {name: getattr(now, name) for name in Standing.__slots__}
        self._store.cursors.put(self._connection.name, _CURSOR, value)
        return now


def _id(path: Path | None, body: Json) -> Json:
    """A batch's id: text or a number."""
    found = path(body) if path is not None else None
    return None if isinstance(found, (bool, dict, list)) or found == "" else found
