"""``fieldwright feedback``: a hiring manager's answer, entered by the recruiter, written to the ATS by the rungs."""

from __future__ import annotations

import json
import secrets
from typing import Annotated

import typer

from engine.cli.options import AsJson, Database, Mappings, Sandboxes, State, Tenants
from engine.cli.output import print_json
from engine.cli.tenants import tenant_file
from engine.clock import iso
from engine.errors import InputError
from engine.manifest.findings import did_you_mean
from engine.model import Outcome, OutcomeKind, RawEvent
from engine.runtime.one_tenant import InPlace, OneTenant, open_tenant
from engine.runtime.operators import operator
from engine.runtime.state_lock import sole_worker
from engine.settings import Settings, settings_from

VERDICTS = {"👍": "👍", "👎": "👎", "maybe": "Maybe", "up": "👍", "yes": "👍", "down": "👎", "no": "👎"}


def feedback(
    tenant: Annotated[str, typer.Argument(help="The tenant's id or file.")],
    candidate: Annotated[str, typer.Option(help="The candidate's id in the ATS.")],
    job: Annotated[str, typer.Option(help="The job's id in the ATS.")],
    verdict: Annotated[str, typer.Option(help="👍, 👎 or Maybe (also: up, down).")],
    comment: Annotated[str | None, typer.Option(help="What they said, in their words.")] = None,
    by: Annotated[str | None, typer.Option(help="Who said it.")] = None,
    application: Annotated[str | None, typer.Option(help="The application's id, where the ATS has one.")] = None,
    state: State = None,
    database: Database = None,
    tenants: Tenants = None,
    mappings: Mappings = None,
    sandbox: Sandboxes = None,
    as_json: AsJson = False,
) -> None:
    """Enter a hiring manager's answer about an application; it is written where the tenant wants it."""
    settings = settings_from(
        state=state, database=database, tenants=tenants, mappings=mappings, sandboxes=sandbox or ()
    )
    given = {"verdict": verdict_of(verdict), "comment": _text(comment), "by": _text(by)}
    ids = {"candidate": candidate.strip(), "job": job.strip(), "application": application}
    with open_tenant(tenant_file(tenant, settings), settings) as opened:
        event_id = _accepted(opened, ids, given)
        outcome, where = _worked_off(opened, event_id, settings)
    if as_json:
        told = {"kind": outcome.kind.value, "why": outcome.why} if outcome else None
        print_json({"event": event_id, "outcome": told})
    else:
        said = f"{outcome.kind.value}: {outcome.why}" if outcome else where
        typer.echo(f"{event_id} {said}")
        typer.echo(f"  fieldwright events show {event_id}")
    if outcome is not None and outcome.kind in (OutcomeKind.DEAD, OutcomeKind.QUARANTINED):
        raise typer.Exit(1)


def verdict_of(text: str) -> str:
    """👍, 👎 or Maybe. Raises InputError."""
    found = VERDICTS.get(text.strip().casefold())
    if found is None:
        hint = did_you_mean(text, VERDICTS) or f"one of: {', '.join(VERDICTS)}"
        raise InputError(f"{text[:40]!r} is no verdict.", hint=hint)
    return found


def _text(given: str | None) -> str | None:
    return given.strip() or None if given else None


def _accepted(opened: OneTenant, ids: dict[str, str | None], given: dict[str, str | None]) -> str:
    now = opened.clock.now()
    body = {
        "event": "feedback.given",
        "ids": {name: value for name, value in ids.items() if value},
        "data": {"feedback": {**{name: value for name, value in given.items() if value}, "at": iso(now)}},
    }
    key = f"feedback-{secrets.token_hex(8)}"
    raw = RawEvent(opened.connection.name, "engine", key, {}, json.dumps(body).encode(), now)
    with opened.store.transaction():
        event_id = opened.store.inbox.accept([raw])[0].id
        name, candidate = opened.connection.name, ids["candidate"]
        opened.store.audit.act(operator(), "feedback", name, event_id, candidate_id=candidate)
    return event_id


def _worked_off(opened: OneTenant, event_id: str, settings: Settings) -> tuple[Outcome | None, str]:
    """The event's outcome where this process could reach it, else who goes on with it."""
    with sole_worker(settings) as alone:
        if not alone:
            return None, "accepted; the running service writes it"
        work = InPlace(opened, settings)
        try:
            outcome = work.finish(event_id)
        finally:
            work.close()
    why = opened.store.inbox.get(event_id).why
    return outcome, f"not written yet{f' ({why})' if why else ''}; a running service tries again"
