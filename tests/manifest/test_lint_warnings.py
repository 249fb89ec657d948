"""Lint warns of what could be lost, come twice, never be reached, or show a secret; and proves what scoring reads."""

from __future__ import annotations

import pytest

from engine.manifest.lint.check import lint
from engine.manifest.lint.protected import scoring_inputs
from engine.manifest.schema.files import data_folder
from engine.manifest.yaml.source import read_text
from tests.manifest.planting import SHIPPED, planted
from tests.manifest.test_lint_meaning import linted

SR, TR = "smartrecruiters", "trackerrms"
RUNGS = "rungs: [{field: Skima Match Score}, {note: evaluation}, {attachment: evidence_pdf}]"

# (manifest, the text it has, the text with the mistake marked, code, part of the message, severity)
WARNINGS = [
    (SR, "operations:\n", "operations:\n  «lonely: {get: /lonely}\n", "unused-operation", "nothing calls `lonely`"),
    (SR, "capabilities:\n", "capabilities:\n  «moods: {says: moods}\n", "unused-capability", "`moods`"),
    (SR, "  notes:\n    evaluation:", "  notes:\n    «spare: {text: Spare}\n    evaluation:", "unused-note", "`spare`"),
    (SR, "settings:\n", "settings:\n  «colour: {type: text}\n", "unused-setting", "`colour`"),
    (SR, RUNGS, RUNGS.replace("{attachment: evidence_pdf}", "{note: «evaluation}"), "unreachable-rung", "place 2 of `match_score` is the same"),
    (SR, RUNGS, "rungs: [{note: evaluation}, {field: «Skima Match Score}]", "last-rung-refusable", "a tenant may have no such field"),
    (SR, "rungs: [{tag: value}, {note: evaluation}]", "rungs: [{tag: «value}]", "last-rung-refusable", "tags may be refused"),
    (SR, "rungs: [{field: Shortlist Link}, {note: evaluation}, {attachment: evidence_pdf}]", "rungs: [{field: Shortlist Link}, {attachment: «evidence_pdf}]", "last-rung-refusable", "a person without an application"),
    (SR, "  webhook:\n    name: headers.\"event-name\"\n    acknowledge: 202\n    dedupe: headers.\"event-id\"\n", "  «webhook:\n    name: headers.\"event-name\"\n    acknowledge: 202\n", "webhook-without-dedupe", "delivered twice"),
    (SR, "paging: {link: true, max_pages: 20}", "«paging: {link: true}", "paging-without-end", "`list_messages` has no `key`"),
    (TR, "paging: {number: 1, stop_without_new: 2, max_pages: 500}", "«paging: {number: 1, stop_without_new: 2}", "paging-without-end", "`list_jobs` goes on counting"),
    (SR, "dedupe: headers.\"event-id\"", "dedupe: «headers.authorization", "secret-in-log", "`headers.authorization` is a secret"),
    (SR, "get: /configuration/company", "get: /configuration/{{ «settings.client_secret }}", "secret-in-log", "addresses are shown in logs"),
    (SR, "post: /identity/oauth/token", "post: «https://login.example.net/token", "secret-to-other-host", "is sent to login.example.net"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "code", "message"), WARNINGS)
def test_what_could_go_wrong_is_a_warning_at_its_place(
    name: str, old: str, new: str, code: str, message: str
) -> None:
    mistake = planted(SHIPPED[name], old, new)
    (found,) = linted(mistake.text, name)
    assert (found.code, found.severity, (found.line, found.column)) == (code, "warning", mistake.place)
    assert message in found.message
    assert found.hint


def test_a_poll_that_asks_from_the_last_moment_on_is_a_warning() -> None:
    text = SHIPPED[SR].replace("        overlap: 2m\n      jobs:", "        overlap: 0s\n      jobs:")
    assert [one.code for one in linted(text, SR)] == ["poll-without-overlap"]


def test_credentials_that_could_be_sent_to_any_host_are_a_warning() -> None:
    text = SHIPPED[SR].replace(
        'type: host\n    default: api.smartrecruiters.com\n    allow: [api.smartrecruiters.com, "*.smartrecruiters.com"]',
        "type: text\n    default: api.smartrecruiters.com",
    )
    assert [one.code for one in linted(text, SR)] == ["open-host"]


def test_a_secret_s_host_is_that_of_the_profile_called_main_where_the_call_names_none() -> None:
    files = "apis:\n  files: {base_url: https://files.example.net, auth: [{headers: {X-Key: none}}]}\n"
    own = 'get: "https://{{ settings.host }}/company"\n    headers: {X-Key: "{{ settings.api_key }}"}'
    text = SHIPPED[SR].replace("apis:\n", files, 1).replace("get: /configuration/company", own, 1)
    assert own in text
    assert "secret-to-other-host" not in [one.code for one in linted(text, SR)]


def test_a_secret_beside_a_note_s_text_is_an_error() -> None:
    mistake = planted(
        SHIPPED[TR], 'note: "{{ note.text }}"', 'note: "{{ note.text }} {{ «settings.webhook_secret }}"'
    )
    (found,) = linted(mistake.text, TR)
    assert (found.code, found.severity, (found.line, found.column)) == ("secret-in-text", "error", mistake.place)


PROTECTED = [
    (TR, "employer, profile", "employer, «firstName, profile", "`firstName`"),
    (TR, "employer, profile", "employer, contactDetails.«email, profile", "`contactDetails.email`"),
    (TR, "employer, profile", "employer, «contactDetails, profile", "`contactDetails`"),
    (TR, "employer, profile", "employer, to_string(@), profile", "the candidate's whole record"),
    (TR, "employer, profile", "employer, «dateOfBirth, profile", "`dateOfBirth`"),
    (TR, "employer, profile", "employer, «gender, profile", "`gender`"),
    (TR, "when: settings.resume_from == 'legacy_document'", "when: settings.resume_from == 'legacy_document' && «candidate.location", "`candidate.location`"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "message"), PROTECTED)
def test_a_protected_field_that_would_reach_the_scoring_step_is_an_error(
    name: str, old: str, new: str, message: str
) -> None:
    text = SHIPPED[name].replace(old, new.replace("«", ""), 1)
    found = [one for one in linted(text, name) if one.code == "protected-in-score"]
    assert len(found) == 1
    assert found[0].severity == "error"
    assert message in found[0].message


def test_what_scoring_reads_is_known_and_nothing_of_it_is_protected() -> None:
    for name, text in SHIPPED.items():
        root = lint(read_text(text, str(data_folder("mappings") / f"{name}.yaml"))).root
        given = scoring_inputs(root)
        places = {".".join(map(str, one.use.node.path)) for one in given}
        assert {"objects.job.fields.title", "objects.job.fields.description"} <= places
        assert any(place.startswith("objects.resume.") for place in places)
        assert [one for one in given if one.protected] == []


def test_a_skill_s_name_is_no_person_s_name() -> None:
    assert "skills[].name" in SHIPPED[TR]
    assert linted(SHIPPED[TR], TR) == []
