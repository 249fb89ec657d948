from __future__ import annotations

import asyncio
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.trackerrms import TrackerRms
from tests.sandbox.trackerrms_tenant import JOB, applicant

_V1 = (
    ("POST", "Resource"), ("POST", "Resource/Search"), ("PATCH", "Resource/24001"), ("POST", "Resource/24001/Notes"),
    ("POST", "Activity"), ("POST", "Opportunity/Search"), ("POST", "OpportunityResource/Search"),
    ("PATCH", "OpportunityResource/70001"), ("GET", "Resource/24001"),
)  # fmt: skip
_KEYS = st.sampled_from(
    ["skills", "id", "name", "contactDetails", "email", "firstName", "tagText", "recordType", "recordId", "note",
     "pageNumber", "pageSize", "updatedAfter", "opportunityResourceStatusId", "currentClient", "text"]
)  # fmt: skip
_LEGACY = ("getRecords", "getIndividualRecord", "updateRecord", "createActivity", "attachDocument", "checkPerson",
           "createResource", "createResourceFromResume", "resourceApplication", "getDocument")  # fmt: skip
_LEGACY_KEYS = st.sampled_from(
    ["recordtype", "recordid", "column", "value", "id", "numrecords", "pagenum", "firstname", "email", "skills",
     "recordType", "recordId", "filename", "data", "linkRecordType", "linkRecordId", "userId", "phone",
     "opportunityid", "resourceid", "assigntoopportunity", "updatedafter", "customfields"]
)  # fmt: skip
_SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 70001) | st.sampled_from(["", "R", "X", "24001", "Resource", "x"])
)


def _json(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5), max_leaves=8
    )


def _tenant() -> TrackerRms:
    ats = TrackerRms(stage_move=True, notes_endpoint=True, text_filters=True, application_filters=True)
    ats.apply(applicant(), ats.add_job(JOB))
    return ats


def _send(ats: TrackerRms, method: str, path: str, body: Any, **headers: str) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(ats.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, json=body, headers=headers)

    return asyncio.run(send())


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(call=st.sampled_from(_V1), body=_json(_KEYS))
def test_no_v1_body_breaks_the_sandbox_or_the_page(call: tuple[str, str], body: Any) -> None:
    ats = _tenant()
    granted = ats.credentials.exchange("sandbox-static-token")
    assert granted is not None
    method, path = call
    answer = _send(ats, method, f"/api/v1/{path}", body, Authorization=f"Bearer {granted.jwt}")
    assert answer.status_code in (200, 201, 204, 400, 404)
    assert _send(ats, "GET", "/", None).status_code == 200
    assert _send(ats, "GET", "/candidates-page/24001", None).status_code == 200


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    operation=st.sampled_from(_LEGACY),
    parts=st.dictionaries(
        st.sampled_from(
            ["instructions", "updates", "customfields", "skills", "activity", "file", "resource", "details"]
        ),
        _json(_LEGACY_KEYS),
    ),
)
def test_no_legacy_body_breaks_the_sandbox_or_the_page(operation: str, parts: dict[str, Any]) -> None:
    ats = _tenant()
    block = {"credentials": {"apikey": "sandbox-api-key"}, **parts}
    answer = _send(ats, "POST", f"/api/widget/{operation}", {"trackerrms": {operation: block}})
    assert answer.status_code == 200
    assert answer.json()["status"] in (0, 3, 99)
    assert _send(ats, "GET", "/", None).status_code == 200
