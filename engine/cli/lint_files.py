"""Files and folders in; what lint finds in each, by what kind of file it is, out.

Knows manifests, tenants' files (they hold ``tenant`` or ``extends``), routes (``routes``), mapping tests
(``*.test.yaml``) and cassettes (``*.cassette.yaml``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError, SpecError
from engine.manifest.findings import Finding
from engine.manifest.lint.check import Linted
from engine.manifest.lint.check import lint as lint_manifest
from engine.manifest.yaml.reader import RECORDED
from engine.manifest.yaml.source import Source, read
from engine.rehearsal.cassettes import ENDING as CASSETTE
from engine.rehearsal.cassettes import examine_cassette
from engine.rehearsal.suite import ENDING, load_suite


@dataclass(frozen=True, slots=True)
class LintedFile:
    """What is found in one file; ``linted`` where it is a manifest."""

    findings: tuple[Finding, ...]
    linted: Linted | None = None


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files of ``paths``, folders searched; manifests after what is beside them. Raises InputError."""
    return list(dict.fromkeys(_files(paths)))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(file for file in path.rglob("*.yaml") if not file.name.startswith("."))
        if not found:
            raise InputError(f"There is no .yaml file in {path}.", hint="Name files, or a folder that holds some.")
        yield from found


def lint_file(file: Path, mappings: Path | None = None, openapi: Path | None = None) -> LintedFile:
    """What is found in one file.

    ``mappings`` is where a tenant's file finds the manifest it extends; ``openapi`` describes what a manifest reads,
    instead of the document that the manifest names.
    """
    try:
        if file.name.endswith(CASSETTE):
            return LintedFile(tuple(examine_cassette(read(file, RECORDED))[1]))
        return _examined(read(file), file, mappings, openapi)
    except SpecError as error:
        return LintedFile(tuple(error.findings))


def _examined(source: Source, file: Path, mappings: Path | None, openapi: Path | None) -> LintedFile:
    if file.name.endswith(ENDING):
        return LintedFile(tuple(_of_test(file)))
    if isinstance(source.data, dict) and ("tenant" in source.data or "extends" in source.data):
        from engine.manifest.overlay import load_overlay

        return LintedFile(tuple(load_overlay(file, mappings).warnings))
    if isinstance(source.data, dict) and "routes" in source.data:
        from engine.manifest.routes import routes_of

        routes_of(source)
        return LintedFile(())
    return _of_manifest(source, file, openapi)


def _of_manifest(source: Source, file: Path, openapi: Path | None) -> LintedFile:
    if openapi is None and not (isinstance(source.data, dict) and "openapi" in source.data):
        linted = lint_manifest(source)
        return LintedFile(linted.findings, linted)
    return _of_described(source, file, openapi)


def _of_described(source: Source, file: Path, openapi: Path | None) -> LintedFile:
    """As far as it is needed only: reading OpenAPI documents takes a while to load."""
    from engine.contract.check import documented
    from engine.contract.openapi import named_openapi, read_openapi

    document = openapi or named_openapi(source, file)
    described = read_openapi(document) if document is not None else None
    linted = lint_manifest(source, documented(source, described)) if described is not None else lint_manifest(source)
    return LintedFile((*linted.findings, *(described.findings if described is not None else ())), linted)


def _of_test(file: Path) -> list[Finding]:
    try:
        load_suite(file)
    except SpecError as error:
        return [finding for finding in error.findings if finding.file == str(file)]
    return []
