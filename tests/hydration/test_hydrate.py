"""What is fetched for one event: each object once, whole lists rarely, and what is known is not asked for."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.errors import Refused, Transient
from engine.hydration.hydrate import Hydrator
from engine.hydration.memo import KEPT_S, ListMemo
from engine.model import Ids
from sandbox.trackerrms import TrackerRms
from tests.pipeline.line import READER, Line, open_line


def hydrator(line: Line, lists: ListMemo | None = None) -> Hydrator:
    return Hydrator(line.route.connection, line.route.caller, line.store.cache, READER, lists)


def test_each_object_is_fetched_once_for_one_event(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        candidate, reading = line.apply(), hydrator(line)
        for _ in range(2):
            hydrated = reading.hydrate(Ids(candidate, line.job), prospect=False)
            reading.applications_of(candidate)
        assert hydrated.job.title
        assert max(line.calls().values()) == 1


def test_the_jobs_markup_becomes_text(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        job = hydrator(line).job(line.job)
        assert "<" not in job.text
        assert "Python" in job.text


def test_a_job_is_kept_between_events_until_it_is_forgotten(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        hydrator(line).job(line.job)
        hydrator(line).job(line.job)
        assert line.calls()["get_job"] == 1
        hydrator(line).forget_job(line.job)
        hydrator(line).job(line.job)
        assert line.calls()["get_job"] == 2


def test_a_resume_is_downloaded_and_read_once(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        candidate = line.apply()
        texts = []
        for _ in range(2):
            reading = hydrator(line)
            texts.append(reading.resume(reading.hydrate(Ids(candidate, line.job), prospect=False)))
        assert texts[0] == texts[1]
        assert line.calls()["download_attachment"] == 1


def test_what_is_not_there_is_refused_as_missing(tmp_path: Path) -> None:
    with open_line(tmp_path, "trackerrms") as line:
        with pytest.raises(Refused) as refused:
            hydrator(line).candidate("999999")
        assert refused.value.kind == "missing"


def test_an_application_is_found_by_candidate_and_job_and_its_id_is_kept(tmp_path: Path) -> None:
    with open_line(tmp_path, "trackerrms") as line:
        assert isinstance(line.ats, TrackerRms)
        candidates = [line.apply(number) for number in range(3)]
        for _ in range(2):
            found = hydrator(line).application(Ids(candidates[2], line.job))
            assert found.id == str(line.ats.application(candidates[2], line.job).id)
        asked = line.calls()["list_applications"]
        assert asked
        hydrator(line).application(Ids(candidates[2], line.job))
        assert line.calls()["list_applications"] == asked


def test_a_whole_list_is_read_once_for_many_events(tmp_path: Path) -> None:
    with open_line(tmp_path, "trackerrms") as line:
        candidates = [line.apply(number) for number in range(3)]
        lists = ListMemo(line.clock)
        for candidate in candidates:
            assert [ids.job for ids in hydrator(line, lists).applications_of(candidate)] == [line.job]
        once = line.calls()["list_applications"]
        line.clock.advance(KEPT_S + 1)
        hydrator(line, lists).applications_of(line.apply(3))
        assert line.calls()["list_applications"] > once


def test_a_list_that_lacks_an_application_is_read_again(tmp_path: Path) -> None:
    with open_line(tmp_path, "trackerrms") as line:
        lists = ListMemo(line.clock)
        first = line.apply(0)
        hydrator(line, lists).applications_of(first)
        second = line.apply(1)
        assert hydrator(line, lists).application(Ids(second, line.job)).candidate_id == second


def test_threads_that_want_a_list_at_once_read_it_once() -> None:
    lists, reads, starting = ListMemo(ManualClock()), [], threading.Barrier(8)

    def read() -> list[int]:
        reads.append(1)
        return [1, 2]

    def want() -> None:
        starting.wait()
        assert lists.records("acme", "list", read) == [1, 2]

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reads) == 1


def test_a_list_that_could_not_be_read_is_not_kept() -> None:
    lists = ListMemo(ManualClock())

    def fail() -> list[int]:
        raise Transient("away")

    with pytest.raises(Transient):
        lists.records("acme", "list", fail)
    assert lists.records("acme", "list", lambda: [1]) == [1]
