"""``fieldwright events``: what came in and how it went, from the database of a running or stopped service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from engine.cli.event_held import held_json, show_held
from engine.cli.event_text import show_list, show_refused, show_story
from engine.cli.options import AsJson, Database, State
from engine.cli.output import print_json
from engine.errors import InputError
from engine.model import OutcomeKind
from engine.pipeline.story import event_summary, story_of
from engine.runtime.opening import open_store
from engine.runtime.operators import operator
from engine.runtime.rebinding import held_causes
from engine.settings import Settings, settings_from
from engine.store import Store

STATES = ("received", "ready", "leased", "planned", "finished")
OUTCOMES = tuple(kind.value for kind in OutcomeKind)

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
        held = held_causes(store, connection)
    if connection is not None:
        refused = {name: reasons for name, reasons in refused.items() if name == connection}
    if as_json:
        listed = [event_summary(event) for event in found]
        print_json({"events": listed, "counts": counts, "refused": refused, "held": held_json(held)})
    else:
        show_list(found, counts)
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


@app.command("replay")
def replay_event(
    id: Annotated[str, typer.Argument(help="The id of an event that has ended.")],
    state: State = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Send an event that has ended through the engine again; what is written already is not written twice."""
    with opened_store(settings_from(state=state, database=database)) as store:
        with store.transaction():
            store.inbox.replay(id)
            event = store.inbox.get(id)
            store.audit.act(operator(), "replay", event.connection, id, candidate_id=event.candidate_id)
        now = event.state
    if as_json:
        print_json({"id": id, "state": now})
    else:
        typer.echo(f"{id} is {now} again; a running `fieldwright serve` takes it up.")


@contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """The store of a running or stopped service. Raises InputError where there is none."""
    file = settings.database_file
    if file is not None and not file.is_file():
        raise InputError(
            f"There is no database {file}.",
            hint="Name what the service runs with: --state DIR or --database URL, FIELDWRIGHT_STATE or _DATABASE.",
        )
    with open_store(settings) as store:
        yield store


def _one_of(name: str, given: str | None, known: tuple[str, ...]) -> None:
    if given is None or given in known:
        return
    other = next((option for option, names in (("status", STATES), ("outcome", OUTCOMES)) if given in names), None)
    hint = f"It is an {other}: write --{other} {given}" if other else f"One of: {', '.join(known)}"
    raise InputError(f"There is no {name} `{given}`.", hint=hint.replace("an status", "a status"))
