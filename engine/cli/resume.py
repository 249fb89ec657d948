"""``fieldwright resume``: has an ATS called again that was switched off after failing for days."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.events import opened_store
from engine.cli.options import AsJson, Database, State
from engine.cli.output import print_json
from engine.pipeline.guarding import told_standing
from engine.runtime.operators import operator
from engine.runtime.resuming import resume
from engine.settings import settings_from


def resume_command(
    tenant: Annotated[str, typer.Argument(help="The tenant's id.")],
    state: State = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Have a tenant's ATS called again, at once, after its failures held calls back or switched them off.

    Nothing was lost meanwhile: its events wait. (`fieldwright routes resume` does the same for a route.)
    """
    with opened_store(settings_from(state=state, database=database)) as store:
        before = resume(store, tenant, operator())
    if as_json:
        print_json({"tenant": tenant, "was": before.standing if before else "closed"})
    elif before is None:
        typer.echo(f"Nothing holds {tenant} back.")
    else:
        typer.echo(f"{tenant} is called again. It was {told_standing(before, tenant)}.")
