"""``fieldwright audit``: every call to an ATS, who had what done, and proof that the record of it is whole."""

from __future__ import annotations

from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.events import opened_store
from engine.cli.options import AsJson, Database, State
from engine.cli.output import counted, print_json, printable
from engine.cli.tables import show, table
from engine.clock import iso, parse_iso
from engine.errors import FieldwrightError, InputError
from engine.runtime.operators import operator
from engine.settings import settings_from
from engine.store import Store
from engine.store.audit import AuditEntry
from engine.store.audit_heads import PublicKeys, head_keys, public_text, read_heads, read_public_keys
from engine.store.audit_seals import TRIM
from engine.store.audit_verifying import Verdict, verify

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
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """List calls to ATSs and what operators did, newest first."""
    with opened_store(settings_from(state=state, database=database)) as store:
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


def _public_keys(store: Store, file: Path | None) -> PublicKeys:
    if file is not None:
        return read_public_keys(file)
    return {key.id: key.public for key in head_keys(store.vault)}


def _pseudonym(store: Store, tenant: str | None, candidate: str) -> str:
    if tenant is None:
        raise InputError("A candidate's id is one tenant's.", hint="Name it too: --tenant TENANT --candidate ID")
    return store.persons.known(tenant, candidate) or ""


def _row(entry: AuditEntry) -> tuple[str, ...]:
    result = entry.outcome if entry.status is None else f"{entry.status} {entry.outcome}"
    request = f"{entry.method} {entry.path}".strip()
    what = (iso(entry.at), entry.connection, entry.actor, entry.operation, request, result)
    return (*what, entry.event_id or "", entry.id)


@app.command("verify")
def verify_entries(
    head: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Signed heads that were kept elsewhere; may be given again."),
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The public keys of the heads; without it, the vault's.")
    ] = None,
    state: State = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Prove that nobody changed, removed or added an entry; else name the first one that is wrong (exit code 1).

    That the end was cut off, or the whole chain made anew, only shows where --head names heads kept elsewhere.
    """
    with opened_store(settings_from(state=state, database=database)) as store:
        keys = _public_keys(store, public_key) if head else {}
        verdict = verify(store.seals, chain.from_iterable(read_heads(file, keys) for file in head or ()))
    if as_json:
        print_json(asdict(verdict))
    else:
        typer.echo(_told(verdict))
    if verdict.wrong is not None:
        raise typer.Exit(1)


@app.command("public-key")
def print_public_keys(state: State = None, database: Database = None) -> None:
    """Print the public keys of the audit's heads, a line each: whoever has them can check heads and make none."""
    with opened_store(settings_from(state=state, database=database)) as store:
        for key in head_keys(store.vault):
            typer.echo(f"{key.id} {public_text(key.public)}")


@app.command("protect")
def protect(
    role: Annotated[str, typer.Argument(help="The role that the service signs in as; it owns nothing.")],
    state: State = None,
    database: Database = None,
) -> None:
    """Let a role of PostgreSQL do a service's work without being able to change or remove entries of the audit.

    Run it as the owner of the tables, once; then start the service with that role in --database.
    """
    with opened_store(settings_from(state=state, database=database)) as store:
        store.grant_service(role)
        store.audit.act(operator(), "audit.protect", detail=role)
    typer.echo(f"{role} can do a service's work; entries of the audit it can only add and read.")


@app.command("trim")
def trim_entries(
    before: Annotated[str, typer.Option(metavar="TIME", help="Those from before this time go, such as 2026-01-31.")],
    state: State = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Take out old entries; what is kept can be verified still. On PostgreSQL the tables' owner has to do it."""
    until = moment(before)
    with opened_store(settings_from(state=state, database=database)) as store:
        verdict = verify(store.seals)
        if verdict.wrong is not None:
            raise FieldwrightError(f"Nothing was taken out: {verdict.wrong}.", hint="Find out why first.")
        count = store.seals.trim(until, lambda detail: store.audit.act(operator(), TRIM, detail=detail))
    if as_json:
        print_json({"trimmed": count, "before": iso(until)})
    else:
        typer.echo(f"{counted(count, 'entry')} from before {iso(until)} taken out." if count else "Nothing is older.")


def _told(verdict: Verdict) -> str:
    counts = f"{verdict.sealed} sealed, {verdict.unsealed} not sealed yet"
    against = f", compared with {counted(verdict.heads, 'head')}" if verdict.heads else ""
    trimmed = f"\nThose before entry {verdict.begins_at} were trimmed: told by {verdict.trimmed_by}."
    more = trimmed if verdict.trimmed_by else ""
    if verdict.wrong is None:
        return f"The audit is whole: {counts}{against}.{more}"
    return printable(f"The audit is not as it was written: {verdict.wrong}.\n{counts} up to there{against}.{more}")
