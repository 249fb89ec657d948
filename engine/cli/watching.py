"""``fieldwright test --watch``: runs again whenever one of the files changes that a mapping test is made of.

Files are looked at a few times a second, by size and time of change: that works on every file system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import typer

from engine.clock import SYSTEM, Clock
from engine.errors import InputError
from engine.rehearsal.cassettes import ENDING as CASSETTE
from engine.rehearsal.suite import ENDING

_EVERY_S = 0.4
State = Mapping[Path, tuple[int, int] | None]


def watch_tests(tests: Callable[[], Iterable[Path]], run: Callable[[], object], clock: Clock = SYSTEM) -> None:
    """Calls ``run`` now, and again after each change around ``tests``, until it is interrupted (Ctrl-C)."""
    try:
        while True:
            seen = _state(tests)
            _told(run)
            typer.echo("watching; Ctrl-C ends")
            changed = _next_change(tests, seen, clock)
            typer.echo(f"\nchanged: {', '.join(sorted(path.name for path in changed))}")
    except KeyboardInterrupt:
        typer.echo("\nstopped", err=True)


def _next_change(tests: Callable[[], Iterable[Path]], seen: State, clock: Clock) -> set[Path]:
    """The files that changed since ``seen``, once nothing moves any more: an editor may write in steps."""
    while True:
        clock.sleep(_EVERY_S)
        now = _state(tests)
        if now == seen:
            continue
        while (later := _state(tests, after=clock)) != now:
            now = later
        return {path for path in {*seen, *now} if seen.get(path) != now.get(path)}


def _state(tests: Callable[[], Iterable[Path]], after: Clock | None = None) -> State:
    if after is not None:
        after.sleep(_EVERY_S)
    return {path: _stamp(path) for path in _watched(tests)}


def _watched(tests: Callable[[], Iterable[Path]]) -> set[Path]:
    """The tests, their manifests, and the cassettes beside them."""
    try:
        named = set(tests())
    except InputError:
        return set()
    manifests = {test.with_name(test.name.removesuffix(ENDING) + ".yaml") for test in named}
    cassettes = {file for folder in {test.parent for test in named} for file in folder.glob(f"*{CASSETTE}")}
    return named | manifests | cassettes


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _told(run: Callable[[], object]) -> None:
    """Runs; what is wrong with the files is told, and watched until it is mended."""
    try:
        run()
    except InputError as error:
        typer.secho(f"error: {error.message}", err=True, fg="red")
        if error.hint:
            typer.echo(f"  {error.hint}", err=True)
