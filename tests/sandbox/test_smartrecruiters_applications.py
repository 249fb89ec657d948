from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.smartrecruiters_tenant import OpenTenant, code, open_tenant

_SCORE = "Skima Match Score"


def _upload(tenant: OpenTenant, candidate: str, name: str, data: bytes = b"x", **fields: str) -> httpx.Response:
    form = {"attachmentType": "GENERIC_FILE", **fields}
    files = {"file": (name, data, "application/pdf")}
    return tenant.client.post(tenant.at(candidate, "/attachments"), data=form, files=files)


def test_an_application_is_addressed_by_candidate_and_job() -> None:
    with open_tenant() as tenant:
        candidate = tenant.apply()
        application = tenant.client.get(tenant.at(candidate)).json()
        assert application["status"] == "NEW"
        assert application["source"] == "LinkedIn"
        path = f"/job-applications-api/v202112/job-applications/{application['applicationId']}"
        assert tenant.client.get(path).json()["profileId"] == candidate
        assert code(tenant.client.get(f"/candidates/{candidate}/jobs/none")) == (404, "JOB_NOT_FOUND")
        wrong = tenant.client.get("/job-applications-api/v202112/job-applications/none")
        assert code(wrong) == (400, "INVALID_JOB_APPLICATION_ID")
        tenant.ats.switches.update({"application_ids": False})
        assert "applicationId" not in tenant.client.get(tenant.at(candidate)).json()


def test_a_status_moves_by_the_rules_and_leaves_a_history() -> None:
    with open_tenant() as tenant:
        candidate = tenant.apply()
        path = tenant.at(candidate, "/status")
        reasons = tenant.client.get("/configuration/rejection-reasons").json()["content"]
        for body, expected in (
            ({"status": "IN_REVIEW", "reason": reasons[0]["id"]}, (400, "NO_REASON_SUPPORT_FOR_STATUS")),
            ({"status": "REJECTED", "reason": "none"}, (400, "REASON_NOT_FOUND")),
            ({"status": "IN_REVIEW", "subStatus": "No Such"}, (400, "REQUIRED_SUB_STATUS_OMITTED")),
            ({"status": "SHORTLISTED"}, (400, "BAD_REQUEST")),
        ):
            assert code(tenant.client.put(path, json=body)) == expected
        moved = tenant.client.put(path, json={"status": "IN_REVIEW", "subStatus": "Skima Shortlisted"})
        assert (moved.status_code, moved.content) == (204, b"")
        assert tenant.client.put(path, json={"status": "REJECTED", "reason": reasons[0]["id"]}).status_code == 204
        history = tenant.client.get(f"{path}/history").json()
        assert [item["status"] for item in history["content"]] == ["REJECTED", "IN_REVIEW", "NEW"]
        assert tenant.client.get(tenant.at(candidate)).json()["reasonOfRejection"] == reasons[0]
        assert code(tenant.client.put(f"/candidates/{candidate}/jobs/none/status", json={})) == (404, "JOB_NOT_FOUND")


def test_the_primary_application_is_the_active_one_updated_last() -> None:
    from tests.sandbox.smartrecruiters_tenant import JOB, applicant

    with open_tenant() as tenant:
        candidate = tenant.apply()
        other = tenant.ats.add_job(JOB)
        tenant.ats.apply(applicant(), other)

        def primary() -> Any:
            return tenant.client.get(f"/candidates/{candidate}").json()["primaryAssignment"]["job"]["id"]

        assert primary() == other
        tenant.client.put(f"/candidates/{candidate}/jobs/{other}/status", json={"status": "WITHDRAWN"})
        assert primary() == tenant.job


def test_a_batch_of_fields_is_written_read_and_cleared() -> None:
    with open_tenant() as tenant:
        candidate = tenant.apply()
        path = tenant.at(candidate, "/properties")
        assert tenant.client.get(path).json() == {}
        score, feedback = tenant.field_id(_SCORE), tenant.field_id("HM Feedback")
        options = tenant.client.get(f"/configuration/candidate-properties/{feedback}/values").json()["content"]
        body = [{"id": score, "value": 87}, {"id": feedback, "value": options[0]["id"]}]
        written = tenant.client.put(path, json=body)
        assert (written.status_code, written.content) == (204, b"")
        content = tenant.client.get(path).json()["content"]
        assert [item["value"] for item in content] == [87, options[0]["id"]]
        assert content[1]["valueLabel"] == "👍"
        assert tenant.client.put(path, json=[{"id": score}]).status_code == 204
        assert tenant.values(candidate) == {"HM Feedback": options[0]["id"]}


_TYPED = "N:NUMBER,P:PERCENT,T:TEXT,B:BOOLEAN,D:DATE,S:SINGLE_SELECT(x|y),C:COUNTRY,R:REGION,U:USER,M:CURRENCY"


@pytest.mark.parametrize(
    ("label", "good", "bad", "error"),
    [
        ("N", 87.5, "87", "INVALID_TEXT_FORMAT"),
        ("N", -3, 10**13, "INVALID_NUMBER_RANGE"),
        ("P", 100, 101, "INVALID_NUMBER_RANGE"),
        ("T", "007", 7, "INVALID_TEXT_FORMAT"),
        ("T", "", "x" * 21, "INVALID_TEXT_FORMAT"),
        ("B", True, "true", "INVALID_TEXT_FORMAT"),
        ("D", "2015-11-17T23:00:00.000Z", "soon", "INVALID_DATE_RANGE"),
        ("S", None, "z", "VALUE_NOT_FOUND"),
        ("S", None, ["z"], "VALUE_NOT_FOUND"),
        ("C", "us", "US", "COUNTRY_NOT_FOUND"),
        ("R", "us-wa", "us", "REGION_NOT_FOUND"),
        ("U", "5889cc6ee4b0215f3c7367d3", "someone", "USER_NOT_FOUND"),
        ("M", {"code": "GBP", "value": 23232}, {"code": "XXX", "value": 1}, "CURRENCY_NOT_FOUND"),
        ("T", "x", None, "INVALID_TEXT_FORMAT"),
    ],
)
def test_a_field_takes_its_own_type_only(label: str, good: Any, bad: Any, error: str) -> None:
    with open_tenant(fields=_TYPED, text_limit=20) as tenant:
        candidate = tenant.apply()
        path, field = tenant.at(candidate, "/properties"), tenant.field_id(label)
        if label == "S":
            values = tenant.client.get(f"/configuration/candidate-properties/{field}/values").json()
            good = values["content"][0]["id"]
        assert code(tenant.client.put(path, json=[{"id": field, "value": bad}])) == (400, error)
        assert tenant.values(candidate) == {}
        assert tenant.client.put(path, json=[{"id": field, "value": good}]).status_code == 204
        assert tenant.values(candidate) == {label: good}


def test_a_batch_is_refused_as_a_whole_or_in_part_as_switched() -> None:
    with open_tenant(fields="A:NUMBER,B:NUMBER", locked_fields="B") as tenant:
        candidate = tenant.apply()
        path, first, locked = tenant.at(candidate, "/properties"), tenant.field_id("A"), tenant.field_id("B")
        body = [{"id": first, "value": 1}, {"id": locked, "value": 2}]
        assert code(tenant.client.put(path, json=body)) == (400, "INACCESSIBLE_FIELD")
        assert tenant.values(candidate) == {}
        tenant.ats.switches.update({"batch": "partial"})
        assert code(tenant.client.put(path, json=body)) == (400, "INACCESSIBLE_FIELD")
        assert tenant.values(candidate) == {"A": 1}
        twice = [{"id": first, "value": 1}, {"id": first, "value": 2}]
        assert code(tenant.client.put(path, json=twice)) == (400, "DUPLICATE_PROPERTIES")
        for unknown in ("not-a-uuid", "cc285818-963d-497a-a2a8-e2227af0876e"):
            answer = tenant.client.put(path, json=[{"id": unknown, "value": 1}])
            assert code(answer) == (404, "PROPERTY_NOT_FOUND")
        for body_of_wrong_form in ({}, [], [{"value": 1}], [{"id": first}] * 101):
            assert tenant.client.put(path, json=body_of_wrong_form).status_code == 400


def test_a_tenant_without_fields_has_none_and_ids_do_not_change_with_the_others() -> None:
    with open_tenant() as tenant:
        score = tenant.field_id(_SCORE)
        tenant.ats.switches.update({"fields": "none"})
        assert tenant.client.get("/configuration/candidate-properties").json() == {"totalFound": 0, "content": []}
        candidate = tenant.apply()
        answer = tenant.client.put(tenant.at(candidate, "/properties"), json=[{"id": score, "value": 1}])
        assert code(answer) == (404, "PROPERTY_NOT_FOUND")
        tenant.ats.switches.update({"fields": f"Other:TEXT,{_SCORE}:NUMBER"})
        assert tenant.field_id(_SCORE) == score


def test_an_attachment_goes_up_as_multipart_and_comes_back_byte_for_byte() -> None:
    data = b"%PDF-1.7\r\n\r\n--boundary\r\n\x00\xff\r\n"
    with open_tenant() as tenant:
        candidate = tenant.apply()
        made = _upload(tenant, candidate, "Überblick.pdf", data)
        assert (made.status_code, made.json()["name"]) == (201, "Überblick.pdf")
        listed = tenant.client.get(tenant.at(candidate, "/attachments")).json()
        assert [item["type"] for item in listed["content"]] == ["RESUME", "GENERIC_FILE"]
        got = tenant.client.get(made.json()["actions"]["download"]["url"])
        assert (got.content, got.headers["content-type"]) == (data, "application/pdf")
        assert tenant.client.delete(f"/candidates/attachments/{made.json()['id']}").status_code == 204
        gone = tenant.client.get(f"/candidates/attachments/{made.json()['id']}")
        assert code(gone) == (404, "FILE_NOT_FOUND")


def test_uploads_follow_the_rules_of_attachment_type_name_size_and_number() -> None:
    with open_tenant(attachment_limit=2, attachment_limit_bytes=10) as tenant:
        candidate = tenant.apply()
        path = tenant.at(candidate, "/attachments")
        files = {"file": ("a.pdf", b"x", "application/pdf")}
        assert tenant.client.post(path, files=files, data={"type": "RESUME"}).status_code == 400
        assert tenant.client.post(path, json={}).status_code == 415
        assert _upload(tenant, candidate, "a.pdf", attachmentType="CV").status_code == 400
        assert code(_upload(tenant, candidate, "a.exe")) == (400, "INVALID_FILE")
        assert code(_upload(tenant, candidate, "a.pdf", b"")) == (400, "INVALID_FILE")
        assert code(_upload(tenant, candidate, "a.pdf", b"x" * 11)) == (400, "INVALID_FILE")
        assert _upload(tenant, candidate, "a.pdf").status_code == 201
        assert code(_upload(tenant, candidate, "a.pdf")) == (400, "FILE_ALREADY_EXIST")
        assert code(_upload(tenant, candidate, "b.pdf")) == (422, "ATTACHMENT_LIMIT_EXCEEDED")


def test_a_note_names_its_candidate_in_the_text_and_is_read_back_without_an_id() -> None:
    with open_tenant() as tenant:
        candidate = tenant.apply()
        content = f"#[CANDIDATE:{candidate}] scored 87\n  • six years"
        body = {"content": content, "correlationId": "audit-1", "shareWith": {"openNote": True}}
        made = tenant.client.post("/messages/shares", json=body)
        assert (made.status_code, set(made.json())) == (201, {"id", "shareRequired"})
        read = tenant.client.get("/messages", params={"candidateId": candidate, "jobId": tenant.job}).json()
        assert [(item["content"], item["visibility"]) for item in read] == [(f"{content} audit-1", "OPEN")]
        assert "id" not in read[0]
        assert tenant.ats.candidate_view(candidate).notes[0].text.startswith("#Ana1 Lopez scored 87\n  • six")
        assert tenant.client.delete(f"/messages/shares/{made.json()['id']}").status_code == 204
        assert tenant.client.get("/messages", params={"candidateId": candidate}).json() == []


@pytest.mark.parametrize(
    ("content", "share_with", "error"),
    [
        ("x", {"everyone": True, "openNote": True}, "INVALID_VISIBILITY_OPTIONS"),
        ("#[CANDIDATE:none]", {}, "NO_ACCESS_TO_CANDIDATE"),
        ("@[USER:none]", {}, "MENTIONED_USERS_NOT_FOUND"),
        ("x", {"users": ["none"]}, "SHARED_WITH_USERS_NOT_FOUND"),
        ("x", {"hiringTeamOf": ["none"]}, "JOB_NOT_FOUND"),
        ("x", {"users": ["none"] * 101}, "TOO_MANY_RECIPIENTS"),
        ("", {}, "BAD_REQUEST"),
        ("x" * 10_001, {}, "BAD_REQUEST"),
    ],
)
def test_a_note_is_refused_with_its_code(content: str, share_with: dict[str, Any], error: str) -> None:
    with open_tenant() as tenant:
        answer = tenant.client.post("/messages/shares", json={"content": content, "shareWith": share_with})
        assert code(answer) == (400, error)


def test_a_review_is_a_persons_rating_from_one_to_five() -> None:
    with open_tenant() as tenant:
        candidate = tenant.apply()
        body = {"candidateId": candidate, "jobId": tenant.job, "overallRating": 4}
        path = "/reviews-api/v201910/reviews"
        made = tenant.client.post(path, json=body)
        assert made.status_code == 201
        assert code(tenant.client.post(path, json={**body, "overallRating": 6})) == (422, "INVALID_OVERALL")
        assert tenant.client.get(path, params={"candidateId": candidate}).json() == [made.json()]
        change = {"reviewerId": made.json()["reviewerId"], "overallRating": 5}
        assert tenant.client.patch(f"{path}/{made.json()['id']}", json=change).status_code == 204
        assert tenant.client.get(f"{path}/{made.json()['id']}").json()["overallRating"] == 5


def test_the_configuration_says_what_a_connection_needs_to_know() -> None:
    with open_tenant() as tenant:
        get = tenant.client.get
        assert get("/configuration/company").json()["identifier"] == "FieldwrightTrial"
        assert get("/user-api/v201804/users/me").json()["systemRole"]["id"] == "ADMINISTRATOR"
        process = get("/configuration/hiring-processes").json()["content"][0]
        assert "Skima Shortlisted" in process["subStatuses"]["IN_REVIEW"]
        job = get(f"/jobs/{tenant.job}").json()
        assert job["jobAd"]["sections"]["qualifications"]["text"] == "<ul><li>Python</li></ul>"
        assert "jobAd" not in get("/jobs").json()["content"][0]
        done = tenant.client.put(f"/jobs/{tenant.job}/status", json={"status": "INTERVIEW"})
        assert done.status_code == 201
        invalid = get("/configuration/sources/NONE/values")
        assert code(invalid) == (400, "SOURCE_TYPE_AND_SUBTYPE_INVALID")


def test_the_options_of_a_select_field_can_be_managed_but_never_emptied() -> None:
    with open_tenant(fields="S:SINGLE_SELECT(x),T:TEXT") as tenant:
        path = f"/configuration/candidate-properties/{tenant.field_id('S')}/values"
        only = tenant.client.get(path).json()["content"][0]["id"]
        assert code(tenant.client.delete(f"{path}/{only}")) == (400, "CANDIDATE_PROPERTY_LAST_VALUE")
        added = tenant.client.post(path, json={"label": "y"})
        assert added.status_code == 201
        taken = tenant.client.post(path, json={"label": "y"})
        assert code(taken) == (409, "CANDIDATE_PROPERTY_VALUE_LABEL_ALREADY_EXISTS")
        assert tenant.client.put(f"{path}/{only}", json={"label": "z"}).status_code == 201
        assert tenant.client.delete(f"{path}/{only}").status_code == 204
        text = f"/configuration/candidate-properties/{tenant.field_id('T')}/values"
        assert code(tenant.client.get(text)) == (400, "CANDIDATE_PROPERTY_NOT_SINGLE_SELECT")


def test_screening_answers_are_an_empty_list_until_there_are_some() -> None:
    with open_tenant() as tenant:
        candidate = tenant.apply()
        path = tenant.at(candidate, "/screening-answers")
        assert tenant.client.get(path).json() == {"totalFound": 0, "content": []}
        tenant.ats.answer_screening(candidate, tenant.job, "Licence?", "Yes")
        found = tenant.client.get(path).json()["content"][0]
        assert (found["label"], found["records"][0]["fields"][0]["values"][0]["label"]) == ("Licence?", "Yes")


def test_a_removed_application_takes_its_files_and_reviews_along() -> None:
    with open_tenant() as tenant:
        candidate = tenant.apply()
        body = {"candidateId": candidate, "jobId": tenant.job, "overallRating": 4}
        review = tenant.client.post("/reviews-api/v201910/reviews", json=body).json()
        assert tenant.client.delete(tenant.at(candidate)).status_code == 204
        assert tenant.client.get(f"/reviews-api/v201910/reviews/{review['id']}").status_code == 404
        assert tenant.ats.state()["attachments"] == 0
        assert tenant.client.get("/candidates").json()["totalFound"] == 0
