"""What goes wrong is told in words: no traceback for bad input, a reference for what nobody expected."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from engine.cli import main
from engine.errors import InputError, StoreUnavailable
from tests.cli.running import Ended, fieldwright


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> object:
    """Runs a command ``fail`` that raises this."""

    def run(error: BaseException, *arguments: str) -> Ended:
        def fail() -> None:
            raise error

        module = ModuleType("engine.cli.failing_for_a_test")
        module.fail = fail  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(main.COMMANDS, "fail", (f"{module.__name__}:fail", "Fails."))
        return fieldwright(*arguments, "fail")

    return run


def test_wrong_input_is_told_with_what_to_do_and_exit_code_2(failing) -> None:
    ended = failing(InputError("The file is empty.", hint="Write something."))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: The file is empty.\n  Write something.\n"


def test_another_failure_is_told_with_exit_code_1(failing) -> None:
    ended = failing(StoreUnavailable("The store cannot commit now."))
    assert (ended.code, ended.err) == (1, "error: The store cannot commit now.\n")


def test_an_unexpected_error_is_one_line_with_a_reference_and_without_its_own_text(failing) -> None:
    ended = failing(ValueError("the secret is not-a-real-secret"))
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "ValueError in fail:" in ended.err
    assert "not-a-real-secret" not in ended.err


@pytest.mark.parametrize("by_flag", [True, False])
def test_with_debug_the_traceback_is_shown(failing, by_flag: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not by_flag:
        monkeypatch.setenv("FIELDWRIGHT_DEBUG", "1")
    ended = failing(ValueError("what happened"), *(["--debug"] if by_flag else []))
    assert ended.code == 1
    assert "Traceback" in ended.err
    assert "what happened" in ended.err


def test_an_unknown_command_says_which_was_meant() -> None:
    ended = fieldwright("lnt")
    assert ended.code == 2
    assert "lint" in ended.err
    assert "Traceback" not in ended.err


def test_a_missing_database_is_not_made_by_looking(tmp_path: Path) -> None:
    ended = fieldwright("events", "list", "--state", tmp_path / "none")
    assert ended.code == 2
    assert "There is no database" in ended.err
    assert not (tmp_path / "none").exists()
