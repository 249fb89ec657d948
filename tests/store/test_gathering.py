"""Steps and rows of the audit join the transaction that follows them: fewer commits, and nothing told too late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.engine.default import DefaultDialect

from engine.errors import LeaseLost
from engine.store import Store
from engine.store.audit import Call
from tests.store.making import DONE, claimed, raw

CALL = Call("acme", "push", "add_note", "POST", "/notes", 200, 9, 9, 1.0, "ok", candidate_id="ana")


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    made: list[None] = []
    commit = DefaultDialect.do_commit

    def counting(self: DefaultDialect, connection: object) -> None:
        made.append(None)
        commit(self, connection)  # type: ignore[arg-type]

    monkeypatch.setattr(DefaultDialect, "do_commit", counting)
    return made


@contextmanager
def other(store_url: str) -> Iterator[Store]:
    """The store as another process sees it."""
    with Store.open(store_url) as opened:
        yield opened


def test_what_is_told_is_committed_with_what_follows(store: Store, store_url: str, commits: list[None]) -> None:
    event = store.inbox.accept([raw("k")])[0].id
    commits.clear()
    with store.gathering():
        for _ in range(3):
            store.audit.record(CALL)
            store.steps.add(event, "attempt", {"result": "delivered"})
        assert not commits
        store.inbox.finish(event, DONE)
        assert len(commits) == 1
        with other(store_url) as elsewhere:
            assert len(elsewhere.steps.of(event)) == 3
            assert len(elsewhere.audit.list()) == 3


def test_what_nothing_follows_is_committed_at_the_end(store: Store, store_url: str, commits: list[None]) -> None:
    commits.clear()
    with store.gathering():
        store.audit.record(CALL)
        store.audit.record(CALL)
    assert len(commits) == 1
    with other(store_url) as elsewhere:
        assert len(elsewhere.audit.list()) == 2
    store.audit.record(CALL)
    assert len(store.audit.list()) == 3


def test_a_transaction_that_is_rolled_back_takes_nothing_of_it_along(store: Store, store_url: str) -> None:
    claim = claimed(store)
    store.inbox.finish(claim.ids, DONE, claim.token)
    with store.gathering():
        store.audit.record(CALL)
        with pytest.raises(LeaseLost):
            store.inbox.finish(claim.ids, DONE, claim.token)
        with other(store_url) as elsewhere:
            assert elsewhere.audit.list() == []
    with other(store_url) as elsewhere:
        assert len(elsewhere.audit.list()) == 1


def test_it_is_seen_at_once_by_who_wrote_it(store: Store) -> None:
    event = store.inbox.accept([raw("k")])[0].id
    with store.gathering(), store.gathering():
        store.steps.add(event, "scored", {})
        assert [step.stage for step in store.steps.of(event)] == ["scored"]
        with store.transaction():
            store.steps.add(event, "planned", {})
            assert [step.stage for step in store.steps.of(event)] == ["scored", "planned"]


def test_a_row_that_cannot_be_written_does_not_keep_others_from_it(store: Store) -> None:
    event = store.inbox.accept([raw("k")])[0].id
    with store.gathering():
        store.steps.add("evt_unknown", "scored", {})
        store.inbox.finish(event, DONE)
    assert store.inbox.get(event).outcome == DONE
