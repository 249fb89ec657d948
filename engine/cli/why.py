"""``fieldwright why``: an event and an output in; where the value comes from and how it got to its place out."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.text import Text

from engine.cli.events import opened_store
from engine.cli.options import AsJson, Database, Mappings, State, Tenants
from engine.cli.output import print_json, printable
from engine.cli.tables import console, hanging
from engine.cli.tenants import tenant_file
from engine.manifest.overlay import load_overlay
from engine.model import as_plain
from engine.rehearsal.provenance import Evaluated, Provenance, provenance
from engine.rehearsal.tenant import placeholder_connection
from engine.settings import settings_from

_COLORS = {"taken": "green", "held": "yellow", "refused": "red", "waiting": "yellow", "passed over": "dim"}
_HEAD = 8


def why(
    event: Annotated[str, typer.Argument(help="The event's id, as `events list` shows it.")],
    output: Annotated[str, typer.Argument(help="The output, such as match_score.")],
    state: State = None,
    database: Database = None,
    tenants: Tenants = None,
    mappings: Mappings = None,
    as_json: AsJson = False,
) -> None:
    """Show where an output's value comes from: file, line, layer, what was read, each place and its cause."""
    settings = settings_from(state=state, database=database, tenants=tenants, mappings=mappings)
    with opened_store(settings) as store:
        tenant = store.inbox.get(event).connection
        overlay = load_overlay(tenant_file(tenant, settings), settings.mappings)
        found = provenance(store, placeholder_connection(overlay, os.environ), event, output)
    if as_json:
        print_json(as_plain(found))
    else:
        _show(found)


def _show(found: Provenance) -> None:
    out = console()
    about = f", about {printable(found.subject)}" if found.subject else ""
    out.print(Text.assemble((found.output, "bold"), f" of {found.event_id} at {found.tenant}{about}"))
    if found.switch is not None:
        _line("value", f"none: the output is off at {found.switch}")
    if found.when is not None:
        _show_expression("when", found.when)
    if found.value is not None:
        _show_expression("value", found.value)
    elif found.when is not None:
        _line("value", "none: `when` does not hold")
    _line("places", f"in the order of {found.order}")
    for number, rung in enumerate(found.rungs, 1):
        verdict = Text(rung.verdict, style=_COLORS.get(rung.verdict, ""))
        cause = f": {printable(rung.why)}" if rung.why else ""
        line = Text.assemble(f"{printable(rung.place)}  ", verdict, cause, f"  {rung.written}")
        hanging(f"{'':<{_HEAD}}{number}  ", line)
    if found.note is not None:
        _line("text", f"of the note: {found.note}")
    for request in found.requests:
        _line("request", request)
    _line("event", found.ended)
    for note in found.notes:
        _line("note", note)


def _show_expression(head: str, one: Evaluated) -> None:
    _line(head, one.result)
    _line("", f"{one.written}")
    _line("", one.text.strip())
    for read in one.reads:
        _line("", f"  {read.name} = {read.value}")


def _line(head: str, text: str) -> None:
    for number, line in enumerate(printable(text).splitlines() or [""]):
        hanging(f"{head if not number else '':<{_HEAD}}", line)
