"""The demo end to end: real sandboxes, real webhooks, the real engine; what a recruiter then finds."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.cli.demo import own_files, sample_assignment
from engine.cli.demo_stage import running_stage
from engine.cli.main import application
from engine.errors import InputError
from engine.model import OutcomeKind
from sandbox.contract import CandidateView
from sandbox.demo_tenants import demo_tenants
from tests.e2e.stage import FIELDS, NO_FIELDS, READABLE, STAFFING, UNREADABLE, Played


def _evidence(view: CandidateView) -> list[bytes]:
    return [item.data for item in view.attachments if "evidence" in item.name.lower()]


def test_every_application_ends_delivered(played: Played) -> None:
    assert {one.outcome.kind for one in played.report.results if one.outcome} == {OutcomeKind.DELIVERED}
    assert played.report.succeeded
    assert len(played.report.results) == 5


def test_where_fields_exist_score_and_reasons_stand_in_them(played: Played) -> None:
    result, view = played.result(FIELDS, "Ana"), played.view(FIELDS, "Ana")
    application = view.applications[0]
    assert application.field("Skima Match Score") == str(result.match)
    assert result.score is not None
    shown = application.field("Skima Reasons") or ""
    assert all(reason.text in shown for reason in result.score.reasons)
    assert view.notes == ()


def test_where_fields_are_missing_a_note_holds_the_results_and_says_why(played: Played) -> None:
    result, view = played.result(NO_FIELDS, "Marisol"), played.view(NO_FIELDS, "Marisol")
    assert [application.fields for application in view.applications] == [()]
    (note,) = view.notes
    assert f"Skima Match Score: {result.match} of 100" in note.text
    assert "Written here because" in note.text
    assert "Skima Match Score”" in note.text


def test_the_other_ats_gets_an_activity_note(played: Played) -> None:
    result = played.result(STAFFING, "Rebecca")
    (note,) = played.view(STAFFING, "Rebecca").notes
    assert note.subject == "SKIMA evaluation: Staff Accountant"
    assert f"SKIMA Match Score: {result.match}" in note.text


@pytest.mark.parametrize("tenant", [FIELDS, NO_FIELDS, STAFFING])
def test_the_tag_is_set_and_one_evidence_pdf_attached(played: Played, tenant: str) -> None:
    view = played.view(tenant, READABLE[tenant])
    assert [tag.casefold() for tag in view.tags] == ["skima screened"]
    (pdf,) = _evidence(view)
    assert pdf.startswith(b"%PDF-")


@pytest.mark.parametrize("tenant", [FIELDS, NO_FIELDS])
def test_an_unreadable_resume_is_told_as_such_without_a_score_or_tag(played: Played, tenant: str) -> None:
    result, view = played.result(tenant, UNREADABLE[tenant]), played.view(tenant, UNREADABLE[tenant])
    assert result.match is None
    assert result.first_reason.startswith("résumé unreadable")
    assert view.tags == ()
    told = view.applications[0].field("Skima Reasons") or "".join(note.text for note in view.notes)
    assert "Résumé unreadable" in told


def test_contact_data_and_resumes_stay_as_they_were(played: Played) -> None:
    for tenant, applicants in played.assignment.items():
        for person in applicants:
            view = played.view(tenant, person.first_name)
            assert (view.name, view.email) == (f"{person.first_name} {person.last_name}", person.email)
            assert view.phone == person.phone
            assert person.resume_data in [item.data for item in view.attachments]


def test_nothing_is_throttled_to_death_and_every_event_is_accounted_for(played: Played) -> None:
    outcomes = played.report.counts.outcomes
    assert not {"dead", "quarantined"} & set(outcomes)
    assert played.report.counts.accepted["webhook"] >= 5


def test_events_came_by_signed_and_by_secret_webhooks(played: Played) -> None:
    subscriptions = played.stage.scenes[0].tenant.ats.state()["subscriptions"]
    assert [item["active"] for item in subscriptions] == [True]
    assert played.stage.store.inbox.refused() == {}


def test_the_command_tells_it_as_json_and_leaves_no_thread_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(threading.enumerate())
    ran = CliRunner().invoke(application("demo"), ["demo", "--count", "3", "--json"])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert [tenant["tenant"] for tenant in told["tenants"]] == [FIELDS, NO_FIELDS, STAFFING]
    written = told["tenants"][1]["applications"][0]["written"]
    places = {one["output"]: one["place"] for one in written}
    assert places["match_score"] == "note"
    assert list(tmp_path.glob(f"fieldwright-demo-*/tenants/{FIELDS}.yaml"))
    assert [thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()] == []


def test_the_table_says_where_each_output_went_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ran = CliRunner().invoke(application("demo"), ["demo", "--count", "2"])
    assert ran.exit_code == 0, ran.output
    tables = ran.stdout.partition("applications in")[0]
    assert "fields: score, reasons · tag · PDF: audit id" in ran.stdout
    assert "note: score, reasons (no such fields)" in ran.stdout
    assert max(map(len, tables.splitlines())) <= 120


def test_a_taken_port_is_told_and_nothing_keeps_running(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with (
            pytest.raises(InputError, match="port"),
            running_stage(demo_tenants()[:1], tmp_path, taken.getsockname()[1]),
        ):
            pass
    started = [thread.name for thread in set(threading.enumerate()) - before]
    assert not [name for name in started if name.startswith(("worker-", "timer-", "sandbox-", "web-"))]


def test_own_files_go_to_a_tenant_with_and_one_without_fields(tmp_path: Path) -> None:
    (tmp_path / "jo-doe.txt").write_text("Jo Doe\nShift lead, 2015 - 2024", "utf-8")
    assignment = own_files(tmp_path, "retail-shift-lead", demo_tenants())
    assert {tenant: len(people) for tenant, people in assignment.items()} == {FIELDS: 1, NO_FIELDS: 1}


def test_own_files_need_a_job_and_the_message_names_the_jobs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="job") as told:
        own_files(tmp_path, None, demo_tenants())
    assert "backend-engineer" in (told.value.hint or "")


def test_fifty_applicants_are_dealt_out_17_17_16() -> None:
    dealt = sample_assignment(50, demo_tenants())
    assert [len(people) for people in dealt.values()] == [17, 17, 16]
