"""The service's log: a line per record, no secrets, and of an exception never its text."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from engine.runtime.logs import LineFormatter


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("engine", logging.WARNING, "here.py", 1, message, arguments, None)
    for name, value in extra.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize("as_json", [False, True])
def test_a_secret_in_a_message_is_masked(as_json: bool) -> None:
    line = LineFormatter(["not-a-real-secret"], as_json=as_json).format(record("key %s", "not-a-real-secret"))
    assert "not-a-real-secret" not in line
    assert "•••" in line


@pytest.mark.parametrize("as_json", [False, True])
def test_a_record_is_one_line_whatever_is_in_it(as_json: bool) -> None:
    line = LineFormatter(as_json=as_json).format(record("first\nsecond\x1b[31m\r\nthird"))
    assert line.isprintable()


def test_an_exception_is_told_by_kind_and_place_never_by_its_text() -> None:
    made = record("a turn failed")
    try:
        raise ValueError("Ana Lopez, ana@example.com")
    except ValueError:
        made.exc_info = sys.exc_info()
    line = LineFormatter().format(made)
    assert "ValueError at test_logs.py:" in line
    assert "Ana" not in line


def test_the_event_and_its_outcome_are_fields_of_their_own_in_json() -> None:
    made = record("evt_1 delivered", event="evt_1", outcome="delivered")
    told = json.loads(LineFormatter(as_json=True).format(made))
    assert (told["event"], told["outcome"], told["level"]) == ("evt_1", "delivered", "warning")
