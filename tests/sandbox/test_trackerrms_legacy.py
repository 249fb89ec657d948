from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.sandbox.trackerrms_tenant import JOB, Tenant, applicant, encoded, open_tenant


def _candidate(tenant: Tenant) -> str:
    return tenant.ats.apply(applicant(), tenant.ats.add_job(JOB))


def _update(tenant: Tenant, key: str, **parts: Any) -> dict[str, Any]:
    return tenant.legacy("updateRecord", instructions={"recordtype": "R", "recordid": int(key)}, **parts)


def _record(tenant: Tenant, code: str, key: Any) -> dict[str, Any]:
    answer = tenant.legacy("getIndividualRecord", instructions={"recordtype": code, "recordid": key})
    found: dict[str, Any] = answer["results"][0]
    return found


@pytest.mark.parametrize(
    ("credentials", "status"),
    [
        ({"apikey": "sandbox-api-key"}, 0),
        ({"username": "integration@sandbox.test", "password": "sandbox-password"}, 0),
        ({"username": "", "password": "", "oauthtoken": "", "apikey": "sandbox-api-key"}, 0),
        ({"apikey": "wrong"}, 1),
        ({"username": "integration@sandbox.test", "password": "wrong"}, 1),
        ({}, 1),
        ({"apikey": "sandbox-api-key", "username": "integration@sandbox.test", "password": "sandbox-password"}, 99),
    ],
)
def test_exactly_one_kind_of_credentials_logs_on(credentials: dict[str, str], status: int) -> None:
    with open_tenant() as tenant:
        assert tenant.legacy("checkLogon", credentials=credentials)["status"] == status


def test_a_v1_jwt_is_nobody_here_and_an_inactive_user_is_told_so() -> None:
    with open_tenant() as tenant:
        jwt = tenant.sign_in()
        answer = tenant.legacy("checkLogon", credentials={"oauthtoken": jwt})
        assert (answer["status"], answer["message"]) == (1, "user not found")
        tenant.ats.switches.update({"user_active": False})
        user = {"username": "integration@sandbox.test", "password": "sandbox-password"}
        assert tenant.legacy("checkLogon", credentials=user)["status"] == 2


def test_a_broken_envelope_answers_99_with_the_products_own_exception() -> None:
    with open_tenant() as tenant:
        for content in (b"", b"[]", b'{"trackerrms": {}}', b'{"trackerrms": {"other": {}}}'):
            answer = httpx.post(f"{tenant.url}/api/widget/getRecords", content=content)
            assert answer.status_code == 200
            assert answer.json() == {
                "status": 99, "message": "Object variable or With block variable not set.", "count": 0,
                "recordId": 0, "recordName": None,
            }  # fmt: skip


def test_settings_come_under_the_key_check_person_with_the_tenants_own_words() -> None:
    with open_tenant(naming={"opportunity": "Role", "resource": "Talent"}) as tenant:
        assert tenant.legacy("getSettingsData")["status"] == 99
        found = tenant.legacy("getSettingsData", key="checkPerson")
        assert found["namingConventions"] == {"opportunity": "Role", "resource": "Talent"}
        assert found["accessRights"] == "CORPNTL"
        assert {"id": 123, "name": "Right to work"}.items() <= found["customFields"][0].items()


def test_records_are_filtered_sorted_and_paged_from_zero() -> None:
    with open_tenant() as tenant:
        keys = []
        for number in range(5):
            keys.append(tenant.post("Resource", {"firstName": f"P{number}"}).json()["id"])
            tenant.ats.advance(60)
        cut = tenant.ats.database.resources[keys[1]].updated_at
        after = datetime.fromtimestamp(cut, UTC).strftime("%Y-%m-%d %H:%M:%S")
        asked = {"recordtype": "R", "updatedafter": after, "sortfield": "lastupdateddatetime", "sortdir": "desc"}
        found = tenant.legacy("getRecords", instructions=asked | {"numrecords": 2, "pagenum": 0})
        assert [row["id"] for row in found["results"]] == [keys[4], keys[3]]
        rest = tenant.legacy("getRecords", instructions=asked | {"numrecords": 2, "pagenum": 1})
        assert [row["id"] for row in rest["results"]] == [keys[2]]


def test_the_legacy_zone_is_whatever_the_switch_says() -> None:
    with open_tenant(legacy_utc_offset_h=5) as tenant:
        key = tenant.post("Resource", {"firstName": "Ana"}).json()["id"]
        utc = tenant.get(f"Resource/{key}").json()["lastUpdatedDateTime"]
        local = _record(tenant, "R", key)["lastupdateddatetime"]
        assert (int(local[11:13]) - int(utc[11:13])) % 24 == 5


def test_placements_show_only_working_offer_and_complete() -> None:
    with open_tenant() as tenant:
        key = _candidate(tenant)
        asked = {"recordtype": "X"}
        assert tenant.legacy("getRecords", instructions=asked)["results"] == []
        tenant.ats.move(key, "1001", "Offer")
        assert tenant.legacy("getRecords", instructions=asked)["results"][0]["status"] == "Offer"


def test_activities_are_listed_only_where_switched_on() -> None:
    with open_tenant() as tenant:
        key = _candidate(tenant)
        note = {"subject": "S", "note": "N", "linkRecordType": "R", "linkRecordId": key, "userId": 20}
        assert tenant.legacy("createActivity", instructions={}, activity=note)["message"] == "created"
        assert tenant.legacy("getRecords", instructions={"recordtype": "A"})["status"] == 99
        tenant.ats.switches.update({"legacy_activities": True})
        found = tenant.legacy("getRecords", instructions={"recordtype": "A"})["results"][0]
        assert (found["note"], found["linkRecordId"]) == ("N", int(key))
        assert tenant.ats.candidate_view(key).notes[0].author == "Sam Recruiter"


def test_the_tag_column_replaces_and_can_be_switched_to_append() -> None:
    with open_tenant() as tenant:
        key = _candidate(tenant)
        tag = [{"column": "tag", "value": "SKIMA Screened"}]
        _update(tenant, key, updates=[{"column": "tag", "value": "Own"}])
        assert _update(tenant, key, updates=tag)["message"] == "updated"
        assert tenant.ats.candidate_view(key).tags == ("SKIMA Screened",)
        tenant.ats.switches.update({"legacy_tag": "append"})
        _update(tenant, key, updates=[{"column": "tag", "value": "Own"}])
        assert _record(tenant, "R", int(key))["tag"] == "SKIMA Screened, Own"


def test_columns_custom_fields_and_skills_are_written_and_shown() -> None:
    with open_tenant() as tenant:
        key = _candidate(tenant)
        answer = _update(
            tenant, key, updates=[{"column": "jobtitle", "value": "Lead"}],
            customfields=[{"id": 123, "value": "Yes"}], skills=[{"id": 101, "value": "Expert"}],
        )  # fmt: skip
        assert answer["status"] == 0
        found = _record(tenant, "R", int(key))
        assert found["jobtitle"] == "Lead"
        assert {"id": 123, "name": "Right to work", "value": "Yes"} in found["customfields"]
        assert found["skills"] == [{"id": 101, "value": "Python"}]
        assert tenant.ats.candidate_view(key).field("Right to work") == "Yes"


@pytest.mark.parametrize(
    "parts",
    [
        {"updates": [{"column": "jobtitle", "value": 7}]},
        {"updates": [{"column": "nosuch", "value": "x"}]},
        {"updates": [{"column": "jobtitle", "value": "x"}], "customfields": [{"id": 5, "value": "x"}]},
    ],
)
def test_a_bad_update_changes_nothing(parts: dict[str, Any]) -> None:
    with open_tenant() as tenant:
        key = _candidate(tenant)
        assert _update(tenant, key, **parts)["status"] == 99
        assert _record(tenant, "R", int(key))["jobtitle"] is None
        assert _update(tenant, "999", updates=[])["status"] == 99


def test_a_read_only_credential_is_refused_in_the_body() -> None:
    with open_tenant(access="read_only", read_only_status=1) as tenant:
        key = _candidate(tenant)
        assert tenant.legacy("checkLogon")["status"] == 0
        assert _update(tenant, key, updates=[{"column": "tag", "value": "x"}])["status"] == 1
        file = {"recordType": "R", "recordId": key, "filename": "a.pdf", "data": encoded(b"x")}
        assert tenant.legacy("attachDocument", file=file)["status"] == 1
        assert len(tenant.ats.candidate_view(key).attachments) == 1


def test_the_tag_alone_can_be_refused() -> None:
    with open_tenant(denied=["tag"]) as tenant:
        key = _candidate(tenant)
        assert _update(tenant, key, updates=[{"column": "tag", "value": "x"}])["status"] == 99
        assert _update(tenant, key, updates=[{"column": "jobtitle", "value": "x"}])["status"] == 0


def test_a_file_is_attached_and_the_recruiter_can_open_it() -> None:
    with open_tenant() as tenant:
        key = _candidate(tenant)
        file = {
            "filename": "evidence.pdf", "recordType": "R", "recordId": int(key), "documentType": "evaluation",
            "primary": "n", "data": encoded(b"%PDF-1.4 bytes"),
        }  # fmt: skip
        assert tenant.legacy("attachDocument", file=file)["status"] == 0
        attached = tenant.ats.candidate_view(key).attachments[-1]
        assert (attached.name, attached.type, attached.data) == ("evidence.pdf", "evaluation", b"%PDF-1.4 bytes")
        got = tenant.client.get(f"/candidates-page/{key}/files/{attached.id}")
        assert got.content == b"%PDF-1.4 bytes"
        assert tenant.legacy("attachDocument", file=file | {"data": "no base64!"})["status"] == 99
        folders = tenant.legacy("getDocumentFolders", instructions={"recordtype": "R", "recordid": int(key)})
        assert folders["count"] == 2


def test_the_resume_can_be_fetched_unless_the_switch_takes_the_call_away() -> None:
    with open_tenant() as tenant:
        key = _candidate(tenant)
        asked = {"recordType": "R", "recordId": int(key), "documentType": "resume"}
        got = tenant.legacy("getDocument", instructions=asked)
        assert got["filename"] == "cv.txt"
        assert base64.b64decode(got["data"]) == b"Ten years of TIG welding."
        bare = tenant.post("Resource", {"firstName": "No résumé"}).json()["id"]
        assert tenant.legacy("getDocument", instructions=asked | {"recordId": bare})["status"] == 99
        tenant.ats.switches.update({"documents": "none"})
        assert httpx.post(f"{tenant.url}/api/widget/getDocument", json={}).status_code == 404


def test_creating_a_known_person_needs_leave_to_overwrite() -> None:
    with open_tenant() as tenant:
        job = tenant.ats.add_job(JOB)
        person = {"fullname": "Jane Selby", "email": "jane@example.com", "skills": "101,9999"}
        how = {"overwriteresource": False, "assigntoopportunity": job, "assigntolist": "short"}
        made = tenant.legacy("createResource", instructions=how, resource=person)
        assert made["message"] == "created"
        assert tenant.legacy("createResource", instructions=how, resource=person)["status"] == 3
        again = {**how, "overwriteresource": True}
        changed = tenant.legacy("createResource", instructions=again, resource=person | {"city": "Hull"})
        assert (changed["message"], changed["recordId"]) == ("updated", made["recordId"])
        view = tenant.ats.candidate_view(str(made["recordId"]))
        assert (view.location, view.applications[0].stage, view.field("Skills")) == ("Hull", "Shortlisted", "Python")


def test_a_resume_makes_a_candidate_and_another_call_applies_them() -> None:
    with open_tenant() as tenant:
        job = tenant.ats.add_job(JOB)
        made = tenant.legacy(
            "createResourceFromResume", instructions={}, resource={"firstname": "Jane", "lastname": "Selby"},
            file={"filename": "jane.txt", "data": encoded(b"Welder")},
        )  # fmt: skip
        key = str(made["recordId"])
        assert made["recordName"] == "Jane Selby"
        how = {"opportunityid": job, "resourceid": key, "assigntolist": "long", "source": "Website"}
        assert tenant.legacy("resourceApplication", instructions=how)["status"] == 0
        view = tenant.ats.candidate_view(key)
        assert (view.attachments[0].data, view.applications[0].source) == (b"Welder", "Website")


def test_a_person_is_found_by_mail_or_phone() -> None:
    with open_tenant() as tenant:
        _candidate(tenant)
        for details in ({"email": "ANA.LÓPEZ@example.com"}, {"phone": "(+44) 2079460001"}):
            found = tenant.legacy("checkPerson", details=details)
            assert (found["recordTypes"], found["firstRecord"]["fullname"]) == ("R", "Ana López")
        assert tenant.legacy("checkPerson", details={"email": "nobody@example.com"})["recordTypes"] == ""
