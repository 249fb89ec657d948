"""Polling: a stream's list is read page by page, and what changed becomes raw events in the inbox.

A poll starts a little before where the last one ended (the stream's overlap); the inbox knows what it has already.
The watermark moves only after the last page, and never back. A long span is read in windows, and each window that
was read whole moves it. A list that is asked for by an opaque token (``sync``) gives a new one on its last page,
which is kept once that page is committed; where the token has run out, the list is read from its start.

What was there before the connection began is history, and history is what backfill is for:

* A list that can be limited (its operation reads ``since``) starts at the first poll, less the overlap.
* A list that cannot, and any full pass, is compared with what the pass before saw: a digest of each item's version
  is kept beside the cursor. The first such pass is the baseline: it remembers, and makes events only of records
  that say they changed since the connection began. Without a version of the ATS's own, an item's version is a hash
  of its record, so that a change of content is seen where the ATS does not tell of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from connectors.calls import Caller
from engine.clock import Clock
from engine.errors import CallError, InputError
from engine.intake.listing import Item, Listing
from engine.intake.stream_presence import check_present
from engine.manifest.connection import Connection
from engine.manifest.findings import did_you_mean
from engine.manifest.model import Poll, PollStream
from engine.model import Json, RawEvent
from engine.store import Store

_AGAIN_AFTER_FAILURE_S = 60.0


@dataclass(frozen=True, slots=True)
class PollReport:
    """What one poll did. ``skipped`` records named nothing to work on; ``baseline``: it only remembered."""

    pages: int
    records: int
    events_new: int
    skipped: int = 0
    full: bool = False
    baseline: bool = False


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a stream stands, all UTC s: ``began_at`` its first poll, ``polled_at`` its last whole one.

    ``sync`` is the token that the last whole reading gave.
    """

    began_at: float
    watermark: float
    full_at: float
    polled_at: float | None = None
    sync: Json = None

    def as_json(self) -> dict[str, Json]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class _Pass:
    """One pass over a list while it runs. ``seen`` is None where nothing needs to be compared."""

    listing: Listing
    began: float
    began_at: float
    seen: dict[str, str] | None
    is_baseline: bool
    newest: float | None = None
    pages: int = 0
    records: int = 0
    events_new: int = 0
    skipped: int = 0
    token: Json = None
    found: dict[str, str] = field(default_factory=dict)


class Poller:
    """Polls the streams of one connection. One thread at a time per stream."""

    def __init__(self, connection: Connection, caller: Caller, store: Store, clock: Clock) -> None:
        self._connection, self._caller, self._store, self._clock = connection, caller, store, clock
        self._poll = connection.manifest.events.poll
        self._tried_at: dict[str, float] = {}

    def due(self, now: float) -> list[str]:
        """The streams whose next poll has come, in the manifest's order."""
        return [name for name in self._streams() if self.due_at(name) <= now]

    def due_at(self, name: str) -> float:
        """When (UTC s) a stream is to be polled next; after a failure that is soon, and not at once."""
        cursor = self._cursor(name)
        every_s = self._poll.every_s if self._poll is not None else 0.0
        regular = cursor.polled_at + every_s if cursor is not None and cursor.polled_at is not None else 0.0
        tried_at = self._tried_at.get(name)
        return max(regular, tried_at + min(every_s, _AGAIN_AFTER_FAILURE_S) if tried_at is not None else 0.0)

    def poll(self, stream_name: str, *, full: bool = False) -> PollReport:
        """Reads the stream once. ``full`` reads everything; the manifest's own full pass comes by itself.

        Raises CallError, AnswerUnusable, ExpressionError, StoreUnavailable: what was read until then is kept, the
        cursor stays. Raises InputError for an unknown stream.
        """
        listing = self._listing(stream_name)
        began = self._clock.now()
        self._tried_at[stream_name] = began
        cursor = self._cursor(stream_name) or _Cursor(began, began, began)
        full = full or self._is_full_due(cursor, began)
        try:
            current = self._read(listing, cursor, began, full=full)
        except CallError as error:
            if listing.stream.sync is None or error.code not in listing.stream.sync.expired:
                raise
            full = True
            current = self._read(listing, cursor, began, full=full)
        return PollReport(
            current.pages, current.records, current.events_new, current.skipped, full, current.is_baseline
        )

    def _read(self, listing: Listing, cursor: _Cursor, began: float, *, full: bool) -> _Pass:
        """Reads the list once, in as many windows as the span has, and keeps how far it came after each."""
        sync = listing.stream.sync
        by_token = sync is not None and cursor.sync is not None and not full
        limited = by_token or (sync is None and listing.knows_since and not full)
        current = self._started(listing, cursor, began, limited)
        context: dict[str, Json] = {"sync": {"token": cursor.sync}} if by_token else {}
        if not limited or sync is not None:
            self._take_all(current, {**context, "until": began})
        else:
            for since, until in _windows(listing.stream, cursor.watermark, began):
                self._take_all(current, {"since": since, "until": until})
                if until < began:
                    cursor = replace(cursor, watermark=max(cursor.watermark, until))
                    self._store.cursors.put(self._connection.name, listing.stream.name, cursor.as_json())
        self._finish(listing.stream.name, current, cursor, full or (sync is not None and not by_token))
        return current

    def _take_all(self, current: _Pass, context: Mapping[str, Json]) -> None:
        sync, body = current.listing.stream.sync, None
        for page in self._caller.pages(current.listing.stream.operation, context):
            if page.number == 1:
                check_present(current.listing.stream, page.records)
            self._take(current, page.records)
            body = page.body
        if sync is not None:
            current.token = current.listing.sync_token(sync, body)

    def _streams(self) -> Mapping[str, Json]:
        return self._poll.streams if self._poll is not None else {}

    def _listing(self, name: str) -> Listing:
        poll: Poll | None = self._poll
        if poll is None or name not in poll.streams:
            raise InputError(f"there is no stream `{name}`", hint=did_you_mean(name, self._streams()))
        return Listing(self._connection, poll.streams[name])

    def _cursor(self, name: str) -> _Cursor | None:
        stored = self._store.cursors.get(self._connection.name, name)
        return _Cursor(**{key: stored[key] for key in _Cursor.__slots__ if key in stored}) if stored else None

    def _is_full_due(self, cursor: _Cursor, now: float) -> bool:
        full_pass_s = self._poll.full_pass_s if self._poll is not None else None
        return full_pass_s is not None and now - cursor.full_at >= full_pass_s

    def _started(self, listing: Listing, cursor: _Cursor, began: float, limited: bool) -> _Pass:
        if limited:
            return _Pass(listing, began, cursor.began_at, None, False)
        seen = self._store.cursors.get(self._connection.name, _seen_name(listing.stream.name))
        return _Pass(listing, began, cursor.began_at, seen or {}, seen is None)

    def _take(self, current: _Pass, records: list[Json]) -> None:
        """Commits a page's events before the next page is read."""
        events: list[RawEvent] = []
        for record in records:
            watermark = current.listing.watermark(record)
            if watermark is not None:
                current.newest = max(watermark, current.newest or watermark)
            for item in current.listing.items(record):
                if item is None:
                    current.skipped += 1
                elif _is_news(current, item):
                    events.append(current.listing.event(item, "poll", self._clock.now()))
        current.pages += 1
        current.records += len(records)
        if events:
            current.events_new += sum(accepted.new for accepted in self._store.inbox.accept(events))

    def _finish(self, name: str, current: _Pass, cursor: _Cursor, full: bool) -> None:
        # A clock of theirs that is ahead, or a date of the year 2999, must not make us miss what comes until then.
        reached = current.began if current.listing.stream.watermark is None else current.newest or 0.0
        moved = _Cursor(
            began_at=cursor.began_at,
            watermark=max(cursor.watermark, min(reached, current.began)),
            full_at=current.began if full else cursor.full_at,
            polled_at=current.began,
            sync=current.token,
        )
        with self._store.transaction():
            if current.seen is not None:
                self._store.cursors.put(self._connection.name, _seen_name(name), {**current.seen, **current.found})
            self._store.cursors.put(self._connection.name, name, moved.as_json())
        self._tried_at.pop(name, None)


def _windows(stream: PollStream, watermark: float, began: float) -> Iterator[tuple[float, float]]:
    """(since, until) of each reading, oldest first; the last one ends where the poll began."""
    since = max(0.0, watermark - stream.overlap_s)
    if stream.window_s is not None:
        while began - since > stream.window_s:
            yield since, since + stream.window_s
            since += stream.window_s
    yield since, began


def _seen_name(stream: str) -> str:
    return f"{stream}#seen"


def _is_news(current: _Pass, item: Item) -> bool:
    if current.seen is None:
        return True
    place, version = _digest(item.place), _digest(item.version)
    current.found[place] = version
    if current.is_baseline:
        oldest = current.began_at - current.listing.stream.overlap_s
        return item.watermark is not None and item.watermark >= oldest
    return current.seen.get(place) != version


def _digest(text: str) -> str:
    # Six bytes: among 100,000 items two alike are once in 50,000 passes, and cost one event that changes nothing.
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
