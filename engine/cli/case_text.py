"""What mapping tests came to, as lines for people and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from engine.cli.output import counted, print_json, printable, show_findings
from engine.manifest.findings import Finding
from engine.model import Json
from engine.rehearsal.checking import Failure
from engine.rehearsal.coverage import KINDS, Coverage, percent
from engine.rehearsal.running import Result


@dataclass(frozen=True, slots=True)
class Report:
    """What one file came to: its cases' results, or the mistakes in it."""

    file: Path
    results: tuple[Result, ...] = ()
    findings: tuple[Finding, ...] = ()
    coverage: Coverage | None = None


def show_report(report: Report) -> None:
    """Prints a line for each case under its file, and below it what fails."""
    if report.results or report.findings:
        typer.secho(str(report.file), bold=True)
    show_findings(report.findings, indent="  ")
    for result in report.results:
        mark = typer.style("✓", fg="green") if result.passed else typer.style("✗", fg="red")
        typer.echo(f"  {mark} {result.case.name}")
        for failure in result.failures:
            show_failure(failure)
    if report.coverage is not None:
        _show_coverage(report.coverage)


def _show_coverage(found: Coverage) -> None:
    """A line for each kind with its share, and below it what is not exercised, with what to add."""
    typer.echo(f"\n  exercised by these cases: {percent(found.items)} %")
    for kind in KINDS:
        items = found.of(kind)
        done = sum(item.exercised for item in items)
        typer.echo(f"    {kind:<13}{percent(items):>4} %  {done} of {len(items)}")
        for item in items:
            if not item.exercised:
                typer.echo(f"      {typer.style('–', fg='yellow')} {item.name}: add {item.add}")
    typer.echo()


def show_failure(failure: Failure) -> None:
    """Prints where an expectation stands that does not hold, what was expected and what came."""
    typer.echo(f"      {typer.style(str(failure.at), bold=True)} {failure.what}")
    for word, text, color in (("expected", failure.expected, "green"), ("came", failure.came, "red")):
        first, *rest = printable(text).splitlines() or [""]
        typer.echo(f"        {typer.style(f'{word:<9}', fg=color)} {first}")
        for line in rest:
            typer.echo(f"                  {line}")


def show_end(reports: list[Report], results: list[Result], took_s: float, as_json: bool) -> None:
    """Prints how many cases passed; with ``as_json`` everything, for machines."""
    failed = sum(not result.passed for result in results)
    if as_json:
        files = [_report_json(report) for report in reports]
        print_json({"cases": len(results), "failed": failed, "seconds": round(took_s, 3), "files": files})
        return
    wrong = sum(bool(report.findings) for report in reports)
    told = [counted(len(results), "case"), f"{failed} failed" if failed else "all pass"]
    if wrong:
        told[1:] = [f"{failed} failed", f"{counted(wrong, 'file')} with mistakes"]
    typer.echo(f"{', '.join(told)}, {took_s:.1f} s")


def _report_json(report: Report) -> Json:
    cases = [
        {
            "name": result.case.name,
            "line": result.case.at().line,
            "passed": result.passed,
            "failures": [_failure_json(failure) for failure in result.failures],
        }
        for result in report.results
    ]
    told: dict[str, Json] = {"file": str(report.file), "findings": [one.as_json() for one in report.findings]}
    told["cases"] = cases
    return told if report.coverage is None else {**told, "coverage": _coverage_json(report.coverage)}


def _coverage_json(found: Coverage) -> Json:
    kinds = {
        kind: {
            "percent": percent(found.of(kind)),
            "exercised": [item.name for item in found.of(kind) if item.exercised],
            "missing": [{"name": item.name, "add": item.add} for item in found.of(kind) if not item.exercised],
        }
        for kind in KINDS
    }
    return {"percent": percent(found.items), **kinds}


def _failure_json(failure: Failure) -> Json:
    at = {"file": failure.at.file, "line": failure.at.line, "column": failure.at.column}
    return {**at, "what": failure.what, "expected": failure.expected, "came": failure.came}
