"""Cassettes: their answers in mapping tests, and what is wrong with one, each with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.manifest.schema.files import schema
from tests.cli.running import fieldwright
from tests.rehearsal.written import ANSWERS, case, written

NAME = "smartrecruiters.cassette.yaml"
ALONE = "cassettes: [smartrecruiters.cassette.yaml]\nscore: {match: 80, reasons: [Sells]}"


def cassette(folder: Path, text: str, name: str = NAME) -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def told(folder: Path, text: str) -> tuple[int, str]:
    ended = fieldwright("lint", cassette(folder, text))
    return ended.code, ended.out


def test_a_mapping_test_takes_the_answers_of_its_cassette(tmp_path: Path) -> None:
    cassette(tmp_path, ANSWERS.partition("\n")[2].partition("\n")[2])
    ended = fieldwright("test", written(tmp_path, case("places: {match_score: field}"), ALONE))
    assert (ended.code, ended.out.count("✓")) == (0, 1)


def test_the_answers_of_the_case_and_of_the_file_stand_before_those_of_the_cassette(tmp_path: Path) -> None:
    answers = ANSWERS.partition("answers:")[2]
    cassette(tmp_path, f"answers:{answers.replace('status: NEW', 'status: REJECTED')}")
    own = "    answers: {get_application: {json: {applicationId: a, status: NEW}}}\n"
    cases = case("outcome: filtered", "the cassette's") + case("outcome: delivered", "the case's", own)
    assert fieldwright("test", written(tmp_path, cases, ALONE)).code == 0
    shared = f"{ALONE}\nanswers: {{get_application: {{json: {{applicationId: a, status: NEW}}}}}}"
    assert fieldwright("test", written(tmp_path, case("outcome: delivered"), shared)).code == 0


def test_of_two_cassettes_the_first_is_heard_for_a_path_and_the_second_for_another(tmp_path: Path) -> None:
    base = ANSWERS.partition("answers:")[2]
    first = base.replace("get_job: {", "get_job: {path: /jobs/j, ")
    cassette(tmp_path, f"answers:{first}")
    cassette(
        tmp_path,
        "answers: {get_job: [{path: /jobs/j, status: 404}, {path: /jobs/k, json: {id: k, title: Cook, jobAd: {sections: {jobDescription: {text: Cooks}}}}}]}",
        "smartrecruiters.more.cassette.yaml",
    )
    both = ALONE.replace("[smart", "[smartrecruiters.cassette.yaml, smart").replace(
        ", smartrecruiters.cassette", ", smartrecruiters.more.cassette"
    )
    other = "{headers: {event-name: application.created, event-id: e2}, body: {candidate_id: c, job_id: k}}"
    cases = case("outcome: delivered", "first") + case("outcome: delivered", "second", event=other)
    ended = fieldwright("test", written(tmp_path, cases, both))
    assert ended.code == 0, ended.out


@pytest.mark.parametrize(
    ("line", "column", "code", "text"),
    [
        (3, 32, "secret-in-cassette", "answers:\n  get_candidate:\n    json: {id: c, accessToken: 'not-made'}\n"),
        (
            4,
            14,
            "person-in-cassette",
            "answers:\n  get_candidate:\n    json:\n      email: ana.smith@acme-corp.com\n",
        ),
        (1, 46, "secret-in-cassette", "answers: {get_job: {headers: {authorization: Bearer a1b2c3d4e5f6}}}\n"),
        (2, 28, "person-in-cassette", "answers:\n  ana.smith@acme-corp.com: {status: 200}\n"),
    ],
)
def test_a_secret_or_a_person_in_it_is_an_error_at_its_place_and_not_shown(
    tmp_path: Path, line: int, column: int, code: str, text: str
) -> None:
    exit_code, out = told(tmp_path, text)
    assert exit_code == 2
    assert f"{NAME}:{line}:{column} {code}" in out
    for hidden in ("not-made", "ana.smith", "a1b2c3d4e5f6"):
        assert hidden not in out


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("answers: {get_job: {status: 200}", ":1:", "syntax"),
        ("answer: {get_job: {status: 200}}\n", ":1:1", "did you mean `answers`?"),
        ("answers: {get_job: {status: '2xx'}}\n", ":1:29", "a whole number"),
        ("answers: {get_job: {lost: request}}\n", ":1:21", "unknown key `lost`"),
        ("answers: {get_job: []}\n", ":1:20", ""),
        (f"answers: {{get_job: {{text: {'a ' * 1_100_000}}}}}\n", ":1:1", "larger than 2048 KiB"),
        ("answers: {get_job: {json: " + "[" * 70 + "]" * 70 + "}}\n", ":1:", "more than 64 deep"),
        ("answers: {get_job: {json: [" + "1," * 110_000 + "1]}}\n", ":1:", "more than 100000 values"),
        ("answers: {get_job: {text: *x}}\n", ":1:27", "alias"),
    ],
)
def test_a_broken_or_huge_cassette_is_told_with_its_place(tmp_path: Path, text: str, place: str, said: str) -> None:
    exit_code, out = told(tmp_path, text)
    assert exit_code == 2
    assert f"{NAME}{place}" in out
    assert said in out
    assert len(out) < 2000


def test_what_is_wrong_with_its_cassette_is_told_by_the_mapping_test(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: delivered"), ALONE)
    missing = fieldwright("test", file)
    assert missing.code == 2
    assert f"{file}:1:13 no-cassette there is no file" in missing.out
    cassette(tmp_path, "answers:\n  get_jobs: {json: {}}\n  get_job: {json: {apiKey: short}}\n")
    wrong = fieldwright("test", file)
    assert wrong.code == 2
    assert f"{NAME}:3:" in wrong.out
    assert "secret-in-cassette" in wrong.out
    cassette(tmp_path, "answers:\n  get_jobs: {json: {}}\n")
    unknown = fieldwright("test", file)
    assert f"{NAME}:2:3 unknown-operation" in unknown.out
    assert "did you mean `get_job`?" in unknown.out


def test_an_event_and_an_answer_have_the_form_that_mapping_tests_give_them() -> None:
    test, recorded = schema("mapping-test"), schema("cassette")
    assert recorded["properties"]["events"]["items"] == test["$defs"]["event"]
    of_test = {key for key in test["$defs"]["answer"]["properties"] if key != "lost"}
    assert set(recorded["$defs"]["answer"]["properties"]) == of_test


def test_a_cassette_is_named_by_its_file_only(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: delivered"), ALONE.replace("[smart", "[../smart"))
    assert "the name of a file beside this one" in fieldwright("test", file).out


def test_plan_takes_its_answers_from_a_cassette(tmp_path: Path) -> None:
    recorded = cassette(tmp_path, ANSWERS.partition("\n")[2].partition("\n")[2])
    tenant = tmp_path / "acme.yaml"
    tenant.write_text('tenant: acme\nextends: smartrecruiters\nsettings: {api_key: "${env:NO}"}\n', "utf-8")
    event = tmp_path / "event.json"
    event.write_text('{"event": "application.created", "ids": {"candidate": "c", "job": "j"}}', "utf-8")
    ended = fieldwright("plan", tenant, "--event", event, "--answers", recorded, "--json")
    assert ended.code == 0
