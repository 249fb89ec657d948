"""A planned request becomes what its operation is called with."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.manifest.language.expressions import compile_path
from engine.model import Cause, Education, Experience, Reason, Score, as_plain
from engine.redaction import Secret
from engine.writeback.compose import Found, compose, html_with_reference, score_of, told_causes, with_reference
from engine.writeback.known import FieldInfo, Known
from engine.writeback.planner import plan
from tests.writeback.manifests import TYPES, manifest, output, place

NOW = 1_769_851_800.0
SCORE = Score(
    match=86,
    exact=86.2,
    reasons=(Reason("Knows SQL", "ran SQL daily", 3, 16, "skills", 4.0), Reason("Led a team")),
    skills_matched=("sql",),
    primary_experience=Experience(6.0, "Analyst", "retail"),
    education=(Education("BSc", "Porto", 2012),),
    scorer="builtin 1",
    audit_id="A1",
)
CONTEXT = {
    "score": as_plain(SCORE),
    "candidate": {"id": "c1", "first_name": "Ana", "last_name": "López"},
    "application": {},
    "job": {"title": "Analyst"},
    "settings": {"token": Secret("not-a-real-token"), "word": "plain"},
}
NOTE, FILE = ("note", "evaluation"), ("attachment", "evidence_pdf")
FIELDS = {
    "f1": FieldInfo("f1", "Score", "NUMBER"),
    "f2": FieldInfo("f2", "Reasons", "TEXT"),
    "f3": FieldInfo("f3", "Verdict", "SELECT", {"👍": "o1"}),
}


def composed(made, values, known=None, **more):
    planned = plan(made, values, known or Known(fields=FIELDS), audit_id="A1").deliveries
    assert len(planned) == 1
    return planned[0], compose(made, planned[0], CONTEXT, now=NOW, **more)


def test_fields_keep_their_types_in_the_manifests_form():
    made = manifest(
        output("match_score", ("field", "Score")),
        output("reasons", ("field", "Reasons")),
        output("hm_feedback", ("field", "Verdict")),
    )
    values = {"match_score": 86, "reasons": as_plain(SCORE.reasons), "hm_feedback": "👍"}
    _, call = composed(made, values)
    assert call.rounds[0] == {
        "fields": [
            {"id": "f1", "value": 86},
            {"id": "f2", "value": "• Knows SQL (“ran SQL daily”)\n• Led a team"},
            {"id": "f3", "value": "o1"},
        ]
    }


def test_tags_are_added_and_each_once():
    made = manifest(output("screened", ("tag", "value")), output("automated_tags", ("tag", "value")))
    values = {"screened": "Screened", "automated_tags": ["sql", "screened"]}
    assert composed(made, values)[1].rounds[0] == {"tags": ["Screened", "sql"]}


def test_tags_that_are_there_are_kept_where_writing_replaces_them():
    made = manifest(
        output("screened", ("tag", "value")), tag=place("tag", read="read_tags", current=compile_path("tags"))
    )
    _, call = composed(made, {"screened": "Screened"}, found=Found(current_tags=["mine", "Mine too"]))
    assert call.rounds[0] == {"tags": ["mine", "Mine too", "Screened"]}


def test_a_list_that_is_replaced_in_several_calls_holds_in_the_last_one_all_of_them():
    made = manifest(output("automated_tags", ("tag", "value")), tag=place("tag", read="read_tags", batch=1))
    _, call = composed(made, {"automated_tags": ["sql", "java"]}, found=Found(current_tags=["mine"]))
    assert [seen["tags"] for seen in call.rounds] == [["mine", "sql"], ["mine", "sql", "java"]]


def test_one_tag_at_a_time_is_known_by_id_and_name():
    made = manifest(output("automated_tags", ("tag", "value")), tag=place("tag", batch=1))
    _, call = composed(made, {"automated_tags": ["sql", "java"]}, found=Found(tags={"sql": "t1", "java": "t2"}))
    assert call.rounds == (
        {"tags": ["t1"], "tag": {"id": "t1", "name": "sql"}},
        {"tags": ["t2"], "tag": {"id": "t2", "name": "java"}},
    )


def test_tags_that_stand_there_by_id_need_no_call():
    made = manifest(output("screened", ("tag", "value")), tag=place("tag", read="read_tags"))
    _, call = composed(made, {"screened": "Screened"}, found=Found(tags={"Screened": "t1"}, current_tags=["t1"]))
    assert call.rounds == ()


def test_a_single_field_is_seen_with_its_kind():
    made = manifest(output("match_score", ("field", "Score")), field=place("field", types=TYPES, batch=1))
    _, call = composed(made, {"match_score": 86})
    score = {"id": "f1", "name": "Score", "type": "NUMBER", "kind": "number", "value": 86}
    assert call.rounds == ({"fields": [score], "field": score},)


def test_a_stage_is_named():
    made = manifest(output("stage", ("stage", "value")))
    found = Found(stage={"id": "s4", "name": "Offer", "from": {"id": "s1", "name": "New"}})
    _, call = composed(made, {"stage": "Offer"}, Known(stage="New"), found=found)
    assert call.rounds == ({"stage": {"id": "s4", "name": "Offer", "from": {"id": "s1", "name": "New"}}},)


def test_a_note_holds_the_outputs_that_land_on_it_the_causes_and_the_reference():
    made = manifest(
        output("match_score", ("field", "Absent"), NOTE),
        output("reasons", ("field", "Missing"), NOTE),
        subject="{{ candidate.first_name }}\n {{ settings.word }}",
    )
    planned, call = composed(made, {"match_score": 86, "reasons": "• SQL"})
    assert call.rounds[0]["note"] == {
        "subject": "Ana plain",
        "text": "Score 86\n• SQL\ncustom fields “Absent”, “Missing”: there is no field of this name\n"
        f"Reference: {planned.marker}",
    }


def test_a_reference_that_the_text_shows_is_not_added_again():
    made = manifest(output("match_score", NOTE), text="Audit {{ audit_id }} of {{ when }}")
    planned, call = composed(made, {"match_score": 86})
    assert call.rounds[0]["note"] == {"text": f"Audit {planned.marker} of 2026-01-31T09:30:00.000Z"}


def test_a_note_sees_no_secret():
    made = manifest(output("match_score", NOTE), text="{{ settings.token | default('none') }}")
    assert composed(made, {"match_score": 86})[1].rounds[0]["note"]["text"].startswith("none\n")


def test_a_note_from_a_resume_mentions_nobody():
    made = manifest(output("reasons", NOTE), text="{{ outputs.reasons }} {{ candidate.first_name }}")
    planned = plan(made, {"reasons": ["@[USER:1] #[CANDIDATE:2]"]}, Known()).deliveries[0]
    context = {**CONTEXT, "candidate": {"first_name": "@[EVERYONE]\u202e"}}
    text = compose(made, planned, context, now=NOW).rounds[0]["note"]["text"]
    assert "@[" not in text
    assert "#[" not in text
    assert "\u202e" not in text


def test_a_long_note_is_cut_at_a_lines_end_and_keeps_its_reference():
    made = manifest(output("reasons", NOTE), note=place("note", longest=120))
    planned, call = composed(made, {"reasons": [f"reason number {number}" for number in range(30)]})
    text = call.rounds[0]["note"]["text"]
    assert len(text) <= 120
    lines = text.splitlines()
    assert lines[0] == "• reason number 0"
    assert lines[-2:] == ["…", f"Reference: {planned.marker}"]


@given(st.text(alphabet="ab \né", max_size=300), st.integers(60, 200), st.booleans())
def test_the_reference_survives_any_cut(text, longest, shown):
    text = f"{text} A1-0a1b2c {text}" if shown else text
    result = with_reference(text, "A1-0a1b2c", longest)
    assert len(result) <= longest
    assert "A1-0a1b2c" in result


def test_a_note_in_html_is_escaped_with_its_bullets_as_a_list():
    made = manifest(
        output("reasons", NOTE), note=place("note", is_html=True), text="A<b>\n{{ outputs.reasons }}\nEnd"
    )
    planned, call = composed(made, {"reasons": ["R&D", "SQL"]})
    listed = "<ul><li>R&amp;D</li><li>SQL</li></ul>"
    assert call.rounds[0]["note"] == {"text": f"A&lt;b&gt;{listed}End<br>Reference: {planned.marker}"}


@given(st.text(alphabet="a<&• \n", max_size=300), st.integers(100, 200))
def test_the_reference_survives_any_cut_in_html_too(text, longest):
    result = html_with_reference(text, "A1-0a1b2c", longest)
    assert len(result) <= longest
    assert "A1-0a1b2c" in result


def test_a_file_carries_its_marker_in_its_name():
    planned, call = composed(
        manifest(output("match_score", NOTE, FILE)), {"match_score": 86}, Known({"notes": "403"})
    )
    assert call.file is not None
    assert call.file.name == f"Candidate evidence {planned.marker}.pdf"
    assert call.file.data.startswith(b"%PDF-")
    assert call.file.content_type == "application/pdf"
    assert compose(manifest(output("match_score", NOTE, FILE)), planned, CONTEXT, now=NOW) == call


@pytest.mark.parametrize("score", [SCORE, Score(match=None, exact=None, problem="résumé unreadable")])
def test_a_score_made_plain_can_be_had_back(score):
    assert score_of({**as_plain(score), "link": "not part of a score"}) == score


def test_causes_are_told_once_and_together():
    made = manifest(output("match_score", NOTE))
    (planned,) = plan(made, {"match_score": 1}, Known()).deliveries
    write = planned.writes[0]
    causes = [
        ("custom field “A”", "403"),
        ("custom field “B”", "403"),
        ("tag “T”", "404"),
        ("custom field “A”", "403"),
    ]
    writes = tuple(dataclasses.replace(write, causes=(Cause(*cause),)) for cause in causes)
    assert told_causes(dataclasses.replace(planned, writes=writes)) == (
        Cause("custom fields “A”, “B”", "403"),
        Cause("tag “T”", "404"),
    )
