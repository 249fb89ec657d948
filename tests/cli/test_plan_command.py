"""``fieldwright plan``: what an event would lead to; nothing is sent, and no secret is shown."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import Ended, fieldwright, lines_with, tenant

OVERLAY = 'tenant: acme\nextends: smartrecruiters\nsettings: {api_key: "${env:ACME_UNSET_TOKEN}"}\n'
BODY = {"candidate_id": "cand-88", "job_id": "job-88", "application_id": "app-88"}
WEBHOOK = {"headers": {"event-name": "application.created", "event-id": "e-1"}, "body": BODY}

_NO_NETWORK = """
import sys
def refuse(event, _):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        sys.stderr.write("network used: " + event)
        sys.exit(97)
sys.addaudithook(refuse)
from engine.cli.main import run
try:
    run(sys.argv[1:])
finally:
    assert "httpx" not in sys.modules, "an HTTP client was loaded"
"""


def planned(folder: Path, *more: str | Path, event: object = WEBHOOK, overlay: str = OVERLAY) -> Ended:
    file = folder / "event.json"
    file.write_text(json.dumps(event), "utf-8")
    return fieldwright("plan", tenant(folder / "tenants", overlay), "--event", file, *more)


def test_event_reads_writes_and_places_are_shown(tmp_path: Path) -> None:
    ended = planned(tmp_path)
    assert ended.code == 0
    assert "Event: application.created (webhook)" in ended.out
    assert "candidate cand-88, job job-88, application app-88" in ended.out
    assert "GET https://api.smartrecruiters.com/candidates/cand-88/jobs/job-88" in ended.out
    assert "PUT https://api.smartrecruiters.com/candidates/cand-88/jobs/job-88/properties" in ended.out
    assert "match_score      → custom field “Skima Match Score” (place 1 of 3)" in ended.out
    assert "if refused: activity note" in ended.out
    assert "Outcome: delivered" in ended.out


def test_it_says_where_the_answers_come_from(tmp_path: Path) -> None:
    assert "smartrecruiters.test.yaml" in planned(tmp_path).out


def test_secrets_are_masked_and_need_not_be_set(tmp_path: Path) -> None:
    ended = planned(tmp_path)
    assert [*lines_with(ended.out, ["X-SmartToken: •••"])]
    assert "placeholder-" not in ended.out
    assert "placeholder-" not in planned(tmp_path, "--json").out


def test_a_secret_that_is_set_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_UNSET_TOKEN", "fake-but-set-secret")
    assert "fake-but-set-secret" not in planned(tmp_path).out
    overlay = OVERLAY.replace("${env:ACME_UNSET_TOKEN}", "${file:/nowhere/at/all}")
    assert planned(tmp_path, overlay=overlay).code == 0


def test_nothing_is_sent_and_no_http_client_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(WEBHOOK), "utf-8")
    overlay = tenant(tmp_path / "tenants", OVERLAY)
    command = [sys.executable, "-c", _NO_NETWORK, "plan", str(overlay), "--event", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Nothing is sent." in ended.stdout


def test_a_refusal_shows_the_next_rung_and_the_cause(tmp_path: Path) -> None:
    ended = planned(tmp_path, "--refuse", "set_properties", "--refuse", "share_note=401")
    assert ended.code == 0
    assert "As if set_properties were refused with 403." in ended.out
    assert "set_properties  → refused: 403" in ended.out
    assert "match_score      → evidence PDF (place 3 of 3)" in ended.out
    assert "passed over custom field “Skima Match Score”: 403" in ended.out
    assert "passed over activity note: 401" in ended.out
    assert "if refused: no place is left" in ended.out


def test_an_output_that_no_place_takes_says_so(tmp_path: Path) -> None:
    refusals = [part for name in ("set_properties", "share_note", "upload_attachment") for part in ("--refuse", name)]
    ended = planned(tmp_path, *refusals)
    assert "match_score      has no place left" in ended.out
    assert "Outcome: dead" in ended.out


def test_machines_get_the_same(tmp_path: Path) -> None:
    plan = planned(tmp_path, "--json", "--refuse", "set_properties=400").json
    assert plan["events"][0]["ids"]["candidate"] == "cand-88"
    assert plan["refused"] == {"set_properties": 400}
    assert plan["writes"][0]["operation"] == "set_properties"
    assert plan["writes"][0]["headers"]["x-smarttoken"] == "•••"
    score = next(one for one in plan["outputs"] if one["output"] == "match_score")
    assert (score["place"], score["rung"], score["otherwise"]) == ("note", 2, "evidence PDF")
    assert score["causes"][0]["why"] == "400"


def test_a_bare_body_needs_the_name_that_a_header_carries(tmp_path: Path) -> None:
    ended = planned(tmp_path, event=BODY)
    assert ended.code == 2
    assert "--name EVENT, one of: application.created" in ended.err
    assert planned(tmp_path, "--name", "application.created", event=BODY).code == 0


def test_a_name_is_not_taken_where_the_body_has_it(tmp_path: Path) -> None:
    overlay = 'tenant: acme\nextends: trackerrms\nsettings: {static_token: "${env:ACME_UNSET_TOKEN}"}\n'
    event = {"recordType": "OpportunityResource", "action": "Created", "recordId": 5}
    assert planned(tmp_path, "--name", "x", event=event, overlay=overlay).code == 2
    ended = planned(tmp_path, event=event, overlay=overlay)
    assert ended.code == 0
    assert "Split into: application.created" in ended.out
    assert "OpportunityResource/5" in ended.out


def test_a_canonical_event_is_taken(tmp_path: Path) -> None:
    event = {
        "event": "feedback.given",
        "ids": {"candidate": "c", "job": "j"},
        "data": {"feedback": {"verdict": "👍", "comment": "Yes"}},
    }
    ended = planned(tmp_path, event=event)
    assert "hm_feedback      → custom field “HM Feedback”" in ended.out


def test_an_unknown_canonical_event_names_the_nearest(tmp_path: Path) -> None:
    ended = planned(tmp_path, event={"event": "feedback.gven", "ids": {}})
    assert ended.code == 2
    assert "feedback.given" in ended.err


def test_answers_of_ones_own_are_taken_as_they_are(tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("answers:\n  get_application: {status: 404}\n", "utf-8")
    ended = planned(tmp_path, "--answers", answers)
    assert ended.code == 0
    assert str(answers) in ended.out
    assert "Outcome: filtered — get_application: not there any more (404)" in ended.out


def test_a_read_that_no_answer_is_given_for_is_named(tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("answers:\n  get_application: {json: {status: NEW}}\n", "utf-8")
    ended = planned(tmp_path, "--answers", answers)
    assert ended.code == 2
    assert "nothing answers the operation `get_candidate`" in ended.err


@pytest.mark.parametrize(
    ("refuse", "said"),
    [("set_property", "did you mean"), ("set_properties=200", "no status that refuses"), ("add_tags=x", "from 400")],
)
def test_a_refusal_that_cannot_be_is_told(tmp_path: Path, refuse: str, said: str) -> None:
    ended = planned(tmp_path, "--refuse", refuse)
    assert ended.code == 2
    assert said in ended.err


@pytest.mark.parametrize(("text", "said"), [("{", ":1:2 this is not JSON"), (None, "cannot be read")])
def test_an_event_that_cannot_be_read_is_told(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "event.json"
    if text is not None:
        file.write_text(text, "utf-8")
    ended = fieldwright("plan", tenant(tmp_path / "tenants", OVERLAY), "--event", file)
    assert ended.code == 2
    assert said in ended.err


def test_an_event_that_is_not_translated_ends_with_its_cause(tmp_path: Path) -> None:
    ended = planned(tmp_path, event={**WEBHOOK, "body": {}})
    assert ended.code == 0
    assert "it becomes no canonical event" in ended.out
    assert "Outcome: quarantined" in ended.out


def test_a_tenant_is_found_by_its_id(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(WEBHOOK), "utf-8")
    tenant(tmp_path / "tenants", OVERLAY)
    arguments = ("--event", file, "--tenants", tmp_path / "tenants")
    assert fieldwright("plan", "acme", *arguments).code == 0
    missing = fieldwright("plan", "acne", *arguments)
    assert missing.code == 2
    assert "did you mean `acme`?" in missing.err


def test_what_data_could_steer_a_terminal_with_is_made_visible(tmp_path: Path) -> None:
    event = {"event": "score.due", "ids": {"candidate": "c\u001b[31m", "job": "j"}}
    ended = planned(tmp_path, event=event)
    assert "\u001b" not in ended.out
