"""``fieldwright lint``: files and folders in; every mistake with file, line and column, and an exit code, out.

Knows manifests, tenants' files (they hold ``tenant`` or ``extends``), mapping tests (``*.test.yaml``) and cassettes
(``*.cassette.yaml``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import AsJson, Mappings
from engine.cli.output import show_findings
from engine.contract.check import documented
from engine.contract.openapi import named_openapi, read_openapi
from engine.errors import InputError, SpecError
from engine.manifest.findings import Finding
from engine.manifest.lint.check import lint as lint_manifest
from engine.manifest.schemas import data_folder, schema
from engine.manifest.shape import check
from engine.manifest.source import Source, read
from engine.manifest.yaml_reader import RECORDED
from engine.rehearsal.cassettes import ENDING as CASSETTE
from engine.rehearsal.cassettes import examine_cassette
from engine.rehearsal.suite import ENDING, load_suite
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
    as_json: AsJson = False,
) -> None:
    """Check manifests, tenants' files and mapping tests; every mistake with its place.

    Exit code 2 when there is a mistake, 0 when there are none or warnings only.
    """
    files = list(dict.fromkeys(_files(paths or [data_folder("mappings")])))
    manifests = settings_from(mappings=mappings).mappings
    found = sorted({finding for file in files for finding in findings_of(file, manifests, openapi)})
    errors = sum(finding.severity == "error" for finding in found)
    if as_json:
        _print_json(found, len(files), errors)
    else:
        _print_text(found, len(files), errors)
    if errors:
        raise typer.Exit(2)


def findings_of(file: Path, mappings: Path | None = None, openapi: Path | None = None) -> list[Finding]:
    """All findings of one file.

    ``mappings`` is where a tenant's file finds the manifest it extends; ``openapi`` describes what a manifest reads,
    instead of the document that the manifest names.
    """
    try:
        if file.name.endswith(CASSETTE):
            return examine_cassette(read(file, RECORDED))[1]
        return _examined(read(file), file, mappings, openapi)
    except SpecError as error:
        return list(error.findings)


def _examined(source: Source, file: Path, mappings: Path | None, openapi: Path | None) -> list[Finding]:
    if file.name.endswith(ENDING):
        return _of_test(source, file)
    if isinstance(source.data, dict) and ("tenant" in source.data or "extends" in source.data):
        from engine.manifest.overlay import load_overlay

        return list(load_overlay(file, mappings).warnings)
    return _of_manifest(source, file, openapi)


def _of_manifest(source: Source, file: Path, openapi: Path | None) -> list[Finding]:
    document = openapi or named_openapi(source, file)
    if document is None:
        return list(lint_manifest(source).findings)
    described = read_openapi(document)
    found = lint_manifest(source, documented(source, described)).findings
    return [*found, *described.findings]


def _of_test(source: Source, file: Path) -> list[Finding]:
    findings = check(source, schema("mapping-test"))[1]
    if not findings:
        try:
            load_suite(file)
        except SpecError as error:
            return [finding for finding in error.findings if finding.file == source.file]
    return findings


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(file for file in path.rglob("*.yaml") if not file.name.startswith("."))
        if not found:
            raise InputError(f"There is no .yaml file in {path}.", hint="Name files, or a folder that holds some.")
        yield from found


def _print_text(found: list[Finding], files: int, errors: int) -> None:
    show_findings(found)
    in_files = f"in {files} {'file' if files == 1 else 'files'}"
    warnings = len(found) - errors
    if not found:
        typer.echo(f"No mistakes {in_files}.")
    else:
        counted = (_counted(errors, "error"), _counted(warnings, "warning"))
        typer.echo(f"{', '.join(filter(None, counted))} {in_files}.")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}" if count else ""


def _print_json(found: list[Finding], files: int, errors: int) -> None:
    counts = {"files": files, "errors": errors, "warnings": len(found) - errors}
    findings = [finding.as_json() for finding in found]
    typer.echo(json.dumps({**counts, "findings": findings}, ensure_ascii=False, indent=2))
