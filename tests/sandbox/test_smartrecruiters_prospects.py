"""People in the talent pool, without an application: their files, their events, and what becomes of both."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from sandbox import open_sandbox, serving
from tests.sandbox.smartrecruiters_tenant import OpenTenant, applicant, open_receiver, open_tenant, subscribe


def _files(tenant: OpenTenant, path: str) -> list[str]:
    content: list[dict[str, Any]] = tenant.client.get(f"{path}/attachments").json()["content"]
    return [item["name"] for item in content]


def test_a_prospects_resume_is_listed_with_the_person_and_can_be_read() -> None:
    with open_tenant() as tenant:
        candidate = tenant.ats.add_prospect(applicant())
        (file,) = tenant.client.get(f"/candidates/{candidate}/attachments").json()["content"]
        assert (file["name"], file["type"]) == ("ana-1.txt", "RESUME")
        assert tenant.client.get(f"/candidates/attachments/{file['id']}").content == b"Six years of Python."
        assert tenant.client.get(f"{tenant.at(candidate)}/attachments").status_code == 404
        assert tenant.client.delete(f"/candidates/attachments/{file['id']}").status_code == 204
        assert _files(tenant, f"/candidates/{candidate}") == []


@pytest.mark.parametrize(("switch", "at_the_application"), [("move", ["ana-1.txt"]), ("stay", [])])
def test_files_move_to_the_application_or_stay_with_the_person_as_switched(
    switch: str, at_the_application: list[str]
) -> None:
    with open_tenant(talent_pool_files=switch) as tenant:
        candidate = tenant.ats.add_prospect(applicant())
        assert tenant.apply(resume_name="") == candidate
        assert _files(tenant, tenant.at(candidate)) == at_the_application
        assert _files(tenant, f"/candidates/{candidate}") == ["ana-1.txt"]
        assert [file.name for file in tenant.ats.candidate_view(candidate).attachments] == ["ana-1.txt"]


@pytest.mark.parametrize(
    ("parsed", "told"), [(True, ["candidate.created", "candidate.updated"]), (False, ["candidate.created"])]
)
def test_a_prospect_fires_created_and_a_new_resume_updated_if_it_is_parsed(parsed: bool, told: list[str]) -> None:
    with open_tenant(resumes_are_parsed=parsed) as tenant, open_receiver() as receiver:
        subscribe(tenant, receiver, "candidate.created", "candidate.updated", "application.attachment.created")
        first = tenant.ats.add_prospect(applicant())
        assert tenant.ats.add_prospect(applicant(resume_name="newer.txt")) == first
        assert tenant.ats.wait_idle()
        assert sorted(receiver.names()) == told
        assert _files(tenant, f"/candidates/{first}") == ["ana-1.txt", "newer.txt"]


def test_a_prospect_says_where_they_came_from_and_is_gone_with_their_files() -> None:
    with open_tenant() as tenant:
        candidate = tenant.ats.add_prospect(applicant())
        assert tenant.client.get(f"/candidates/{candidate}").json()["primaryAssignment"]["source"] == "LinkedIn"
        assert tenant.ats.candidate_view(candidate).field("Source") == "LinkedIn"
        assert tenant.client.delete(f"/candidates/{candidate}").status_code == 204
        assert tenant.ats.state()["attachments"] == 0


@pytest.mark.parametrize("name", ["smartrecruiters", "trackerrms"])
def test_the_control_endpoint_without_a_job_adds_a_prospect(name: str) -> None:
    ats = open_sandbox(name)
    served = serving.start(ats.app)
    try:
        resume = base64.b64encode(b"Ten years of nursing.").decode()
        person = {"first_name": "Eva", "last_name": "Roth", "email": "eva@example.com", "resume_base64": resume}
        made = httpx.post(f"{served.url}/_sandbox/apply", json=person).json()
        view = ats.candidate_view(made["candidate_id"])
        assert (view.applications, view.attachments[0].data) == ((), b"Ten years of nursing.")
    finally:
        served.stop()
        ats.close()
