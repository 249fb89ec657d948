"""The seals of the audit: a chain of hashes in which no entry can be changed, taken out or put in unnoticed.

Entries are added unsealed, so that nobody waits for the chain; one sealer after another gives each its place:
``hash = sha256(hash before + the seal and the entry as canonical JSON)``. What is unsealed is looked for by its lack
of a seal, not by its id: transactions end in another order than they began.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, func, insert, join, select

from engine.clock import Clock
from engine.store.database import Database, one_at_a_time
from engine.store.schema import audit, audit_seals

GENESIS = "0" * 64
"""The hash before the first entry."""

LATE_S = 3600.0
"""An entry dated so much before one that was sealed earlier was not written when it says."""

TRIM = "audit.trim"
"""The operation of an operator who took old entries out."""

_NAME = "audit_seals"
_NEVER = 2**62
_RECENT_S = 600.0
_BATCH = 500
_PAGE = 1000
_WHOLE_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal: its place, its hash, and when it was made (UTC s)."""

    seq: int
    hash: str
    at: float


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal with its entry; ``entry`` is None where there is no such row."""

    seq: int
    audit_id: str
    hash: str
    at: float
    entry: Mapping[str, Any] | None

    def hash_after(self, before: str) -> str:
        """What the hash has to be when ``before`` is that of the seal before it."""
        return _hash(before, self.seq, self.at, self.entry or {})


@dataclass(frozen=True, slots=True)
class Trim:
    """That old entries were taken out on purpose, by whom, and which seal is the last of them."""

    actor: str
    detail: str

    def says(self, last: Sealed) -> bool:
        """Whether it is ``last`` that the trim left as the beginning of what is kept."""
        return self.detail == _trimmed(last.seq, last.hash)


class Seals:
    """The table of seals. Any number of processes may seal: they wait for each other."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._whole_at = float("-inf")

    def seal(self, *, whole: bool = False) -> int:
        """Seals what is unsealed, oldest first; how many entries.

        It looks at what was written since ten minutes before the newest sealed entry, and every hour, or where
        ``whole``, at everything.
        """
        now = self._clock.monotonic()
        whole = whole or now - self._whole_at >= _WHOLE_EVERY_S
        after, sealed = "" if whole else self._recent(), 0
        while entries := self._unsealed(after):
            sealed += self._add(entries)
            after = entries[-1].id
        if whole:
            self._whole_at = now
        return sealed

    def head(self) -> Head | None:
        """The newest seal; None where nothing was sealed yet."""
        with self._database.read() as reading:
            return _head(reading)

    def chain(self) -> Iterator[Sealed]:
        """All seals with their entries, in their order, a page at a time."""
        after = -1
        while page := self._page(after):
            yield from page
            after = page[-1].seq

    def unsealed(self) -> int:
        """How many entries have no seal yet."""
        counted = select(func.count()).select_from(audit).where(_without_seal())
        with self._database.read() as reading:
            return reading.execute(counted).scalar_one()

    def first_unsealed(self, before: float) -> str | None:
        """The id of an unsealed entry dated before a time (UTC s)."""
        dated = select(audit.c.id).where(_without_seal(), audit.c.at < before).order_by(audit.c.at).limit(1)
        with self._database.read() as reading:
            found: str | None = reading.execute(dated).scalar()
        return found

    def trim(self, before: float, told: Callable[[str], object]) -> int:
        """Takes out the entries, sealed one after the other, that are dated before a time (UTC s); how many.

        The seal of the last one stays: what is kept follows it. ``told`` writes what was done into the audit, within
        the same transaction.
        """
        with self._database.write() as writing:
            one_at_a_time(writing, _NAME)
            last = writing.execute(_last_before(before)).first()
            if last is None:
                return 0
            gone = select(audit_seals.c.audit_id).where(audit_seals.c.seq <= last.seq)
            count = writing.execute(delete(audit).where(audit.c.id.in_(gone))).rowcount
            writing.execute(delete(audit_seals).where(audit_seals.c.seq < last.seq))
            told(_trimmed(last.seq, last.hash))
        return count

    def trims(self) -> list[Trim]:
        """The trims that the audit tells of."""
        told = select(audit.c.actor, audit.c.path).where(audit.c.operation == TRIM, audit.c.direction == "act")
        with self._database.read() as reading:
            return [Trim(row.actor, row.path) for row in reading.execute(told)]

    def _recent(self) -> str:
        """An id before those of entries that were written since ten minutes before the newest one sealed."""
        newest = select(func.max(audit_seals.c.seq)).scalar_subquery()
        entry = select(audit.c.at).join(audit_seals, audit_seals.c.audit_id == audit.c.id)
        with self._database.read() as reading:
            at = reading.execute(entry.where(audit_seals.c.seq == newest)).scalar()
        return "" if at is None else f"aud_{int(max(0.0, at - _RECENT_S) * 1_000_000):013x}"

    def _unsealed(self, after: str) -> Sequence[Row[Any]]:
        oldest = select(audit).where(audit.c.id > after, _without_seal()).order_by(audit.c.id).limit(_BATCH)
        with self._database.read() as reading:
            return reading.execute(oldest).all()

    def _add(self, entries: Sequence[Row[Any]]) -> int:
        ids = [entry.id for entry in entries]
        already = select(audit_seals.c.audit_id).where(audit_seals.c.audit_id.in_(ids))
        with self._database.write() as writing:
            one_at_a_time(writing, _NAME)
            taken = set(writing.execute(already).scalars())
            head = _head(writing) or Head(0, GENESIS, 0.0)
            rows = list(_seals(head, [entry for entry in entries if entry.id not in taken], self._clock.now()))
            if rows:
                writing.execute(insert(audit_seals), rows)
        return len(rows)

    def _page(self, after: int) -> list[Sealed]:
        with self._database.read() as reading:
            return [_sealed(row) for row in reading.execute(_joined(after))]


def _trimmed(seq: int, hash: str) -> str:
    return f"through {seq} {hash}"


def _last_before(before: float) -> Select[Any]:
    """The last seal of those from the first one on whose entries are all dated before a time."""
    sealed = join(audit_seals, audit, audit_seals.c.audit_id == audit.c.id)
    kept = select(func.min(audit_seals.c.seq)).select_from(sealed).where(audit.c.at >= before).scalar_subquery()
    old = select(audit_seals).join_from(audit_seals, audit, audit_seals.c.audit_id == audit.c.id)
    old = old.where(audit.c.at < before, audit_seals.c.seq < func.coalesce(kept, _NEVER))
    return old.order_by(audit_seals.c.seq.desc()).limit(1)


def _seals(head: Head, entries: Sequence[Row[Any]], now: float) -> Iterator[dict[str, Any]]:
    seq, before = head.seq, head.hash
    for entry in entries:
        seq, before = seq + 1, _hash(before, seq + 1, now, entry._asdict())
        yield {"seq": seq, "audit_id": entry.id, "hash": before, "at": now}


def _hash(before: str, seq: int, at: float, entry: Mapping[str, Any]) -> str:
    # What is empty is left out, so that a column that is added one day changes no hash of today.
    filled = {name: value for name, value in entry.items() if value is not None}
    canonical = json.dumps({"seq": seq, "sealed": at, "entry": filled}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(before.encode() + canonical.encode()).hexdigest()


def _head(reading: Connection) -> Head | None:
    newest = select(audit_seals).order_by(audit_seals.c.seq.desc()).limit(1)
    row = reading.execute(newest).first()
    return None if row is None else Head(row.seq, row.hash, row.at)


def _without_seal() -> ColumnElement[bool]:
    return ~exists().where(audit_seals.c.audit_id == audit.c.id)


def _joined(after: int) -> Select[Any]:
    seal = (audit_seals.c.seq, audit_seals.c.audit_id, audit_seals.c.hash, audit_seals.c.at.label("sealed_at"))
    both = select(*seal, audit).join_from(audit_seals, audit, audit_seals.c.audit_id == audit.c.id, isouter=True)
    return both.where(audit_seals.c.seq > after).order_by(audit_seals.c.seq).limit(_PAGE)


def _sealed(row: Row[Any]) -> Sealed:
    entry = {column.name: row._mapping[column] for column in audit.columns}
    return Sealed(row.seq, row.audit_id, row.hash, row.sealed_at, None if entry["id"] is None else entry)
