from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.smartrecruiters_tenant import HOOKS, OpenTenant, open_tenant

_KEYS = st.sampled_from(
    ["firstName", "lastName", "email", "phoneNumber", "tags", "location", "web", "sourceDetails", "sourceTypeId", "id",
     "value", "status", "subStatus", "reason", "content", "shareWith", "users", "hiringTeamOf", "callbackUrl", "events",
     "callbackAuthentication", "type", "candidateId", "jobId", "overallRating", "reviewerId", "label", "education"]
)  # fmt: skip
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
)
_KNOWN = st.sampled_from(["a@b.cd", "NEW", "REJECTED", "https://[", "http://localhost:x", "job.created", "CUSTOM"])
_JSON = st.recursive(
    _LEAVES | _KNOWN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=12,
)
_CALLS = st.sampled_from(
    [
        ("POST", "/candidates"), ("POST", "/jobs/{job}/candidates"), ("PATCH", "/candidates/{id}"),
        ("POST", "/candidates/{id}/tags"), ("PUT", "/candidates/{id}/jobs/{job}/properties"),
        ("PUT", "/candidates/{id}/jobs/{job}/status"), ("PUT", "/candidates/{id}/jobs/{job}/source"),
        ("POST", "/candidates/{id}/jobs/{job}/attachments"), ("POST", "/messages/shares"), ("POST", HOOKS),
        ("POST", "/reviews-api/v201910/reviews"), ("PUT", "/jobs/{job}/status"),
        ("PUT", "/candidates/{id}/jobs/{job}/properties/{field}"),
        ("POST", "/configuration/candidate-properties/{field}/values"),
    ]
)  # fmt: skip
_QUERIES = st.dictionaries(
    st.sampled_from(["limit", "pageId", "updatedAfter", "status", "q", "jobId", "propertyId", "propertyValueId"]),
    st.text(max_size=12) | st.sampled_from(["9" * 5000, "2026-01-01", "0001-01-01T00:00:00+23:59", "٣"]),
    max_size=4,
)


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[OpenTenant, str, str]]:
    with open_tenant(duplicate_post="new") as tenant:
        yield tenant, tenant.apply(), tenant.field_id("HM Feedback")


@settings(max_examples=150, deadline=None)
@given(call=_CALLS, body=_JSON)
def test_no_json_body_breaks_the_api(opened: tuple[OpenTenant, str, str], call: tuple[str, str], body: Any) -> None:
    tenant, candidate, field = opened
    path = call[1].format(id=candidate, job=tenant.job, field=field)
    assert tenant.client.request(call[0], path, json=body).status_code < 500
    assert tenant.client.get(f"/candidates/{candidate}").status_code == 200
    assert tenant.client.get("/").status_code == 200


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(["/candidates", "/jobs", "/messages", HOOKS]), query=_QUERIES)
def test_no_query_breaks_the_api(opened: tuple[OpenTenant, str, str], path: str, query: dict[str, str]) -> None:
    assert opened[0].client.get(path, params=query).status_code < 500


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=200), boundary=st.sampled_from(["x", "", '"x"', "x; y"]))
def test_no_multipart_body_breaks_the_api(opened: tuple[OpenTenant, str, str], body: bytes, boundary: str) -> None:
    tenant, candidate, _ = opened
    wrapped = b"--x\r\nContent-Disposition: form-data; name=" + body + b"\r\n\r\n--x--"
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    answer = tenant.client.post(tenant.at(candidate, "/attachments"), content=wrapped, headers=headers)
    assert 400 <= answer.status_code < 500


def test_a_lone_surrogate_is_refused_and_a_pair_is_kept(opened: tuple[OpenTenant, str, str]) -> None:
    tenant, candidate, _ = opened
    path, headers = f"/candidates/{candidate}/tags", {"content-type": "application/json"}
    assert tenant.client.put(path, content=rb'{"tags": ["\ud83d"]}', headers=headers).status_code == 400
    assert tenant.client.put(path, content=rb'{"tags": ["\ud83d\ude00"]}', headers=headers).json() == {"tags": ["😀"]}
    assert tenant.client.put(path, content=b"[" * 100_000, headers=headers).status_code == 400
