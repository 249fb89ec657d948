"""``fieldwright act`` and ``feedback``: a person decides, sees the request, and it is in the audit."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.settings import Settings
from engine.store import Store
from tests.cli.tenant_runs import desk

ZOE = ("first_name=Zoe", "last_name=Example", "email=zoe@example.com")


def test_actions_are_listed_with_what_they_take(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        ended = here.run("act", "trial")
        assert ended.code == 0
        assert "move_status candidate_id=… job_id=… status=… [sub_status=…] [reason=…]" in ended.out


def test_an_action_shows_its_request_masked_sends_it_and_leaves_an_audit_row(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        ended = here.run("act", "trial", "create_applicant", f"job_id={here.job}", *ZOE, "--yes")
        assert ended.code == 0
        assert f"POST https://api.smartrecruiters.com/jobs/{here.job}/candidates" in ended.out
        assert "X-SmartToken: •••" in ended.out
        assert here.ats.switches.api_key not in ended.out
        assert [view.name for view in here.ats.candidates()] == ["Zoe Example"]
        with Store.open(Settings(state=tmp_path / "state").database) as store:
            (row,) = [row for row in store.audit.list() if row.operation == "create_applicant"]
            (act,) = store.audit.list(direction="act")
        assert (row.direction, row.outcome, row.path) == ("push", "ok", "/jobs/{given.job_id}/candidates")
        assert (act.operation, act.path, act.actor) == ("act", "create_applicant", row.actor)
        assert row.actor.startswith("cli:")


def test_a_status_moves_as_a_person_decided(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        (candidate,) = here.apply()
        given = (f"candidate_id={candidate}", f"job_id={here.job}", "status=IN_REVIEW")
        assert here.run("act", "trial", "move_status", *given, "--yes").code == 0
        assert here.ats.candidate_view(candidate).applications[0].stage.startswith("IN_REVIEW")


def test_without_a_yes_and_without_a_terminal_nothing_is_sent(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        ended = here.run("act", "trial", "create_prospect", *ZOE)
        assert ended.code == 2
        assert "Nothing was sent" in ended.err
        assert here.ats.candidates() == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["creat_prospect", *ZOE], "did you mean `create_prospect`?"),
        (["create_prospect", "first_nam=Zoe"], "did you mean `first_name`?"),
        (["create_prospect", "first_name=Zoe"], "`email` is needed"),
        (["create_prospect", "Zoe"], "write name=value"),
        (["create_prospect", *ZOE, "email=b@example.com"], "`email` is given twice"),
    ],
)
def test_what_is_wrong_is_said_with_the_nearest_right_name(tmp_path: Path, arguments: list[str], told: str) -> None:
    with desk(tmp_path) as here:
        ended = here.run("act", "trial", *arguments, "--yes")
        assert ended.code == 2
        assert told in ended.err


def test_a_refused_action_fails_and_says_that_nothing_was_done(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        given = ("candidate_id=nobody", f"job_id={here.job}", "status=NEW")
        ended = here.run("act", "trial", "move_status", *given, "--yes")
        assert ended.code == 1
        assert "nothing was done" in ended.err


def test_a_manager_answer_is_written(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        (candidate,) = here.apply()
        given = ("--candidate", candidate, "--job", here.job, "--verdict", "up", "--comment", "Invite her")
        ended = here.run("feedback", "trial", *given)
        assert ended.code == 0
        assert "delivered" in ended.out
        application = here.ats.candidate_view(candidate).applications[0]
        assert (application.field("HM Feedback"), application.field("HM Comment")) == ("👍", "Invite her")


def test_a_manager_answer_is_written_where_applications_have_ids_of_their_own(tmp_path: Path) -> None:
    with desk(tmp_path, "trackerrms") as here:
        (candidate,) = here.apply()
        ended = here.run("feedback", "trial", "--candidate", candidate, "--job", here.job, "--verdict", "Maybe")
        assert "delivered" in ended.out
        assert "HM Feedback: Maybe" in here.ats.candidate_view(candidate).notes[0].text


def test_a_verdict_that_is_none_is_refused(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        ended = here.run("feedback", "trial", "--candidate", "1", "--job", "2", "--verdict", "perhaps")
        assert ended.code == 2
        assert "is no verdict" in ended.err
