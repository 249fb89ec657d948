"""Backfill: everything a connection's lists hold, read once from the start, as raw events in the inbox.

It can be stopped at any moment and goes on in the next run. The pages before are asked for again, because an ATS's
cursor does not outlive its run; what they held is in the inbox already and makes no second event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from connectors.calls import Caller
from engine.clock import Clock
from engine.intake.listing import Item, Listing
from engine.intake.stream_presence import check_present
from engine.manifest.connection import Connection
from engine.model import Json, RawEvent
from engine.store import Store


@dataclass(frozen=True, slots=True)
class BackfillProgress:
    """How far one stream is. ``pages_before`` were read by an earlier run; ``skipped`` named nothing to work on."""

    stream: str
    pages: int = 0
    records: int = 0
    events_new: int = 0
    skipped: int = 0
    pages_before: int = 0
    finished: bool = False


Progress = Callable[[BackfillProgress], None]


class Backfill:
    """Reads the backfill streams of one connection, each from its start."""

    def __init__(self, connection: Connection, caller: Caller, store: Store, clock: Clock) -> None:
        self._connection, self._caller, self._store, self._clock = connection, caller, store, clock

    def run(
        self, progress: Progress, *, job: str | None = None, since: float | None = None
    ) -> list[BackfillProgress]:
        """Tells ``progress`` after each page; how each stream ended.

        ``job`` keeps to one job, ``since`` (UTC s) to what changed from then on where the list can be limited. A
        stream that an interrupted run with the same limits had finished is not read again. Raises CallError,
        AnswerUnusable, ExpressionError, StoreUnavailable; the next run goes on.
        """
        poll = self._connection.manifest.events.poll
        listings = [Listing(self._connection, found) for found in poll.streams.values()] if poll else []
        chosen = [listing for listing in listings if listing.stream.backfill]
        limits = {"job": job, "since": since}
        before = {listing.stream.name: self._before(listing, limits) for listing in chosen}
        is_new_run = all(one is None or one["finished"] for one in before.values())
        ended = []
        for listing in chosen:
            earlier = None if is_new_run else before[listing.stream.name]
            ended.append(self._stream(listing, limits, earlier, progress))
        return ended

    def _before(self, listing: Listing, limits: Mapping[str, Json]) -> dict[str, Json] | None:
        """What an earlier run with the same limits left behind."""
        found = self._store.cursors.get(self._connection.name, _name(listing))
        return found if found is not None and found["limits"] == limits else None

    def _stream(
        self, listing: Listing, limits: Mapping[str, Json], earlier: Mapping[str, Json] | None, progress: Progress
    ) -> BackfillProgress:
        state = BackfillProgress(listing.stream.name, pages_before=earlier["pages"] if earlier else 0)
        if earlier is not None and earlier["finished"]:
            state = replace(state, pages=earlier["pages"], finished=True)
            progress(state)
            return state
        since = limits["since"]
        context = {"until": self._clock.now(), **({"since": since} if since is not None else {})}
        for page in self._caller.pages(listing.stream.operation, context):
            if page.number == 1:
                check_present(listing.stream, page.records)
            state = self._taken(state, listing, page.records, limits)
            self._keep(listing, limits, state)
            progress(state)
        state = replace(state, finished=True)
        self._keep(listing, limits, state)
        progress(state)
        return state

    def _taken(
        self, state: BackfillProgress, listing: Listing, records: list[Json], limits: Mapping[str, Json]
    ) -> BackfillProgress:
        events: list[RawEvent] = []
        skipped = 0
        for item in (item for record in records for item in listing.items(record)):
            if item is None:
                skipped += 1
            elif self._is_wanted(item, limits):
                events.append(listing.event(item, "backfill", self._clock.now()))
        new = sum(accepted.new for accepted in self._store.inbox.accept(events)) if events else 0
        return replace(
            state,
            pages=state.pages + 1,
            records=state.records + len(records),
            events_new=state.events_new + new,
            skipped=state.skipped + skipped,
        )

    def _is_wanted(self, item: Item, limits: Mapping[str, Json]) -> bool:
        job, since = item.ids.get("job"), limits["since"]
        if since is not None and item.watermark is not None and item.watermark < since:
            return False
        if limits["job"] is not None:
            return bool(job == limits["job"])
        return self._connection.takes_part(job)

    def _keep(self, listing: Listing, limits: Mapping[str, Json], state: BackfillProgress) -> None:
        pages = max(state.pages, state.pages_before)
        value = {"limits": dict(limits), "pages": pages, "finished": state.finished, "at": self._clock.now()}
        self._store.cursors.put(self._connection.name, _name(listing), value)


def _name(listing: Listing) -> str:
    return f"backfill:{listing.stream.name}"
