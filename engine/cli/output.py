"""What commands print at once: findings and lines for people, JSON for machines."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable

import typer

from engine.manifest.findings import Finding
from engine.model import Json

_COLORS = {"error": "red", "warning": "yellow", "note": "cyan"}


def show_findings(found: Iterable[Finding], indent: str = "") -> None:
    """Prints each finding: its place, its code, what is wrong, and below it what to do."""
    for finding in found:
        place = typer.style(f"{finding.file}:{finding.line}:{finding.column}", bold=True)
        code = typer.style(finding.code, fg=_COLORS[finding.severity])
        typer.echo(f"{indent}{place} {code} {printable(finding.message)}")
        if finding.hint:
            typer.echo(f"{indent}  {printable(finding.hint)}")


def severities(found: Iterable[Finding]) -> str:
    """``2 errors, 1 warning``; empty where there is neither."""
    numbers = Counter(finding.severity for finding in found)
    return ", ".join(counted(numbers[word], word) for word in ("error", "warning") if numbers[word])


def counted(number: int, what: str) -> str:
    """``1 page``, ``2 pages``, ``2 entries``."""
    plural = f"{what[:-1]}ies" if what.endswith("ry") else f"{what}s"
    return f"{number} {what if number == 1 else plural}"


def printable(text: str) -> str:
    """``text`` without what could steer a terminal: control characters become visible."""
    return "".join(char if char.isprintable() or char == "\n" else f"\\x{ord(char):02x}" for char in text)


def print_json(data: Json) -> None:
    """``data`` as indented JSON on standard output."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2) + "\n")
