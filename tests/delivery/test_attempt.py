"""One attempt against real HTTP: each way an ATS may answer, and what it comes to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.delivery.attempt import Arrived, Attempted, Later, Sought, Unproven, attempt
from engine.errors import Refused
from tests.pipeline.line import Line, open_line

MARKER = "fw-test-marker"


def send_note(line: Line, candidate: str, *, sent_before: bool = False, look: bool = True) -> tuple[Attempted, int]:
    """An attempt to leave a note; what it came to, and how often the write was announced before it left."""
    announced: list[bool] = []
    manifest = line.route.connection.manifest
    (step,) = manifest.write_back.places["note"].write
    context: dict[str, Any] = {"candidate": {"id": candidate}, "note": {"text": f"hello {MARKER}"}, "file": None}
    result = attempt(
        line.route.caller,
        manifest.operations["share_note"],
        step if look else replace(step, found_by=None),
        context,
        file=None,
        sent_before=sent_before,
        sought=Sought(MARKER),
        before_sending=lambda: announced.append(True),
    )
    return result, len(announced)


def test_an_accepted_write_has_arrived_and_was_announced_before_it_left(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        assert send_note(line, line.apply()) == (Arrived("accepted"), 1)


@pytest.mark.parametrize(
    ("fault", "sent"), [({"reset_before": 1}, True), ({"answer_5xx": 1}, True), ({"html_with_200": 1}, True)]
)
def test_an_answer_that_proves_nothing_means_look_first(tmp_path: Path, fault: dict[str, int], sent: bool) -> None:
    with open_line(tmp_path) as line:
        candidate = line.apply()
        line.ats.faults.set(path="/messages/shares", **fault)
        result, _ = send_note(line, candidate)
        assert isinstance(result, Later)
        assert result.sent is sent


def test_throttling_carries_its_wait_and_proves_that_nothing_was_done(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        candidate = line.apply()
        line.ats.faults.set(path="/messages/shares", answer_429=1)
        result, _ = send_note(line, candidate)
        assert isinstance(result, Later)
        assert not result.sent


def test_a_refusal_for_good_is_given_back_as_such(tmp_path: Path) -> None:
    with open_line(tmp_path, permissions="all,-messages_write") as line:
        result, _ = send_note(line, line.apply())
        assert isinstance(result, Refused)


def test_what_was_sent_before_is_looked_for_and_not_sent_again(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        candidate = line.apply()
        send_note(line, candidate)
        assert send_note(line, candidate, sent_before=True) == (Arrived("found there after a lost answer"), 0)
        assert len(line.view(candidate).notes) == 1


def test_what_was_sent_before_and_is_not_there_is_sent(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        candidate = line.apply()
        assert send_note(line, candidate, sent_before=True) == (Arrived("accepted"), 1)


def test_where_looking_is_refused_nothing_is_sent_twice(tmp_path: Path) -> None:
    with open_line(tmp_path, permissions="all,-messages_read") as line:
        candidate = line.apply()
        result, announced = send_note(line, candidate, sent_before=True)
        assert isinstance(result, Unproven)
        assert "looking for it was refused" in result.cause
        assert announced == 0


def test_where_nothing_can_be_looked_up_nothing_is_sent_twice(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        result, announced = send_note(line, line.apply(), sent_before=True, look=False)
        assert isinstance(result, Unproven)
        assert announced == 0


def test_looking_that_fails_for_now_is_tried_again(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        candidate = line.apply()
        line.ats.faults.set(path="/messages", method="GET", answer_5xx=10)
        result, announced = send_note(line, candidate, sent_before=True)
        assert isinstance(result, Later)
        assert result.sent
        assert announced == 0
