"""Running the command in this process: arguments in, exit code and what was printed out."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.cli.main import run

PYTHON = sys.executable
COMMAND = (PYTHON, "-c", "from engine.cli.main import run; run()")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def fieldwright(*arguments: str | Path) -> Ended:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        run([str(argument) for argument in arguments])
    code = ended.value.code
    return Ended(code if isinstance(code, int) else 0 if code is None else 1, out.getvalue(), err.getvalue())


def tenant(folder: Path, text: str, name: str = "acme") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.yaml"
    file.write_text(text, "utf-8")
    return file


def lines_with(text: str, words: Sequence[str]) -> Iterator[str]:
    return (line for line in text.splitlines() if all(word in line for word in words))
