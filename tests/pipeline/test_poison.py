"""What cannot be worked on ends in quarantine after three starts, and takes nothing else along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.answers import Reading, read
from connectors.messages import Answer, RawAnswer
from engine.model import OutcomeKind
from engine.pipeline.outgoing import lane_of
from tests.pipeline.line import Line, open_line
from tests.pipeline.receiver import receiving
from tests.pipeline.test_outgoing import delivered, route_to, sending


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with open_line(tmp_path) as opened:
        yield opened


def test_an_event_whose_translation_ends_the_worker_is_quarantined_and_the_others_go_on(line: Line) -> None:
    good = [line.accept("job.updated", job=f"job-{number}") for number in range(3)]
    poisoned = line.accept("job.updated", job="poison")
    late = line.accept("job.updated", job="late")
    for _ in range(3):
        line.store.inbox.starting([poisoned], 0)
    line.store.inbox.starting([late], 0)  # it stood behind the poisoned one, once
    line.work()
    outcome = line.outcome(poisoned)
    assert outcome is not None
    assert outcome.kind is OutcomeKind.QUARANTINED
    assert {line.outcome(event).kind for event in (*good, late)} == {OutcomeKind.UNCHANGED}  # type: ignore[union-attr]


def test_an_event_that_ends_its_worker_three_times_is_quarantined(line: Line) -> None:
    candidate = line.apply()
    event = line.accept("application.created", candidate=candidate, job=line.job)
    line.events.translate_received()
    for _ in range(3):
        assert line.store.inbox.claim(120)
        line.clock.advance(121)
        line.store.inbox.recover()
    line.work()
    outcome = line.outcome(event)
    assert outcome is not None
    assert outcome.kind is OutcomeKind.QUARANTINED
    assert line.calls() == {}


def test_what_a_dead_worker_held_is_taken_up_when_its_lease_ends(line: Line) -> None:
    candidate = line.apply()
    event = line.accept("application.created", candidate=candidate, job=line.job)
    line.events.translate_received()
    line.store.inbox.claim(120)
    line.work()
    assert line.outcome(event) is None
    line.pass_time(121)
    assert line.outcome(event).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]


def test_an_event_of_a_tenant_that_is_gone_is_quarantined(line: Line) -> None:
    event = line.accept("job.updated", job="any")
    line.events._routes = {}
    line.work()
    assert line.outcome(event).kind is OutcomeKind.QUARANTINED  # type: ignore[union-attr]


def test_accepted_events_are_outcomes_plus_what_is_open_at_every_moment(line: Line) -> None:
    for number in range(4):
        line.accept("application.created", candidate=line.apply(number), job=line.job)
    line.ats.faults.set(answer_5xx=5)
    for _ in range(6):
        line.events.translate_received()
        line.events.work_once()
        line.deliveries.deliver_once()
        counts = line.store.inbox.counts()
        assert sum(counts["state"].values()) == 4
        assert counts["state"].get("finished", 0) == sum(counts["outcome"].values())
    line.pass_time(400)
    line.pass_time(400)
    assert line.store.inbox.counts()["outcome"] == {"delivered": 4}


def planned(line: Line) -> str:
    event = line.accept("application.created", candidate=line.apply(), job=line.job)
    line.events.translate_received()
    line.events.work_once()
    return event


def test_a_delivery_that_ends_its_worker_three_times_is_put_aside(line: Line) -> None:
    event = planned(line)
    poisoned = line.store.outbox.of_event(event)[0].id
    for _ in range(3):
        delivery = line.store.outbox.claim(120)
        assert delivery is not None
        assert delivery.id == poisoned
        line.clock.advance(121)
        line.store.outbox.recover()
    line.work()
    put_aside = line.store.outbox.get(poisoned)
    assert put_aside is not None
    assert (put_aside.state, put_aside.last_cause) == ("dead", "delivering it ended the worker three times")
    others = {one.state for one in line.store.outbox.of_event(event) if one.id != poisoned}
    assert others == {"delivered"}


def test_an_outgoing_event_that_ends_its_worker_three_times_is_put_aside(tmp_path: Path) -> None:
    with receiving() as receiver, sending(tmp_path, route_to(receiver)) as one:
        event = delivered(one)
        for _ in range(3):
            told = one.line.store.outbox.claim(120, of=lane_of("crm"))
            assert told is not None
            one.line.clock.advance(121)
            one.line.store.outbox.recover()
        assert one.send() == 1
        assert receiver.types() == []
        after = one.line.store.outbox.get(told.id)
        assert after is not None
        assert (after.state, after.event_id) == ("dead", event)


def test_after_an_internal_error_it_is_not_forgotten_that_the_request_may_have_been_sent(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = planned(line)

    def answered(raw: RawAnswer, reading: Reading, now: float) -> Answer:
        if reading.operation.writes and not reading.operation.idempotent:
            raise RuntimeError("the answer was not understood")
        return read(raw, reading, now)

    monkeypatch.setattr("connectors.profiles.read", answered)
    line.work()
    monkeypatch.undo()
    (left,) = [one for one in line.store.outbox.of_event(event) if one.state == "pending"]
    assert (left.sent, left.unfinished) == (True, 1)
    line.pass_time(10)
    line.work()
    assert line.outcome(event).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]
    pdfs = [one for one in line.view(left.candidate_id).attachments if one.type == "GENERIC_FILE"]
    assert len(pdfs) == 1
