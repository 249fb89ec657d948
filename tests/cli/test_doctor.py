"""``fieldwright doctor``: what it finds out, what it asks a person to do, and what it never prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.tenant_runs import Desk, desk


def verdicts(desk: Desk, **environment: str) -> dict[str, str]:
    return {
        check["id"]: check["verdict"] for check in desk.run("doctor", "trial", "--json", **environment).json["checks"]
    }


def test_a_tenant_in_order_passes_and_is_told_what_is_left_by_hand(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        (candidate,) = here.apply()
        here.settings(f"  test_candidate: '{candidate}'\n")
        ended = here.run("doctor", "trial")
        assert ended.code == 0
        assert "the credential is accepted" in ended.out
        assert "the résumé's text: 2," in ended.out
        assert "custom field “Skima Audit Id”: there is no field of this name" in ended.out
        assert "What an administrator must still do by hand" in ended.out
        assert "Settings / Admin → Candidate fields" in ended.out


def test_it_prints_neither_the_person_nor_the_secret(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        (candidate,) = here.apply()
        here.settings(f"  test_candidate: '{candidate}'\n")
        view = here.ats.candidate_view(candidate)
        for arguments in (["doctor", "trial"], ["doctor", "trial", "--json"]):
            ended = here.run(*arguments)
            for hidden in (view.name, view.email, view.phone, here.ats.switches.api_key):
                assert hidden not in ended.out + ended.err


def test_a_refused_credential_fails_with_what_to_do_and_nothing_else_is_tried(tmp_path: Path) -> None:
    with desk(tmp_path, api_key="not-the-key-of-the-tenants-file") as here:
        ended = here.run("doctor", "trial", SANDBOX_API_KEY="not-a-real-key-that-fits")
        assert ended.code == 1
        assert "failed   Sign in (main)" in ended.out
        assert "see “Make a credential”" in ended.out
        assert "not tried: signing in failed" in ended.out
        assert "Mend what failed and run doctor again" in ended.out
        assert "Nothing is left" not in ended.out


def test_a_denied_scope_is_named(tmp_path: Path) -> None:
    with desk(tmp_path, permissions="all,-jobs_read") as here:
        ended = here.run("doctor", "trial")
        assert ended.code == 1
        assert "it needs jobs_read" in ended.out


def test_the_scopes_are_the_least_for_what_the_tenant_uses(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        before = {need["scope"] for need in here.run("doctor", "trial", "--json").json["scopes"]}
        here.settings("events: {webhook: off}\n")
        after = {need["scope"] for need in here.run("doctor", "trial", "--json").json["scopes"]}
        assert {"webhooks_read", "webhooks_write"} == before - after
        assert "candidates_manage" in after


def test_scopes_of_what_is_off_or_done_by_a_person_are_listed_apart(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        found = here.run("doctor", "trial", "--json").json
        assert [need["scope"] for need in found["scopes_apart"]] == ["webhooks_delete"]
        assert "webhooks_delete" not in {need["scope"] for need in found["scopes"]}
        assert "Scopes for what is off or done by a person only" in here.run("doctor", "trial").out
        page = here.run("docs", "smartrecruiters", "--tenant", "trial").out
        assert all(f"| `{need['scope']}` |" in page for need in (*found["scopes"], *found["scopes_apart"]))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ("none", "there is no field of this name"),
        ("Skima Match Score:BOOLEAN", "custom field “Skima Match Score”"),
    ],
)
def test_fields_that_are_missing_or_do_not_fit_are_named_with_where_the_output_goes_instead(
    tmp_path: Path, fields: str, why: str
) -> None:
    with desk(tmp_path, fields=fields) as here:
        found = here.run("doctor", "trial", "--json").json
        (score,) = (output for output in found["outputs"] if output["output"] == "match_score")
        assert score["place"] == "activity note"
        assert any(why in cause for cause in score["why"])
        assert verdicts(here)["fields"] == "by hand"


def test_a_field_made_since_the_last_look_is_found(tmp_path: Path) -> None:
    with desk(tmp_path, fields="none") as here:
        assert verdicts(here)["fields"] == "by hand"
        labels = "Skima Match Score:NUMBER,Skima Reasons:TEXT,HM Feedback:SINGLE_SELECT(👍|👎|Maybe),HM Comment:TEXT"
        here.ats.switches.update({"fields": f"{labels},Skima Audit Id:TEXT"})
        assert verdicts(here)["fields"] == "ok"


def test_read_only_credentials_work_and_say_which_outputs_are_off_and_why(tmp_path: Path) -> None:
    with desk(tmp_path, "trackerrms", access="read_only") as here:
        ended = here.run("doctor", "trial")
        assert "off: writing: the credential is read-only (setting access)" in ended.out
        assert "match_score goes nowhere: activity note: the credential is read-only" in ended.out
        assert verdicts(here)["outputs"] == "ok"


def test_what_was_refused_before_is_told_and_tried_again(tmp_path: Path) -> None:
    with desk(tmp_path, permissions="all,-properties") as here:
        here.run("feedback", "trial", "--candidate", here.apply()[0], "--job", here.job, "--verdict", "👍")
        refused = here.run("doctor", "trial").out
        assert "custom fields were refused before (403 PERMISSION_DENIED); the next write tries them again" in refused
        assert "were refused before" not in here.run("doctor", "trial").out


def test_the_webhook_address_is_printed_whole_only_on_demand(tmp_path: Path) -> None:
    with desk(tmp_path, "trackerrms") as here:
        here.settings('  webhook_secret: "${env:HOOK}"\n')
        secret = "not-a-real-secret-0123456789"
        masked = here.run("doctor", "trial", "--public-url", "https://hooks.example", HOOK=secret)
        shown = here.run("doctor", "trial", "--public-url", "https://hooks.example", "--show-secrets", HOOK=secret)
        assert secret not in masked.out
        assert f"https://hooks.example/hooks/trial/{secret}" in shown.out


def test_a_door_without_its_secret_is_said_to_be_shut(tmp_path: Path) -> None:
    with desk(tmp_path, "trackerrms") as here:
        assert "the door is shut" in here.run("doctor", "trial").out


def test_an_ats_that_is_away_is_no_traceback(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        here.ats.faults.set(reset_before=100)
        ended = here.run("doctor", "trial")
        assert ended.code == 1
        assert "Traceback" not in ended.out + ended.err
