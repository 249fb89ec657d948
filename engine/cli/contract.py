"""``fieldwright contract``: a manifest and the vendor's OpenAPI in; where they disagree, and an exit code, out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import AsJson
from engine.cli.output import counted, print_json, severities, show_findings
from engine.contract.check import Contract, compare
from engine.contract.openapi import named_openapi, read_openapi
from engine.errors import InputError, SpecError
from engine.manifest.build import examine
from engine.manifest.findings import Finding
from engine.manifest.yaml.source import Source, read


def contract(
    manifest: Annotated[Path, typer.Argument(help="The manifest.")],
    openapi: Annotated[
        Path | None,
        typer.Option(
            "--openapi",
            metavar="FILE",
            help="The vendor's OpenAPI 3.0, 3.1 or Swagger 2.0 document; else the one that the manifest names.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare each call of a manifest with the vendor's OpenAPI. Nothing is sent, nothing is fetched.

    Paths, methods, parameters, bodies, what is read from answers, statuses. Exit code 2 when something does not
    agree, or when a file cannot be read.
    """
    try:
        source = _without_mistakes(manifest)
        made = compare(source, read_openapi(openapi or _named(source, manifest)))
    except SpecError as error:
        made = Contract(error.findings, {})
    errors = sum(finding.severity == "error" for finding in made.findings)
    if as_json:
        _print_json(made, errors)
    else:
        _print_text(made)
    if errors:
        raise typer.Exit(2)


def _without_mistakes(manifest: Path) -> Source:
    """The manifest's source. Raises SpecError where it has mistakes of its own: they are told first."""
    source = read(manifest)
    errors: list[Finding] = [finding for finding in examine(source)[1] if finding.severity == "error"]
    if errors:
        raise SpecError(errors)
    return source


def _named(source: Source, manifest: Path) -> Path:
    """The document that the manifest names. Raises InputError where it names none."""
    found = named_openapi(source, manifest)
    if found is None:
        raise InputError(f"{manifest} names no `openapi`.", hint="Say which document with --openapi FILE")
    return found


def _print_text(made: Contract) -> None:
    show_findings(made.findings)
    if made.operations:
        known = sum(endpoint is not None for endpoint in made.operations.values())
        beside = f"; {len(made.elsewhere)} more go where an answer says" if made.elsewhere else ""
        typer.echo(f"{known} of {counted(len(made.operations), 'operation')} are in the OpenAPI{beside}.")
    numbers = severities(made.findings)
    typer.echo(f"{numbers}." if numbers else "Nothing disagrees.")


def _print_json(made: Contract, errors: int) -> None:
    findings = [finding.as_json() for finding in made.findings]
    operations = {"operations": dict(made.operations), "elsewhere": list(made.elsewhere)}
    print_json({"errors": errors, **operations, "findings": findings})
