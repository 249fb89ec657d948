from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from engine.errors import InputError
from sandbox.faults import Faults
from tests.sandbox.smartrecruiters_tenant import OpenTenant, code, open_tenant


@pytest.fixture
def tenant() -> Iterator[OpenTenant]:
    with open_tenant() as opened:
        yield opened


def test_a_dropped_answer_leaves_the_write_applied(tenant: OpenTenant) -> None:
    path = f"/candidates/{tenant.apply()}/tags"
    tenant.ats.faults.set(drop_after_apply=1, method="POST")
    with pytest.raises(httpx.TransportError):
        tenant.client.post(path, json={"tags": ["a"]})
    assert tenant.client.get(path).json() == {"tags": ["a"]}
    assert tenant.client.post(path, json={"tags": ["b"]}).status_code == 201


def test_a_reset_before_leaves_nothing_applied(tenant: OpenTenant) -> None:
    path = f"/candidates/{tenant.apply()}/tags"
    tenant.ats.faults.set(reset_before=1)
    with pytest.raises(httpx.TransportError):
        tenant.client.post(path, json={"tags": ["a"]})
    assert tenant.client.get(path).json() == {"tags": []}


def test_a_count_of_429_is_used_up_and_looks_like_the_ats_own(tenant: OpenTenant) -> None:
    tenant.ats.faults.set(answer_429=2)
    refused = [tenant.client.get("/jobs") for _ in range(2)]
    assert [code(answer) for answer in refused] == [(429, "TOO_MANY_REQUESTS")] * 2
    assert refused[0].headers["x-ratelimit-remaining"] == "0"
    assert "retry-after" not in refused[0].headers
    assert tenant.client.get("/jobs").status_code == 200


def test_429_can_last_for_a_time(tenant: OpenTenant) -> None:
    tenant.ats.faults.set(answer_429_for_s=60)
    assert {tenant.client.get("/jobs").status_code for _ in range(5)} == {429}
    tenant.ats.faults.clear()
    assert tenant.client.get("/jobs").status_code == 200


def test_a_server_error_and_a_page_of_html_with_200(tenant: OpenTenant) -> None:
    tenant.ats.faults.set(answer_5xx=1, status_5xx=502)
    assert tenant.client.get("/jobs").status_code == 502
    tenant.ats.faults.set(html_with_200=1)
    answer = tenant.client.get("/jobs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
    assert tenant.client.get("/jobs").headers["content-type"].startswith("application/json")


def test_a_filter_by_path_and_method_leaves_the_others_alone(tenant: OpenTenant) -> None:
    candidate = tenant.apply()
    tenant.ats.faults.set(answer_5xx=1, path="*/properties", method="put")
    assert tenant.client.get(tenant.at(candidate, "/properties")).status_code == 200
    assert tenant.client.get(f"/candidates/{candidate}").status_code == 200
    assert tenant.client.put(tenant.at(candidate, "/properties"), json=[]).status_code == 503
    tenant.ats.faults.set(answer_5xx=1, path="/jobs", method="")
    assert tenant.client.get("/candidates").status_code == 200
    assert tenant.client.get("/jobs").status_code == 503


def test_latency_delays_the_answer_and_pages_and_control_are_never_touched(tenant: OpenTenant) -> None:
    tenant.ats.faults.set(latency_s=0.2, answer_5xx=9)
    started = time.monotonic()
    assert tenant.client.get("/").status_code == 200
    assert tenant.client.get("/_sandbox/state").status_code == 200
    assert tenant.client.post("/_sandbox/faults", json={"clear": True, "latency_s": 0.2}).status_code == 200
    assert tenant.client.get("/jobs").status_code == 200
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize("switches", [{"latency": 1}, {"answer_429": "many"}, {"_lock": 1}, {"latency_s": None}])
def test_a_fault_that_means_nothing_is_refused(switches: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Faults().set(**switches)
