"""``fieldwright audit``: every call to an ATS, and who had what done."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from engine.cli.events import opened_store
from engine.cli.options import AsJson, State
from engine.cli.output import print_json
from engine.cli.tables import show, table
from engine.clock import iso, parse_iso
from engine.errors import InputError
from engine.settings import settings_from
from engine.store import Store
from engine.store.audit import AuditEntry

app = typer.Typer()


@app.command("list")
def list_entries(
    tenant: Annotated[str | None, typer.Option(help="Only those of this tenant.")] = None,
    event: Annotated[str | None, typer.Option(help="Only those made for this event.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only those of engine, cli:USER or key:ID.")] = None,
    operation: Annotated[str | None, typer.Option(help="Only this operation, or act, such as replay.")] = None,
    candidate: Annotated[str | None, typer.Option(help="Only those about this candidate of --tenant.")] = None,
    acts: Annotated[bool, typer.Option("--acts", help="Only what operators did, no calls.")] = False,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only from this time on, such as 2026-01-31.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """List calls to ATSs and what operators did, newest first."""
    with opened_store(settings_from(state=state)) as store:
        person = None if candidate is None else _pseudonym(store, tenant, candidate)
        found = store.audit.list(
            event,
            tenant,
            limit,
            actor=actor,
            operation=operation,
            person=person,
            direction="act" if acts else None,
            since=None if since is None else moment(since),
        )
    if as_json:
        print_json([{**asdict(entry), "at": iso(entry.at)} for entry in found])
    elif found:
        show(table(("at", "tenant", "by", "what", "request", "result", "event", "audit id"), list(map(_row, found))))
    else:
        typer.echo("There is no such entry.")


def moment(text: str) -> float:
    """UTC seconds of a date or time that an operator gave. Raises InputError."""
    try:
        return parse_iso(text.strip())
    except ValueError:
        hint = "Write a date or a time as 2026-01-31 or 2026-01-31T09:30:00Z."
        raise InputError(f"{text[:40]!r} is no time.", hint=hint) from None


def _pseudonym(store: Store, tenant: str | None, candidate: str) -> str:
    if tenant is None:
        raise InputError("A candidate's id is one tenant's.", hint="Name it too: --tenant TENANT --candidate ID")
    return store.persons.known(tenant, candidate) or ""


def _row(entry: AuditEntry) -> tuple[str, ...]:
    result = entry.outcome if entry.status is None else f"{entry.status} {entry.outcome}"
    request = f"{entry.method} {entry.path}".strip()
    what = (iso(entry.at), entry.connection, entry.actor, entry.operation, request, result)
    return (*what, entry.event_id or "", entry.id)
