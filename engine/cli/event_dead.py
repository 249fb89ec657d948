"""Dead letters and replays in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import typer

from engine.cli.output import counted, print_json, printable
from engine.cli.tables import show, table
from engine.model import Json
from engine.pipeline.replaying import Range, Replayed
from engine.store import StoredEvent


def show_dead(told: Sequence[Mapping[str, Json]]) -> None:
    """Dead letters as a table, with what to do next about each."""
    if not told:
        typer.echo("No dead letters.")
        return
    names = ("received_at", "id", "connection", "why", "next")
    rows = [[printable(str(one[name] or "")) for name in names] for one in told]
    show(table(("received (UTC)", "id", "tenant", "cause", "what to do next"), rows))


def show_dead_count(found: Sequence[StoredEvent], wanted: Range, as_json: bool) -> None:
    """Which would be replayed."""
    if as_json:
        print_json({"would_replay": [event.id for event in found]})
        return
    for event in found:
        typer.echo(event.id)
    typer.echo(f"{len(found)} {wanted} would go through again." if found else f"There are no {wanted}.", err=True)


def show_replayed(done: Replayed, as_json: bool) -> None:
    """How many go through again, and which do not."""
    if as_json:
        print_json({"replayed": done.count, "refused": done.refused})
        return
    for id_, why in done.refused.items():
        typer.echo(f"{id_}: {why}", err=True)
    typer.echo(f"{counted(done.count, 'event')} will go through again; a running `fieldwright serve` takes them up.")
