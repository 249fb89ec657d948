from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InputError, SpecError
from engine.manifest.schema.files import schema
from engine.manifest.schema.shape import check
from engine.manifest.yaml.source import read_text
from engine.rehearsal.suite import load_answers, load_suite
from tests.rehearsal.written import ANSWERS, case, written


def findings(file: Path) -> list[tuple[str, str, str]]:
    """(code, what stands at the place, hint) of each mistake."""
    with pytest.raises(SpecError) as error:
        load_suite(file)
    lines = file.read_text("utf-8").splitlines()
    return [
        (one.code, lines[one.line - 1][one.column - 1 :].split(":")[0].split(",")[0].rstrip("}]"), one.hint)
        for one in error.value.findings
    ]


@pytest.mark.parametrize(
    ("expect", "more", "code", "place", "hint"),
    [
        ("requests: [set_propertys]", "", "unknown-operation", "set_propertys", "set_properties"),
        ("requests: [{operation: add_tag}]", "", "unknown-operation", "add_tag", "add_tags"),
        ("absent: [share_notes]", "", "unknown-operation", "share_notes", "share_note"),
        ("sign_in: [sign_in.tokens]", "", "unknown-operation", "sign_in.tokens", "sign_in.token"),
        ("places: {automated_tags: field}", "", "unknown-output", "automated_tags", ""),
        ("places: {match_score: {$contain: x}}", "", "missing-key", "match_score", ""),
        ("requests: [{operation: add_tags, json: {$contain: x}}]", "", "unknown-matcher", "$contain", "$contains"),
        ("requests: [{operation: add_tags, json: {$matches: '('}}]", "", "bad-pattern", "'('", ""),
        ("outcome: sent", "", "unknown-value", "sent", ""),
        (
            "outcome: delivered",
            "    answers: {get_jobs: {status: 200}}\n",
            "unknown-operation",
            "get_jobs",
            "get_job",
        ),
        ("outcome: delivered", "    tenant: {fields: {match: x}}\n", "unknown-key", "match", "match_score"),
        ("outcome: delivered", "    tenant: {outputs: {stage: on}}\n", "not-overridable", "on", "stage_move"),
        ("outcome: delivered", "    tenant: {settings: {hosts: x.com}}\n", "unknown-setting", "hosts", "host"),
        ("outcome: delivered", "    before: [{stream: people, records: []}]\n", "unknown-stream", "people", ""),
        ("outcomes: delivered", "", "unknown-key", "outcomes", "outcome"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_nearest_right_name(
    tmp_path: Path, expect: str, more: str, code: str, place: str, hint: str
) -> None:
    found = findings(written(tmp_path, case(expect, more=more)))
    assert (code, place) in [(one[0], one[1]) for one in found]
    assert any(hint in one[2] for one in found)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    cases = case("requests: [nothing_such]", "a") + case("absent: [nothing_either]", "b")
    assert [one[0] for one in findings(written(tmp_path, cases))] == ["unknown-operation"] * 2


def test_a_name_is_given_once(tmp_path: Path) -> None:
    assert findings(written(tmp_path, case("outcome: delivered") * 2))[0][:2] == ("repeated-name", "one")


def test_an_event_has_one_form(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: delivered", event="{body: {}, stream: jobs, records: []}"))
    assert findings(file)[0][0] == "exclusive-keys"


def test_a_secret_may_not_stand_in_a_test(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: delivered", more="    tenant: {settings: {api_key: not-a-reference}}\n"))
    assert findings(file)[0][0] == "secret-in-file"


def test_a_test_without_its_manifest_says_which_is_missing(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: delivered")).rename(tmp_path / "other.test.yaml")
    with pytest.raises(InputError, match=r"there is no other\.yaml"):
        load_suite(file)


def test_needed_secrets_get_placeholders(tmp_path: Path) -> None:
    [one] = load_suite(written(tmp_path, case("outcome: delivered"))).cases
    assert one.connection.settings["api_key"] == "placeholder-api_key"
    assert "placeholder-api_key" not in repr(one.connection)


def test_answers_may_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(ANSWERS.partition("\n")[2].partition("\n")[2], "utf-8")
    assert load_answers(file)["set_properties"][0].status == 204


def test_the_example_in_the_docs_has_the_right_shape() -> None:
    text = (Path(__file__).parents[2] / "docs" / "testing.md").read_text("utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    data, found = check(read_text(example, "example"), schema("mapping-test"))
    assert (found, len(data["cases"])) == ([], 1)
