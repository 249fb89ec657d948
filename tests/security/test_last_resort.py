"""Reliability row 52: whatever raises in a request or a job, nobody is told more than a reference, and all goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.model import OutcomeKind
from engine.runtime.logs import LineFormatter
from tests.e2e.service import until
from tests.pipeline.line import Line, open_line
from tests.web.api_front import ApiFront, serving_api

CANARY = "Quillfeather-4711"


class Unforeseen(Exception):
    """What no code expects, with somebody's data in its text."""


def _raise(*_: object, **__: object) -> None:
    raise Unforeseen(f"about {CANARY}")


@pytest.fixture
def front(tmp_path: Path) -> Iterator[ApiFront]:
    with serving_api(f"sqlite:///{tmp_path}/x.db") as opened:
        yield opened


def _told(caplog: pytest.LogCaptureFixture) -> str:
    formatter = LineFormatter()
    return "\n".join(formatter.format(record) for record in caplog.records)


@pytest.mark.parametrize(
    ("place", "method", "path"),
    [
        ("engine.intake.door.Door.judge", "POST", "/hooks/acme"),
        ("engine.web.door_routes.judge_unknown", "POST", "/hooks/nobody"),
        ("engine.store.connections.Connections.put", "GET", "/readyz"),
        ("engine.store.published.Published.get", "GET", "/files/x"),
        ("engine.store.browsing.Browse.events", "GET", "/api/v1/events"),
        ("engine.store.ledger.Ledger.balance", "GET", "/api/v1/ledger"),
    ],
)
def test_a_request_that_fails_tells_a_reference_only_and_the_next_is_answered(
    front: ApiFront,
    place: str,
    method: str,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    headers = {"authorization": f"Bearer {front.key('viewer')}"}
    with monkeypatch.context() as patched:
        patched.setattr(place, _raise)
        answer = front.client.request(method, path, headers=headers)
    assert answer.status_code == 500
    assert CANARY not in answer.text
    assert "Unforeseen" not in answer.text
    reference = answer.json()["reference"]
    until(lambda: f"web failure {reference}: Unforeseen at" in _told(caplog), "it is logged under its reference")
    assert CANARY not in _told(caplog)
    assert front.client.get("/healthz").status_code == 200


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with open_line(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    "place",
    [
        "engine.hydration.hydrate.Hydrator.hydrate",
        "engine.pipeline.applications.score_application",
        "engine.pipeline.applications.plan",
        "engine.pipeline.attempts.compose",
        "engine.delivery.recipe.Cook.cook",
    ],
)
def test_a_job_that_fails_is_tried_again_told_by_a_reference_and_takes_no_other_along(
    line: Line, place: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    candidate = line.apply(0)
    with monkeypatch.context() as patched:
        patched.setattr(place, _raise)
        event = line.score(candidate)
    assert line.store.inbox.get(event.id).outcome is None
    assert CANARY not in _told(caplog)
    assert re.search(r"reference [0-9a-f]{8}", _told(caplog))
    other = line.score(line.apply(1))
    assert other.outcome is not None
    assert other.outcome.kind is OutcomeKind.DELIVERED
    for _ in range(4):
        line.pass_time(3600)
    ended = line.outcome(event.id)
    assert ended is not None
    assert ended.kind is OutcomeKind.DELIVERED
    assert line.field(candidate, "Skima Match Score") is not None
