"""``fieldwright backfill``: what an ATS holds already, through the engine, with progress, from where it stopped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from engine.cli.options import AsJson, Database, Mappings, Sandboxes, Scorer, State, Tenants
from engine.cli.output import counted, print_json
from engine.cli.tenants import tenant_file
from engine.clock import parse_iso
from engine.errors import CallError, FieldwrightError, InputError
from engine.intake.backfill import Backfill, BackfillProgress
from engine.model import Json
from engine.runtime.one_tenant import InPlace, OneTenant, open_tenant
from engine.runtime.state_lock import sole_worker
from engine.settings import Settings, settings_from

Tell = Callable[[str], None]
_OPEN = ("received", "ready", "leased", "planned")


def backfill(
    tenant: Annotated[str, typer.Argument(help="The tenant's id or file.")],
    job: Annotated[str | None, typer.Option(help="Only applications to the job with this id.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only what changed since, such as 2026-01-31.")
    ] = None,
    enqueue_only: Annotated[
        bool,
        typer.Option("--enqueue-only", help="Only put events into the inbox; `fieldwright serve` works them off."),
    ] = False,
    state: State = None,
    database: Database = None,
    tenants: Tenants = None,
    mappings: Mappings = None,
    sandbox: Sandboxes = None,
    scorer: Scorer = None,
    as_json: AsJson = False,
) -> None:
    """Put what the ATS holds already through the engine. Stop it at any moment; the same command goes on."""
    settings = settings_from(
        state=state, database=database, tenants=tenants, mappings=mappings, scorer_url=scorer, sandboxes=sandbox or ()
    )
    moment = _moment(since)
    try:
        with open_tenant(tenant_file(tenant, settings), settings) as opened:
            read = _read(opened, job, moment, quiet=as_json)
            worked = None if enqueue_only else _work(opened, settings, quiet=as_json)
            left = _left(opened)
    except KeyboardInterrupt:
        typer.echo("\nstopped; nothing is lost: the same command goes on from here", err=True)
        raise typer.Exit(130) from None
    if as_json:
        print_json({"streams": read, "worked_off": worked, "left": left})
    else:
        typer.echo(_told(read, worked, left, enqueue_only))


def _moment(since: str | None) -> float | None:
    if since is None:
        return None
    try:
        return parse_iso(since.strip())
    except ValueError:
        raise InputError(f"--since needs a date such as 2026-01-31, not {since[:40]!r}.") from None


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────


def _read(opened: OneTenant, job: str | None, since: float | None, *, quiet: bool) -> list[dict[str, Json]]:
    run = Backfill(opened.connection, opened.route.caller, opened.store, opened.clock)
    with _line("reading", quiet) as tell:
        try:
            ended = run.run(lambda progress: tell(_reading(progress)), job=job, since=since)
        except CallError as error:
            raise FieldwrightError(
                f"Reading stopped: {error.operation}: {error.cause}",
                hint="What was read is kept; the same command goes on from here.",
            ) from None
    if not ended:
        raise InputError(f"The manifest of {opened.connection.manifest.ats.name} declares no list to backfill from.")
    return [
        {name: getattr(one, name) for name in ("stream", "pages", "records", "events_new", "skipped")}
        for one in ended
    ]


def _reading(progress: BackfillProgress) -> str:
    again = f" (reading {progress.pages_before} pages again)" if progress.pages < progress.pages_before else ""
    pages, records = counted(progress.pages, "page"), counted(progress.records, "record")
    return f"{progress.stream}: {pages}, {records}, {progress.events_new} new{again}"


# ── working off ──────────────────────────────────────────────────────────────────────────────────────────────


def _work(opened: OneTenant, settings: Settings, *, quiet: bool) -> int | None:
    """How many events ended; None where a running service does the work."""
    with sole_worker(settings) as alone:
        if not alone:
            return None
        opened.store.inbox.recover(everything=True)
        opened.store.outbox.recover(everything=True)
        total = _left(opened)
        work = InPlace(opened, settings)
        try:
            with _bar(total, quiet) as moved:
                work.drain(lambda: moved(total - _left(opened)))
        finally:
            work.close()
        return total - _left(opened)


def _left(opened: OneTenant) -> int:
    states = opened.store.inbox.counts(opened.connection.name)["state"]
    return sum(states.get(state, 0) for state in _OPEN)


def _told(read: list[dict[str, Json]], worked: int | None, left: int, enqueue_only: bool) -> str:
    records = sum(one["records"] for one in read)
    told = f"read {counted(records, 'record')}, {counted(sum(one['events_new'] for one in read), 'new event')}"
    if worked is None:
        goes_on = "`fieldwright serve` works them off" if enqueue_only else "the running service works them off"
        return f"{told}; {left} wait, {goes_on}"
    waiting = f"; {left} wait for a later try: `fieldwright serve`, or this command again" if left else ""
    return f"{told}; {worked} worked off{waiting}"


# ── progress ─────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _line(what: str, quiet: bool) -> Iterator[Tell]:
    """Tells how far reading is: one changing line in a terminal, a line per page elsewhere; on standard error."""
    if quiet:
        yield lambda _text: None
    elif not sys.stderr.isatty():
        yield lambda text: typer.echo(text, err=True)
    else:
        from rich.console import Console

        with Console(stderr=True, markup=False).status(what) as status:
            yield lambda text: status.update(text)


@contextmanager
def _bar(total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar in a terminal, a line per tenth elsewhere; on standard error."""
    if quiet or not total:
        yield lambda _done: None
    elif not sys.stderr.isatty():
        yield _tenths(total)
    else:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        left = (TimeRemainingColumn(), TextColumn("left"))
        columns = (TextColumn("scoring and writing"), BarColumn(), MofNCompleteColumn(), *left)
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("", total=total)
            yield lambda done: progress.update(task, completed=max(0, done))


def _tenths(total: int) -> Callable[[int], None]:
    told = [0]

    def moved(done: int) -> None:
        tenth = done * 10 // total
        if tenth > told[0]:
            told[0] = tenth
            typer.echo(f"{done} of {total}", err=True)

    return moved
