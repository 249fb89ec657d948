"""The log of a service at work, at its loudest: the event on each line of its work, and never a person."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import InputError
from engine.model import RawEvent
from engine.runtime.logs import set_up
from engine.telemetry.working import about
from tests.e2e.service import running, until
from tests.pipeline.line import engineers, open_line

CANARY = {"first_name": "Zqanary", "last_name": "Wrenfeather", "email": "zqanary@wrenfeather.example"}
WORDS = ("zqanary", "wrenfeather")


@contextmanager
def logged(level: str = "debug") -> Iterator[io.StringIO]:
    """What a process would write, as JSON."""
    root, stream = logging.getLogger(), io.StringIO()
    kept = root.handlers[:], root.level
    own = {name: logging.getLogger(name).level for name in ("engine", "connectors", "sandbox")}
    set_up(["not-a-real-secret"], as_json=True, stream=stream, level=level, role="serve")
    try:
        yield stream
    finally:
        root.handlers[:], root.level = kept
        for name, before in own.items():
            logging.getLogger(name).setLevel(before)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_no_line_holds_a_person_through_successes_and_failures(tmp_path: Path) -> None:
    with logged() as stream, running(tmp_path) as service:
        person = replace(engineers(1)[0], **CANARY)
        service.ats.apply(person, service.job)
        service.settle()
        service.ats.faults.set(path="*", answer_5xx=3)
        service.post({"candidate": CANARY, "text": "Zqanary"})
        service.post(b'{"candidate": "Zqanary Wrenfeather"')
        service.post({"note": "Zqanary"}, sign=False)
        service.settle()
    told = lines(stream)
    assert any(line.get("outcome") == "delivered" for line in told)
    assert [line for line in told if any(word in json.dumps(line).lower() for word in WORDS)] == []


def test_a_failure_nobody_expected_tells_the_event_and_no_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("Zqanary Wrenfeather broke it")

    with logged() as stream, open_line(tmp_path) as line:
        monkeypatch.setattr("engine.pipeline.applications.score_application", breaks)
        event = line.score(line.apply(**CANARY))
    (failed,) = [one for one in lines(stream) if "failure" in one]
    assert (failed["event"], failed["connection"], failed["level"]) == (event.id, "trial", "error")
    assert failed["failure"].startswith("RuntimeError at ")
    assert not any(word in stream.getvalue().lower() for word in WORDS)


def test_each_line_written_while_an_event_is_worked_on_names_it(tmp_path: Path) -> None:
    seen: set[str] = set()

    with logged() as stream, open_line(tmp_path) as line:
        call = line.route.caller._transport.send

        def speaking(request: Any) -> Any:
            logging.getLogger("engine.anywhere").info("a call")
            logging.getLogger("a_library").warning("said %s", "Zqanary")
            return call(request)

        line.route.caller._transport.send = speaking  # type: ignore[method-assign]
        seen.add(line.score(line.apply()).id)
        bad = line.store.inbox.accept([RawEvent("trial", "webhook", "bad", {}, b"no json", 0.0)])[0].id
        line.work()
    told = lines(stream)
    spoken = [one for one in told if one["message"] == "a call"]
    assert len(spoken) > 3
    assert {one.get("event") for one in spoken} == seen
    library = [one for one in told if one["logger"] == "a_library"]
    assert {(one["message"], one.get("event")) for one in library} == {("said %s", seen.copy().pop())}
    assert [one["event"] for one in told if one.get("outcome") == "quarantined"] == [bad]
    assert {one["connection"] for one in told if one.get("event")} == {"trial"}


def test_what_is_done_by_the_clock_names_its_connection(tmp_path: Path) -> None:
    with logged() as stream, running(tmp_path) as service:
        service.ats.faults.set(path="*", answer_5xx=1_000_000)
        service.clock.advance(3600)
        until(lambda: "polling" in stream.getvalue(), "a poll fails")
    assert {one.get("connection") for one in lines(stream) if "polling" in one["message"]} == {"trial"}


def test_json_tells_the_role_and_the_logger_and_text_tells_the_event(capsys: pytest.CaptureFixture[str]) -> None:
    with logged("warning") as stream, about("evt_1", "acme"):
        logging.getLogger("engine.somewhere").info("unheard")
        logging.getLogger("engine.somewhere").warning("heard")
    (line,) = lines(stream)
    assert (line["role"], line["logger"], line["event"], line["connection"], line["message"]) == (
        *("serve", "engine.somewhere", "evt_1", "acme", "heard"),
    )
    with logged(), about("evt_1", "acme"):
        text = io.StringIO()
        set_up(stream=text)
        logging.getLogger("engine.somewhere").info("heard")
    assert "[acme evt_1] heard" in text.getvalue()


@pytest.mark.parametrize("name", ["httpx", "uvicorn.error", "sqlalchemy.engine", "rq.worker", "alembic.runtime"])
def test_libraries_are_quiet(name: str) -> None:
    with logged("debug") as stream:
        logging.getLogger(name).info("GET /secret")
        logging.getLogger(name).warning("GET /secret")
    assert stream.getvalue() == ""


def test_an_unknown_level_is_told_with_those_there_are() -> None:
    with pytest.raises(InputError, match="debug, info, warning, error"):
        set_up(level="loud")
