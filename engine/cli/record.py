"""``fieldwright record``: a tenant and an event or a stream in; a cassette of what was read out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connectors.transport import HttpTransport
from engine.cli.files import write_whole
from engine.cli.options import Database, Mappings, Sandboxes, State, Tenants
from engine.cli.output import counted
from engine.cli.plan import read_event
from engine.cli.tenants import tenant_file
from engine.clock import SYSTEM, iso
from engine.errors import InputError
from engine.model import Json
from engine.pipeline.route import KeptSecrets
from engine.rehearsal.cassette_writing import cassette_text
from engine.rehearsal.cassettes import ENDING
from engine.rehearsal.recording import Recording, record_event, record_stream
from engine.runtime.one_tenant import OneTenant, open_tenant
from engine.settings import settings_from


def record(
    tenant: Annotated[str, typer.Argument(help="The tenant's id or file.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help=f"The cassette to write: <ats>{ENDING}.")],
    event: Annotated[
        str | None,
        typer.Option("--event", metavar="FILE", help="JSON of one event, as for `fieldwright plan`; - for input."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="EVENT", help="The event's name, where a header carries it.")
    ] = None,
    stream: Annotated[
        str | None, typer.Option("--stream", metavar="NAME", help="Record this poll stream's list instead.")
    ] = None,
    pages: Annotated[int, typer.Option(min=1, max=50, help="How many of the list's pages.")] = 1,
    again: Annotated[bool, typer.Option("--replace", help="Replace the file if it is there.")] = False,
    state: State = None,
    database: Database = None,
    tenants: Tenants = None,
    mappings: Mappings = None,
    sandbox: Sandboxes = None,
) -> None:
    """Record what an ATS answers when one event, or a list, is read. Nothing is written to the ATS.

    Secrets, persons' data and ids are made up before the file is written; where something is left that looks like
    one of them, nothing is written (exit code 2).
    """
    if (event is None) == (stream is None):
        raise InputError("Say what is to be read: --event FILE or --stream NAME.")
    _check_out(out, again)
    settings = settings_from(
        state=state, database=database, tenants=tenants, mappings=mappings, sandboxes=sandbox or ()
    )
    with open_tenant(tenant_file(tenant, settings), settings) as opened:
        origin = settings.sandboxes.get(opened.connection.name)
        given = read_event(event, opened.connection, name) if event is not None else None
        recording = _recording(opened, HttpTransport(sandbox_origin=origin), given, stream, pages)
        where = {
            "ats": opened.connection.manifest.ats.id,
            "on": iso(SYSTEM.now())[:10],
            "at": "sandbox" if origin else "ats",
        }
        text = cassette_text(opened.connection, recording, given, where)
    write_whole(out, text)
    _tell(recording, out)


def _check_out(out: Path, again: bool) -> None:
    if not out.name.endswith(ENDING):
        raise InputError(f"--out must name a cassette: a file that ends in {ENDING}.", hint=f"Such as acme{ENDING}.")
    if out.exists() and not again:
        raise InputError(f"{out} is there already.", hint="Name another file, or replace it with --replace.")
    if not out.parent.is_dir():
        raise InputError(f"There is no folder {out.parent}.")


def _recording(
    opened: OneTenant, transport: HttpTransport, event: dict[str, Json] | None, stream: str | None, pages: int
) -> Recording:
    keeper = KeptSecrets(opened.connection, opened.store)
    with transport:
        if event is not None:
            found = record_event(opened.connection, transport, keeper, event)
        else:
            found = record_stream(opened.connection, transport, keeper, stream or "", pages)
    if not found.exchanges:
        why = "; ".join(f"{one.kind.value}: {one.why}" for one in found.outcomes) or "the list was not asked for"
        raise InputError(f"Nothing was read for this event ({why}), so nothing was written.")
    return found


def _tell(recording: Recording, out: Path) -> None:
    operations = dict.fromkeys(one.operation for one in recording.exchanges)
    typer.echo(f"{out}: {counted(len(recording.exchanges), 'answer')} of {', '.join(operations)}")
    for outcome in recording.outcomes:
        typer.echo(f"  the event ended as {outcome.kind.value}: {outcome.why}")
    if recording.unsent:
        typer.echo(f"  not sent: {', '.join(dict.fromkeys(recording.unsent))}")
    typer.echo("  Secrets, persons' data and ids are made up. Look it over before you share it.")
