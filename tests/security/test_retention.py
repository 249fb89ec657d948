"""Reliability row 40: what is about people is kept as long as the operator says, and nothing in flight is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine.clock import ManualClock
from engine.errors import InputError
from engine.keeping import Keep, keep_from
from engine.model import Score
from engine.runtime.retention import RetentionSweep
from engine.store import Store
from engine.store.database import Database
from engine.store.schema import cache, inbox, outbox, refused, scores, steps, written
from engine.store.written import Written
from tests import servers
from tests.store.making import DONE, claimed, delivery, raw

DAY_S = 86_400.0
FAMILIES = {table.name: table for table in (cache, inbox, outbox, refused, scores, steps, written)}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(store_url: str, clock: ManualClock) -> Iterator[Store]:
    with Store.open(store_url, clock, servers.VAULT) as opened:
        yield opened


def _person(store: Store, name: str, *, ended: bool = True) -> str:
    """An event of somebody with everything that is kept of them; its id."""
    subject = f"{name}|job"
    claim = claimed(store, name, subject, candidate=name)
    id_ = claim.events[0].id
    store.outbox.enqueue(id_, [delivery(subject=subject, candidate_id=name)], claim.token)
    store.steps.add(id_, "hydrated", {"prospect": False})
    store.scores.put("acme", name, "job", id_, Score(match=70, exact=70.0, input_hash=name))
    store.written.remember("acme", subject, [Written("match_score", "d", "note", "evaluation")])
    store.cache.put("acme", "resume", name, {"text": "of a résumé"}, ttl_s=3600.0, candidate_id=name)
    store.cache.put("acme", "event_data", subject, {"stage": 1}, candidate_id=name)
    if ended:
        write = store.outbox.claim(60, id_)
        assert write is not None
        store.outbox.settle(write.id, write.token, "delivered")
        store.inbox.finish(id_, DONE)
        store.steps.add(id_, "outcome", {"ended": "delivered"})
    return id_


def _counts(store: Store) -> dict[str, int]:
    database: Database = store._database
    with database.read() as reading:
        return {
            name: reading.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in FAMILIES.items()
        }


def test_each_family_goes_when_its_time_is_over_and_what_is_in_flight_stays(store: Store, clock: ManualClock) -> None:
    sweep = RetentionSweep(store, clock, Keep())
    old = _person(store, "old")
    store.inbox.count_refusals({("acme", "signature wrong"): 3})
    sweep.run()
    assert store.inbox.get(old).body == b"{}"
    clock.advance(31 * DAY_S)
    waiting = _person(store, "waiting", ended=False)
    clock.advance(1)
    sweep.run()
    event = store.inbox.get(old)
    assert (event.body, event.canonical, event.outcome) == (b"", None, DONE)
    assert [one.payload for one in store.outbox.of_event(old)] == [{}]
    assert [step.stage for step in store.steps.of(old)] == ["outcome"]
    assert store.inbox.refused() == {}
    assert store.scores.of_event(old)
    clock.advance(150 * DAY_S)
    sweep.run()
    with pytest.raises(InputError):
        store.inbox.get(old)
    assert not store.scores.of_event(old)
    left = store.inbox.get(waiting)
    assert (left.body, left.canonical is not None) == (b"{}", True)
    assert [one.payload for one in store.outbox.of_event(waiting)] == [{"text": "hi"}]
    assert store.cache.get("acme", "event_data", "waiting|job") == {"stage": 1}


def test_once_all_has_ended_and_aged_nothing_of_it_is_left(store: Store, clock: ManualClock) -> None:
    for name in ("ana", "ben", "cleo"):
        _person(store, name)
    clock.advance(200 * DAY_S)
    removed = RetentionSweep(store, clock, Keep()).run()
    assert removed["events"] == 3
    assert not any(_counts(store).values())
    assert RetentionSweep(store, clock, Keep()).run() == dict.fromkeys(removed, 0)


def test_an_event_is_known_again_for_thirty_days_however_little_is_kept(store: Store, clock: ManualClock) -> None:
    short = RetentionSweep(store, clock, keep_from("raw=1h,scores=1h,logs=1h"))
    first = _person(store, "ana")
    clock.advance(29 * DAY_S)
    short.run()
    again = store.inbox.accept([raw("ana")])[0]
    assert (again.id, again.new) == (first, False)
    clock.advance(2 * DAY_S)
    short.run()
    assert store.inbox.accept([raw("ana")])[0].new


def test_names_of_fields_stay_although_they_are_out_of_date(store: Store, clock: ManualClock) -> None:
    store.cache.put("acme", "directory", "fields", [["f1", "Score"]], ttl_s=60.0)
    clock.advance(DAY_S)
    RetentionSweep(store, clock, Keep()).run()
    assert store.cache.get("acme", "directory", "fields", expired_too=True) == [["f1", "Score"]]


def test_what_is_kept_no_longer_is_in_no_file_of_the_database(tmp_path: Path, clock: ManualClock) -> None:
    with Store.open(tmp_path / "x.db", clock) as store:
        store.cache.put("acme", "resume", "1", {"text": "Canary Featherstone"}, ttl_s=60.0, candidate_id="1")
        clock.advance(DAY_S)
        RetentionSweep(store, clock, Keep()).run()
        files = [file.read_bytes() for file in tmp_path.iterdir() if file.name.startswith("x.db")]
    assert files
    assert not [data for data in files if b"Featherstone" in data]


@pytest.mark.parametrize(
    ("text", "told"),
    [("row=3d", "There is no `row`"), ("raw=3", "is no time"), ("raw=5h,scores=0d", "an hour is the least")],
)
def test_what_cannot_be_kept_so_is_told(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        keep_from(text)


def test_what_is_not_named_is_kept_as_by_default() -> None:
    assert keep_from("raw=7d") == Keep(raw=7 * DAY_S)
    assert keep_from(None) == Keep()
