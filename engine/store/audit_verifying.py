"""Whether the audit is as it was written: seals, entries and signed heads in; the first that is wrong out.

Pure but for the reading: nothing is repaired. One page of entries is held at a time, and the heads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.clock import iso
from engine.store.audit_heads import SignedHead
from engine.store.audit_seals import GENESIS, LATE_S, Sealed, Seals


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many entries have a seal and how many have none yet, which head was seen, and what is wrong first.

    ``wrong`` is one sentence, or None. ``begins_at``: the seal from which on entries are kept; those before were
    trimmed by ``trimmed_by``.
    """

    sealed: int
    unsealed: int
    heads: int
    wrong: str | None
    begins_at: int = 1
    trimmed_by: str | None = None


class _Wrong(Exception):
    """The first thing that is wrong."""


@dataclass(slots=True)
class _Walk:
    """Where the walk along the chain is."""

    heads: dict[int, SignedHead]
    seq: int = 0
    hash: str = GENESIS
    newest: float = float("-inf")
    newest_seq: int = 0
    begins_at: int = 1
    trimmed_by: str | None = None
    sealed: int = 0


def verify(seals: Seals, heads: Iterable[SignedHead] = ()) -> Verdict:
    """Walks the whole chain, and compares it with each head that was kept elsewhere."""
    walk, wrong = _Walk({}), None
    try:
        walk.heads = _by_seq(heads)
        for seal in seals.chain():
            _step(walk, seal, seals)
        _end(walk, seals)
    except _Wrong as found:
        wrong = str(found)
    return Verdict(walk.sealed, seals.unsealed(), len(walk.heads), wrong, walk.begins_at, walk.trimmed_by)


def _by_seq(heads: Iterable[SignedHead]) -> dict[int, SignedHead]:
    found: dict[int, SignedHead] = {}
    for head in heads:
        other = found.setdefault(head.seq, head)
        if other.hash != head.hash:
            raise _Wrong(
                f"entry {head.seq} was signed twice with different hashes, {other.at} and {head.at}: "
                "the database was put back to an earlier state and went on from there"
            )
    return found


def _step(walk: _Walk, seal: Sealed, seals: Seals) -> None:
    if walk.seq or not _begins_trimmed(walk, seal, seals):
        _follow(walk, seal)
    walk.seq, walk.hash = seal.seq, seal.hash
    head = walk.heads.get(seal.seq)
    if head is not None and head.hash != seal.hash:
        raise _Wrong(
            f"entry {seal.seq} is not the one that was signed {head.at}: the chain was made anew, or the database "
            "was put back to an earlier state and went on from there"
        )


def _follow(walk: _Walk, seal: Sealed) -> None:
    if seal.seq != walk.seq + 1:
        raise _Wrong(f"entry {walk.seq + 1} is missing with its seal; the next one is {seal.seq}")
    if seal.entry is None:
        raise _Wrong(f"entry {seal.seq} ({seal.audit_id}) was deleted; its seal is there")
    if seal.hash_after(walk.hash) != seal.hash:
        raise _Wrong(f"entry {seal.seq} ({seal.audit_id}) is not as it was sealed {iso(seal.at)}")
    at = float(seal.entry["at"])
    if at < walk.newest - LATE_S:
        raise _Wrong(_misdated(f"entry {seal.seq} ({seal.audit_id})", at, walk))
    if at > walk.newest:
        walk.newest, walk.newest_seq = at, seal.seq
    walk.sealed += 1


def _misdated(what: str, at: float, walk: _Walk) -> str:
    return (
        f"{what} is dated {iso(at)}, but was written after entry {walk.newest_seq} of {iso(walk.newest)}: "
        "it was put in afterwards, or the machine's clock was set back"
    )


def _begins_trimmed(walk: _Walk, seal: Sealed, seals: Seals) -> bool:
    """Whether ``seal`` is the last one of what was trimmed, as the audit tells of it."""
    by = next((trim.actor for trim in seals.trims() if trim.says(seal)), None)
    if seal.entry is None and by is not None:
        walk.begins_at, walk.trimmed_by = seal.seq + 1, by
        return True
    if seal.seq != 1:
        raise _Wrong(f"entry 1 is missing: the first seal is {seal.seq}, and no trim of the audit says so")
    return False


def _end(walk: _Walk, seals: Seals) -> None:
    later = sorted(seq for seq in walk.heads if seq > walk.seq)
    if later:
        head = walk.heads[later[0]]
        raise _Wrong(
            f"entry {walk.seq + 1} is missing and all after it: entry {head.seq} was signed {head.at}. The end was "
            "cut off, or the database was put back to an earlier state"
        )
    if walk.newest > float("-inf"):
        misdated = seals.first_unsealed(walk.newest - LATE_S)
        if misdated is not None:
            raise _Wrong(
                f"the entry {misdated} has no seal, and is dated more than an hour before entry {walk.newest_seq} "
                "that has one: it was put in afterwards, or the machine's clock was set back"
            )
