"""``fieldwright test --update``: what failing cases expect, rewritten in their files once a person saw it."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from engine.cli.case_text import show_failure
from engine.cli.files import write_whole
from engine.cli.output import counted, printable
from engine.errors import InputError
from engine.rehearsal.rehearse import Rehearsals
from engine.rehearsal.updating import Updated, updated

_COLORS = {"+": "green", "-": "red", "@": "cyan"}


def update_tests(files: Sequence[Path], only: str | None, *, yes: bool) -> None:
    """Shows the change of each file and, when it is confirmed (or ``yes``), writes it.

    Raises SpecError for a file with mistakes, InputError where there is nobody to ask; typer.Exit where something
    fails still (1) or the change was not wanted (1).
    """
    with Rehearsals() as rehearsals:
        done = [updated(file, rehearsals, only) for file in files]
    changes = [one for one in done if one.after != one.before]
    for one in changes:
        _show_change(one)
    if changes:
        _confirm(sum(len(one.changed) for one in changes), yes)
    for one in changes:
        if one.file.read_text("utf-8").removeprefix("\ufeff") != one.before:
            raise InputError(f"{one.file} was changed meanwhile; it is left as it is.", hint="Run the update again.")
        write_whole(one.file, one.after)
        typer.echo(f"{one.file}: {counted(len(one.changed), 'case')} updated")
    _end(done, changes)


def _confirm(cases: int, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError(
            "Nobody can be asked here, so nothing was written.", hint="With --yes the change is made without asking."
        )
    if not typer.confirm(f"Write this for {counted(cases, 'case')}?"):
        typer.echo("Nothing was written.")
        raise typer.Exit(1)


def _show_change(one: Updated) -> None:
    for line in _difference(one):
        typer.secho(printable(line), fg=_COLORS.get(line[:1]))


def _difference(one: Updated) -> Iterator[str]:
    before, after = one.before.splitlines(), one.after.splitlines()
    yield from difflib.unified_diff(before, after, str(one.file), str(one.file), lineterm="")


def _end(done: Sequence[Updated], changes: Sequence[Updated]) -> None:
    left = [result for one in done for result in one.left]
    for result in left:
        typer.echo(f"  {typer.style('✗', fg='red')} {result.case.name}: this cannot be mended by another expectation")
        for failure in result.failures:
            show_failure(failure)
    if not changes and not left:
        typer.echo("All pass: nothing to update.")
    if left:
        raise typer.Exit(1)
