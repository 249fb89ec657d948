"""How quickly the command line starts: ``fieldwright lint mappings/`` (best of 5), and what ``--help`` imports."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

_COMMAND = (sys.executable, "-c", "from engine.cli.main import run; run()")
_HEAVY = ("httpx", "sqlalchemy", "starlette", "uvicorn", "fpdf", "pypdfium2", "docx", "yaml", "jsonschema")
_COUNT = """
import sys
from engine.cli.main import run
try:
    run(["--help"])
except SystemExit:
    pass
print(len(sys.modules), *sorted({name.partition(".")[0] for name in sys.modules} & set(HEAVY)), file=sys.stderr)
"""
_RUNS = 5
_LIMIT_S = 1.0


def main() -> list[str]:
    """The lines of the report."""
    mappings = Path(__file__).resolve().parent.parent / "mappings"
    lint_s = min(_seconds("lint", str(mappings)) for _ in range(_RUNS))
    help_s = min(_seconds("--help") for _ in range(_RUNS))
    verdict = "reached" if lint_s < _LIMIT_S else "MISSED"
    count, *heavy = _help_modules()
    return [
        f"fieldwright lint mappings/: {lint_s:.2f} s, best of {_RUNS} (goal {_LIMIT_S} s: {verdict})",
        f"fieldwright --help: {help_s:.2f} s, {count} modules, of the heavy ones: {' '.join(heavy) or 'none'}",
    ]


def _seconds(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([*_COMMAND, *arguments], check=True, capture_output=True)
    return time.perf_counter() - started


def _help_modules() -> list[str]:
    script = _COUNT.replace("HEAVY", repr(_HEAVY))
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return ended.stderr.split()
