"""Polling against a real list over HTTP: nothing is skipped, nothing is taken twice, history is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.clock import iso, parse_iso
from engine.errors import InputError, Refused
from engine.intake.poll import Poller
from tests.intake.making import NOW, connection, keys, listing, person


def test_the_first_poll_takes_what_changed_within_the_overlap_and_leaves_history(tmp_path: Path) -> None:
    people = [person("old", NOW - 9999), person("new", NOW - 30)]
    with listing(tmp_path, people) as (ats, of, caller, store, clock):
        report = Poller(of, caller, store, clock).poll("candidates")
        assert (report.records, report.events_new) == (1, 1)
        assert keys(store) == ["new:j1"]
        assert ats.sinces() == [iso(NOW - 120)[:19] + "Z"]


def test_an_event_holds_ids_and_version_and_nothing_of_the_person(tmp_path: Path) -> None:
    people = [person("ana", NOW, firstName="Ana", email="ana@example.com")]
    with listing(tmp_path, people) as (_, of, caller, store, clock):
        Poller(of, caller, store, clock).poll("candidates")
        (event,) = store.inbox.list()
        assert json.loads(event.body) == {
            "stream": "candidates",
            "event": "application.updated",
            "ids": {"candidate": "ana", "job": "j1"},
            "version": iso(NOW),
        }
        assert (event.source, event.key) == ("poll", f"candidates:ana:j1::{iso(NOW)}")


def test_the_next_poll_starts_at_the_newest_record_less_the_overlap(tmp_path: Path) -> None:
    with listing(tmp_path, [person("ana", NOW - 50)]) as (ats, of, caller, store, clock):
        poller = Poller(of, caller, store, clock)
        poller.poll("candidates")
        ats.people += [person("ben", NOW - 50), person("eve", NOW + 100)]
        clock.advance(600)
        assert poller.poll("candidates").events_new == 2
        clock.advance(600)
        assert poller.poll("candidates").events_new == 0
        assert ats.sinces()[1:] == [iso(NOW - 120)[:19] + "Z", iso(NOW + 100 - 120)[:19] + "Z"]
        assert keys(store) == ["ana:j1", "ben:j1", "eve:j1"]


def test_each_application_of_a_person_is_an_event(tmp_path: Path) -> None:
    with listing(tmp_path, [person("ana", NOW, "j1", "j2", "j3")]) as (_, of, caller, store, clock):
        assert Poller(of, caller, store, clock).poll("candidates").events_new == 3
        assert keys(store) == ["ana:j1", "ana:j2", "ana:j3"]


def test_records_that_name_nothing_are_counted_and_break_nothing(tmp_path: Path) -> None:
    odd = [
        {"updatedOn": iso(NOW), "primaryAssignment": {"job": {"id": "j1"}}},
        {"id": ["a"], "updatedOn": iso(NOW), "primaryAssignment": {"job": {"id": "j1"}}},
        {"id": "x", "updatedOn": iso(NOW)},
        {"id": 7, "updatedOn": "soon", "primaryAssignment": {"job": {"id": 8}}},
    ]
    with listing(tmp_path, odd, size=10) as (_, of, caller, store, clock):
        report = Poller(of, caller, store, clock).poll("candidates")
        assert (report.records, report.skipped, report.events_new) == (4, 2, 1)
        assert keys(store) == ["7:8"]


def test_overlapping_pages_and_equal_timestamps_lose_and_repeat_nothing(tmp_path: Path) -> None:
    people = [person(f"p{number}", NOW) for number in range(7)]
    with listing(tmp_path, people, size=3, overlap=1) as (_, of, caller, store, clock):
        assert Poller(of, caller, store, clock).poll("candidates").events_new == 7
        assert len(keys(store)) == 7


def test_a_poll_that_breaks_off_keeps_what_it_had_and_moves_no_cursor(tmp_path: Path) -> None:
    people = [person(f"p{number}", NOW - number) for number in range(6)]
    with listing(tmp_path, people, fails_on=4) as (ats, of, caller, store, clock):
        poller = Poller(of, caller, store, clock)
        with pytest.raises(Refused):
            poller.poll("candidates")
        assert len(keys(store)) == 4
        assert store.cursors.get("acme", "candidates") is None
        assert poller.due(clock.now()) == []
        clock.advance(61)
        assert poller.due(clock.now()) == ["candidates"]
        ats.fails_on = None
        assert poller.poll("candidates").events_new == 2


@pytest.mark.parametrize("strange", ["2999-01-01T00:00:00Z", "yesterday", "", None, 17, "0001-01-01T00:00:00Z"])
def test_a_strange_date_moves_no_watermark_forward_or_back(tmp_path: Path, strange: object) -> None:
    with listing(tmp_path, [person("ana", NOW)]) as (ats, of, caller, store, clock):
        poller = Poller(of, caller, store, clock)
        poller.poll("candidates")
        ats.people = [{**person("odd", NOW), "updatedOn": strange}]
        clock.advance(600)
        poller.poll("candidates")
        cursor = store.cursors.get("acme", "candidates")
        assert cursor is not None
        assert NOW <= cursor["watermark"] <= clock.now()


def test_a_stream_is_due_when_its_interval_has_passed(tmp_path: Path) -> None:
    with listing(tmp_path) as (_, of, caller, store, clock):
        poller = Poller(of, caller, store, clock)
        assert poller.due(clock.now()) == ["candidates"]
        poller.poll("candidates")
        assert poller.due(clock.now() + 599) == []
        assert Poller(of, caller, store, clock).due(clock.now() + 600) == ["candidates"]


# ── full passes ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_full_pass_finds_what_the_limited_ones_missed_and_no_history(tmp_path: Path) -> None:
    people = [person("old", NOW - 9999), person("ana", NOW)]
    with listing(tmp_path, people) as (ats, of, caller, store, clock):
        poller = Poller(of, caller, store, clock)
        poller.poll("candidates")
        ats.people.append(person("missed", NOW + 10))
        clock.advance(86_400)
        ats.people.append(person("late", NOW + 5))
        report = poller.poll("candidates")
        assert (report.full, report.baseline, ats.sinces()[-1]) == (True, True, None)
        assert keys(store) == ["ana:j1", "late:j1", "missed:j1"]


def test_a_later_full_pass_finds_what_changed_without_a_new_date(tmp_path: Path) -> None:
    of = connection(version=None)
    with listing(tmp_path, [person("old", NOW - 9999), person("ana", NOW - 8888)], of=of) as made:
        ats, of, caller, store, clock = made
        poller = Poller(of, caller, store, clock)
        assert poller.poll("candidates", full=True).events_new == 0
        ats.people[0]["firstName"] = "Ina"
        assert poller.poll("candidates", full=True).events_new == 1
        assert keys(store) == ["old:j1"]


def test_a_list_that_cannot_be_limited_is_remembered_first_and_compared_then(tmp_path: Path) -> None:
    of = connection(unlimited_list=True, watermark=None)
    with listing(tmp_path, [person("a", NOW - 99), person("b", NOW - 88)], of=of) as made:
        ats, of, caller, store, clock = made
        poller = Poller(of, caller, store, clock)
        first = poller.poll("candidates")
        assert (first.records, first.events_new, first.baseline) == (2, 0, True)
        ats.people[1] = person("b", NOW + 5)
        ats.people.append(person("c", NOW - 7777))
        clock.advance(600)
        assert poller.poll("candidates").events_new == 2
        clock.advance(600)
        assert poller.poll("candidates").events_new == 0
        assert keys(store) == ["b:j1", "c:j1"]


def test_a_record_that_a_page_left_out_once_is_not_taken_for_new(tmp_path: Path) -> None:
    of = connection(unlimited_list=True, watermark=None)
    with listing(tmp_path, [person("a", NOW - 99), person("b", NOW - 88)], of=of) as made:
        ats, of, caller, store, clock = made
        poller = Poller(of, caller, store, clock)
        poller.poll("candidates")
        left_out = ats.people.pop()
        poller.poll("candidates")
        ats.people.append(left_out)
        assert poller.poll("candidates").events_new == 0


def test_an_unknown_stream_is_named(tmp_path: Path) -> None:
    with (
        listing(tmp_path) as (_, of, caller, store, clock),
        pytest.raises(InputError, match="candidatez"),
    ):
        Poller(of, caller, store, clock).poll("candidatez")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rounds=st.lists(
        st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(-200, 0)), max_size=5), min_size=1, max_size=5
    )
)
def test_whatever_changes_late_within_the_overlap_every_state_that_was_listed_arrives(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[str, int]]]
) -> None:
    """Changes show up to 120 s late and in any order; each state that a poll could see is an event exactly once."""
    folder = tmp_path_factory.mktemp("poll")
    with listing(folder) as (ats, of, caller, store, clock):
        poller = Poller(of, caller, store, clock)
        listed: set[str] = set()
        for changes in rounds:
            clock.advance(600)
            reached = (store.cursors.get("acme", "candidates") or {"watermark": clock.now()})["watermark"]
            for name, late in changes:
                ats.people = [one for one in ats.people if one["id"] != name]
                ats.people.append(person(name, clock.now() + max(late, -120)))
            listed |= {
                f"{one['id']}@{one['updatedOn']}"
                for one in ats.people
                if parse_iso(one["updatedOn"]) >= reached - 120
            }
            poller.poll("candidates")
        stored = [event.key.removeprefix("candidates:").split(":j1::") for event in store.inbox.list(limit=1000)]
        assert sorted("@".join(one) for one in stored) == sorted(listed)
