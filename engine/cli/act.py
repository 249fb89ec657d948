"""``fieldwright act``: a call for a person, as the manifest's ``actions`` declare it: shown, agreed to, sent."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from engine.cli.options import AsJson, Database, Mappings, Sandboxes, State, Tenants
from engine.cli.output import print_json, printable
from engine.cli.tables import console, table
from engine.cli.tenants import tenant_file
from engine.errors import CallError, FieldwrightError, InputError, Refused
from engine.manifest.model import Manifest
from engine.manifest.overlay import load_overlay
from engine.runtime.actions import action_of, given_of, send, shown_request, usage
from engine.runtime.one_tenant import open_tenant
from engine.runtime.operators import operator
from engine.settings import settings_from


def act(
    tenant: Annotated[str, typer.Argument(help="The tenant's id or file.")],
    action: Annotated[str | None, typer.Argument(help="The action; without one, they are listed.")] = None,
    values: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE…", help="What the action takes.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")] = False,
    state: State = None,
    database: Database = None,
    tenants: Tenants = None,
    mappings: Mappings = None,
    sandbox: Sandboxes = None,
    as_json: AsJson = False,
) -> None:
    """Make a call that a person decided on: create a candidate, apply one to a job, move a status.

    Shows the request with its secrets masked and asks; what was sent is in the audit.
    """
    settings = settings_from(
        state=state, database=database, tenants=tenants, mappings=mappings, sandboxes=sandbox or ()
    )
    file = tenant_file(tenant, settings)
    if action is None:
        _list(load_overlay(file, settings.mappings).manifest, as_json)
        return
    with open_tenant(file, settings) as opened:
        chosen = action_of(opened.connection.manifest, action)
        given = given_of(chosen, values or [])
        request = shown_request(opened.route, chosen, given)
        if not as_json:
            typer.echo(printable(request) + "\n")
        if not yes:
            _agreed(opened.connection.manifest.ats.name)
        opened.store.audit.act(operator(), "act", opened.connection.name, detail=chosen.name)
        try:
            answer = send(opened.route, chosen, given)
        except CallError as error:
            raise FieldwrightError(_failed(error, chosen.name), hint=_hint(error)) from None
    if as_json:
        print_json({"action": chosen.name, "request": request, "status": answer.status, "answer": answer.body})
        return
    typer.echo(f"Done: {opened.connection.manifest.ats.name} answered {answer.status}.")
    if answer.body is not None:
        print_json(answer.body)


def _list(manifest: Manifest, as_json: bool) -> None:
    if as_json:
        actions = manifest.actions.values()
        print_json(
            [
                {
                    "name": action.name,
                    "says": action.says,
                    "takes": [
                        {"name": taken.name, "required": taken.required, "description": taken.description}
                        for taken in action.takes.values()
                    ],
                }
                for action in actions
            ]
        )
        return
    if not manifest.actions:
        typer.echo(f"The manifest of {manifest.ats.name} declares no actions.")
        return
    console().print(table(("action", "what it does"), [(usage(a), a.says) for a in manifest.actions.values()]))
    for action in manifest.actions.values():
        typer.echo(f"\n{action.name}")
        for taken in action.takes.values():
            typer.echo(f"  {taken.name:<14} {'needed  ' if taken.required else 'optional'}  {taken.description}")


def _agreed(ats: str) -> None:
    if not sys.stdin.isatty():
        raise InputError("Nothing was sent: there is no terminal to ask at.", hint="Give --yes to send it.")
    if not typer.confirm(f"Send this to {ats}?"):
        raise typer.Exit(1)


def _failed(error: CallError, action: str) -> str:
    done = (
        "it may have been done: look in the ATS before trying again" if error.stage == "sent" else "nothing was done"
    )
    kind = f"refused ({error.kind})" if isinstance(error, Refused) else "not done"
    return f"{action}: {kind}: {error.cause}; {done}."


def _hint(error: CallError) -> str | None:
    return error.hint or (error.message if error.message != error.cause else None)
