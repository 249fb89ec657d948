"""A field that was renamed or removed in the ATS holds its writes until a person has said which field they go to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.transport import HttpTransport
from engine.errors import InputError
from engine.model import OutcomeKind
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork
from engine.pipeline.route import open_route
from engine.runtime.rebinding import accept, bind_to, bound_outputs, let_go
from sandbox.smartrecruiters import SmartRecruiters
from tests.pipeline.line import READER, SCORER, Line, connection_of, open_line

SCORE, REASONS = "Skima Match Score", "Skima Reasons"
FIELDS = f"{SCORE}:NUMBER,{REASONS}:TEXT,HM Feedback:SINGLE_SELECT(👍|👎|Maybe),HM Comment:TEXT"
RENAMED = FIELDS.replace(f"{SCORE}:", f"{SCORE}>AI Fit:")
REMOVED = FIELDS.replace(f"{SCORE}:NUMBER,", "")
AN_HOUR_S = 3601


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with open_line(tmp_path, fields=FIELDS) as opened:
        opened.score(opened.apply())
        yield opened


def switch(line: Line, fields: str) -> None:
    """The administrator changes the fields, and the engine's list of them is out of date an hour later."""
    line.ats.switches.update({"fields": fields})
    line.clock.advance(AN_HOUR_S)


def shown(line: Line, candidate: str) -> dict[str, str]:
    return {field.label: field.value for field in line.view(candidate).applications[0].fields}


@contextmanager
def restarted(line: Line, folder: Path, more: str) -> Iterator[Line]:
    """The same state with a changed tenant's file, as after a restart."""
    connection = connection_of(line.ats, folder, more)
    route = open_route(connection, HttpTransport(sandbox_origin=line.url), line.store, line.clock)
    routes = {connection.name: route}
    events = EventWork(routes, line.store, SCORER, READER, line.clock)
    yield replace(line, route=route, events=events, deliveries=DeliveryWork(routes, line.store, line.clock))
    route.caller.close()


@pytest.mark.parametrize(("fields", "what"), [(RENAMED, "was renamed to “AI Fit”"), (REMOVED, "is gone")])
def test_the_write_is_held_with_the_cause_and_the_other_outputs_go_out(line: Line, fields: str, what: str) -> None:
    switch(line, fields)
    candidate = line.apply(1)
    event = line.score(candidate)
    assert event.outcome is None
    (held,) = line.store.held.list()
    assert held.last_cause.startswith(f"the field “{SCORE}” (")
    assert held.last_cause.endswith(what)
    assert set(shown(line, candidate)) == {REASONS}
    assert line.view(candidate).tags == ("Skima Screened",)
    assert not line.view(candidate).notes
    assert line.steps(event.id, "planned")[0]["held"][0]["output"] == "match_score"


def test_an_accepted_new_name_lets_the_held_writes_go_and_each_event_ends_once(line: Line) -> None:
    switch(line, RENAMED)
    candidates = [line.apply(number) for number in (1, 2)]
    events = [line.score(candidate) for candidate in candidates]
    line.pass_time(60)
    assert [line.outcome(event.id) for event in events] == [None, None]
    binding = accept(line.route, "match_score")
    assert binding is not None
    assert binding.name == "AI Fit"
    assert let_go(line.route, line.store) == 2
    line.work()
    for candidate, event in zip(candidates, events, strict=True):
        assert shown(line, candidate)["AI Fit"].isdecimal()
        assert line.outcome(event.id).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]
        assert line.calls(event.id)["set_properties"] == 2
    assert line.store.held.list() == []


def test_after_acceptance_new_applications_are_written_at_once_and_old_ones_not_again(line: Line) -> None:
    candidate = line.apply(1)
    line.score(candidate)
    switch(line, RENAMED)
    accept(line.route, "match_score")
    again = line.score(candidate)
    assert again.outcome is not None
    assert again.outcome.kind is OutcomeKind.UNCHANGED
    fresh = line.apply(2)
    line.score(fresh)
    assert shown(line, fresh)["AI Fit"].isdecimal()


def test_the_tenants_file_naming_the_new_name_or_the_id_does_the_same(line: Line, tmp_path: Path) -> None:
    written = line.apply(1)
    line.score(written)
    switch(line, RENAMED)
    candidate = line.apply(2)
    event = line.score(candidate)
    field_id = bound_outputs(line.route, line.store)[0].id
    for more in ('fields: {match_score: "AI Fit"}\n', f"fields: {{match_score: {field_id}}}\n"):
        with restarted(line, tmp_path, more) as now:
            now.pass_time(1)
            assert shown(line, candidate)["AI Fit"].isdecimal()
            assert line.outcome(event.id).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]
            again = now.score(written)
            assert again.outcome is not None
            assert again.outcome.kind is OutcomeKind.UNCHANGED


def test_a_field_removed_while_the_list_of_fields_is_still_remembered_is_held_too(line: Line) -> None:
    line.ats.switches.update({"fields": REMOVED})
    candidate = line.apply(1)
    event = line.score(candidate)
    (held,) = line.store.held.list()
    assert held.last_cause.endswith("is gone")
    assert set(shown(line, candidate)) == {REASONS}
    assert not line.view(candidate).notes
    line.ats.switches.update({"fields": FIELDS})
    line.pass_time(AN_HOUR_S)
    assert shown(line, candidate)[SCORE].isdecimal()
    assert line.outcome(event.id).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]


def test_a_field_of_the_same_name_made_anew_is_simply_used(line: Line) -> None:
    line.ats.switches.update({"fields": FIELDS.replace(f"{SCORE}:NUMBER", f"Made Anew>{SCORE}:NUMBER")})
    candidate = line.apply(1)
    event = line.score(candidate)
    assert shown(line, candidate)[SCORE].isdecimal()
    assert event.outcome is not None
    assert event.outcome.kind is OutcomeKind.DELIVERED


def test_accepting_that_a_field_is_gone_sends_the_held_writes_to_the_next_place(line: Line) -> None:
    switch(line, REMOVED)
    candidate = line.apply(1)
    event = line.score(candidate)
    assert accept(line.route, "match_score") is None
    let_go(line.route, line.store)
    line.work()
    (note,) = line.view(candidate).notes
    assert f"{SCORE}: " in note.text
    assert line.outcome(event.id).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]


def test_a_held_write_can_be_bound_to_another_field_by_name(line: Line) -> None:
    switch(line, f"{REMOVED},Fit Number:NUMBER")
    candidate = line.apply(1)
    line.score(candidate)
    with pytest.raises(InputError, match="has no field “Fit Numbr”") as refused:
        bind_to(line.route, "match_score", "Fit Numbr")
    assert refused.value.hint == "did you mean `Fit Number`?"
    bind_to(line.route, "match_score", "Fit Number")
    let_go(line.route, line.store)
    line.work()
    assert shown(line, candidate)["Fit Number"].isdecimal()
    fresh = line.apply(2)
    line.score(fresh)
    assert shown(line, fresh)["Fit Number"].isdecimal()


def test_held_answers_of_a_manager_go_out_in_their_order(line: Line) -> None:
    candidate = line.apply(1)
    line.score(candidate)
    given = [{"feedback": {"verdict": "👍", "comment": word}} for word in ("first", "second")]
    line.accept(
        "feedback.given", candidate=candidate, job=line.job, data={"feedback": {"verdict": "👍", "comment": "x"}}
    )
    line.work()
    switch(line, FIELDS.replace("HM Comment:", "HM Comment>Manager says:"))
    events = []
    for data in given:
        events.append(line.accept("feedback.given", candidate=candidate, job=line.job, data=data))
        line.work()
    assert len(line.store.held.list()) == 2
    accept(line.route, "hm_comment")
    let_go(line.route, line.store)
    line.work()
    assert shown(line, candidate)["Manager says"] == "second"
    assert [line.outcome(event).kind for event in events] == [OutcomeKind.DELIVERED] * 2  # type: ignore[union-attr]
    sent = [row for row in line.store.audit.list(limit=2000) if row.event_id in events and row.direction == "push"]
    assert len(sent) == 2


def test_a_newer_score_takes_the_place_of_a_held_one(line: Line) -> None:
    switch(line, RENAMED)
    candidate = line.apply(1)
    first = line.score(candidate)
    assert isinstance(line.ats, SmartRecruiters)
    line.ats.tenant.jobs[line.job].qualifications_html = "<ul><li>Embalming</li><li>Thanatology licence</li></ul>"
    line.store.cache.forget("trial", "job", line.job)
    second = line.score(candidate)
    assert len(line.store.held.list()) == 1
    line.pass_time(1)
    accept(line.route, "match_score")
    let_go(line.route, line.store)
    line.work()
    assert line.outcome(second.id).kind is OutcomeKind.DELIVERED  # type: ignore[union-attr]
    scores = [one.score.match for one in line.store.scores.of_event(second.id)]
    assert shown(line, candidate)["AI Fit"] == str(scores[0])
    (closed,) = [one for one in line.store.outbox.of_event(first.id) if one.last_cause.startswith("overtaken")]
    assert closed.state == "moved"


def test_an_output_switched_off_while_its_write_is_held_ends_it(line: Line, tmp_path: Path) -> None:
    switch(line, RENAMED)
    candidate = line.apply(1)
    line.score(candidate)
    with restarted(line, tmp_path, "outputs: {match_score: off}\n") as now:
        now.pass_time(1)
    assert line.store.held.list() == []
    assert "AI Fit" not in shown(line, candidate)


def test_a_deleted_candidate_takes_held_writes_along(line: Line) -> None:
    switch(line, RENAMED)
    candidate = line.apply(1)
    event = line.score(candidate)
    line.accept("candidate.deleted", candidate=candidate)
    line.work()
    assert line.store.held.list() == []
    assert line.outcome(event.id).kind is OutcomeKind.ERASED  # type: ignore[union-attr]


def test_a_field_that_was_never_bound_falls_to_the_note_as_before(tmp_path: Path) -> None:
    with open_line(tmp_path, fields=REMOVED) as line:
        candidate = line.apply()
        line.score(candidate)
        assert line.store.held.list() == []
        assert len(line.view(candidate).notes) == 1
