"""``fieldwright test``: mapping tests in; one line for each case, what fails with its place, and an exit code out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import AsJson, Mappings
from engine.cli.output import print_json, printable
from engine.errors import InputError, SpecError
from engine.manifest.findings import Finding
from engine.manifest.schemas import data_folder
from engine.model import Json
from engine.rehearsal.checking import Failure
from engine.rehearsal.rehearse import Rehearsals
from engine.rehearsal.running import Result, run_suite
from engine.rehearsal.suite import ENDING, Suite, load_suite
from engine.settings import settings_from


@dataclass(frozen=True, slots=True)
class Report:
    """What one file came to: its cases' results, or the mistakes in it."""

    file: Path
    results: tuple[Result, ...] = ()
    findings: tuple[Finding, ...] = ()


def run_tests(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Mapping tests, manifests or folders; without any, the shipped ones.")
    ] = None,
    only: Annotated[
        str | None, typer.Option("--only", metavar="NAME", help="Run the cases that hold this in their name.")
    ] = None,
    mappings: Mappings = None,
    as_json: AsJson = False,
) -> None:
    """Run mapping tests: event in, requests out, against canned answers. Nothing is sent.

    Exit code 2 when a file has mistakes, 1 when a case fails, 0 when all pass.
    """
    started = time.monotonic()
    default = settings_from(mappings=mappings).mappings or data_folder("mappings")
    files = list(dict.fromkeys(_files(paths or [default])))
    with Rehearsals() as rehearsals:
        reports = []
        for file in files:
            reports.append(_report(file, rehearsals, only))
            if not as_json:
                _show(reports[-1])
    results = [result for report in reports for result in report.results]
    mistakes = any(report.findings for report in reports)
    if only is not None and not results and not mistakes:
        raise InputError(f"No case holds “{only}” in its name.", hint="Run without --only to see their names.")
    _end(reports, results, time.monotonic() - started, as_json)
    if mistakes or not all(result.passed for result in results):
        raise typer.Exit(2 if mistakes else 1)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(path.rglob(f"*{ENDING}"))
            if not found:
                raise InputError(f"There is no mapping test in {path}.", hint=f"They are named <ats>{ENDING}.")
            yield from found
        elif path.name.endswith(ENDING):
            yield path
        else:
            yield _test_of(path)


def _test_of(manifest: Path) -> Path:
    """The mapping test beside a manifest. Raises InputError where there is none."""
    file = manifest.with_name(f"{manifest.stem}{ENDING}")
    if not manifest.is_file():
        raise InputError(f"There is no file {manifest}.", hint=f"Name a folder, a manifest or a <ats>{ENDING}.")
    if not file.is_file():
        raise InputError(f"{manifest} has no mapping test beside it.", hint=f"Write {file.name}: docs/testing.md.")
    return file


def _report(file: Path, rehearsals: Rehearsals, only: str | None) -> Report:
    try:
        suite: Suite = load_suite(file)
    except SpecError as error:
        return Report(file, findings=error.findings)
    return Report(file, tuple(run_suite(suite, rehearsals, only)))


# ── showing ──────────────────────────────────────────────────────────────────────────────────────────────────


def _show(report: Report) -> None:
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
            _show_failure(failure)


def _show_failure(failure: Failure) -> None:
    typer.echo(f"      {typer.style(str(failure.at), bold=True)} {failure.what}")
    for word, text, color in (("expected", failure.expected, "green"), ("came", failure.came, "red")):
        first, *rest = printable(text).splitlines() or [""]
        typer.echo(f"        {typer.style(f'{word:<9}', fg=color)} {first}")
        for line in rest:
            typer.echo(f"                  {line}")


def _end(reports: list[Report], results: list[Result], took_s: float, as_json: bool) -> None:
    failed = sum(not result.passed for result in results)
    if as_json:
        files = [_as_json(report) for report in reports]
        print_json({"cases": len(results), "failed": failed, "seconds": round(took_s, 3), "files": files})
        return
    wrong = sum(bool(report.findings) for report in reports)
    cases = f"{len(results)} {'case' if len(results) == 1 else 'cases'}"
    told = [cases, f"{failed} failed" if failed else "all pass"]
    if wrong:
        told[1:] = [f"{failed} failed", f"{wrong} {'file' if wrong == 1 else 'files'} with mistakes"]
    typer.echo(f"{', '.join(told)}, {took_s:.1f} s")


def _as_json(report: Report) -> Json:
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
