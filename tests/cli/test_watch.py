"""``fieldwright test --watch``: what makes it run again, and how it ends."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.cli.watching import watch_tests
from engine.clock import ManualClock
from engine.errors import InputError
from tests.cli.running import COMMAND
from tests.rehearsal.written import case, written


class Script(ManualClock):
    """Time in which one thing after the other is done, at each look at the files, and then somebody stops it."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        super().__init__()
        self._steps = list(steps)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if not self._steps:
            raise KeyboardInterrupt
        self._steps.pop(0)()


def nothing() -> None:
    """Nothing happens at this look."""


def runs(file: Path, *steps: Callable[[], object]) -> int:
    count: list[int] = []
    watch_tests(lambda: [file], lambda: count.append(1), Script(*steps))
    return len(count)


def longer(file: Path) -> Callable[[], object]:
    return lambda: file.write_text(file.read_text("utf-8") + "# more\n", "utf-8") if file.exists() else file.touch()


@pytest.mark.parametrize(
    "name", ["smartrecruiters.test.yaml", "smartrecruiters.yaml", "smartrecruiters.new.cassette.yaml"]
)
def test_a_change_of_test_manifest_or_cassette_runs_again(tmp_path: Path, name: str) -> None:
    file = written(tmp_path, case("outcome: delivered"))
    assert runs(file, nothing, longer(tmp_path / name), nothing, nothing) == 2


def test_nothing_changed_nothing_is_run(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: delivered"))
    other = tmp_path / "other.yaml"
    assert runs(file, nothing, longer(other), nothing) == 1


def test_an_editor_that_writes_in_steps_makes_one_run(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: delivered"))
    assert runs(file, longer(file), longer(file), longer(file), nothing, nothing) == 2


def test_a_file_that_goes_and_comes_back_is_seen(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: delivered"))
    text = file.read_text("utf-8")
    assert runs(file, file.unlink, nothing, nothing, lambda: file.write_text(text, "utf-8"), nothing) == 3


def test_what_is_wrong_is_told_and_watched_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, case("outcome: delivered"))

    def run() -> None:
        raise InputError("There is no mapping test here.", hint="Write one.")

    watch_tests(lambda: [file], run, Script(longer(file), nothing, nothing))
    assert capsys.readouterr().err.count("There is no mapping test here.") == 2


def test_a_real_run_is_seen_again_after_a_change_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: delivered"))
    command = [*COMMAND, "test", str(file), "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        _until(process.stdout.readline, "watching")
        file.write_text(file.read_text("utf-8").replace("outcome: delivered", "outcome: filtered"), "utf-8")
        seen = _until(process.stdout.readline, "watching")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert "changed: smartrecruiters.test.yaml\n" in seen
        assert any("expected  filtered" in line for line in seen)


def _until(line: Callable[[], str], word: str) -> list[str]:
    seen = [line()]
    while word not in seen[-1]:
        assert seen[-1], seen
        seen.append(line())
    return seen
