"""``fieldwright replay-diff``: what a changed manifest or tenant's file would have written for the last events."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.events import opened_store
from engine.cli.options import AsJson, Database, Mappings, State, Tenants
from engine.cli.output import print_json
from engine.cli.replay_text import replay_json, show_replay
from engine.cli.tenants import tenant_file
from engine.errors import InputError
from engine.manifest.connection import Connection
from engine.manifest.overlay import load_overlay
from engine.rehearsal.replaying import Replay
from engine.rehearsal.tenant import placeholder_connection
from engine.settings import Settings, settings_from


def replay_diff(
    tenant: Annotated[str, typer.Argument(help="A tenant's id, or its file.")],
    last: Annotated[int, typer.Option("--last", min=1, max=100_000, help="So many of the newest events.")] = 100,
    mappings: Mappings = None,
    changed: Annotated[
        Path | None,
        typer.Option("--tenant-file", metavar="FILE", help="The changed tenant's file; else the one that is live."),
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 1 where anything would differ.")] = False,
    state: State = None,
    database: Database = None,
    tenants: Tenants = None,
    as_json: AsJson = False,
) -> None:
    """Show what a changed manifest (--mappings) or tenant's file would have written for the last events.

    Compared field by field with what was written, from what the store kept. Sends nothing and changes nothing.
    """
    live = settings_from(state=state, database=database, tenants=tenants)
    ahead = settings_from(state=state, database=database, tenants=tenants, mappings=mappings)
    would = _connection(changed or tenant_file(tenant, live), ahead)
    if would.name != Path(tenant).stem:
        raise InputError(f"{changed} is the file of `{would.name}`, not of `{Path(tenant).stem}`.")
    with opened_store(live) as store:
        found = [*Replay(store, would, _live(tenant, live)).last(last)]
    if as_json:
        print_json(replay_json(would.name, found))
    else:
        show_replay(would.name, found)
    if exit_code and any(one.differences for one in found):
        raise typer.Exit(1)


def _connection(file: Path, settings: Settings) -> Connection:
    return placeholder_connection(load_overlay(file, settings.mappings), os.environ)


def _live(tenant: str, settings: Settings) -> Connection | None:
    """The connection as it is live; None where its file is not there or has mistakes now."""
    try:
        return _connection(tenant_file(tenant, settings), settings)
    except InputError:
        return None
