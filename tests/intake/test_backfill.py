"""Backfill: everything once, in any number of runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Refused
from engine.intake.backfill import Backfill, BackfillProgress
from engine.intake.poll import Poller
from tests.intake.making import NOW, keys, listing, person

_PEOPLE = [person(f"p{number}", NOW - 1000 * number) for number in range(5)]


def test_it_reads_everything_and_tells_after_each_page(tmp_path: Path) -> None:
    told: list[BackfillProgress] = []
    with listing(tmp_path, _PEOPLE) as (_, of, caller, store, clock):
        (ended,) = Backfill(of, caller, store, clock).run(told.append)
        assert ended == BackfillProgress("candidates", pages=3, records=5, events_new=5, finished=True)
        assert [(one.pages, one.events_new) for one in told] == [(1, 2), (2, 4), (3, 5), (3, 5)]
        assert {event.source for event in store.inbox.list()} == {"backfill"}


def test_it_goes_on_after_an_interruption_and_makes_nothing_twice(tmp_path: Path) -> None:
    with listing(tmp_path, _PEOPLE, fails_on=2) as (ats, of, caller, store, clock):
        with pytest.raises(Refused):
            Backfill(of, caller, store, clock).run(lambda _: None)
        ats.fails_on = None
        (ended,) = Backfill(of, caller, store, clock).run(lambda _: None)
        assert (ended.pages_before, ended.events_new, ended.finished) == (1, 3, True)
        assert len(keys(store)) == 5


def test_a_second_whole_run_makes_events_of_changes_only(tmp_path: Path) -> None:
    with listing(tmp_path, _PEOPLE) as (ats, of, caller, store, clock):
        Backfill(of, caller, store, clock).run(lambda _: None)
        ats.people[3] = person("p3", NOW)
        assert Backfill(of, caller, store, clock).run(lambda _: None)[0].events_new == 1


def test_what_polling_had_is_not_made_again(tmp_path: Path) -> None:
    with listing(tmp_path, _PEOPLE) as (_, of, caller, store, clock):
        Poller(of, caller, store, clock).poll("candidates")
        assert Backfill(of, caller, store, clock).run(lambda _: None)[0].events_new == 4


def test_it_keeps_to_one_job_and_to_what_changed_since(tmp_path: Path) -> None:
    people = [person("a", NOW, "j1", "j2"), person("b", NOW, "j2"), person("c", NOW - 5000, "j2")]
    with listing(tmp_path, people) as (ats, of, caller, store, clock):
        Backfill(of, caller, store, clock).run(lambda _: None, job="j2", since=NOW - 60)
        assert keys(store) == ["a:j2", "b:j2"]
        assert ats.sinces()[0] is not None
