"""Lint follows expressions through samples and types: what can never be there or never be right is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.manifest.findings import Finding
from engine.manifest.lint.check import lint
from engine.manifest.schema.files import data_folder
from engine.manifest.yaml.source import read_text
from tests.manifest.planting import SHIPPED, planted

SR, TR = "smartrecruiters", "trackerrms"


def linted(text: str, name: str) -> list[Finding]:
    """All findings of ``text`` in the place of the shipped manifest, its samples beside it."""
    return list(lint(read_text(text, str(data_folder("mappings") / f"{name}.yaml"))).findings)


# (manifest, the text it has, the text with the mistake marked, code, part of the message, part of the hint)
NEVER_MATCHED = [
    (SR, "    records: content\n    key: id\n    verified", "    records: «contents\n    key: id\n    verified", "`contents`", "`content`"),
    (SR, "last_name: lastName", "last_name: «lastname", "`lastname`", "`lastName`"),
    (SR, "location: location.city\n      links", "location: location.«town\n      links", "`location.town`", "there are: city, country"),
    (SR, "department: department.label", "department: department.«lable", "`department.lable`", "`department.label`"),
    (SR, "stage: subStatus || status", "stage: «subStatuss || stat", "`subStatuss`", "`subStatus`"),
    (SR, "[?job.id].{job_id: job.id", "[?«jobb.id].{job_id: job.id", "`jobb`", "`job`"),
    (SR, "[?type == 'RESUME'] | [-1].{id: id, name: name", "[?type == 'RESUME'] | [-1].{id: «ide, name: name", "`ide`", "`id`"),
    (SR, "ids: {candidate: body.candidate_id, job: body.job_id, application: body.application_id}", "ids: {candidate: body.«candidat_id, job: body.job_id, application: body.application_id}", "`body.candidat_id`", "`body.candidate_id`"),
    (SR, "version: record.updatedOn", "version: record.«updatedon", "`record.updatedon`", "`record.updatedOn`"),
    (SR, "name: label, type: type", "name: «lable, type: type", "`lable`", "`label`"),
    (SR, "email: email\n      phone", "email: email.«address\n      phone", "`email` is text", ""),
    (SR, "description: jobAd.sections.jobDescription.text", "description: jobAd.«section.jobDescription.text", "`jobAd.section`", "`jobAd.sections`"),
    (SR, 'name: headers."event-name"', 'name: headers.«"event-nam"', "`headers.event-nam`", "`headers.event-name`"),
    (TR, "join('.', [body.recordType, body.action])", "join('.', [body.«recordTyp, body.action])", "`body.recordTyp`", "`body.recordType`"),
    (TR, "last_name: surname", "last_name: «surnam", "`surnam`", "`surname`"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "message", "hint"), NEVER_MATCHED)
def test_a_path_that_no_sample_holds_is_told_once_with_the_nearest_key(
    name: str, old: str, new: str, message: str, hint: str
) -> None:
    mistake = planted(SHIPPED[name], old, new)
    (found,) = linted(mistake.text, name)
    assert (found.code, (found.line, found.column)) == ("never-matched", mistake.place)
    assert message in found.message
    assert hint in found.hint


WRONG = [
    (SR, "email: email\n      phone", "email: «tags\n      phone", "wrong-kind", "this is a list of texts"),
    (SR, "tags: tags\n", "tags: «web\n", "wrong-kind", "this is an object"),
    (SR, "ids: {candidate: record.id, job: item.job.id}", "ids: {candidate: «item.job.id, job: item.job.id}", "wrong-id", "a candidate's id is due here, and this is a job's id"),
    (SR, "ids: {candidate: body.candidate_id, job: body.job_id, application: body.application_id}", "ids: {candidate: «body.job_id, job: body.job_id}", "wrong-id", "a job's id"),
    (SR, "get: /candidates/{{ candidate.id }}/jobs/{{ job.id }}\n", "get: /candidates/{{ «job.id }}/jobs/{{ job.id }}\n", "wrong-id", "a candidate's id is due here, and this is a job's id"),
    (SR, 'candidateId: "{{ candidate.id }}"', 'candidateId: "{{ «job.id }}"', "wrong-id", "a job's id"),
    (SR, "watermark: record.updatedOn", "watermark: «record.id", "wrong-kind", "a moment is due here"),
    (SR, "when: settings.credential == 'api_key'\n        headers", "when: «settings.credential == 'apikey'\n        headers", "never-true", "never `apikey`"),
    (SR, "{{ score.reasons | bullets if score", "{{ score.match | «bullets if score", "wrong-kind", "`bullets` expects a list"),
    (SR, "Skima evaluation for {{ job.title }}", "Skima evaluation for {{ «score.skills_matched }}", "wrong-kind", "a list of texts cannot stand in a text"),
    (SR, "Skima evaluation for {{ job.title }}", "Skima evaluation for {{ job.title | «date }}", "wrong-kind", "`date` expects a moment"),
    (SR, 'value: "{{ score.match }}"', 'value: "«{{ score.skills_matched }}"', "wrong-kind", "“Skima Match Score” holds numbers in the samples, and this is a list of texts"),
    (SR, "value: Skima Screened\n", "value: \"«{{ score.primary_experience }}\"\n", "wrong-kind", "a tag is a text, and this is an object"),
    (SR, "[-1].{id: id, name: name, content_type: contentType}", "[-1].{id: id, name: name, «content_typ: contentType}", "unknown-key", "unknown key `content_typ`"),
    (SR, "[?job.id].{job_id: job.id, status: status}", "[?job.id].{job_id: job.id, «state: status}", "unknown-key", "unknown key `state`"),
    (TR, "keep: to_string(record.resourceId) == candidate.id", "keep: «record.resourceId == candidate.id", "never-true", "a whole number is compared with a candidate's id"),
    (TR, "when: settings.credential == 'oauth'\n        steps", "when: «settings.credential == 'oath'\n        steps", "never-true", "never `oath`"),
    (TR, "job: record.opportunityId, application", "job: «record.resourceId, application", "wrong-id", "a candidate's id"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "code", "message"), WRONG)
def test_what_cannot_be_right_by_the_types_is_told_once(
    name: str, old: str, new: str, code: str, message: str
) -> None:
    mistake = planted(SHIPPED[name], old, new)
    (found,) = linted(mistake.text, name)
    assert (found.code, (found.line, found.column)) == (code, mistake.place)
    assert message in found.message


def test_the_shipped_manifests_are_clean() -> None:
    assert [str(found) for name in SHIPPED for found in linted(SHIPPED[name], name)] == []


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("skills[].name", "skills[].«nme", "`name`"),
        ("opportunityId || id\n      title", "opportunityId || «opportunityIdd\n      title", ""),
        ("publishTitle || opportunityName", "«opportunityNam || opportunityId", "`opportunityName`"),
    ],
)
def test_a_name_that_need_not_be_there_is_a_warning_where_it_is_almost_one_that_is_there_and_not_read(
    old: str, new: str, hint: str
) -> None:
    mistake = planted(SHIPPED[TR], old, new)
    found = [(one.code, one.severity, (one.line, one.column)) for one in linted(mistake.text, TR)]
    assert found == ([("likely-misspelt", "warning", mistake.place)] if hint else [])


def test_a_sample_that_cannot_be_read_is_told_at_its_name(tmp_path: Path) -> None:
    file = tmp_path / f"{SR}.yaml"
    text = SHIPPED[SR]
    found = lint(read_text(text, str(file))).findings
    assert [(one.code, one.severity, one.line) for one in found] == [("bad-sample", "warning", text.count("\n"))]
    assert "cannot be read" in found[0].message


def test_without_samples_nothing_is_said_of_answers() -> None:
    text = (
        SHIPPED[SR].replace("samples: [smartrecruiters.test.yaml]\n", "").replace("records: content", "records: any")
    )
    assert [finding.code for finding in linted(text, SR)] == ["no-samples"]


def test_what_tells_success_is_looked_for_in_good_and_failed_answers() -> None:
    text = SHIPPED[TR].replace("success: status == `0`", "success: state == `0`")
    found = [one for one in linted(text, TR) if one.code == "never-matched"]
    assert {one.message for one in found} >= {"`state` is never there in the samples of set_tags"}


def test_a_profile_s_success_is_looked_for_in_the_samples_of_its_operations() -> None:
    text = SHIPPED[TR].replace("        success: status == `0`\n", "").replace("    success: status == `0`\n", "")
    mistake = planted(text, "    errors:\n", "    errors:\n      success: «state == `0`\n")
    found = [one for one in linted(mistake.text, TR) if one.message.startswith("`state`")]
    assert [(one.code, (one.line, one.column)) for one in found] == [("never-matched", mistake.place)]
    assert found[0].message.startswith("`state` is never there in the samples of any call of ")


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ("{in: «choices, id: id, name: label}", "never-matched", "`choices` is never there in the samples of"),
        ("{in: «label, id: '@', name: '@'}", "wrong-kind", "a list of options is due here, and this is text"),
        ("{in: '[@]', id: id, name: «labbel}", "never-matched", "`labbel` is never there in the samples of"),
    ],
)
def test_options_in_a_field_s_own_record_are_looked_for_in_the_samples(options: str, code: str, message: str) -> None:
    before = "options: {operation: list_property_values, id: id, name: label, cache: 1h}"
    mistake = planted(SHIPPED[SR], before, f"options: {options}")
    (found,) = [one for one in linted(mistake.text, SR) if one.severity == "error"]
    assert (found.code, (found.line, found.column)) == (code, mistake.place)
    assert found.message.startswith(message)


def test_an_error_s_code_may_be_absent_from_samples_but_not_be_misspelt() -> None:
    text = SHIPPED[SR].replace("code: errors[0].code", "code: errors[0].reason")
    assert linted(text, SR) == []
    text = SHIPPED[SR].replace("code: errors[0].code", "code: errors[0].codes")
    assert [(one.code, one.severity) for one in linted(text, SR)] == [("likely-misspelt", "warning")]


def test_a_name_that_the_engine_does_not_know_is_told_once() -> None:
    mistake = planted(SHIPPED[SR], "when: score.match\n", "when: «score.mach\n")
    assert [(one.code, (one.line, one.column)) for one in linted(mistake.text, SR)] == [
        ("unknown-name", mistake.place)
    ]
