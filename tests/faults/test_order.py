"""Reliability row 8: what an application comes to depends on what happened, never on the order it was told in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.clock import iso
from engine.model import OutcomeKind, RawEvent
from sandbox.contract import CandidateView
from tests.pipeline.line import Line, open_line

NAMES = ("application.created", "application.updated", "attachment.added", "stage.changed", "application.updated")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with open_line(tmp_path_factory.mktemp("order")) as opened:
        yield opened


def _applicant(line: Line) -> str:
    """Somebody new with the same résumé."""
    line.made["applicants"] += 1
    return line.apply(email=f"applicant-{line.made['applicants']}@example.com")


def _tell(line: Line, candidate: str, number: int, key: str | None = None) -> str:
    """The ``number``-th thing that happened to the application is told; the event's id."""
    told = {
        "event": NAMES[number],
        "ids": {"candidate": candidate, "job": line.job},
        "version": iso(1_749_000_000.0 + 60 * number),
    }
    raw = RawEvent("trial", "poll", key or f"{candidate}-{number}", {}, json.dumps(told).encode(), line.clock.now())
    return line.store.inbox.accept([raw])[0].id


def _told_in_order(line: Line, order: Sequence[int]) -> tuple[Any, list[OutcomeKind]]:
    """A new applicant's end, and how each event ended, when what happened is told in this ``order``, one by one."""
    candidate = _applicant(line)
    events = []
    for number in order:
        events.append(_tell(line, candidate, number))
        line.pass_time(10)
    outcomes = [line.outcome(event) for event in events]
    return _end(line.view(candidate)), [outcome.kind for outcome in outcomes if outcome]


def _end(view: CandidateView) -> Any:
    """What a recruiter sees of our work, without ids and times."""
    application = view.applications[0]
    fields = {field.label: field.value for field in application.fields if "Audit" not in field.label}
    files = sorted(file.type for file in view.attachments)
    return fields, len(view.notes), sorted(view.tags), files


def _expected(order: Sequence[int]) -> list[OutcomeKind]:
    """The first event writes; of the rest those are superseded that a later state was told of before."""
    return [
        OutcomeKind.DELIVERED
        if place == 0
        else OutcomeKind.SUPERSEDED
        if number < max(order[:place])
        else OutcomeKind.UNCHANGED
        for place, number in enumerate(order)
    ]


@pytest.mark.parametrize("first", range(5))
def test_all_orders_of_five_events_come_to_the_same_and_what_comes_late_is_superseded(line: Line, first: int) -> None:
    expected, _ = _told_in_order(line, range(5))
    for order in permutations(range(5)):
        if order[0] == first:
            end, outcomes = _told_in_order(line, order)
            assert end == expected, order
            assert outcomes == _expected(order), order


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(st.integers(0, 4), min_size=1, max_size=8),
    worked_after=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_doubled_lost_and_bundled_events_come_to_the_same(
    line: Line, told: list[int], worked_after: list[bool]
) -> None:
    expected, _ = _told_in_order(line, range(5))
    candidate = _applicant(line)
    events = []
    for place, number in enumerate(told):
        events.append(_tell(line, candidate, number))
        if worked_after[place]:
            line.pass_time(10)
    line.pass_time(10)
    assert _end(line.view(candidate)) == expected
    assert all(line.outcome(event) for event in events)
    assert len(set(events)) == len(set(told))
