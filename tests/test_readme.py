"""What the README shows can be typed: its console blocks are run, and what they show is what is printed.

A console block's ``$`` lines run in order in one folder that holds the shipped mappings and the files that the README
gives (``<!-- file: NAME -->``). Its other lines must be printed in that order; ``…`` stands for lines left out. The
last command's exit code is 0, or that of ``<!-- exit: N -->``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.cli.main import COMMANDS

_ROOT = Path(__file__).parent.parent
_README = (_ROOT / "README.md").read_text("utf-8")
_BLOCK = re.compile(r"(?:<!-- (file|exit): (\S+) -->\n)?```(\w+)\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Step:
    command: str
    shown: tuple[str, ...]
    exit_code: int


def _steps(text: str, exit_code: int) -> list[Step]:
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    lines = [part.splitlines() for part in parts]
    last = len(lines) - 1
    return [Step(one[0], tuple(one[1:]), exit_code if n == last else 0) for n, one in enumerate(lines)]


_BLOCKS = _BLOCK.findall(_README)
_FILES = {name: text for kind, name, _, text in _BLOCKS if kind == "file"}
_CONSOLES = [
    _steps(text, int(value) if kind == "exit" else 0) for kind, value, how, text in _BLOCKS if how == "console"
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(_ROOT / "mappings", tmp_path / "mappings")
    for name, text in _FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def _missing(shown: tuple[str, ...], printed: str) -> list[str]:
    """The shown lines that are not printed, or not in this order."""
    left = iter([line.rstrip() for line in printed.splitlines()])
    return [line for line in shown if line.strip() not in ("", "…") and line.rstrip() not in left]


@pytest.mark.parametrize("steps", _CONSOLES, ids=lambda steps: steps[-1].command)
def test_a_console_block_prints_what_it_shows(steps: list[Step], folder: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
    for step in steps:
        ran = subprocess.run(
            step.command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
        )
        assert ran.returncode == step.exit_code, ran.stdout + ran.stderr
        assert _missing(step.shown, ran.stdout) == []


def test_the_table_of_commands_is_the_command_line() -> None:
    named = re.findall(r"^\| `([\w-]+)` \|", _README, flags=re.MULTILINE)
    assert sorted(named) == sorted(COMMANDS)


def test_files_linked_to_are_there() -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", _README) + re.findall(r'src="([^"]+)"', _README)
    for target in linked:
        assert (_ROOT / target).exists(), target


def test_the_excerpt_of_the_manifest_is_the_manifest() -> None:
    manifest = (_ROOT / "mappings" / "smartrecruiters.yaml").read_text("utf-8")
    (excerpt,) = [text for kind, _, how, text in _BLOCKS if how == "yaml" and not kind]
    assert all(f"{line}\n" in manifest for line in excerpt.splitlines())
