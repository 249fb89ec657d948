"""``fieldwright test``: mapping tests in; one line for each case, what fails with its place, and an exit code out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.case_text import Report, show_end, show_report
from engine.cli.options import AsJson, Mappings
from engine.errors import InputError, SpecError
from engine.manifest.schema.files import data_folder
from engine.rehearsal.coverage import coverage
from engine.rehearsal.rehearse import Rehearsals
from engine.rehearsal.running import run_suite
from engine.rehearsal.suite import ENDING, Suite, load_suite
from engine.settings import settings_from


@dataclass(frozen=True, slots=True)
class Shown:
    """Which cases are run, and how what came of them is shown."""

    only: str | None
    as_json: bool
    coverage: bool


def run_tests(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Mapping tests, manifests or folders; without any, the shipped ones.")
    ] = None,
    only: Annotated[
        str | None, typer.Option("--only", metavar="NAME", help="Run the cases that hold this in their name.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Rewrite what failing cases expect, after showing the difference.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --update: do not ask.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Run again whenever a manifest, test or cassette changes; Ctrl-C ends.")
    ] = False,
    covered: Annotated[
        bool, typer.Option("--coverage", help="Show what of each manifest the cases exercise, and what to add.")
    ] = False,
    mappings: Mappings = None,
    as_json: AsJson = False,
) -> None:
    """Run mapping tests: event in, requests out, against canned answers. Nothing is sent.

    Exit code 2 when a file has mistakes, 1 when a case fails, 0 when all pass.
    """
    if sum((update, watch, as_json)) > 1 or (update and covered) or (yes and not update):
        raise InputError(
            "Of --update, --watch and --json one can be given.",
            hint="--yes goes with --update, and --coverage does not.",
        )
    shown = Shown(only, as_json, covered)
    named = paths or [settings_from(mappings=mappings).mappings or data_folder("mappings")]
    if update:
        from engine.cli.update_tests import update_tests

        update_tests(_unique(named), only, yes=yes)
    elif watch:
        from engine.cli.watching import watch_tests

        watch_tests(lambda: _unique(named), lambda: _run(_unique(named), shown))
    else:
        code = _run(_unique(named), shown)
        if code:
            raise typer.Exit(code)


def _run(files: list[Path], shown: Shown) -> int:
    """Runs the tests, shows what came of them, and gives the exit code."""
    started = time.monotonic()
    with Rehearsals() as rehearsals:
        reports = []
        for file in files:
            reports.append(_report(file, rehearsals, shown))
            if not shown.as_json:
                show_report(reports[-1])
    results = [result for report in reports for result in report.results]
    mistakes = any(report.findings for report in reports)
    if shown.only is not None and not results and not mistakes:
        raise InputError(f"No case holds “{shown.only}” in its name.", hint="Run without --only to see their names.")
    show_end(reports, results, time.monotonic() - started, shown.as_json)
    return 2 if mistakes else 1 if any(not result.passed for result in results) else 0


def _unique(paths: Iterable[Path]) -> list[Path]:
    return list(dict.fromkeys(_files(paths)))


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
        raise InputError(
            f"There is no file {manifest}.",
            hint=f"Name a folder, a manifest's file or a <ats>{ENDING}; or --mappings DIR.",
        )
    if not file.is_file():
        raise InputError(f"{manifest} has no mapping test beside it.", hint=f"Write {file.name}: docs/testing.md.")
    return file


def _report(file: Path, rehearsals: Rehearsals, shown: Shown) -> Report:
    try:
        suite: Suite = load_suite(file)
    except SpecError as error:
        return Report(file, findings=error.findings)
    results = tuple(run_suite(suite, rehearsals, shown.only))
    return Report(file, results, coverage=coverage(suite.manifest, results) if shown.coverage else None)
