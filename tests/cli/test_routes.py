"""``fieldwright routes`` from the command line, and ``serve`` with routes, over real HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import Store
from tests.cli.running import fieldwright
from tests.pipeline.receiver import SECRET, Receiver, receiving


def file_of(folder: Path, receiver: Receiver) -> str:
    file = folder / "routes.yaml"
    told = f"{{name: crm, url: '{receiver.url}', secret: '${{env:CRM_SECRET}}', events: [application.scored]}}"
    file.write_text(f"routes:\n  - {told}\n", "utf-8")
    return str(file)


def test_list_test_resume_and_resend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_SECRET", SECRET)
    (tmp_path / "state").mkdir()
    Store.open(tmp_path / "state" / "fieldwright.db").close()
    with receiving(204, 500) as receiver:
        given = ("--routes", file_of(tmp_path, receiver), "--state", str(tmp_path / "state"))
        assert "crm  on\n  0 waiting; 0 given up" in fieldwright("routes", "list", *given).out
        assert fieldwright("routes", "test", "crm", *given[:2]).out == "crm: taken with status 204\n"
        failed = fieldwright("routes", "test", "crm", *given[:2])
        assert (failed.code, failed.out) == (1, "crm: answered 500\n")
        assert "crm is on already" in fieldwright("routes", "resume", "crm", *given).out
        assert "0 outgoing events" in fieldwright("routes", "resend", "crm", *given).out
        assert [one["type"] for one in receiver.verified()] == ["fieldwright.ping.v1"] * 2
    with Store.open(tmp_path / "state" / "fieldwright.db") as store:
        acts = {row.operation for row in store.audit.list(limit=10)}
    assert {"route_resumed", "route_resent"} <= acts


def test_a_wrong_name_and_a_missing_secret_are_told_with_what_to_do(tmp_path: Path) -> None:
    with receiving() as receiver:
        given = ("--routes", file_of(tmp_path, receiver), "--state", str(tmp_path / "state"))
        wrong = fieldwright("routes", "test", "cmr", *given[:2])
        assert (wrong.code, "did you mean `crm`?" in wrong.err) == (2, True)
        missing = fieldwright("routes", "test", "crm", *given[:2])
        assert (missing.code, "CRM_SECRET" in missing.err) == (2, True)
        assert receiver.posts == []


def test_without_a_file_the_command_says_how_to_name_one(tmp_path: Path) -> None:
    ended = fieldwright("routes", "list", "--state", str(tmp_path))
    assert (ended.code, "FIELDWRIGHT_ROUTES" in ended.err) == (2, True)
