"""What an event may not do: erase on a stranger's word, or hold up another list."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.errors import Transient
from engine.intake.drain import Drainer
from engine.intake.poll import Poller
from engine.model import OutcomeKind
from engine.runtime.timers import Timers, _Turn
from engine.store import Store
from sandbox.smartrecruiters import SmartRecruiters
from sandbox.trackerrms import TrackerRms
from tests.conformance.acme import Acme
from tests.conformance.test_delta import DRAINED, Queue
from tests.fake_server import FakeServer, Reply
from tests.pipeline.line import open_line


def test_an_unsigned_word_of_a_deletion_is_looked_into_before_anything_is_erased(tmp_path: Path) -> None:
    with open_line(tmp_path, "trackerrms") as line:
        assert isinstance(line.ats, TrackerRms)
        candidate = line.apply()
        line.score(candidate, application=str(line.ats.application(candidate, line.job).id))
        false = line.accept("candidate.deleted", candidate=candidate)
        line.work()
        assert line.outcome(false).kind is OutcomeKind.FILTERED  # type: ignore[union-attr]
        assert line.store.scores.latest("trial", candidate, line.job) is not None
        del line.ats.database.resources[int(candidate)]
        true = line.accept("candidate.deleted", candidate=candidate)
        line.work()
        assert line.outcome(true).kind is OutcomeKind.ERASED  # type: ignore[union-attr]
        assert line.store.scores.latest("trial", candidate, line.job) is None


def test_a_list_that_cannot_be_read_holds_up_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with open_line(tmp_path, "trackerrms") as line, caplog.at_level(logging.WARNING):
        line.ats.faults.set(path="/api/v1/OpportunityResource/Search", answer_5xx=1_000_000)
        poller = Poller(line.route.connection, line.route.caller, line.store, line.clock)
        timers = Timers({"trial": poller}, {}, {}, line.clock, check_every_s={})
        turn = _Turn()
        timers.tick("trial", turn)
        assert line.store.cursors.get("trial", "applications") is None
        assert line.store.cursors.get("trial", "jobs") is not None
        asked = line.calls()["list_applications"]
        line.clock.advance(2)
        timers.tick("trial", turn)
        assert line.calls()["list_applications"] == asked
        with pytest.raises(Transient):
            poller.poll("applications")


def test_a_job_that_changed_in_all_but_its_text_is_read_once_and_its_applications_not_at_all(
    tmp_path: Path,
) -> None:
    with open_line(tmp_path) as line:
        assert isinstance(line.ats, SmartRecruiters)
        candidate = line.apply()
        line.score(candidate)
        for _ in range(2):
            line.pass_time(1)
            changed = line.accept("job.updated", job=line.job)
            line.work()
        assert line.outcome(changed).kind is OutcomeKind.UNCHANGED  # type: ignore[union-attr]
        assert line.calls(changed) == {"get_job": 1}
        line.ats.tenant.jobs[line.job].qualifications_html = "<ul><li>Embalming</li></ul>"
        changed = line.accept("job.updated", job=line.job)
        line.work()
        assert line.outcome(changed).kind is OutcomeKind.SUPERSEDED  # type: ignore[union-attr]


def test_each_answer_of_a_manager_is_written_though_they_come_together(tmp_path: Path) -> None:
    with open_line(tmp_path, fields="none") as line:
        candidate = line.apply()
        line.score(candidate)
        for verdict, comment in (("👍", "Call her"), ("👎", "Too far away")):
            given = {"feedback": {"verdict": verdict, "comment": comment}}
            line.accept("feedback.given", candidate=candidate, job=line.job, data=given)
        line.accept("application.updated", candidate=candidate, job=line.job)
        line.work()
        told = "\n".join(note.text for note in line.view(candidate).notes)
        assert "HM Comment: Call her" in told
        assert "HM Comment: Too far away" in told
        assert all(event.outcome for event in line.store.inbox.list())


def test_a_person_sent_through_again_means_their_applications_again(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        candidate = line.apply()
        event = line.accept("candidate.updated", candidate=candidate)
        line.work()
        line.pass_time(1)
        line.store.inbox.replay(event)
        line.work()
        line.pass_time(1)
        parts = [one for one in line.store.inbox.list() if one.parent_id == event]
        assert {one.outcome.kind for one in parts if one.outcome} == {OutcomeKind.DELIVERED, OutcomeKind.UNCHANGED}


def test_a_queue_is_drained_when_its_time_comes_and_after_a_failure_not_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with FakeServer() as server, Store.open(tmp_path / "queue.db", clock := ManualClock()) as store:
        acme = Acme(server)
        acme.clock = clock
        connection = acme.connection(DRAINED)
        queue = connection.manifest.events.queue
        assert queue is not None
        ats = Queue(acme)
        drainer = Drainer(connection, queue, acme.caller(DRAINED), store, clock)
        timers, turn = Timers({}, {}, {"tenant": drainer}, clock, check_every_s={}), _Turn()
        timers.tick("tenant", turn)
        ats.add(1)
        clock.advance(59)
        timers.tick("tenant", turn)
        assert store.inbox.list() == []
        clock.advance(1)
        timers.tick("tenant", turn)
        assert len(store.inbox.list()) == 1
        server.on("GET", "/queue", Reply(500))
        clock.advance(60)
        with caplog.at_level(logging.WARNING):
            timers.tick("tenant", turn)
        assert "draining the queue of tenant failed: 500" in caplog.text
        asked = len(server.seen("/queue"))
        clock.advance(59)
        timers.tick("tenant", turn)
        assert len(server.seen("/queue")) == asked
        acme.close()
