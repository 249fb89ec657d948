"""``fieldwright events``: what came in and how it went, from the database of a running or stopped service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Annotated

import typer

from engine.cli.event_dead import show_dead, show_dead_count, show_replayed
from engine.cli.event_held import held_json, show_held
from engine.cli.event_text import show_list, show_missing, show_refused, show_story
from engine.cli.moments import moment_of
from engine.cli.options import AsJson, Database, State
from engine.cli.output import print_json
from engine.errors import InputError
from engine.model import OutcomeKind
from engine.pipeline.replaying import Range, advice, dead_letters, replay_all, replay_one
from engine.pipeline.story import event_summary, story_of
from engine.runtime.opening import open_store
from engine.runtime.operators import operator
from engine.runtime.rebinding import held_causes
from engine.settings import Settings, settings_from
from engine.store import Store

STATES = ("received", "ready", "leased", "planned", "finished")
OUTCOMES = tuple(kind.value for kind in OutcomeKind)

Since = Annotated[str | None, typer.Option(metavar="WHEN", help="Only what came since: 2026-01-31, or 3d.")]
Until = Annotated[str | None, typer.Option(metavar="WHEN", help="Only what came before: 2026-01-31, or 2h.")]
Cause = Annotated[str, typer.Option(metavar="WORDS", help="Only those whose cause holds these words.")]

app = typer.Typer()


@app.command("list")
def list_events(
    connection: Annotated[
        str | None, typer.Option("--tenant", "--connection", metavar="TENANT", help="Only those of this tenant.")
    ] = None,
    status: Annotated[str | None, typer.Option(help=f"Only those that are {', '.join(STATES)}.")] = None,
    outcome: Annotated[str | None, typer.Option(help=f"Only those that ended so: {', '.join(OUTCOMES)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    state: State = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """List events, newest first."""
    _one_of("status", status, STATES)
    _one_of("outcome", outcome, OUTCOMES)
    with opened_store(settings_from(state=state, database=database)) as store:
        found = store.inbox.list(connection, status, outcome, limit)
        counts, refused = store.inbox.counts(connection), store.inbox.refused()
        held, missing = held_causes(store, connection), store.ledger.balance(connection).missing
    if connection is not None:
        refused = {name: reasons for name, reasons in refused.items() if name == connection}
    if as_json:
        listed = [event_summary(event) for event in found]
        told = {"events": listed, "counts": counts, "refused": refused, "held": held_json(held)}
        print_json({**told, "missing": missing})
    else:
        show_list(found, counts)
        show_missing(missing)
        show_refused(refused)
        show_held(held)


@app.command("show")
def show_event(
    id: Annotated[str, typer.Argument(help="The event's id, as `events list` shows it.")],
    raw: Annotated[bool, typer.Option("--raw", help="Also what was received, as it came.")] = False,
    state: State = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Show one event's whole way: each step, each rung and its cause, each request, each delivery, the outcome."""
    with opened_store(settings_from(state=state, database=database)) as store:
        story = story_of(store.browse(), id)
    if as_json:
        print_json(story.as_json(raw))
    else:
        show_story(story, raw)


@app.command("dead")
def list_dead(
    connection: Annotated[
        str | None, typer.Option("--tenant", "--connection", metavar="TENANT", help="Only those of this tenant.")
    ] = None,
    since: Since = None,
    until: Until = None,
    cause: Cause = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    state: State = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """List dead letters: events that were given up, why, and what to do next."""
    wanted = _range(connection, since, until, cause)
    with opened_store(settings_from(state=state, database=database)) as store:
        found = list(islice(dead_letters(store.browse(), wanted), limit))
    told = [{**event_summary(event), "next": advice(event.outcome.why)} for event in found if event.outcome]
    if as_json:
        print_json({"dead": told})
    else:
        show_dead(told)


@app.command("replay")
def replay_events(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]…", help="Events that have ended.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="All dead letters, narrowed by the options below.")] = False,
    connection: Annotated[
        str | None, typer.Option("--tenant", "--connection", metavar="TENANT", help="Only those of this tenant.")
    ] = None,
    since: Since = None,
    until: Until = None,
    cause: Cause = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which they are.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    state: State = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Send events that have ended through the engine again, by their ids or all dead letters of a range.

    What is written already is not written twice; what may have arrived is looked for first.
    """
    if bool(ids) == dead:
        raise InputError("Which events?", hint="Give their ids, or --dead for all dead letters.")
    wanted = _range(connection, since, until, cause)
    with opened_store(settings_from(state=state, database=database)) as store:
        if not dead:
            _replay_each(store, ids or [], as_json)
            return
        found = list(dead_letters(store.browse(), wanted))
        if dry_run or not found:
            show_dead_count(found, wanted, as_json)
            return
        if not yes and not typer.confirm(f"Send {len(found)} {wanted} through again?", err=True):
            raise typer.Abort
        done = replay_all(store, found, wanted, operator())
    show_replayed(done, as_json)


def _replay_each(store: Store, ids: Sequence[str], as_json: bool) -> None:
    told = []
    for id_ in ids:
        replay_one(store, store.inbox.get(id_), operator())
        told.append({"id": id_, "state": store.inbox.get(id_).state})
    if as_json:
        print_json(told[0] if len(told) == 1 else {"replayed": told})
        return
    for one in told:
        typer.echo(f"{one['id']} is {one['state']} again; a running `fieldwright serve` takes it up.")


def _range(connection: str | None, since: str | None, until: str | None, cause: str) -> Range:
    return Range(connection, moment_of(since) if since else 0.0, moment_of(until) if until else float("inf"), cause)


@contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """The store of a running or stopped service. Raises InputError where there is none."""
    check_there(settings)
    with open_store(settings) as store:
        yield store


def check_there(settings: Settings) -> None:
    """Raises InputError for a file that is not there: a database that is to be looked at is not made."""
    file = settings.database_file
    if file is not None and not file.is_file():
        raise InputError(
            f"There is no database {file}.",
            hint="Name what the service runs with: --state DIR or --database URL, FIELDWRIGHT_STATE or _DATABASE.",
        )


def _one_of(name: str, given: str | None, known: tuple[str, ...]) -> None:
    if given is None or given in known:
        return
    other = next((option for option, names in (("status", STATES), ("outcome", OUTCOMES)) if given in names), None)
    hint = f"It is an {other}: write --{other} {given}" if other else f"One of: {', '.join(known)}"
    raise InputError(f"There is no {name} `{given}`.", hint=hint.replace("an status", "a status"))
