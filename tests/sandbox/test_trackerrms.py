from __future__ import annotations

from typing import Any

import httpx
import pytest

from engine.clock import iso, parse_iso
from engine.errors import InputError
from sandbox import open_sandbox, switches
from tests.sandbox.trackerrms_tenant import JOB, applicant, open_tenant


def test_a_new_exchange_kills_the_earlier_jwt() -> None:
    with open_tenant() as tenant:
        assert tenant.post("Resource/Search").status_code == 200
        earlier = dict(tenant.client.headers)
        tenant.sign_in()
        assert tenant.post("Resource/Search").status_code == 200
        answer = httpx.post(f"{tenant.url}/api/v1/Resource/Search", json={}, headers=earlier)
        assert answer.status_code == 401


def test_the_earlier_jwt_lives_where_the_switch_says_so() -> None:
    with open_tenant(exchange_invalidates=False) as tenant:
        earlier = dict(tenant.client.headers)
        tenant.sign_in()
        answer = httpx.post(f"{tenant.url}/api/v1/Resource/Search", json={}, headers=earlier)
        assert answer.status_code == 200


def test_a_jwt_ends_at_its_expiration_and_a_wrong_token_gets_none() -> None:
    with open_tenant(jwt_life_s=600) as tenant:
        answer = tenant.client.post("/api/Auth/ExchangeToken", json={"bearerToken": "sandbox-static-token"}).json()
        left_s = parse_iso(answer["expiration"]) - tenant.ats.clock.now()
        assert 590 < left_s <= 600
        tenant.client.headers["Authorization"] = f"Bearer {answer['token']}"
        assert tenant.post("Resource/Search").status_code == 200
        tenant.ats.advance(601)
        assert tenant.post("Resource/Search").status_code == 401
        wrong = tenant.client.post("/api/Auth/ExchangeToken", json={"bearerToken": "nobody"})
        assert wrong.status_code == 401


def test_without_a_jwt_every_v1_call_is_401() -> None:
    with open_tenant() as tenant:
        del tenant.client.headers["Authorization"]
        assert tenant.get("Resource/1").status_code == 401
        assert tenant.post("Activity", {}).status_code == 401


def _tokens(tenant: Any, **form: str) -> httpx.Response:
    known = {"client_id": "EvoApi_1.0", "client_secret": "sandbox-client-secret"}
    answer: httpx.Response = tenant.client.post("/oAuth2/Token", data={**known, **form})
    return answer


def test_oauth_code_gives_an_input_token_and_refresh_tokens_rotate() -> None:
    with open_tenant() as tenant:
        back = "http://127.0.0.1:9/callback"
        query = {"client_id": "EvoApi_1.0", "redirect_uri": back, "response_type": "code", "state": "s1"}
        sent = tenant.client.get("/oAuth2/Authorize", params=query)
        assert sent.status_code == 302
        given = httpx.URL(sent.headers["location"]).params
        assert given["state"] == "s1"
        first = _tokens(tenant, grant_type="authorization_code", code=given["code"], redirect_uri=back).json()
        tenant.sign_in(first["access_token"])
        assert tenant.post("Resource/Search").status_code == 200

        second = _tokens(tenant, grant_type="refresh_token", refresh_token=first["refresh_token"])
        assert second.status_code == 200
        again = _tokens(tenant, grant_type="refresh_token", refresh_token=first["refresh_token"])
        assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
        assert tenant.legacy("checkLogon", credentials={"oauthtoken": second.json()["access_token"]})["status"] == 0


def test_oauth_refuses_a_wrong_secret_and_sends_nobody_off_loopback() -> None:
    with open_tenant() as tenant:
        wrong = _tokens(tenant, grant_type="refresh_token", refresh_token="x", client_secret="wrong")
        assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")
        query = {"client_id": "EvoApi_1.0", "redirect_uri": "https://example.com/"}
        assert tenant.client.get("/oAuth2/Authorize", params=query).status_code == 400


def test_a_candidate_is_created_read_and_changed() -> None:
    with open_tenant() as tenant:
        body = {
            "firstName": "Ana", "surname": "López", "contactDetails": {"email": "ana@example.com"},
            "tagText": "A, B", "note": "Called.",
        }  # fmt: skip
        made = tenant.post("Resource", body)
        assert made.status_code == 201
        key = made.json()["id"]
        assert made.json() == {"id": key, "success": True}
        tenant.ats.advance(60)
        assert tenant.patch(f"Resource/{key}", {"jobTitle": "Welder"}).status_code == 204
        found = tenant.get(f"Resource/{key}").json()
        assert found["resourceId"] == key
        assert found["contactDetails"]["email"] == "ana@example.com"
        assert (found["jobTitle"], found["tagText"], found["note"]) == ("Welder", "A, B", "Called.")
        assert parse_iso(found["lastUpdatedDateTime"]) - parse_iso(found["createdDateTime"]) >= 60


def test_a_patch_changes_only_what_it_names_but_takes_null_as_null() -> None:
    with open_tenant(patch_answer="200") as tenant:
        key = tenant.post("Resource", {"firstName": "Ana", "jobTitle": "Welder", "source": "Web"}).json()["id"]
        answer = tenant.patch(f"Resource/{key}", {"jobTitle": None, "tagText": "ignored", "unknown": 1})
        assert answer.status_code == 200
        assert (answer.json()["jobTitle"], answer.json()["source"], answer.json()["tagText"]) == (None, "Web", "")


def test_skills_are_replaced_whole_and_unknown_ids_vanish() -> None:
    with open_tenant() as tenant:
        key = tenant.post("Resource", {"firstName": "Ana", "skills": [{"id": 101, "name": "Python"}]}).json()["id"]
        wanted = [
            {"id": 102, "name": "x"},
            {"id": 99999, "name": "Gone"},
            {"id": -1, "name": "go"},
            {"id": 0, "name": "TIG"},
        ]
        assert tenant.patch(f"Resource/{key}", {"skills": wanted}).status_code == 204
        skills = tenant.get(f"Resource/{key}").json()["skills"]
        assert [skill["name"] for skill in skills] == ["Java", "Go", "TIG"]


def test_a_patch_of_a_missing_record_answers_204_and_a_get_404() -> None:
    with open_tenant(stage_move=True) as tenant:
        assert tenant.patch("Resource/999", {"jobTitle": "x"}).status_code == 204
        assert tenant.patch("OpportunityResource/999", {"opportunityResourceStatusId": 2}).status_code == 204
        for path in ("Resource/999", "Opportunity/999", "OpportunityResource/999"):
            assert tenant.get(path).status_code == 404


def test_applying_makes_rows_of_one_candidate_at_many_jobs() -> None:
    with open_tenant() as tenant:
        jobs = [tenant.ats.add_job(JOB), tenant.ats.add_job(JOB)]
        keys = {tenant.ats.apply(applicant(), job) for job in jobs}
        assert len(keys) == 1
        found = tenant.post("OpportunityResource/Search", {"pageSize": 50}).json()
        assert (found["totalRecords"], found["pageNumber"], found["pageSize"]) == (2, 1, 10)
        assert {str(row["opportunityId"]) for row in found["data"]} == set(jobs)
        row = found["data"][0]
        assert (row["opportunityResourceStatusName"], row["resourceEmail"]) == ("Longlisted", "ana.lópez@example.com")
        whole = tenant.get(f"OpportunityResource/{row['opportunityResourceId']}").json()
        assert {"id": 123, "name": "Right to work", "value": None} in whole["customFields"]


def test_the_longlist_call_adds_a_row_once() -> None:
    with open_tenant() as tenant:
        job = tenant.ats.add_job(JOB)
        key = tenant.post("Resource", {"firstName": "Ana"}).json()["id"]
        answers = [tenant.post(f"Opportunity/{job}/longlist/resource/{key}", []) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 200]
        assert answers[0].json()["id"] == answers[1].json()["id"]
        assert tenant.post(f"Opportunity/{job}/longlist/resource/1", []).status_code == 404


def test_jobs_honour_state_publish_and_updated_after() -> None:
    with open_tenant() as tenant:
        old = tenant.ats.add_job(JOB)
        tenant.ats.advance(3600)
        since = tenant.ats.clock.now() - 60
        new = tenant.ats.add_job(JOB)
        tenant.ats.database.opportunities[int(old)].publish_online = False
        everything = tenant.post("Opportunity/Search").json()
        assert {str(row["opportunityId"]) for row in everything} == {old, new}
        recent = tenant.post("Opportunity/PagedSearch", {"updatedAfter": iso(since), "state": "open"}).json()
        assert [str(row["opportunityId"]) for row in recent["opportunities"]] == [new]
        assert (recent["totalCount"], recent["hasNextPage"]) == (1, False)
        online = tenant.post("Opportunity/Search", {"publishOnline": True}).json()
        assert [str(row["opportunityId"]) for row in online] == [new]
        assert tenant.post("Opportunity/Search", {"state": "closed"}).json() == []
        assert "TIG" in tenant.get(f"Opportunity/{new}").json()["opportunityDescription"]


def test_candidate_searches_ignore_text_and_updated_after_unless_switched() -> None:
    with open_tenant() as tenant:
        tenant.post("Resource", {"firstName": "Ana"})
        asked = {"searchText": "nobody", "updatedAfter": "2999-01-01T00:00:00Z"}
        assert len(tenant.post("Resource/Search", asked).json()) == 1
        tenant.ats.switches.update({"resource_updated_after": True, "resource_list": "items"})
        assert tenant.post("Resource/Search", asked).json() == {"items": []}


def test_an_activity_is_a_note_the_recruiter_sees_newest_first() -> None:
    with open_tenant() as tenant:
        key = tenant.ats.apply(applicant(), tenant.ats.add_job(JOB))
        row = tenant.ats.application(key, "1001")
        for kind, record_id, text in (("Resource", key, "first"), ("OpportunityResource", row.id, "second\n  kept")):
            body = {"recordType": kind, "recordId": record_id, "subject": "Evaluation", "note": text}
            assert tenant.post("Activity", body).status_code == 201
        notes = tenant.ats.candidate_view(key).notes
        assert [note.text for note in notes] == ["second\n  kept", "first"]
        assert tenant.post("Activity", {"recordType": "Resource", "recordId": 1}).status_code == 404
        assert tenant.post("Activity", {"recordType": "Person", "recordId": key}).status_code == 400
        page = tenant.client.get(f"/candidates-page/{key}").text
        assert page.index("second\n  kept") < page.index("first")


def test_unproven_calls_exist_only_where_switched_on() -> None:
    with open_tenant() as tenant:
        key = tenant.ats.apply(applicant(), tenant.ats.add_job(JOB))
        row = tenant.ats.application(key, "1001")
        move = {"opportunityResourceStatusId": 3}
        assert tenant.patch(f"OpportunityResource/{row.id}", move).status_code == 405
        assert tenant.post(f"Resource/{key}/Notes", {"text": "Hello"}).status_code == 404
        tenant.ats.switches.update({"stage_move": True, "notes_endpoint": "on"})
        assert tenant.patch(f"OpportunityResource/{row.id}", move).status_code == 204
        assert tenant.post(f"Resource/{key}/Notes", {"text": "Hello"}).status_code == 201
        view = tenant.ats.candidate_view(key)
        assert view.applications[0].stage == "Skima Shortlisted"
        assert view.applications[0].field("List") == "Shortlist"
        assert view.notes[0].text == "Hello"
        assert tenant.patch(f"OpportunityResource/{row.id}", {"opportunityResourceStatusId": 77}).status_code == 400


def test_a_read_only_credential_reads_and_is_refused_every_write() -> None:
    with open_tenant(access="read_only") as tenant:
        key = tenant.ats.apply(applicant(), tenant.ats.add_job(JOB))
        assert tenant.get(f"Resource/{key}").status_code == 200
        assert tenant.post("OpportunityResource/Search").status_code == 200
        body = {"recordType": "Resource", "recordId": int(key), "note": "x"}
        assert tenant.post("Activity", body).status_code == 403
        assert tenant.patch(f"Resource/{key}", {"jobTitle": "x"}).status_code == 403
        assert tenant.post("Resource", {"firstName": "x"}).status_code == 403
        assert tenant.ats.candidate_view(key).notes == ()


def test_one_area_can_be_refused_alone() -> None:
    with open_tenant(denied="activity") as tenant:
        key = tenant.ats.apply(applicant(), tenant.ats.add_job(JOB))
        body = {"recordType": "Resource", "recordId": int(key), "note": "x"}
        assert tenant.post("Activity", body).status_code == 403
        assert tenant.patch(f"Resource/{key}", {"jobTitle": "x"}).status_code == 204


@pytest.mark.parametrize("shape", ["message", "problem", "empty"])
def test_error_bodies_come_as_switched(shape: str) -> None:
    with open_tenant(error_body=shape) as tenant:
        answer = tenant.get("Resource/999")
        assert answer.status_code == 404
        told = {"message": lambda: answer.json() == {"message": "Not Found"},
                "problem": lambda: answer.json()["title"] == "Not Found", "empty": lambda: answer.content == b""}  # fmt: skip
        assert told[shape]()


def test_more_calls_a_minute_than_allowed_meet_429_until_it_has_passed() -> None:
    with open_tenant(rate_limit=3, rate_limit_answer="retry_after") as tenant:
        assert [tenant.post("Resource/Search").status_code for _ in range(3)] == [200, 200, 429]
        assert tenant.post("Resource/Search").headers["retry-after"] == "30"
        tenant.ats.advance(61)
        assert tenant.post("Resource/Search").status_code == 200


def test_broken_bodies_are_400_and_never_a_crash() -> None:
    with open_tenant() as tenant:
        key = tenant.post("Resource", {"firstName": "Ana"}).json()["id"]
        bad: list[Any] = [
            [],
            "x",
            {"skills": "x"},
            {"skills": [{"id": "x"}]},
            {"contactDetails": 7},
            {"currentClient": "x"},
        ]
        assert [tenant.patch(f"Resource/{key}", body).status_code for body in bad] == [400] * len(bad)
        assert tenant.client.post("/api/v1/Resource", content=b"{").status_code == 400
        assert tenant.client.post("/api/v1/Resource/Search", content=b'{"pageNumber": Infinity}').status_code == 200
        tenant.ats.add_job(JOB)
        assert tenant.post("Opportunity/Search", {"updatedAfter": "soon"}).status_code == 400
        assert tenant.get("Resource/abc").status_code == 400


def test_a_write_whose_answer_is_cut_off_was_applied_all_the_same() -> None:
    with open_tenant() as tenant:
        key = tenant.ats.apply(applicant(), tenant.ats.add_job(JOB))
        tenant.ats.faults.set(drop_after_apply=1, path="/api/v1/Activity")
        with pytest.raises(httpx.TransportError):
            tenant.post("Activity", {"recordType": "Resource", "recordId": int(key), "note": "once"})
        assert [note.text for note in tenant.ats.candidate_view(key).notes] == ["once"]


def test_a_candidate_without_a_note_reads_as_their_resume() -> None:
    with open_tenant() as tenant:
        key = tenant.ats.apply(applicant(), tenant.ats.add_job(JOB))
        assert tenant.get(f"Resource/{key}").json()["note"] == "Ten years of TIG welding."
        tenant.ats.switches.update({"profile_text": False})
        assert tenant.get(f"Resource/{key}").json()["note"] is None


def test_the_control_endpoints_apply_switch_and_tell_the_state() -> None:
    with open_tenant() as tenant:
        job = tenant.ats.add_job(JOB)
        body = {"first_name": "Bo", "last_name": "Li", "email": "bo@example.com", "job_id": job}
        key = tenant.client.post("/_sandbox/apply", json=body).json()["candidate_id"]
        assert tenant.ats.candidate_view(key).name == "Bo Li"
        assert tenant.client.post("/_sandbox/switches", json={"acces": "x"}).status_code == 400
        tenant.client.post("/_sandbox/switches", json={"access": "read_only"})
        assert tenant.patch(f"Resource/{key}", {}).status_code == 403
        state = tenant.client.get("/_sandbox/state").json()
        assert state["counts"]["opportunity_resources"] == 1
        assert state["requests"]["PATCH /api/v1/Resource/{id}"] == 1
        assert "Bo Li" in tenant.client.get("/").text


def test_the_sandbox_opens_by_name_and_describes_its_switches() -> None:
    ats = open_sandbox("trackerrms", naming={"opportunity": "Role"}, webhooks=["http://127.0.0.1:9/hook"])
    assert ats.name == "trackerrms"
    assert all(description for _, _, description in switches("trackerrms"))
    ats.close()
    with pytest.raises(InputError, match="loopback"):
        open_sandbox("trackerrms", webhooks="http://example.com/hook")
