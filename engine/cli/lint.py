"""``fieldwright lint``: files and folders in; every mistake with file, line and column, and an exit code, out."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.lint_files import LintedFile, files_in, lint_file
from engine.cli.options import AsJson, Mappings
from engine.cli.output import counted, print_json, severities, show_findings
from engine.errors import InputError
from engine.manifest.findings import Finding
from engine.manifest.schema.files import data_folder
from engine.model import Json
from engine.settings import settings_from


def lint(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files and folders; without any, the shipped manifests.")
    ] = None,
    mappings: Mappings = None,
    openapi: Annotated[
        Path | None,
        typer.Option("--openapi", metavar="FILE", help="The vendor's OpenAPI; else the one that a manifest names."),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Show what each manifest is confirmed by, uses, and keeps from scoring.")
    ] = False,
    details: Annotated[
        bool, typer.Option("--details", help="With --report: each operation, mechanism, and what scoring reads.")
    ] = False,
    as_json: AsJson = False,
    as_sarif: Annotated[
        bool, typer.Option("--sarif", help="Print SARIF 2.1.0, which code hosts show beside the lines.")
    ] = False,
) -> None:
    """Check manifests, tenants' files, routes, mapping tests and cassettes; every mistake with its place.

    What a code means: fieldwright explain CODE. Exit code 2 when there is a mistake, 0 when there are none or
    warnings only.
    """
    if as_sarif and (as_json or report):
        raise InputError("--sarif holds findings only.", hint="Leave --json and --report out.")
    if details and (as_json or not report):
        raise InputError("--details goes with --report alone.", hint="--report --json holds every detail.")
    files = files_in(paths or [data_folder("mappings")])
    manifests = settings_from(mappings=mappings).mappings
    # A few files make no garbage worth looking for; the looking would take a fifth of the time.
    gc.disable()
    try:
        linted = {file: lint_file(file, manifests, openapi) for file in files}
    finally:
        gc.enable()
    found = sorted({finding for one in linted.values() for finding in one.findings})
    errors = sum(finding.severity == "error" for finding in found)
    if as_sarif:
        from engine.cli.lint_sarif import sarif

        print_json(sarif(found))
    elif as_json:
        _print_json(found, linted, errors, report)
    else:
        if report:
            _print_reports(linted, details)
        show_findings(found)
        in_files = f"in {counted(len(linted), 'file')}"
        numbers = severities(found)
        typer.echo(f"{numbers} {in_files}." if numbers else f"No mistakes {in_files}.")
    if errors:
        raise typer.Exit(2)


def _print_reports(linted: dict[Path, LintedFile], details: bool) -> None:
    from engine.cli.lint_report import report_of, show_report

    for one in linted.values():
        if one.linted is not None:
            show_report(report_of(one.linted), details)
            typer.echo()


def _print_json(found: list[Finding], linted: dict[Path, LintedFile], errors: int, report: bool) -> None:
    warnings = sum(finding.severity == "warning" for finding in found)
    shown: dict[str, Json] = {"files": len(linted), "errors": errors, "warnings": warnings}
    shown["findings"] = [finding.as_json() for finding in found]
    if report:
        from engine.cli.lint_report import report_of

        shown["reports"] = [report_of(one.linted).as_json() for one in linted.values() if one.linted is not None]
    print_json(shown)
