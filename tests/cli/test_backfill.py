"""``fieldwright backfill``: what is there already goes through the engine, from where it stopped."""

from __future__ import annotations

from pathlib import Path

from engine.runtime.state_lock import sole_worker
from engine.settings import Settings
from tests.cli.tenant_runs import Desk, desk


def scored(here: Desk) -> int:
    views = here.ats.candidates()
    return sum(bool(one.field("Skima Match Score")) for view in views for one in view.applications)


def test_everyone_there_is_scored_and_a_second_run_writes_nothing(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        here.apply(5)
        ended = here.run("backfill", "trial")
        assert ended.code == 0
        assert "read 5 records, 5 new events; 5 worked off" in ended.out
        assert scored(here) == 5
        files = [len(view.attachments) for view in here.ats.candidates()]
        assert here.run("backfill", "trial").code == 0
        assert [len(view.attachments) for view in here.ats.candidates()] == files


def test_it_works_where_lists_must_not_be_trusted(tmp_path: Path) -> None:
    with desk(tmp_path, "trackerrms") as here:
        here.apply(8)
        told = here.run("backfill", "trial", "--json").json
        assert told["left"] == 0
        assert [len(view.notes) for view in here.ats.candidates()] == [1] * 8


def test_enqueue_only_leaves_the_work_to_the_service(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        here.apply(3)
        ended = here.run("backfill", "trial", "--enqueue-only")
        assert "3 wait, `fieldwright serve` works them off" in ended.out
        assert scored(here) == 0


def test_where_a_service_runs_the_work_is_left_to_it(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        here.apply(2)
        (tmp_path / "state").mkdir()
        with sole_worker(Settings(state=tmp_path / "state")) as alone:
            assert alone
            ended = here.run("backfill", "trial")
        assert "the running service works them off" in ended.out


def test_reading_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        here.apply(3)
        here.ats.faults.set(reset_before=100, path="/candidates")
        ended = here.run("backfill", "trial")
        assert ended.code == 1
        assert "the same command goes on from here" in ended.err
        here.ats.faults.clear()
        assert here.run("backfill", "trial").code == 0
        assert scored(here) == 3


def test_only_one_job_is_read_on_demand(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        here.apply(2)
        assert "0 new events" in here.run("backfill", "trial", "--job", "another").out


def test_a_date_that_is_none_is_refused(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        ended = here.run("backfill", "trial", "--since", "yesterday")
        assert ended.code == 2
        assert "--since needs a date such as 2026-01-31" in ended.err
