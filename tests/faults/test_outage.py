"""Reliability row 11: an ATS that is away for a weekend gets everything afterwards, in order; longer, and it is told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.delivery.schedule import WAITS_S, GiveUp, TryAgain, decide
from engine.model import OutcomeKind
from tests.conformance.acme import Acme
from tests.conformance.writing import Tenant, writing
from tests.fake_server import FakeServer, Reply

HOUR_S = 3600.0
NOTE = """
operations:
  add_note: {put: /note, json: {text: "{{ note.text }}"}}
write_back:
  notes: {evaluation: {text: "stage {{ event.data.stage }}"}}
  places: {note: {write: add_note}}
  outputs: {reasons: {value: "{{ event.data.stage }}", rungs: [{note: evaluation}]}}
events:
  truth: webhook
  webhook:
    name: body.event
    acknowledge: 200
    url_secret: "{{ settings.api_key }}"
    types: {told: {event: application.updated, ids: {candidate: body.id}, data: {stage: body.stage}}}
"""


@contextmanager
def _away() -> Iterator[tuple[Tenant, FakeServer]]:
    """A tenant whose ATS answers every write with 503."""
    with FakeServer() as server:
        acme = Acme(server)
        server.on("PUT", "/note", Reply(503, json={"code": "DOWN", "message": "back soon"}))
        with writing(acme, NOTE) as tenant:
            yield tenant, server
        acme.close()


def _passes(tenant: Tenant, hours: float) -> None:
    for _ in range(int(hours * 4)):
        tenant.wait(HOUR_S / 4)
    for event in tenant.store.inbox.settled(10):
        tenant.deliveries.finish_event(event.id)


def test_down_for_seventy_hours_everything_arrives_in_order(caplog: pytest.LogCaptureFixture) -> None:
    with _away() as (tenant, server):
        first = tenant.score(stage="one")
        _passes(tenant, 70)
        assert tenant.outcome(first) is None
        server.on("PUT", "/note", Reply(json={}))
        second = tenant.score(stage="two")
        _passes(tenant, 30)
        outcomes = [tenant.outcome(event) for event in (first, second)]
        # The first had not been answered when the second said more: it is overtaken, and not written any more.
        kinds = [outcome.kind for outcome in outcomes if outcome]
        assert kinds == [OutcomeKind.SUPERSEDED, OutcomeKind.DELIVERED]
        arrived = [seen.json["text"].splitlines()[0] for seen in server.seen("/note")]
        assert arrived == ["stage one"] * (len(arrived) - 1) + ["stage two"]
    told = [record for record in caplog.records if "failed 4 times" in record.getMessage()]
    assert [record.levelno for record in told] == [logging.WARNING]
    assert "back soon" not in caplog.text


def test_down_for_longer_it_is_a_dead_letter_with_its_last_answer() -> None:
    with _away() as (tenant, server):
        event = tenant.score(stage="one")
        _passes(tenant, 100)
        outcome = tenant.outcome(event)
        assert outcome is not None
        assert outcome.kind is OutcomeKind.DEAD
        assert "given up after 10 tries: 503" in outcome.why
        assert len(server.seen("/note")) == 10


@given(tries=st.integers(1, 9), chance=st.floats(0, 1, exclude_max=True), asked=st.none() | st.floats(0, 1e13))
def test_each_wait_is_within_a_fifth_of_the_schedule_or_what_was_asked_up_to_a_day(
    tries: int, chance: float, asked: float | None
) -> None:
    decision = decide(tries, 0.0, asked, chance)
    assert isinstance(decision, TryAgain)
    planned = WAITS_S[tries - 1]
    assert decision.at >= planned * 0.8
    assert decision.at <= max(planned * 1.2, min(asked or 0.0, 86_400.0))


def test_the_schedule_is_ten_tries_over_75_hours_35_minutes_and_5_seconds() -> None:
    assert sum(WAITS_S) == 75 * HOUR_S + 35 * 60 + 5
    assert isinstance(decide(10, 0.0), GiveUp)
