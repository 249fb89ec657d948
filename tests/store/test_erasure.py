"""Erasing a candidate: nothing of them is left, the ledger still balances."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.errors import InputError, LeaseLost, PersonErased
from engine.model import OutcomeKind, Reason, Score
from engine.store import Store, Written
from engine.store.published import PublishedFile
from tests.store.making import DONE, claimed, delivery, planned, raw, ready

CANARY = "canary-of-ana"


def _about_ana(store: Store) -> str:
    """An event in every state, a score, a cached résumé, deliveries open and settled; the planned event's id."""
    event_id = planned(store, delivery(payload={"text": CANARY}, marker=CANARY), delivery(payload={"x": CANARY}))
    first = store.outbox.claim(60)
    assert first is not None
    store.outbox.settle(first.id, first.token, "delivered")
    ended = store.inbox.claim(60) or claimed(store, "ended", body=CANARY.encode())
    store.inbox.finish(ended.ids, DONE, ended.token)
    ready(store, "waiting", body=CANARY.encode())
    score = Score(85, 85.0, (Reason("r", CANARY, 0, 5),), resume_text=CANARY, input_hash="h")
    store.scores.put("acme", "ana", "job", event_id, score)
    store.written.remember("acme", "ana/job", [Written("match_score", "d", "field", "f")])
    store.cache.put("acme", "resume", "r1", CANARY, candidate_id="ana")
    store.cache.put("acme", "candidate", "ana", {"name": CANARY})
    store.published.put("token", "acme", "ana", PublishedFile(CANARY, "application/pdf", CANARY.encode()), 60.0)
    return event_id


def test_after_erasure_the_person_is_in_no_row_and_every_event_has_its_outcome(
    tmp_path: Path, clock: ManualClock
) -> None:
    with Store.open(tmp_path / "x.db", clock) as store:
        _about_ana(store)
        counts = store.erase("acme", "ana")
        removed = {"written": 1, "scores": 1, "cache": 2, "published": 1, "steps": 0, "persons": 0}
        assert counts == {**removed, "outbox": 2, "inbox": 3, "ended": 2}
        assert store.inbox.counts() == {"state": {"finished": 3}, "outcome": {"delivered": 1, "erased": 2}}
        assert store.outbox.counts() == {"delivered": 1, "dead": 1}
        assert store.erase("acme", "ana")["scores"] == 0
    with sqlite3.connect(tmp_path / "x.db") as connection:
        assert CANARY not in "\n".join(connection.iterdump())
    connection.close()


def test_work_in_hand_about_an_erased_person_settles_nothing(store: Store) -> None:
    claim = claimed(store)
    store.erase("acme", "ana")
    with pytest.raises(LeaseLost, match="ended already, as erased"):
        store.inbox.finish(claim.ids, DONE, claim.token)


def test_the_event_that_asks_for_the_erasure_ends_by_itself(store: Store) -> None:
    claim = claimed(store)
    store.erase("acme", "ana", by_event=claim.ids[0])
    store.inbox.finish(claim.ids, DONE, claim.token)
    assert store.inbox.get(claim.ids[0]).canonical is None


def test_others_are_left_alone(store: Store) -> None:
    ben = ready(store, "b", "ben/job", candidate="ben", body=b"of ben")
    elsewhere = ready(store, "a", connection="other", body=b"of another ana")
    store.scores.put("other", "ana", "job", None, Score(1, 1.0, input_hash="h"))
    _about_ana(store)
    store.erase("acme", "ana")
    assert store.inbox.get(ben).body == b"of ben"
    assert store.inbox.get(elsewhere).body == b"of another ana"
    assert store.scores.latest("other", "ana", "job") is not None


def test_the_raw_event_that_named_a_person_among_others_is_blanked_too(store: Store) -> None:
    parent = store.inbox.accept([raw("p", body=CANARY.encode())])[0].id
    store.inbox.split(parent, [("p#x", "ana/x", {"ids": {"candidate": "ana"}}, 0.0)], "m1")
    store.erase("acme", "ana")
    assert store.inbox.get(parent).body == b""
    outcome = store.inbox.get(parent).outcome
    assert outcome is not None
    assert outcome.kind is OutcomeKind.SUPERSEDED


def test_what_a_worker_has_in_hand_about_an_erased_person_is_not_kept(store: Store) -> None:
    store.erase("acme", "ana")
    file = PublishedFile(CANARY, "application/pdf", CANARY.encode())
    for keep in (
        lambda: store.scores.put("acme", "ana", "job", None, Score(1, 1.0, input_hash="h")),
        lambda: store.cache.put("acme", "resume", "r1", CANARY, candidate_id="ana"),
        lambda: store.published.put("token", "acme", "ana", file, 60.0),
    ):
        with pytest.raises(PersonErased):
            keep()
    store.cache.put("other", "resume", "r1", "of another ana", candidate_id="ana")
    assert store.erasures.lift("acme", "ana")
    assert not store.erasures.lift("acme", "ana")
    store.cache.put("acme", "resume", "r1", "again", candidate_id="ana")


def test_how_far_a_delivery_in_flight_came_is_not_written_back(store: Store) -> None:
    planned(store, delivery(payload={"text": CANARY}))
    sending = store.outbox.claim(60)
    assert sending is not None
    store.erase("acme", "ana")
    with pytest.raises(LeaseLost):
        store.outbox.mark_sent(sending.id, sending.token, 60, {"text": CANARY})
    with pytest.raises(LeaseLost):
        store.outbox.retry_at(sending.id, sending.token, 0.0, "later")
    (row,) = store.outbox.list()
    assert (row.payload, row.state, row.last_cause) == ({}, "dead", "erased")
    assert "ana" not in (row.candidate_id, row.subject)


def test_an_ended_event_of_nobody_is_blanked_where_it_names_the_person(store: Store) -> None:
    named, other, longer = (
        store.inbox.accept([raw(key, body=body)])[0].id
        for key, body in (("a", b'{"person": "ana-4711"}'), ("b", b'{"person": "ben"}'), ("c", b'{"p": "ana-47112"}'))
    )
    store.inbox.finish([named, other, longer], DONE)
    assert store.erase_naming("acme", "ana-4711") == 1
    assert [bool(store.inbox.get(id_).body) for id_ in (named, other, longer)] == [False, True, True]


def test_erased_events_cannot_be_replayed(store: Store) -> None:
    id_ = ready(store, "k", body=b"about ana")
    store.erase("acme", "ana")
    with pytest.raises(InputError, match="erased"):
        store.inbox.replay(id_)
