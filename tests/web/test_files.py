"""Files that are published for a while: fetched under their token, and under nothing else."""

from __future__ import annotations

from pathlib import Path

from engine.clock import ManualClock
from engine.store import Store
from engine.store.published import PublishedFile
from engine.web.answers import SECURITY_HEADERS
from tests.web.front import Front, serving

TOKEN = "an-unguessable-token"
FILE = PublishedFile("Kandidatin Ünal.pdf", "application/pdf", b"%PDF-1.7 bytes")


def publish(front: Front) -> None:
    front.store.published.put(TOKEN, "acme", "c1", FILE, 3600.0)


def test_a_published_file_is_served_as_it_is_and_never_as_a_page(tmp_path: Path) -> None:
    with serving(tmp_path) as front:
        publish(front)
        answer = front.client.get(f"/files/{TOKEN}")
        assert (answer.status_code, answer.content) == (200, FILE.data)
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Kandidatin%20%C3%9Cnal.pdf"
        assert {name: answer.headers[name] for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
        assert front.client.get(f"/files/{TOKEN}").content == FILE.data


def test_another_name_is_answered_like_one_that_never_was_and_nothing_else_than_get_is_taken(tmp_path: Path) -> None:
    with serving(tmp_path) as front:
        publish(front)
        wrong = [
            front.client.get(f"/files/{path}") for path in ("", "x", f"{TOKEN}x", f"{TOKEN}/", f"../files/{TOKEN}x")
        ]
        assert {answer.status_code for answer in wrong} == {404}
        assert front.client.post(f"/files/{TOKEN}").status_code == 405
        assert front.client.delete(f"/files/{TOKEN}").status_code == 405


def test_a_file_is_gone_when_its_time_is_over(tmp_path: Path) -> None:
    with serving(tmp_path) as front:
        front.store.published.put(TOKEN, "acme", "c1", FILE, -1.0)
        answer = front.client.get(f"/files/{TOKEN}")
        assert (answer.status_code, answer.json()) == (404, {"error": "not found"})


def test_the_database_does_not_hold_the_token(tmp_path: Path) -> None:
    with serving(tmp_path) as front:
        publish(front)
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert FILE.data in stored
    assert TOKEN.encode() not in stored


def test_what_has_expired_is_removed_in_time_though_nothing_else_is_published(tmp_path: Path) -> None:
    clock = ManualClock()
    with Store.open(tmp_path / "x.db", clock) as store:
        store.published.put("old", "acme", "c1", FILE, 60.0)
        store.published.put("new", "acme", "c1", FILE, 120.0)
        assert store.published.remove_expired() == 0
        clock.advance(61)
        assert store.published.remove_expired() == 1
        assert store.published.get("new") == FILE
