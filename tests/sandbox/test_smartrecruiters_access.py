from __future__ import annotations

import asyncio

import httpx
import pytest

from engine.errors import InputError
from sandbox.smartrecruiters import SmartRecruiters
from tests.sandbox.smartrecruiters_tenant import KEY, OpenTenant, code, open_tenant

_RATE = ("limit", "remaining", "concurrent-limit", "concurrent-remaining")


def _token(tenant: OpenTenant, **changes: str) -> httpx.Response:
    known = {
        "grant_type": "client_credentials",
        "client_id": "not-a-real-client",
        "client_secret": "not-a-real-secret",
    }
    return httpx.post(f"{tenant.url}/identity/oauth/token", data={**known, **changes})


def test_an_api_key_or_a_bearer_token_signs_in_and_anything_else_is_401() -> None:
    with open_tenant() as tenant:
        bearer = f"Bearer {_token(tenant).json()['access_token']}"
        for headers, status in (
            ({"x-smarttoken": KEY}, 200),
            ({"Authorization": bearer}, 200),
            ({"X-SmartToken": "wrong"}, 401),
            ({"Authorization": "Bearer wrong"}, 401),
            ({}, 401),
        ):
            answer = httpx.get(f"{tenant.url}/configuration/company", headers=headers)
            assert answer.status_code == status
            assert all(f"x-ratelimit-{name}" in answer.headers for name in _RATE)


def test_a_token_lives_thirty_minutes() -> None:
    with open_tenant() as tenant:
        given = _token(tenant).json()
        headers = {"Authorization": f"Bearer {given['access_token']}"}
        assert (given["token_type"], given["expires_in"]) == ("Bearer", 1800)
        tenant.ats.advance(1790)
        assert httpx.get(f"{tenant.url}/users", headers=headers).status_code == 404
        tenant.ats.advance(20)
        assert code(httpx.get(f"{tenant.url}/users", headers=headers)) == (401, "AUTHENTICATION_FAILED")


def test_the_token_endpoint_takes_http_basic_too_and_says_what_is_wrong() -> None:
    with open_tenant() as tenant:
        form = {"grant_type": "client_credentials"}
        url = f"{tenant.url}/identity/oauth/token"
        assert httpx.post(url, data=form, auth=("not-a-real-client", "not-a-real-secret")).status_code == 200
        assert httpx.post(url, data=form, auth=("not-a-real-client", "no")).json() == {"error": "invalid_client"}
        assert _token(tenant, grant_type="password").json() == {"error": "unsupported_grant_type"}
        assert _token(tenant, scope="").json() == {"error": "invalid_scope"}


def test_a_token_narrowed_to_a_scope_may_do_no_more() -> None:
    with open_tenant() as tenant:
        token = _token(tenant, scope="jobs_read").json()["access_token"]
        with httpx.Client(base_url=tenant.url, headers={"Authorization": f"Bearer {token}"}) as client:
            assert client.get("/jobs").status_code == 200
            assert code(client.get("/candidates")) == (403, "PERMISSION_DENIED")


def test_permissions_are_switched_by_scope_and_by_right() -> None:
    with open_tenant(permissions="all,-messages_write,-properties,-webhooks_write,-webhooks_manage") as tenant:
        candidate = tenant.apply()
        properties = tenant.at(candidate, "/properties")
        assert code(tenant.client.post("/messages/shares", json={"content": "x"})) == (403, "PERMISSION_DENIED")
        assert code(tenant.client.put(properties, json=[])) == (403, "PERMISSION_DENIED")
        hooks = tenant.client.post("/webhooks-api/v201907/subscriptions", json={})
        assert code(hooks) == (403, "NO_PERMISSION_TO_MANAGE_WEBHOOKS")
        assert tenant.client.post(f"/candidates/{candidate}/tags", json={"tags": ["x"]}).status_code == 201
        tenant.ats.switches.update({"permissions": "candidates_read"})
        assert tenant.client.get("/candidates").status_code == 200
        assert tenant.client.get("/jobs").status_code == 403


def test_a_denied_object_answers_401_with_the_envelope_where_the_api_documents_it() -> None:
    with open_tenant() as tenant:
        candidate = tenant.apply()
        tenant.ats.switches.update({"denied_candidates": candidate, "denied_jobs": tenant.job})
        assert code(tenant.client.get(f"/candidates/{candidate}")) == (401, "NO_ACCESS_TO_CANDIDATE")
        assert code(tenant.client.get(f"/jobs/{tenant.job}")) == (401, "NO_ACCESS_TO_JOB")
        assert tenant.client.get("/candidates").json()["content"] == []
        properties = tenant.at(candidate, "/properties")
        assert code(tenant.client.get(properties)) == (403, "NO_ACCESS_TO_CANDIDATE")
        tenant.ats.switches.update({"denied_answer": "401"})
        assert tenant.client.get(properties).status_code == 401
        assert code(tenant.client.get("/candidates/unknown")) == (401, "CANDIDATE_NOT_FOUND")


def test_the_eleventh_request_in_a_second_to_one_endpoint_is_429_without_retry_after() -> None:
    with open_tenant(rate_limit=10) as tenant:
        answers = [tenant.client.get("/configuration/company") for _ in range(12)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
        assert [int(answer.headers["x-ratelimit-remaining"]) for answer in answers[:10]] == list(range(9, -1, -1))
        assert "retry-after" not in answers[-1].headers
        assert code(answers[-1]) == (429, "TOO_MANY_REQUESTS")
        assert tenant.client.get("/jobs").status_code == 200


@pytest.mark.parametrize(("form", "body"), [("empty", b""), ("text", b"Too Many Requests")])
def test_the_body_of_a_429_can_be_switched(form: str, body: bytes) -> None:
    with open_tenant(rate_limit=1, throttled_body=form) as tenant:
        tenant.client.get("/jobs")
        assert tenant.client.get("/jobs").content == body


def test_the_candidate_list_takes_one_request_at_a_time_and_the_rest_eight() -> None:
    async def statuses(url: str, path: str, count: int) -> list[int]:
        async with httpx.AsyncClient(base_url=url, headers={"X-SmartToken": KEY}) as client:
            answers = await asyncio.gather(*(client.get(path) for _ in range(count)))
            return sorted(answer.status_code for answer in answers)

    with open_tenant() as tenant:
        tenant.ats.faults.set(latency_s=0.5)
        assert asyncio.run(statuses(tenant.url, "/candidates", 3)) == [200, 429, 429]
        assert asyncio.run(statuses(tenant.url, "/jobs", 10)) == [200] * 8 + [429] * 2


def test_an_unknown_path_is_404_and_a_wrong_method_405() -> None:
    with open_tenant() as tenant:
        assert code(tenant.client.get("/nothing/here")) == (404, "RESOURCE_NOT_FOUND")
        assert code(tenant.client.post("/configuration/company")) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    "switches", [{"fieldz": "none"}, {"fields": "Score:WHOLE"}, {"duplicate_post": "maybe"}, {"rate_limit": "many"}]
)
def test_a_switch_that_means_nothing_is_refused(switches: dict[str, str]) -> None:
    with pytest.raises(InputError):
        SmartRecruiters(**switches)
