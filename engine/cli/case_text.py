"""What mapping tests came to, as lines for people and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from engine.cli.output import print_json, printable
from engine.manifest.findings import Finding
from engine.model import Json
from engine.rehearsal.checking import Failure
from engine.rehearsal.running import Result


@dataclass(frozen=True, slots=True)
class Report:
    """What one file came to: its cases' results, or the mistakes in it."""

    file: Path
    results: tuple[Result, ...] = ()
    findings: tuple[Finding, ...] = ()


def show_report(report: Report) -> None:
    """Prints a line for each case under its file, and below it what fails."""
    if report.results or report.findings:
        typer.secho(str(report.file), bold=True)
    for finding in report.findings:
        typer.echo(f"  {finding.file}:{finding.line}:{finding.column} {finding.code} {finding.message}")
        if finding.hint:
            typer.echo(f"    {finding.hint}")
    for result in report.results:
        mark = typer.style("✓", fg="green") if result.passed else typer.style("✗", fg="red")
        typer.echo(f"  {mark} {result.case.name}")
        for failure in result.failures:
            show_failure(failure)


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
    cases = f"{len(results)} {'case' if len(results) == 1 else 'cases'}"
    told = [cases, f"{failed} failed" if failed else "all pass"]
    if wrong:
        told[1:] = [f"{failed} failed", f"{wrong} {'file' if wrong == 1 else 'files'} with mistakes"]
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
    return {"file": str(report.file), "findings": [one.as_json() for one in report.findings], "cases": cases}


def _failure_json(failure: Failure) -> Json:
    at = {"file": failure.at.file, "line": failure.at.line, "column": failure.at.column}
    return {**at, "what": failure.what, "expected": failure.expected, "came": failure.came}
