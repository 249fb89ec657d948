"""Every kind of mistake in a manifest is told with its place, its reason and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SpecError
from engine.manifest.build import load
from tests.manifest.planting import SHIPPED, findings, planted

SR, TR = "smartrecruiters", "trackerrms"
MATCH = 'value: "{{ score.match }}"'

# (manifest, the text it has, the text with the mistake marked, code, part of the message, part of the hint)
KEYS_AND_TYPES = [
    (SR, "    batch: 100", "    «batsh: 100", "unknown-key", "`batsh`", "`batch`"),
    (SR, "  poll:\n    every", "  «pol:\n    every", "unknown-key", "`pol`", "`poll`"),
    (SR, "{tag: value}", "{«tags: value}", "unknown-key", "`tags`", "`tag`"),
    (SR, "    match_score:\n", "    «matchscore:\n", "unknown-key", "`matchscore`", "`match_score`"),
    (SR, "manifest: 1", "manifest: «2", "unknown-value", "expected `1`", ""),
    (SR, "manifest: 1\n\nats", "\n\n«ats", "missing-key", "`manifest` is missing", ""),
    (SR, "concurrency: 1\n", "concurrency: «one\n", "wrong-type", "a whole number", ""),
    (SR, "concurrency: 1\n", "concurrency: «'1'\n", "wrong-type", "a whole number", "without quotes"),
    (SR, "concurrency: 1\n", "concurrency: «0\n", "out-of-range", "at least 1", ""),
    (SR, "scopes: [jobs_read]", "scopes: «jobs_read", "wrong-type", "a list", "a list of one"),
    (SR, "binary: true", "binary: «yes", "wrong-type", "true or false", "true or false"),
    (SR, "coalesce: 5s", "coalesce: «5 seconds", "wrong-form", "30s, 10m or 24h", ""),
    (SR, "rate: 10/s", "rate: «10 per second", "wrong-form", "10/s or 100/1m", ""),
    (SR, "rate: 10/s", "rate: «0/s", "wrong-form", "10/s or 100/1m", ""),
    (SR, "truth: webhook", "truth: «webhok", "unknown-value", "`webhok`", "`webhook`"),
    (SR, "event: stage.changed", "event: «stage.chnged", "unknown-value", "`stage.chnged`", "`stage.changed`"),
    (SR, "encoding: hex", "encoding: «hexa", "unknown-value", "`hexa`", "`hex`"),
    (SR, '{"401": no_access}', '{"401": «noaccess}', "unknown-value", "`noaccess`", "`no_access`"),
    (SR, "\n    get: /configuration/company", "\n    get: /x\n    «put: /x", "exclusive-keys", "`get` and `put`", "keep one"),
    (SR, '    json: "{{ fields }}"', '    json: a\n    «form: {a: b}', "two-bodies", "`json` is given", "keep one"),
    (SR, "type: choice\n    of: [api_key, oauth]", "«type: choice", "missing-key", "`of`", ""),
    (SR, "id: smartrecruiters", "id: «smart", "id-not-file", "`smartrecruiters.yaml`", "make them the same"),
    (SR, "post: /candidates\n", "post: «candidates\n", "wrong-form", "begins with `/`", "base_url"),
    (SR, 'base_url: "https:', 'base_url: «"http:', "wrong-form", "https://", ""),
    (SR, 'id_pattern: "^', 'id_pattern: "^(?P<«', "bad-pattern", "regular expression", ""),
]  # fmt: skip
YAML_RULES = [
    (SR, "key: id\n    paging: {cursor", "key: id\n    «key: id\n    paging: {cursor", "duplicate-key", "`key`", "keep one"),
    (SR, "scopes: [jobs_read]", "scopes: «*scopes", "alias", "`*scopes`", "write the value out"),
    (SR, "scopes: [jobs_read]", "scopes: «&all [jobs_read]", "anchor", "`&all`", "write the value out"),
    (SR, "    check: get_company", "    «<<: get_company", "merge-key", "`<<`", "write the value out"),
    (SR, "binary: true", "binary: «!!bool true", "tag", "tags", "needs quotes"),
    (SR, "    concurrency: 1\n", "«\tconcurrency: 1\n", "syntax", "a tab", "spaces"),
    (SR, "description: The API key (", "description: The API key«: (", "syntax", "a colon", "needs quotes"),
    (SR, 'json: "{{ fields }}"', "json: {«{ fields }}", "key-not-text", "a key must be a text", "a template needs quotes"),
    (SR, "ok: [204]", "ok: «[204", "syntax", "not closed", "`]` missing?"),
]  # fmt: skip
REFERENCES = [
    (SR, "read: get_job\n", "read: «get_jib\n", "unknown-operation", "`get_jib`", "`get_job`"),
    (SR, "operation: list_jobs", "operation: «list_job", "unknown-operation", "`list_job`", "`list_jobs`"),
    (SR, "probe: list_candidate_properties", "probe: «list_candidate_propertys", "unknown-operation", "no operation", "_properties`"),
    (SR, "check: {call: get_company}", "check: {call: «get_compny}", "unknown-operation", "`get_compny`", "`get_company`"),
    (SR, "    check: get_company", "    check: «get_companies", "unknown-operation", "`get_companies`", "`get_company`"),
    (SR, "operation: create_prospect", "operation: «create_person", "unknown-operation", "`create_person`", ""),
    (TR, "api: legacy", "api: «legcy", "unknown-api", "`legcy`", "`legacy`"),
    (SR, "needs: [custom_fields]", "needs: [«custom_field]", "unknown-capability", "`custom_field`", "`custom_fields`"),
    (SR, "needs: [custom_fields]", "needs: «custom_fields", "wrong-type", "a list", "a list of one"),
    (SR, "json: {tags", "json: {«'{{ tags }}': 1, tags", "bad-jinja", "a key is taken as it stands", "`keyed`"),
    (SR, 'pick: "[?type', 'pick: "«content[?type', "unknown-name", "`pick` sees the list", "begin with a bracket"),
    (TR, "check: {capability: legacy}", "check: {capability: «legcy}", "unknown-capability", "`legcy`", "`legacy`"),
    (SR, "{test_candidate: test_candidate}", "{test_candidate: «test_person}", "unknown-setting", "`test_person`", ""),
    (SR, 'when: "!prospect"', 'when: "«!prospect.id"', "early-not", "`(!a).b`", "`!(a.b)`"),
    (SR, "      write: share_note\n", "      write: [{call: «share_not}]\n", "unknown-operation", "`share_not`", "`share_note`"),
    (SR, "      write: set_status\n", "      write: set_status\n      directory: {operation: list_jobs, id: id, name: t, «create: add_tags, created_id: id}\n", "not-made", "a stage", "remove"),
    (SR, "options: {operation: list_property_values, id: id, name: label, cache: 1h}", "options: {in: values, id: id, name: label, «cache: 1h}", "key-of-a-call", "`cache` goes with `operation`", ""),
    (SR, "      directory: {operation: list_candidate_properties, id: id, name: label, type: type, cache: 1h}\n      options: {operation: list_property_values, id: id, name: label, cache: 1h}", "      options: {in: «values, id: id, name: label}", "missing-key", "say in `directory` what lists them", ""),
    (SR, "{note: evaluation}", "{note: «evaluations}", "unknown-note", "`evaluations`", "`evaluation`"),
    (TR, "rungs: [{note: evaluation}, {", "rungs: [«{field: F}, {", "unknown-place", "how a field is written", ""),
    (TR, "    post: /api/v1/Activity\n", "    post: /api/v1/Activity\n    records: a\n    record: «b\n", "two-shapes", "`record`", ""),
]  # fmt: skip
NAMES = [
    (SR, "get: /candidates/{{ candidate.id }}\n", "get: /candidates/{{ «candidte.id }}\n", "`candidte`", "`candidate`"),
    (SR, "get: /candidates/{{ candidate.id }}\n", "get: /candidates/{{ «candidate.idd }}\n", "`candidate.idd`", "`candidate.id`"),
    (SR, '"{{ settings.api_key }}"', '"{{ «settings.apikey }}"', "`settings.apikey`", "`settings.api_key`"),
    (SR, '"Bearer {{ auth.access_token }}"', '"Bearer {{ «auth.acces_token }}"', "`auth.acces_token`", "`auth.access_token`"),
    (SR, '"{{ given.first_name }}"', '"{{ «given.firstname }}"', "`given.firstname`", "`given.first_name`"),
    (SR, MATCH, 'value: "{{ «score.mach }}"', "`score.mach`", "`score.match`"),
    (SR, MATCH, "value: '{{ «scor.match }}'", "`scor`", "`score`"),
    (SR, "when: settings.credential ==", "when: «settings.credentials ==", "`settings.credentials`", "`settings.credential`"),
    (SR, "'TRANSFERRED'], application.status", "'TRANSFERRED'], «application.statuss", "`application.statuss`", "`application.status`"),
    (SR, "candidate: record.id,", "candidate: «rekord.id,", "`rekord`", "`record`"),
    (SR, 'dedupe: headers."event-id"', 'dedupe: «header."event-id"', "`header`", "`headers`"),
    (SR, "keys: [\"{{ subscription.secret }}\"]", "keys: [\"{{ «subscription.secrt }}\"]", "`subscription.secrt`", "`subscription.secret`"),
    (SR, "{{ job.title }}\n", "{{ «job.titel }}\n", "`job.titel`", "`job.title`"),
    (SR, "{{ outputs.match_score }} of 100", "{{ outputs.match_score }} of {{ «outputz.best }}", "`outputz`", "`outputs`"),
    (SR, "because {{ cause.place }}", "because {{ «caus.place }}", "`caus`", "`causes`"),
    (TR, "keep: to_string(record.resourceId) ==", "keep: to_string(«recod.resourceId) ==", "`recod`", "`record`"),
    (TR, "note: \"{{ note.text }}\"", "note: \"\\\"{{ «note.texts }}\"", "`note.texts`", "`note.text`"),
]  # fmt: skip
EXPRESSIONS = [
    (SR, "code: errors[0].code", "code: errors[0«.code", "bad-jmespath", "`.` is not expected", ""),
    (SR, "active: status == 'active'", "active: status «= 'active'", "bad-jmespath", "`=` is not expected", ""),
    (SR, "records: content", "records: «contant(content)", "bad-jmespath", "`contant`", "`contains`"),
    (SR, "stage: subStatus || status", "stage: subStatus ||«", "bad-jmespath", "ends too early", ""),
    (SR, 'applications: "[primaryAssignment,', 'applications: "{primaryAssignment«,', "bad-jmespath", "`,` is not expected", ""),
    (SR, MATCH, 'value: "{{ score.match | «rond }}"', "bad-jinja", "`rond`", "`round`"),
    (SR, MATCH, 'value: "a {{ score.match | «rond }}"', "bad-jinja", "`rond`", "`round`"),
    (SR, MATCH, 'value: "x «{{ score.match"', "bad-jinja", "`{{` that is opened here is not closed", "`}}`"),
    (SR, MATCH, 'value: "x «{% if score %}1{% endif %}"', "bad-jinja", "allowed in notes only", "{{ a if"),
    (SR, MATCH, 'value: "{{ range«(10) }}"', "bad-jinja", "a call", ""),
    (SR, "reasons is defined", "reasons is «defind", "bad-jinja", "`is defind`", "`defined`"),
    (SR, "{% endif %}", "{% «endfor %}", "bad-jinja", "`endfor`", "`{% for"),
    (SR, "        Skima Reasons:\n", "        {% «include 'x' %}\n", "bad-jinja", "`include`", ""),
]  # fmt: skip
SECRETS = [
    (SR, '"{{ settings.api_key }}"', "«not-a-real-key-0123456789", "secret-in-file", "`X-SmartToken`", "type: secret"),
    (TR, '"{{ settings.static_token }}"', "«not-a-real-token", "secret-in-file", "`bearerToken`", "type: secret"),
    (SR, 'client_secret: "{{ settings.client_secret }}"', "client_secret: «'not-a-real-secret'", "secret-in-file", "`client_secret`", "{{ settings."),
    (SR, '"Bearer {{ auth.access_token }}"', "«Bearer not-a-real-token", "secret-in-file", "`Authorization`", "type: secret"),
    (TR, 'apikey: "{{ settings.legacy_api_key }}"}', "apikey: «not-a-real-key}", "secret-in-file", "`apikey`", "type: secret"),
    (SR, "    type: secret\n", "    type: secret\n    default: «not-a-real-key\n", "secret-in-file", "no default", "remove `default`"),
]  # fmt: skip
NAMES_TOLD = [(name, old, new, "unknown-name", message, hint) for name, old, new, message, hint in NAMES]


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "message", "hint"),
    [*KEYS_AND_TYPES, *YAML_RULES, *REFERENCES, *NAMES_TOLD, *EXPRESSIONS, *SECRETS],
)
def test_a_mistake_is_told_with_place_reason_and_hint(
    name: str, old: str, new: str, code: str, message: str, hint: str
) -> None:
    mistaken = planted(SHIPPED[name], old, new)
    found = findings(mistaken.text, name)
    at_the_place = [finding for finding in found if (finding.line, finding.column) == mistaken.place]
    assert at_the_place, f"{mistaken.place} expected, found: {[str(finding) for finding in found]}"
    assert at_the_place[0].code == code
    assert message in at_the_place[0].message
    assert hint in at_the_place[0].hint
    assert at_the_place[0].file == f"{name}.yaml"
    assert at_the_place[0].severity == "error"


@pytest.mark.parametrize(("name", "old", "new", "code", "message", "hint"), SECRETS)
def test_a_secret_in_the_file_is_not_repeated(
    name: str, old: str, new: str, code: str, message: str, hint: str
) -> None:
    assert "not-a-real" not in "".join(map(str, findings(planted(SHIPPED[name], old, new).text, name)))


def test_several_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = SHIPPED[SR]
    for old, new in (
        ("read: get_job\n", "read: get_jib\n"),
        (MATCH, 'value: "{{ score.mach }}"'),
        ("code: errors[0].code", "code: errors[0.code"),
        ("needs: [custom_fields]", "needs: [custom_field]"),
        ("    type: secret\n", "    type: secret\n    default: not-a-real-key\n"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    found = findings(text)
    assert [finding.code for finding in found] == [
        *("secret-in-file", "bad-jmespath", "unknown-operation", "unknown-capability", "unknown-name")
    ]
    assert [finding.line for finding in found] == sorted(finding.line for finding in found)


def test_several_mistakes_of_shape_are_told_at_once() -> None:
    text = SHIPPED[SR].replace("    batch: 100", "    batsh: 100").replace("binary: true", "binary: 1")
    assert [finding.code for finding in findings(text)] == ["wrong-type", "unknown-key"]


def test_a_setting_that_sounds_like_a_secret_but_is_text_is_warned_of() -> None:
    text = SHIPPED[SR].replace("type: secret", "type: text", 1)
    (found,) = findings(text)
    assert (found.severity, found.code) == ("warning", "secret-as-text")
    assert "`type: secret`" in found.hint


def test_the_truth_must_be_a_way_that_is_described() -> None:
    text = SHIPPED[SR]
    start, end = text.index("  webhook:\n    name:"), text.index("  poll:\n    every")
    (found,) = findings(text[:start] + text[end:])
    assert (found.code, found.line) == ("missing-key", text[:start].count("\n", 0, text.index("truth: webhook")) + 1)
    assert "`webhook` is said to be the truth" in found.message


def test_a_paged_list_that_never_asks_for_the_next_page_is_refused() -> None:
    text = SHIPPED[SR].replace('      pageId: "{{ page.cursor }}"\n', "", 1)
    (found,) = findings(text)
    assert found.code == "page-unused"


def test_an_unsigned_webhook_without_a_secret_address_is_refused() -> None:
    text = SHIPPED[TR].replace('    url_secret: "{{ settings.webhook_secret }}"\n', "", 1)
    (found,) = findings(text, TR)
    assert (found.code, found.hint) == ("open-door", "add one of them")


def test_loading_raises_all_mistakes_as_one_error(tmp_path: Path) -> None:
    file = tmp_path / "smartrecruiters.yaml"
    file.write_text(
        SHIPPED[SR].replace("read: get_job\n", "read: get_jib\n").replace(MATCH, 'value: "{{ scor }}"', 1)
    )
    with pytest.raises(SpecError) as raised:
        load(file)
    assert {finding.code for finding in raised.value.findings} == {"unknown-operation", "unknown-name"}
    assert str(file) in raised.value.message
