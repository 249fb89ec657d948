"""Row 41: whatever is done to the audit behind the engine's back, ``verify`` names the first entry that is wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from engine.clock import ManualClock
from engine.errors import InputError
from engine.store import Store
from engine.store.audit import Call
from engine.store.audit_heads import HeadKey, append, read_heads
from engine.store.audit_seals import GENESIS, LATE_S, TRIM, Seals
from engine.store.audit_verifying import Verdict, verify
from engine.store.vault import Vault
from engine.store.vault_keys import new_key

CALL = Call("acme", "pull", "get_job", "GET", "/jobs/{job.id}", 200, 0, 512, 12.5, "ok", event_id="evt_1")
KEY = HeadKey("k1", b"not a real key, only for tests..")
DAY_S = 86400.0


class Kept:
    """A store with an audit of ten sealed entries, and what somebody with the database's password can do to it."""

    def __init__(self, url: str, heads: Path) -> None:
        self.url, self.heads, self.clock = url, heads, ManualClock()
        self.store = Store.open(url, self.clock, Vault.given(new_key()))

    def add(self, count: int) -> list[str]:
        ids = []
        for number in range(count):
            self.clock.advance(1.0)
            ids.append(self.store.audit.record(replace(CALL, bytes_in=number)))
        return ids

    def sealed(self, count: int) -> list[str]:
        ids = self.add(count)
        assert self.store.seals.seal() == count
        return ids

    def export(self) -> None:
        head = self.store.seals.head()
        assert head is not None
        append(self.heads, KEY.signed(head, self.clock.now()) + "\n")

    def do(self, *statements: str, **values: object) -> None:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement), values)
        engine.dispose()

    def verify(self) -> Verdict:
        heads = read_heads(self.heads, {KEY.id: KEY.public}) if self.heads.exists() else ()
        return verify(self.store.seals, heads)


@pytest.fixture
def kept(store_url: str, tmp_path: Path) -> Iterator[Kept]:
    made = Kept(store_url, tmp_path / "heads.jsonl")
    yield made
    made.store.close()


def test_what_is_as_it_was_written_is_found_whole(kept: Kept) -> None:
    kept.sealed(10)
    kept.add(2)
    assert kept.verify() == Verdict(sealed=10, unsealed=2, heads=0, wrong=None)


@pytest.mark.parametrize("change", ["bytes_in = 9000", "status = 404", "at = at + 1", "actor = 'x'", "person = 'p'"])
def test_an_edited_entry_is_named(kept: Kept, change: str) -> None:
    ids = kept.sealed(10)
    kept.do(f"UPDATE audit SET {change} WHERE id = :id", id=ids[4])
    verdict = kept.verify()
    assert verdict.wrong is not None
    assert verdict.wrong.startswith(f"entry 5 ({ids[4]}) is not as it was sealed")


def test_a_deleted_entry_is_named_also_where_its_seal_went_too(kept: Kept) -> None:
    ids = kept.sealed(10)
    kept.do("DELETE FROM audit WHERE id = :id", id=ids[6])
    assert kept.verify().wrong == f"entry 7 ({ids[6]}) was deleted; its seal is there"
    kept.do("DELETE FROM audit_seals WHERE audit_id = :id", id=ids[6])
    assert kept.verify().wrong == "entry 7 is missing with its seal; the next one is 8"
    kept.do("UPDATE audit_seals SET seq = -seq WHERE seq > 7", "UPDATE audit_seals SET seq = -seq - 1 WHERE seq < 0")
    assert str(kept.verify().wrong).startswith(f"entry 7 ({ids[7]}) is not as it was sealed")


def test_the_first_entries_are_missed(kept: Kept) -> None:
    kept.sealed(10)
    kept.do("DELETE FROM audit WHERE id IN (SELECT audit_id FROM audit_seals WHERE seq < 4)")
    kept.do("DELETE FROM audit_seals WHERE seq < 4")
    assert str(kept.verify().wrong).startswith("entry 1 is missing: the first seal is 4")


@pytest.mark.parametrize("forged", [False, True])
def test_an_entry_that_is_put_in_afterwards_is_named(kept: Kept, forged: bool) -> None:
    ids = kept.sealed(10)
    kept.clock.advance(2 * LATE_S)
    kept.sealed(3)
    columns = "at, connection, actor, direction, operation, method, path, bytes_out, bytes_in, duration_ms, outcome"
    kept.do(f"INSERT INTO audit (id, {columns}) SELECT 'aud_0', {columns} FROM audit WHERE id = :id", id=ids[4])
    if forged:
        move = (
            "UPDATE audit_seals SET seq = -seq WHERE seq > 5",
            "UPDATE audit_seals SET seq = 1 - seq WHERE seq < 0",
        )
        kept.do(*move, "INSERT INTO audit_seals (seq, audit_id, hash, at) VALUES (6, 'aud_0', 'f00d', 1.0)")
        assert str(kept.verify().wrong).startswith("entry 6 (aud_0) is not as it was sealed")
        return
    assert "the entry aud_0 has no seal, and is dated more than an hour before" in str(kept.verify().wrong)
    kept.store.seals.seal(whole=True)
    assert str(kept.verify().wrong).startswith("entry 14 (aud_0) is dated 2025-06-15")


def test_entries_that_were_swapped_are_named(kept: Kept) -> None:
    ids = kept.sealed(10)
    swap = "UPDATE audit_seals SET audit_id = :to WHERE audit_id = :id"
    kept.do(swap, id=ids[2], to="x")
    kept.do(swap, id=ids[3], to=ids[2])
    kept.do(swap, id="x", to=ids[3])
    assert str(kept.verify().wrong).startswith(f"entry 3 ({ids[3]}) is not as it was sealed")


def cut_tail(kept: Kept) -> None:
    kept.do(
        "DELETE FROM audit WHERE id IN (SELECT audit_id FROM audit_seals WHERE seq > 7)",
        "DELETE FROM audit_seals WHERE seq > 7",
    )


def test_a_tail_that_was_cut_needs_the_exported_head_to_be_missed(kept: Kept) -> None:
    kept.sealed(10)
    kept.export()
    cut_tail(kept)
    assert verify(kept.store.seals).wrong is None
    assert str(kept.verify().wrong).startswith("entry 8 is missing and all after it: entry 10 was signed 2025-06-15T")


def test_a_chain_that_went_on_from_an_earlier_state_is_told_by_the_head(kept: Kept) -> None:
    kept.sealed(10)
    kept.export()
    cut_tail(kept)
    kept.clock.advance(60)
    kept.sealed(5)
    assert verify(kept.store.seals).wrong is None
    assert str(kept.verify().wrong).startswith("entry 10 is not the one that was signed 2025-06-15T")
    kept.do("DELETE FROM audit_seals WHERE seq > 10")
    kept.export()
    assert str(kept.verify().wrong).startswith("entry 10 was signed twice with different hashes")


def test_a_backup_that_was_put_back_is_told_by_the_head(kept: Kept) -> None:
    kept.sealed(4)
    names = ("audit", "audit_seals")
    kept.do(*(f"CREATE TABLE backup_{name} AS SELECT * FROM {name}" for name in names))
    kept.sealed(3)
    kept.export()
    kept.do(*(f"DELETE FROM {name}" for name in names))
    kept.do(*(f"INSERT INTO {name} SELECT * FROM backup_{name}" for name in names))
    assert verify(kept.store.seals).sealed == 4
    assert str(kept.verify().wrong).startswith("entry 5 is missing and all after it: entry 7 was signed")


def test_a_chain_made_anew_by_who_knows_how_is_told_by_the_head(kept: Kept) -> None:
    ids = kept.sealed(10)
    kept.export()
    kept.do("UPDATE audit SET status = 500 WHERE id = :id", id=ids[4])
    kept.do("DELETE FROM audit_seals")
    assert Seals(kept.store.seals._database, kept.clock).seal(whole=True) == 10
    assert verify(kept.store.seals).wrong is None
    assert str(kept.verify().wrong).startswith("entry 10 is not the one that was signed")


@pytest.mark.parametrize("what", ["hash", "seq", "signature", "key"])
def test_a_head_that_was_changed_is_refused(kept: Kept, what: str) -> None:
    kept.sealed(3)
    kept.export()
    said = json.loads(kept.heads.read_text())
    said[what] = {"hash": GENESIS, "seq": 2, "signature": "AAAA", "key": "k2"}[what]
    kept.heads.write_text(json.dumps(said))
    with pytest.raises(InputError, match="not known" if what == "key" else "not signed by the key `k1`"):
        kept.verify()


def test_old_entries_that_were_trimmed_leave_a_chain_that_verifies(kept: Kept) -> None:
    kept.sealed(6)
    kept.export()
    kept.clock.advance(DAY_S)
    since = kept.clock.now()
    kept.sealed(4)

    def told(detail: str) -> str:
        return kept.store.audit.act("cli:ana", TRIM, detail=detail)

    assert kept.store.seals.trim(since, told) == 6
    assert kept.store.seals.trim(since, told) == 0
    kept.store.seals.seal()
    verdict = kept.verify()
    assert (verdict.wrong, verdict.sealed, verdict.begins_at, verdict.trimmed_by) == (None, 5, 7, "cli:ana")
    kept.do("DELETE FROM audit_seals WHERE seq = 6")
    assert str(kept.verify().wrong).startswith("entry 1 is missing: the first seal is 7")


def test_the_audit_still_verifies_after_a_person_was_erased(kept: Kept) -> None:
    called = replace(CALL, candidate_id="c-4711")
    kept.store.audit.record(called)
    kept.store.seals.seal()
    (before,) = kept.store.audit.list()
    assert before.person is not None
    kept.store.erase("acme", "c-4711")
    assert kept.store.persons.known("acme", "c-4711") is None
    late = kept.store.audit.record(called)
    assert [entry.person for entry in kept.store.audit.list() if entry.id in (late, before.id)] == [
        None,
        before.person,
    ]
    kept.store.seals.seal()
    assert kept.verify() == Verdict(sealed=2, unsealed=0, heads=0, wrong=None)


def test_sealers_at_once_make_one_chain(kept: Kept) -> None:
    kept.add(400)
    others = [Store.open(kept.url, kept.clock) for _ in range(3)]
    start = threading.Barrier(4)
    counts: list[int] = []

    def run(store: Store) -> None:
        start.wait()
        counts.append(store.seals.seal())

    threads = [threading.Thread(target=run, args=(store,)) for store in (kept.store, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in others:
        store.close()
    assert sum(counts) == 400
    assert kept.verify() == Verdict(sealed=400, unsealed=0, heads=0, wrong=None)


def test_an_entry_that_is_committed_late_is_sealed_though_later_ones_are(kept: Kept) -> None:
    hidden = kept.add(1)[0]
    row = kept_row(kept, hidden)
    kept.do("DELETE FROM audit WHERE id = :id", id=hidden)
    kept.sealed(5)
    kept.do(f"INSERT INTO audit ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})", **row)
    assert kept.store.seals.seal() == 1
    assert kept.verify() == Verdict(sealed=6, unsealed=0, heads=0, wrong=None)


def kept_row(kept: Kept, id_: str) -> dict[str, object]:
    engine = create_engine(kept.url)
    with engine.connect() as connection:
        row = dict(connection.execute(text("SELECT * FROM audit WHERE id = :id"), {"id": id_}).mappings().one())
    engine.dispose()
    return row


def test_only_what_is_new_is_looked_at_until_the_whole_is_due(kept: Kept) -> None:
    kept.sealed(5)
    kept.clock.advance(2 * LATE_S)
    kept.sealed(5)
    old = kept_row(kept, kept.store.audit.list(limit=1)[0].id) | {"id": "aud_0000000000001", "at": 1.0}
    kept.do(f"INSERT INTO audit ({', '.join(old)}) VALUES ({', '.join(f':{name}' for name in old)})", **old)
    assert kept.store.seals.seal() == 0
    kept.clock.advance(LATE_S)
    assert kept.store.seals.seal() == 1
