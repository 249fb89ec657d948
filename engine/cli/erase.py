"""``fieldwright erase``: one person removed everywhere, and what is left to do by hand in the ATS."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from engine.cli.events import opened_store
from engine.cli.options import AsJson, Database, Routes, State, Tenants
from engine.cli.output import counted, print_json, printable
from engine.cli.tables import show, table
from engine.errors import InputError
from engine.manifest.findings import did_you_mean
from engine.pipeline.erasing import ErasedPerson
from engine.runtime.erasing import erase, known_tenants, take_again
from engine.runtime.operators import operator
from engine.runtime.routes import outgoing_of
from engine.settings import settings_from


def erase_command(
    tenant: Annotated[str, typer.Argument(help="The tenant's id.")],
    candidate: Annotated[str, typer.Argument(help="The candidate's id in the ATS.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Erase without asking.")] = False,
    lift: Annotated[
        bool, typer.Option("--lift", help="Take the person again from now on; nothing comes back.")
    ] = False,
    state: State = None,
    database: Database = None,
    tenants: Tenants = None,
    routes: Routes = None,
    as_json: AsJson = False,
) -> None:
    """Remove all that is known of a person, and refuse what comes about them later.

    What we wrote into the ATS stands there still: it is listed, so that somebody can remove it.
    """
    settings = settings_from(state=state, database=database, tenants=tenants, routes=routes)
    with opened_store(settings) as store:
        known = known_tenants(store, settings)
        if tenant not in known:
            raise InputError(f"There is no tenant `{tenant[:60]}`.", hint=did_you_mean(tenant, known) or None)
        if lift:
            lifted = take_again(store, tenant, candidate, operator())
            _tell_lifted(lifted, as_json)
            return
        if not yes:
            _agreed(tenant)
        erased = erase(store, tenant, candidate, operator(), outgoing_of(settings.routes))
    if as_json:
        print_json(asdict(erased))
    else:
        _tell(erased)


def _agreed(tenant: str) -> None:
    if not sys.stdin.isatty():
        raise InputError("Nothing was erased: there is no terminal to ask at.", hint="Give --yes to erase.")
    if not typer.confirm(f"Erase this person of {tenant}? It cannot be undone."):
        raise typer.Exit(1)


def _tell_lifted(lifted: bool, as_json: bool) -> None:
    if as_json:
        print_json({"lifted": lifted})
    else:
        typer.echo("They are taken again from now on." if lifted else "They were not erased: nothing to lift.")


def _tell(erased: ErasedPerson) -> None:
    found = {name: count for name, count in erased.counts.items() if count and name != "ended"}
    if found:
        typer.echo(f"Erased: {', '.join(f'{count} in {name}' for name, count in found.items())}.")
    else:
        typer.echo("Nothing was stored of them.")
    typer.echo("What comes about them from now on ends as erased and is not kept.")
    if not erased.left:
        return
    typer.echo(f"\n{counted(len(erased.left), 'write')} of ours in the ATS; remove them there:")
    rows = [
        (one.place, one.target, one.operation, one.at, one.marker, printable(", ".join(map(str, one.ids.values()))))
        for one in erased.left
    ]
    show(table(("place", "target", "operation", "at", "marker", "ids"), rows))
