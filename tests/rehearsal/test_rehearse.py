from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InputError
from engine.model import Ids, OutcomeKind
from engine.rehearsal.answers import answers_of
from engine.rehearsal.composed import composed
from engine.rehearsal.rehearse import Rehearsal, Rehearsals, rehearse
from engine.rehearsal.running import run_case, scorer_of
from engine.rehearsal.samples import answers_about
from engine.rehearsal.suite import Case, load_suite
from tests.rehearsal.written import case, written


def one_case(folder: Path, expect: str = "outcome: delivered", more: str = "") -> Case:
    return load_suite(written(folder, case(expect, more=more))).cases[0]


def rehearsed(one: Case) -> Rehearsal:
    return rehearse(one.connection, one.event, one.answers, scorer=scorer_of(one.score), before=one.before)


def test_an_event_goes_through_to_its_outcome(tmp_path: Path) -> None:
    found = rehearsed(one_case(tmp_path))
    assert found.ways[0].outcome is not None
    assert found.ways[0].outcome.kind is OutcomeKind.DELIVERED
    assert [one.request.operation for one in found.of_kind("write")] == [
        "set_properties",
        "add_tags",
        "share_note",
        "upload_attachment",
    ]


def test_each_output_has_its_place_its_causes_and_what_would_follow(tmp_path: Path) -> None:
    placed = {one.output: one for one in rehearsed(one_case(tmp_path)).placed}
    assert (placed["match_score"].where, placed["match_score"].otherwise) == ("field", "activity note")
    assert (placed["reasons"].where, placed["reasons"].rung) == ("note", 2)
    assert placed["reasons"].causes[0].why == "there is no field of this name"
    assert placed["screened"].otherwise == "activity note"


def test_a_request_that_nothing_answers_is_named_with_what_to_write(tmp_path: Path) -> None:
    one = one_case(tmp_path)
    answers = {name: given for name, given in one.answers.items() if name != "get_job"}
    with pytest.raises(InputError, match="`get_job`") as error:
        rehearse(one.connection, one.event, answers, scorer=scorer_of(one.score))
    assert "GET /jobs/j" in error.value.message
    assert "answers: {get_job:" in (error.value.hint or "")


def test_after_an_unanswered_request_the_next_rehearsal_is_undisturbed(tmp_path: Path) -> None:
    one = one_case(tmp_path)
    scorer = scorer_of(one.score)
    with Rehearsals() as rehearsals:
        with pytest.raises(InputError):
            rehearsals.rehearse(one.connection, one.event, {}, scorer=scorer)
        found = rehearsals.rehearse(one.connection, one.event, one.answers, scorer=scorer)
    assert len(found.ways) == 1
    assert len(found.of_kind("write")) == 4


def test_rehearsals_do_not_see_each_other(tmp_path: Path) -> None:
    """The same event twice is new each time: nothing is unchanged, and nothing a duplicate."""
    one = one_case(tmp_path)
    with Rehearsals() as rehearsals:
        found = [
            rehearsals.rehearse(one.connection, one.event, one.answers, scorer=scorer_of(one.score)) for _ in range(2)
        ]
    assert [len(one.of_kind("write")) for one in found] == [4, 4]
    assert [len(one.of_kind("read")) for one in found] == [6, 6]


def test_waits_are_jumped_over(tmp_path: Path) -> None:
    """An ATS that is down for all tries, over days, is done with at once."""
    found = rehearsed(one_case(tmp_path, more="    answers: {get_application: {status: 503}}\n"))
    assert found.ways[0].outcome is not None
    assert "given up after" in found.ways[0].outcome.why


def test_answers_come_in_turn_and_by_path(tmp_path: Path) -> None:
    more = "    answers: {get_application: [{status: 503}, {path: /other, status: 500}, {json: {status: NEW}}]}\n"
    found = rehearsed(one_case(tmp_path, more=more))
    assert [one.status for one in found.exchanged if one.request.operation == "get_application"] == [503, 200]


def test_a_request_is_taken_apart_as_people_name_its_parts(tmp_path: Path) -> None:
    writes = {one.request.operation: composed(one.request) for one in rehearsed(one_case(tmp_path)).of_kind("write")}
    assert writes["set_properties"]["json"] == [{"id": "f-1", "value": 80}]
    assert writes["add_tags"]["path"] == "/candidates/c/tags"
    assert writes["upload_attachment"]["multipart"]["fields"] == {"attachmentType": "GENERIC_FILE"}
    assert writes["upload_attachment"]["multipart"]["file"]["begins"].startswith("%PDF-")


def test_sample_answers_can_be_turned_to_other_ids(tmp_path: Path) -> None:
    one = one_case(tmp_path)
    manifest = one.connection.manifest
    turned = answers_about(manifest, one.answers, Ids(candidate="c-9", job="j-9"))
    found = rehearse(one.connection, one.event, turned, scorer=scorer_of(one.score))
    assert composed(found.of_kind("write")[1].request)["path"] == "/candidates/c-9/tags"
    assert turned["set_properties"] == one.answers["set_properties"]


def test_ids_that_are_numbers_stay_numbers() -> None:
    from engine.manifest.build import load
    from engine.manifest.schema.files import data_folder

    manifest = load(data_folder("mappings") / "trackerrms.yaml")
    answers = answers_of({"get_candidate": {"json": {"resourceId": 1}}})
    assert answers_about(manifest, answers, Ids(candidate="77"))["get_candidate"][0].body == b'{"resourceId": 77}'


@pytest.mark.parametrize(
    ("expect", "what", "expected", "came"),
    [
        ("outcome: filtered", "outcome", "filtered", "delivered: 4 outputs in 4 requests"),
        ("outcome: {kind: delivered, why: 9 outputs}", "outcome.why.$contains", "9 outputs", "4 outputs"),
        ("canonical: {event: job.updated}", "canonical.event", "job.updated", "application.created"),
        ("canonical: []", "canonical", "none", "1. application.created (candidate c, job j)"),
        ("split: {event: score.due}", "split", "1. score.due", "none"),
        ("requests: [add_tags]", "requests", "1. add_tags", "1. set_properties\n2. add_tags"),
        (
            "requests: [{operation: set_properties, json: [{value: 81}]}, add_tags, share_note, upload_attachment]",
            "requests[0].json[0].value",
            "81",
            "80",
        ),
        ("absent: [add_tags]", "absent", "no call of add_tags", "called 1 ×"),
        ("places: {match_score: note}", "places.match_score", "note", "field"),
        ("places: {reasons: field}", "places.reasons", "field", "there is no field of this name"),
        ("places: {stage: stage}", "places.stage", "stage", "nothing"),
        ("places: {match_score: nothing}", "places.match_score", "nothing", "field"),
        (
            "places: {reasons: {place: note, cause: '403'}}",
            "places.reasons.cause.$contains",
            "403",
            "there is no field",
        ),
    ],
)
def test_what_fails_is_told_with_its_place(tmp_path: Path, expect: str, what: str, expected: str, came: str) -> None:
    one = one_case(tmp_path, expect)
    with Rehearsals() as rehearsals:
        [failure] = run_case(one, rehearsals).failures
    assert failure.what == what
    assert expected in failure.expected
    assert came in failure.came
    line = Path(failure.at.file).read_text("utf-8").splitlines()[failure.at.line - 1]
    assert what.split(".")[0].split("[")[0] in line


def test_a_canonical_event_and_polled_records_are_taken_too(tmp_path: Path) -> None:
    feedback = "{event: feedback.given, ids: {candidate: c, job: j}, data: {feedback: {verdict: Maybe}}}"
    polled = "{stream: jobs, records: [{id: j, updatedOn: '2026-01-01T00:00:00Z'}]}"
    cases = case("places: {hm_feedback: note}", "a", event=feedback) + case(
        "canonical: {event: job.updated, source: poll, ids: {job: j}}", "b", event=polled
    )
    with Rehearsals() as rehearsals:
        results = [run_case(one, rehearsals) for one in load_suite(written(tmp_path, cases)).cases]
    assert [result.failures for result in results] == [(), ()]


def test_a_write_whose_field_is_gone_since_an_earlier_event_is_held(tmp_path: Path) -> None:
    answers = """\
    before:
      - {headers: {event-name: application.created, event-id: d}, body: {candidate_id: b, job_id: j}}
    answers:
      get_candidate:
        - {path: /candidates/b, json: {id: b, firstName: Bo, lastName: Example, createdOn: "2026-06-01"}}
        - {json: {id: c, firstName: Ana, lastName: Example, createdOn: "2026-06-01"}}
      set_properties: [{status: 204}, {status: 404, json: {errors: [{code: PROPERTY_NOT_FOUND}]}}]
      list_candidate_properties:
        - {json: {content: [{id: f-1, label: Skima Match Score, type: NUMBER}]}}
        - {json: {content: []}}
"""
    expect = "places: {match_score: {place: held, cause: is gone}, screened: tag}"
    with Rehearsals() as rehearsals:
        result = run_case(one_case(tmp_path, expect, answers), rehearsals)
    assert result.failures == ()
