"""The running service: webhooks and polls in, over real HTTP; what is refused at the door; what a restart finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.model import OutcomeKind
from sandbox.smartrecruiters import SmartRecruiters
from sandbox.trackerrms import TrackerRms
from tests.e2e.service import Running, running, until


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Running]:
    """A service whose subscription is active."""
    with running(tmp_path) as opened:
        until(lambda: _is_active(opened), "the subscription is made")
        yield opened


def _is_active(trial: Running) -> bool:
    return any(one["active"] for one in trial.ats.state()["subscriptions"])


def test_an_applicant_is_scored_by_webhook_once_and_the_echoes_of_our_writes_change_nothing(trial: Running) -> None:
    candidate = trial.apply()
    assert isinstance(trial.ats, SmartRecruiters)
    until(lambda: len(trial.events("attachment.added")) == 1, "the events arrive")
    trial.settle()
    trial.ats.wait_idle()
    trial.settle()
    view = trial.ats.candidate_view(candidate)
    assert view.applications[0].field("Skima Match Score")
    assert view.tags == ("Skima Screened",)
    audit = trial.store.audit.list(limit=1000)
    pushed = [row.operation for row in audit if row.direction == "push"]
    assert sorted(one for one in pushed if "subscription" not in one) == [
        "add_tags",
        "set_properties",
        "upload_attachment",
    ]
    assert trial.outcomes().count(OutcomeKind.DELIVERED) == 1
    assert set(trial.outcomes()) <= {OutcomeKind.DELIVERED, OutcomeKind.SUPERSEDED, OutcomeKind.UNCHANGED}
    scored = [event for event in trial.events() if event.outcome and event.outcome.kind is OutcomeKind.DELIVERED]
    assert sum(row.operation == "download_attachment" for row in audit) == 1
    assert scored


def test_a_subscription_that_was_turned_off_is_turned_on_again(trial: Running) -> None:
    assert isinstance(trial.ats, SmartRecruiters)
    for subscription in trial.ats.deliveries.subscriptions.values():
        subscription.active = False
    trial.clock.advance(16 * 60)
    until(lambda: _is_active(trial), "it is active again")
    trial.clock.advance(-16 * 60)  # the ATS signs by the time of day
    trial.apply()
    until(lambda: trial.events("application.created"), "events arrive again")


def test_a_candidate_deleted_in_the_ats_is_erased_here(trial: Running) -> None:
    candidate = trial.apply()
    trial.settle()
    key = trial.ats.switches.api_key
    answer = httpx.delete(f"{trial.ats_url}/candidates/{candidate}", headers={"X-SmartToken": key})
    assert answer.status_code in (200, 204)
    until(lambda: trial.events("candidate.deleted"), "the event arrives")
    trial.settle()
    assert OutcomeKind.ERASED in trial.outcomes()
    assert trial.store.scores.applications_of_job("trial", trial.job) == []


@pytest.mark.parametrize(
    ("what", "status"),
    [("unsigned", 401), ("forged", 401), ("stale", 401), ("too large", 413), ("not JSON", 400), ("deep", 400)],
)
def test_a_bad_delivery_is_turned_away_and_only_counted(trial: Running, what: str, status: int) -> None:
    body = {"id": "someone"}
    if what == "unsigned":
        answer = trial.post(body, sign=False)
    elif what == "forged":
        answer = trial.post(body, smartrecruiters_signature="v1=" + "0" * 64)
    elif what == "stale":
        answer = trial.post(body, sent_s_ago=3600)
    elif what == "too large":
        answer = trial.post(b"[" + b"1," * 600_000 + b"1]")
    elif what == "not JSON":
        answer = trial.post(b"{'id': 1}")
    else:
        answer = trial.post(b"[" * 100 + b"]" * 100)
    assert answer.status_code == status
    until(lambda: trial.store.inbox.refused().get("trial"), "it is counted")
    assert not [event for event in trial.events() if event.source == "webhook"]


def test_a_stranger_cannot_tell_an_unknown_connection_from_a_bad_signature(trial: Running) -> None:
    known = trial.post({"id": "x"}, sign=False)
    unknown = httpx.post(f"{trial.url}/hooks/nobody", json={"id": "x"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


def test_json_that_cannot_be_translated_is_quarantined_and_can_be_sent_again(trial: Running) -> None:
    assert trial.post({"no": "id"}, name="candidate.updated").status_code == 202
    trial.settle()
    (event,) = trial.store.inbox.list(outcome="quarantined")
    assert "no id stands at `body.id`" in event.outcome.why  # type: ignore[union-attr]
    trial.store.inbox.replay(event.id)
    trial.settle()
    assert trial.store.inbox.get(event.id).outcome == event.outcome


def test_the_same_delivery_twice_is_one_event(trial: Running) -> None:
    for _ in range(2):
        assert trial.post({"id": "nobody"}, event_id="twice").status_code == 401
    first = trial.post({"id": "nobody"})
    assert first.status_code == 202
    trial.settle()
    assert len(trial.events("candidate.updated")) == 1


def test_polling_finds_who_applied_where_there_is_no_webhook(tmp_path: Path) -> None:
    with running(tmp_path, "trackerrms") as trial:
        streams = {"applications", "candidates", "jobs"}
        until(lambda: streams <= set(trial.store.cursors.all("trial")), "everything was polled once")
        candidate = trial.apply()
        trial.clock.advance(601)
        until(lambda: trial.events("application.updated"), "the poll finds it")
        trial.settle()
        assert isinstance(trial.ats, TrackerRms)
        assert len(trial.ats.candidate_view(candidate).notes) == 1
        assert trial.ats.candidate_view(candidate).tags == ("SKIMA Screened",)
        polled_at = trial.store.cursors.get("trial", "jobs")["polled_at"]  # type: ignore[index]
        trial.clock.advance(601)
        until(lambda: trial.store.cursors.get("trial", "jobs")["polled_at"] > polled_at, "polled again")  # type: ignore[index]
        trial.settle()
        assert len(trial.ats.candidate_view(candidate).notes) == 1


def test_stopping_ends_all_threads_and_leaves_no_lease(tmp_path: Path) -> None:
    with running(tmp_path) as trial:
        until(lambda: _is_active(trial), "the subscription is made")
        for number in range(4):
            trial.apply(number)
        until(lambda: trial.events("application.created"), "events arrive")
        trial.clock.advance(6)
        assert trial.service.stop()
        assert not trial.store.inbox.list(state="leased")
        assert "leased" not in trial.store.outbox.counts()
