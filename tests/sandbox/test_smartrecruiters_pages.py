from __future__ import annotations

import base64
import socket

import httpx
import pytest

from engine.errors import InputError
from sandbox import NAMES, open_sandbox, switches
from sandbox.serving import start
from tests.sandbox.smartrecruiters_tenant import open_tenant


def test_a_recruiter_sees_fields_tags_notes_and_files_and_no_markup_runs() -> None:
    with open_tenant() as tenant:
        candidate = tenant.apply(1, first_name="<b>Ana</b>")
        body = [
            {"id": tenant.field_id("Skima Match Score"), "value": 87},
            {"id": tenant.field_id("Shortlist Link"), "value": "https://shortlist.example/s/1"},
        ]
        tenant.client.put(tenant.at(candidate, "/properties"), json=body)
        tenant.client.post(f"/candidates/{candidate}/tags", json={"tags": ["Skima Screened"]})
        note = {"content": f"#[CANDIDATE:{candidate}]\n  • indented <script>"}
        tenant.client.post("/messages/shares", json=note)
        listing = tenant.client.get("/").text
        assert all(text in listing for text in ("Backend Engineer", "87", "Skima Screened", "&lt;b&gt;Ana"))
        page = tenant.client.get(f"/candidates-page/{candidate}").text
        assert '<a href="https://shortlist.example/s/1"' in page
        assert "\n  • indented &lt;script&gt;" in page
        assert "<script" not in page
        file = tenant.ats.candidate_view(candidate).attachments[0]
        opened = tenant.client.get(f"/candidates-page/{candidate}/files/{file.id}")
        assert (opened.content, opened.headers["x-content-type-options"]) == (b"Six years of Python.", "nosniff")


def test_the_list_shows_the_best_score_first() -> None:
    with open_tenant() as tenant:
        known = [tenant.apply(number) for number in range(4)]
        score = tenant.field_id("Skima Match Score")
        for candidate, value in zip(known[1:], (9, 87, 100), strict=True):
            tenant.client.put(tenant.at(candidate, "/properties"), json=[{"id": score, "value": value}])
        page = tenant.client.get("/").text
        places = [page.index(candidate) for candidate in known]
        assert sorted(places) == [places[3], places[2], places[1], places[0]]


def test_an_unknown_candidate_or_file_is_404() -> None:
    with open_tenant() as tenant:
        candidate = tenant.apply()
        assert tenant.client.get("/candidates-page/none").status_code == 404
        assert tenant.client.get(f"/candidates-page/{candidate}/files/none").status_code == 404


def test_the_control_endpoints_apply_switch_break_and_advance() -> None:
    with open_tenant() as tenant:
        post = tenant.client.post
        resume = base64.b64encode(b"Ten years of nursing.").decode()
        person = {"first_name": "Eva", "last_name": "Roth", "email": "eva@example.com", "job_id": tenant.job}
        made = post("/_sandbox/apply", json={**person, "resume_base64": resume, "resume_name": "eva.txt"}).json()
        view = tenant.ats.candidate_view(made["candidate_id"])
        assert (view.name, view.attachments[0].data) == ("Eva Roth", b"Ten years of nursing.")
        assert post("/_sandbox/switches", json={"fields": "none"}).json()["fields"] == "none"
        before = tenant.ats.tenant.now()
        post("/_sandbox/clock/advance", json={"seconds": 3600})
        assert tenant.ats.tenant.now() >= before + 3600
        assert post("/_sandbox/faults", json={"answer_5xx": 1}).json()["answer_5xx"] == 1
        state = tenant.client.get("/_sandbox/state").json()
        assert (state["candidates"], state["fields"], state["faults"]["answer_5xx"]) == (1, {}, 1)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("apply", {"first_name": "Eva"}),
        ("apply", {"first_name": "E", "last_name": "R", "email": "e@example.com", "job_id": "none"}),
        ("apply", {"first_name": "E", "last_name": "R", "email": "e", "job_id": "j", "resume_base64": "?"}),
        ("switches", {"unknown": 1}),
        ("switches", {"fields": "Score"}),
        ("faults", {"unknown": 1}),
        ("clock/advance", {"seconds": "soon"}),
        ("switches", []),
    ],
)
def test_a_control_request_that_means_nothing_is_400_and_says_why(path: str, body: object) -> None:
    with open_tenant() as tenant:
        answer = tenant.client.post(f"/_sandbox/{path}", json=body)
        assert answer.status_code == 400
        assert answer.json()["message"]


def test_sandboxes_open_by_name_and_list_their_switches() -> None:
    for name in NAMES:
        known = switches(name)
        assert all(description for _, _, description in known)
        ats = open_sandbox(name)
        assert ats.name == name
        ats.close()
    with pytest.raises(InputError, match="smartrecruiter"):
        open_sandbox("smartrecruiter")


def test_a_taken_port_is_said_and_a_stopped_server_frees_it() -> None:
    ats = open_sandbox("smartrecruiters")
    first = start(ats.app)
    with pytest.raises(InputError, match=str(first.port)):
        start(ats.app, first.port)
    first.stop()
    second = start(ats.app, first.port)
    assert httpx.get(f"{second.url}/").status_code == 200
    second.stop()
    ats.close()
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", first.port), timeout=1):
        pass
