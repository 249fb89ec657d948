from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import pytest

from sandbox.people import SampleJob
from tests.sandbox.smartrecruiters_tenant import OpenTenant, code, open_tenant

_PERSON = {"firstName": "Ana", "lastName": "Lopez", "email": "ana@example.com"}


def _pages(tenant: OpenTenant, path: str, **query: Any) -> list[dict[str, Any]]:
    """All pages, followed by the body's cursor, with the Link header saying the same."""
    pages, page_id = [], None
    while True:
        answer = tenant.client.get(path, params={**query, **({"pageId": page_id} if page_id else {})})
        pages.append(answer.json())
        page_id = pages[-1].get("nextPageId")
        if page_id is None:
            assert "link" not in answer.headers
            return pages
        target = answer.headers["link"].removeprefix("<").removesuffix('>; rel="next"')
        assert target.startswith("/")
        assert tenant.client.get(urljoin(tenant.url, target)).json()["limit"] == pages[-1]["limit"]


def test_pages_by_cursor_give_every_candidate_once() -> None:
    with open_tenant() as tenant:
        known = [tenant.apply(number) for number in range(25)]
        pages = _pages(tenant, "/candidates", limit=10)
        assert [item["id"] for page in pages for item in page["content"]] == known
        assert [len(page["content"]) for page in pages] == [10, 10, 5]
        assert {page["totalFound"] for page in pages} == {25}
        assert "nextPageId" not in pages[-1]
        tenant.ats.switches.update({"end_of_cursor": "null"})
        assert tenant.client.get("/candidates?limit=100").json()["nextPageId"] is None


@pytest.mark.parametrize("page_id", ["nonsense", "am9iczo1", "%F0%9F%91%8D"])
def test_a_wrong_page_id_is_400(page_id: str) -> None:
    with open_tenant() as tenant:
        assert code(tenant.client.get(f"/candidates?pageId={page_id}")) == (400, "INVALID_PAGE_ID")
        assert tenant.client.get("/candidates?limit=101").status_code == 400


def test_people_without_an_application_are_hidden_from_the_list_but_found_by_id() -> None:
    with open_tenant() as tenant:
        made = tenant.client.post("/candidates", json=_PERSON)
        assert made.status_code == 201
        pool = made.json()["primaryAssignment"]
        assert (pool["status"], pool["source"], "job" in pool) == ("LEAD", "API", False)
        assert tenant.client.get("/candidates").json()["content"] == []
        assert tenant.client.get(f"/candidates/{made.json()['id']}").json()["email"] == "ana@example.com"


def test_empty_keys_are_left_out_and_a_second_application_is_a_bare_job_id() -> None:
    with open_tenant() as tenant:
        candidate = tenant.apply(1, phone="", city="", country_code="")
        item = tenant.client.get("/candidates").json()["content"][0]
        assert not {"tags", "location", "secondaryAssignments", "averageRating"} & set(item)
        other = tenant.ats.add_job(SampleJob("b", "Other", "", "", "", "", ""))
        made = tenant.client.post(f"/jobs/{other}/candidates", json={**_PERSON, "email": "ana1@example.com"})
        assert made.json()["id"] == candidate
        item = tenant.client.get("/candidates").json()["content"][0]
        assert item["primaryAssignment"]["job"]["id"] == other
        assert item["secondaryAssignments"][0]["job"].keys() == {"id", "actions"}
        details = tenant.client.get(f"/candidates/{candidate}").json()
        assert details["secondaryAssignments"][0]["status"] == "NEW"
        assert details["secondaryAssignments"][0]["source"] == "LinkedIn"


def test_updated_after_includes_its_own_instant_or_not_as_switched() -> None:
    with open_tenant() as tenant:
        tenant.apply(1)
        tenant.ats.advance(60)
        later = tenant.apply(2)
        moment = tenant.client.get(f"/candidates/{later}").json()["updatedOn"]
        found = tenant.client.get("/candidates", params={"updatedAfter": moment}).json()["content"]
        assert [item["id"] for item in found] == [later]
        tenant.ats.switches.update({"updated_after": "exclusive"})
        assert tenant.client.get("/candidates", params={"updatedAfter": moment}).json()["content"] == []
        assert tenant.client.get("/candidates?updatedAfter=yesterday").status_code == 400


def test_what_moves_updated_on_can_be_switched() -> None:
    with open_tenant(updated_on_moves="tags") as tenant:
        candidate = tenant.apply()
        field = {"id": tenant.field_id("Skima Match Score"), "value": 5}

        def moved(method: str, path: str, body: Any) -> bool:
            before = tenant.client.get(f"/candidates/{candidate}").json()["updatedOn"]
            tenant.ats.advance(1)
            assert tenant.client.request(method, path, json=body).is_success
            return bool(before != tenant.client.get(f"/candidates/{candidate}").json()["updatedOn"])

        assert moved("POST", f"/candidates/{candidate}/tags", {"tags": ["a"]})
        assert not moved("PUT", tenant.at(candidate, "/status"), {"status": "IN_REVIEW"})
        assert not moved("PUT", tenant.at(candidate, "/properties"), [field])
        tenant.ats.switches.update({"updated_on_moves": "status,properties"})
        assert moved("PUT", tenant.at(candidate, "/status"), {"status": "INTERVIEW"})
        assert moved("PUT", tenant.at(candidate, "/properties"), [{**field, "value": 6}])


def test_the_list_lags_behind_by_the_switched_time_and_reads_by_id_do_not() -> None:
    with open_tenant(index_lag_s=30) as tenant:
        candidate = tenant.apply()
        assert tenant.client.get("/candidates").json()["totalFound"] == 0
        assert tenant.client.get(f"/candidates/{candidate}").status_code == 200
        tenant.ats.advance(31)
        assert tenant.client.get("/candidates").json()["totalFound"] == 1


def test_filters_by_job_status_tag_and_quoted_email() -> None:
    with open_tenant() as tenant:
        first, second = tenant.apply(1), tenant.apply(2)
        tenant.client.put(tenant.at(second, "/status"), json={"status": "INTERVIEW"})
        tenant.client.post(f"/candidates/{first}/tags", json={"tags": ["a"]})
        for query, expected in (
            (f"jobId={tenant.job}", [first, second]),
            ("jobId=other", []),
            ("status=INTERVIEW&status=LEAD", [second]),
            ("tag=a", [first]),
            ('q="ana2@example.com"', [second]),
            ("q=ana2@example.com", [first, second]),
        ):
            found = tenant.client.get(f"/candidates?{query}").json()["content"]
            assert [item["id"] for item in found] == expected
        sizes = tenant.client.get("/candidates?propertyId=x")
        assert code(sizes) == (400, "FIELDS_CRITERIA_SIZE_VIOLATED")


def test_a_known_person_is_returned_refused_or_made_anew_as_switched() -> None:
    with open_tenant() as tenant:
        first = tenant.client.post("/candidates", json=_PERSON).json()["id"]
        again = tenant.client.post("/candidates", json={**_PERSON, "email": "ANA@example.com"})
        assert (again.status_code, again.json()["id"]) == (201, first)
        tenant.ats.switches.update({"duplicate_post": "error"})
        assert code(tenant.client.post("/candidates", json=_PERSON)) == (409, "CANDIDATE_ALREADY_EXISTS")
        tenant.ats.switches.update({"duplicate_post": "new"})
        assert tenant.client.post("/candidates", json=_PERSON).json()["id"] != first


def test_creation_checks_its_body_and_its_source() -> None:
    with open_tenant() as tenant:
        custom = tenant.client.get("/configuration/sources/CUSTOM/values").json()["content"][0]

        def made(**source: str) -> Any:
            return tenant.client.post(f"/jobs/{tenant.job}/candidates", json={**_PERSON, "sourceDetails": source})

        assert tenant.client.post("/candidates", json={"firstName": "Ana"}).status_code == 400
        bad_email = tenant.client.post("/candidates", json={**_PERSON, "email": "nobody"})
        assert code(bad_email) == (400, "INVALID_EMAIL_FORMAT")
        assert code(made(sourceTypeId="NONE", sourceId="x")) == (404, "SOURCE_TYPE_NOT_FOUND")
        assert code(made(sourceTypeId="JOB_BOARD", sourceId="x")) == (400, "SUBTYPE_REQUIRED")
        assert code(made(sourceTypeId="CUSTOM", sourceId="x")) == (400, "SOURCE_NOT_FOUND")
        good = made(sourceTypeId="CUSTOM", sourceId=custom["id"])
        assert good.json()["primaryAssignment"]["source"] == custom["label"]


def test_a_change_that_makes_two_people_one_is_a_conflict() -> None:
    with open_tenant() as tenant:
        first = tenant.client.post("/candidates", json=_PERSON).json()["id"]
        other = tenant.client.post("/candidates", json={**_PERSON, "email": "b@example.com"}).json()["id"]
        answer = tenant.client.patch(f"/candidates/{other}", json={"email": "ana@example.com"})
        assert code(answer) == (409, "CANDIDATE_DATA_CONFLICT")
        changed = tenant.client.patch(f"/candidates/{first}", json={"phoneNumber": "5125550111"})
        assert changed.json()["phoneNumber"] == "5125550111"
        assert tenant.client.patch(f"/candidates/{first}", json={"tags": []}).status_code == 400
        assert code(tenant.client.patch("/candidates/none", json={})) == (404, "CANDIDATE_NOT_FOUND")


def test_a_deleted_candidate_is_gone_with_files_and_application() -> None:
    with open_tenant() as tenant:
        candidate = tenant.apply()
        application = tenant.client.get(tenant.at(candidate)).json()["applicationId"]
        assert tenant.client.delete(f"/candidates/{candidate}").status_code == 204
        assert tenant.client.get(f"/candidates/{candidate}").status_code == 401
        path = f"/job-applications-api/v202112/job-applications/{application}"
        assert code(tenant.client.get(path)) == (404, "JOB_APPLICATION_NOT_FOUND")
        assert tenant.ats.state()["attachments"] == 0


def test_tags_are_added_replaced_and_cleared() -> None:
    with open_tenant() as tenant:
        path = f"/candidates/{tenant.apply()}/tags"
        assert tenant.client.post(path, json={"tags": ["a"]}).status_code == 201
        assert tenant.client.post(path, json={"tags": ["b", "a"]}).json() == {"tags": ["a", "b"]}
        assert tenant.client.put(path, json={"tags": ["c"]}).status_code == 201
        assert tenant.client.get(path).json() == {"tags": ["c"]}
        assert tenant.client.post(path, json={"tags": ["x" * 51]}).status_code == 400
        many = {"tags": [str(number) for number in range(100)]}
        assert code(tenant.client.post(path, json=many)) == (400, "TOO_MANY_TAGS")
        assert tenant.client.delete(path).status_code == 204
        assert tenant.client.get(path).json() == {"tags": []}


def test_jobs_page_whole_only_when_sorted_by_id() -> None:
    with open_tenant() as tenant:
        jobs = [tenant.job]
        for number in range(6):
            tenant.ats.advance(1)
            jobs.append(tenant.ats.add_job(SampleJob(str(number), f"Job {number}", "Sales", "Rome", "it", "", "")))
        by_id = [item["id"] for page in _pages(tenant, "/jobs", limit=3, sort="job_id") for item in page["content"]]
        assert by_id == jobs
        other = [item["id"] for page in _pages(tenant, "/jobs", limit=3) for item in page["content"]]
        assert set(other) < set(jobs)
        assert code(tenant.client.get("/jobs?pageId=x&sort=job_id")) == (400, "INVALID_PAGE_ID")
