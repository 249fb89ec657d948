"""What is wrong with a file: where, what, and what to do next. Every check of a manifest gives these."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]

_FEW = 8
_CUTOFF = 0.6


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One mistake at one place; ``line`` and ``column`` count from 1. Sorted, they follow the file."""

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column} {self.code} {self.message}"
        return f"{text}\n  {self.hint}" if self.hint else text

    def as_json(self) -> dict[str, str | int]:
        """The finding as a plain dict, one key per attribute."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "severity": self.severity,
        }


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that ``name`` was most likely meant to be, or None when none is near."""
    by_folded = {_folded(candidate): candidate for candidate in sorted(known, reverse=True)}
    close = difflib.get_close_matches(_folded(name), by_folded, n=1, cutoff=_CUTOFF)
    return by_folded[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint: the nearest right name, else all of them when they are few, else nothing."""
    names = sorted(set(known))
    near = nearest(name, names)
    if near is not None:
        return f"did you mean `{near}`?"
    return f"one of: {', '.join(names)}" if 0 < len(names) <= _FEW else ""


def _folded(name: str) -> str:
    return name[:80].casefold().replace("-", "_").replace(" ", "_")
