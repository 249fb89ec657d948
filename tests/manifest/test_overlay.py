"""A tenant's overlay changes what it may, and nothing else: each refusal is told with place, reason and hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SettingMissing, SpecError
from engine.manifest.connection import connect
from engine.manifest.language.templates import UNSET
from engine.manifest.overlay import Overlay, load_overlay
from tests.manifest.planting import MARK

GOOD = 'tenant: acme\nextends: smartrecruiters\nsettings: {api_key: "${env:ACME_KEY}"}\n'
ENVIRONMENT = {"ACME_KEY": "not-a-real-key"}


def written(folder: Path, text: str) -> Path:
    file = folder / "acme.yaml"
    file.write_text(text, "utf-8")
    return file


def overlay(folder: Path, more: str = "", base: str = GOOD) -> Overlay:
    return load_overlay(written(folder, base + more))


REFUSED = [
    ('«apis: {main: {base_url: "https://x.example"}}', "not-overridable", "`apis`", "hosts, sign-in"),
    ("«operations: {}", "not-overridable", "`operations`", "hosts, sign-in"),
    ("«objects: {}", "not-overridable", "`objects`", ""),
    ("«capabilities: {}", "not-overridable", "`capabilities`", ""),
    ("«write_back: {}", "not-overridable", "`write_back`", ""),
    ("«actions: {}", "not-overridable", "`actions`", ""),
    ("«auth: {}", "not-overridable", "`auth`", ""),
    ("«signature: off", "not-overridable", "`signature`", ""),
    ("«host: x.example", "not-overridable", "`host`", ""),
    ("limits: {«timeout: 5s}", "not-overridable", "`timeout`", ""),
    ("limits: {rate: «20/s}", "limit-raised", "never raise it", "at most 10/s at `main`"),
    ("limits: {rate: «601/1m}", "limit-raised", "never raise it", "at most 10/s at `main`"),
    ("limits: {rate: «0/s}", "wrong-form", "10/s or 100/1m", ""),
    ("limits: {concurrency: «9}", "limit-raised", "never raise it", "at most 8 at `main`"),
    ("«field: {match_score: A}", "unknown-key", "`field`", "`fields`"),
    ("fields: {«match_scor: A}", "unknown-key", "`match_scor`", "`match_score`"),
    ("fields: {screened: «A}", "no-field", "`screened` does not go to a field", "rungs"),
    ("events: {queue: «{every: 5m}}", "no-poll", "has no event queue", ""),
    ("outputs: {hm_comment: «of}", "unknown-value", "`on`, `off`", "`off`"),
    ("outputs: {stage: «on}", "not-overridable", "`stage_move` only", "stage_move: {to, when}"),
    ("outputs: {«resume_text: on}", "unknown-output", "has no output `resume_text`", "reasons"),
    ("rungs: {reasons: [note, «tag]}", "unknown-rung", "cannot go to a tag", "field, note, attachment"),
    ("rungs: {reasons: [«nte]}", "unknown-value", "`nte`", "`note`"),
    ("rungs: {reasons: «[]}", "empty", "must not be empty", ""),
    ('texts: {reasons: "{{ «score.reason }}"}', "unknown-name", "`score.reason`", "`score.reasons`"),
    ('when: {match_score: "«score.mach > `5`"}', "unknown-name", "`score.mach`", "`score.match`"),
    ('when: {match_score: "score.match >«"}', "bad-jmespath", "ends too early", ""),
    ("notes: {«evaluatio: hi}", "unknown-note", "`evaluatio`", "`evaluation`"),
    ('notes: {evaluation: "x «{{ outputs.match_score"}', "bad-jinja", "not closed", "`}}`"),
    (
        "when: {match_score: \"«score.match == '86'\"}",
        "never-true",
        "a whole number is compared with text",
        "to_string",
    ),
    ('texts: {reasons: "Why: {{ «score.skills_matched }}"}', "wrong-kind", "cannot stand in a text", "join"),
    ("notes:\n  evaluation: |\n    Hi\n    {{ «scor.match }}\n", "unknown-name", "`scor`", "`score`"),
    ("events: {poll: {every: «1 hour}}", "wrong-form", "30s, 10m or 24h", ""),
    ("events: {poll: {«evry: 1h}}", "unknown-key", "`evry`", "`every`"),
    ("events: {webhook: «maybe}", "unknown-value", "`on`, `off`", ""),
    ("stage_move: {to: «HIRED, when: score.match}", "unknown-stage", "`HIRED`", "INTERVIEW"),
    ("stage_move: {to: «REJECTED, when: score.match}", "unknown-stage", "`REJECTED`", ""),
    ("«stage_move: {to: INTERVIEW}", "missing-key", "`when` is missing", ""),
    ('shortlist: {url: "https://s.example/{{ «candidat.id }}"}', "unknown-name", "`candidat`", "`candidate`"),
]
SETTINGS = [
    ("{api_key: «not-a-real-key}", "secret-in-file", "`api_key` is a secret", "${env:API_KEY}"),
    ('{api_key: «"${env:ACME_KEY"}', "secret-in-file", "`api_key` is a secret", "${file:/run/secrets/api_key}"),
    ('{api_key: «"x${env:ACME_KEY}"}', "secret-in-file", "`api_key` is a secret", ""),
    ('{«apikey: "${env:ACME_KEY}"}', "unknown-setting", "`apikey`", "`api_key`"),
    ('{api_key: "${env:K}", host: «evil.example}', "bad-setting", "`host` must be a host like", ""),
    ('{api_key: "${env:K}", host: «smartrecruiters.com.evil.example}', "bad-setting", "`host` must be", ""),
    ('{api_key: "${env:K}", credential: «basic}', "bad-setting", "must be one of: api_key, oauth", ""),
    ('{api_key: "${env:K}", signature_tolerance: «soon}', "bad-setting", "a duration such as", ""),
    ('{api_key: "${env:K}", test_candidate: «[a]}', "wrong-type", "expected text", ""),
]


def refused(folder: Path, text: str) -> tuple[tuple[int, int], SpecError]:
    at = text.index(MARK)
    file = written(folder, text.replace(MARK, ""))
    with pytest.raises(SpecError) as raised:
        load_overlay(file)
    assert all(finding.file == str(file) for finding in raised.value.findings)
    return (text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)), raised.value


@pytest.mark.parametrize(
    ("text", "code", "message", "hint"),
    [
        *((GOOD + more, code, message, hint) for more, code, message, hint in REFUSED),
        *((GOOD.replace('{api_key: "${env:ACME_KEY}"}', given), *told) for given, *told in SETTINGS),
        (GOOD.replace("smartrecruiters", "«smartrecruiter"), "unknown-manifest", "`smartrecruiter`", "`smartrecruiters`"),
        (GOOD.replace("acme", "«Acme Ltd"), "wrong-form", "small letters, digits and hyphens", ""),
        (GOOD.replace("tenant: acme\n", "«"), "missing-key", "`tenant`", ""),
        ("tenant: acme\nextends: smartrecruiters\n".replace("tenant", "«tenant"), "missing-setting", "`api_key`", ""),
        ("«- acme\n", "wrong-type", "expected a mapping", ""),
    ],
)  # fmt: skip
def test_what_a_tenant_may_not_say_is_told(tmp_path: Path, text: str, code: str, message: str, hint: str) -> None:
    place, error = refused(tmp_path, text)
    finding = error.findings[0]
    assert ((finding.line, finding.column), finding.code) == (place, code), error.message
    assert message in finding.message
    assert hint in finding.hint
    assert "not-a-real-key" not in error.message


def test_a_misspelt_setting_is_one_mistake_not_two(tmp_path: Path) -> None:
    _, error = refused(tmp_path, GOOD.replace("api_key:", "«apikey:"))
    assert len(error.findings) == 1


def test_several_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    more = "fields: {screened: A}\nlimits: {rate: 20/s}\nstage_move: {to: HIRED, when: score.mach}\n"
    _, error = refused(tmp_path, MARK + GOOD + more)
    assert [finding.code for finding in error.findings] == [
        "no-field",
        "limit-raised",
        "unknown-stage",
        "unknown-name",
    ]


def test_the_base_stays_as_it_is_where_nothing_is_said(tmp_path: Path) -> None:
    plain = overlay(tmp_path)
    assert plain.manifest.write_back == plain.base.write_back
    assert plain.manifest.events == plain.base.events
    assert plain.manifest.apis == plain.base.apis
    assert plain.manifest.digest != plain.base.digest


def test_fields_rungs_texts_switches_and_thresholds_take_effect(tmp_path: Path) -> None:
    more = """\
fields: {match_score: AI Fit}
rungs: {reasons: [note]}
texts: {screened: Seen by Acme}
outputs: {hm_comment: off}
when: {match_score: "score.match >= `50`"}
notes: {evaluation: "Score {{ outputs.match_score }}"}
"""
    outputs = overlay(tmp_path, more).manifest.write_back.outputs
    assert [rung.target for rung in outputs["match_score"].rungs if rung.place == "field"] == ["AI Fit"]
    assert [rung.place for rung in outputs["reasons"].rungs] == ["note"]
    assert outputs["screened"].value.render({}) == "Seen by Acme"
    assert not outputs["hm_comment"].enabled
    condition = outputs["match_score"].when
    assert condition is not None
    assert condition({"score": {"match": 50}}) is True
    assert condition({"score": {"match": 49}}) is False
    note = overlay(tmp_path, more).manifest.write_back.notes["evaluation"]
    assert note.text.render({"outputs": {"match_score": 7}}) == "Score 7"
    assert note.subject is None
    assert outputs["shortlist_link"].value.render({}) is UNSET


def test_intervals_limits_and_openings_take_effect(tmp_path: Path) -> None:
    more = "events: {webhook: off, coalesce: 9s, poll: {every: 15m}}\nlimits: {rate: 100/1m, concurrency: 2}\n"
    found = overlay(tmp_path, more + "jobs: {only: [j1, 7]}\n")
    assert found.manifest.events.coalesce_s == 9.0
    assert found.manifest.events.poll is not None
    assert found.manifest.events.poll.every_s == 900.0
    assert found.manifest.apis["main"].limits.rate == (100, 60.0)
    assert found.manifest.apis["main"].limits.concurrency == 2
    assert not found.webhook
    assert found.only_jobs == {"j1", "7"}


def test_the_stage_moves_only_where_the_tenant_turns_it_on(tmp_path: Path) -> None:
    assert not overlay(tmp_path).manifest.write_back.outputs["stage"].enabled
    moved = overlay(tmp_path, 'stage_move: {to: INTERVIEW, when: "score.match >= `85`"}\n')
    assert moved.manifest.write_back.outputs["stage"].enabled
    assert moved.stage_to == "INTERVIEW"


def test_secrets_are_read_only_when_a_connection_is_made_and_never_shown(tmp_path: Path) -> None:
    found = overlay(tmp_path)
    assert found.given == {"api_key": "${env:ACME_KEY}"}
    connection = connect(found, ENVIRONMENT)
    assert connection.secrets == ("not-a-real-key",)
    assert "not-a-real-key" not in repr(connection)
    assert "not-a-real-key" not in repr(connection.settings)
    with pytest.raises(SettingMissing, match="ACME_KEY, which is not set"):
        connect(found, {})


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("not-a-real-key\n")
    found = overlay(tmp_path, base=GOOD.replace("${env:ACME_KEY}", f"${{file:{tmp_path / 'key'}}}"))
    assert connect(found, {}).settings["api_key"] == "not-a-real-key"
    (tmp_path / "key").unlink()
    with pytest.raises(SettingMissing, match="cannot be read"):
        connect(found, {})


def test_a_plain_number_is_text_where_the_setting_is_text(tmp_path: Path) -> None:
    found = overlay(tmp_path, base=GOOD.replace("{api_key", "{test_candidate: 0047, prospect_job: 4711, api_key"))
    settings = connect(found, ENVIRONMENT).settings
    assert (settings["test_candidate"], settings["prospect_job"]) == ("0047", "4711")


def test_a_value_from_the_environment_is_checked_like_one_in_the_file(tmp_path: Path) -> None:
    found = overlay(tmp_path, base=GOOD.replace("{api_key", '{host: "${env:HOST}", api_key'))
    assert (
        connect(found, {**ENVIRONMENT, "HOST": "eu.smartrecruiters.com"}).settings["host"] == "eu.smartrecruiters.com"
    )
    with pytest.raises(SettingMissing, match="must be a host like"):
        connect(found, {**ENVIRONMENT, "HOST": "evil.example"})


def test_mistakes_of_the_manifest_are_told_as_the_manifests(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "smartrecruiters.yaml").write_text("manifest: 1\n")
    with pytest.raises(SpecError) as raised:
        load_overlay(written(tmp_path, GOOD), tmp_path / "mappings")
    assert {Path(finding.file).name for finding in raised.value.findings} == {"smartrecruiters.yaml"}


def test_a_tenant_is_called_as_its_file_is(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text('tenant: acne\nextends: smartrecruiters\nsettings: {api_key: "${env:K}"}\n', "utf-8")
    with pytest.raises(SpecError) as refused:
        load_overlay(file)
    (finding,) = refused.value.findings
    assert (finding.line, finding.column, finding.code) == (1, 9, "id-not-file")


def test_a_rate_that_may_not_be_raised_is_shown_as_it_is_written(tmp_path: Path) -> None:
    for name, rate, most in (("trackerrms", "200/1m", "100/1m"), ("teamtailor", "90/10s", "50/10s")):
        file = tmp_path / "acme.yaml"
        file.write_text(f"tenant: acme\nextends: {name}\nlimits: {{rate: {rate}}}\n", "utf-8")
        with pytest.raises(SpecError) as caught:
            load_overlay(file)
        assert f"at most {most} at" in str([one.hint for one in caught.value.findings if one.code == "limit-raised"])
