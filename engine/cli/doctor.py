"""``fieldwright doctor``: a tenant's connection checked, and what an administrator must still do by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from engine.cli.options import AsJson, Database, Mappings, PublicUrl, Sandboxes, State, Tenants
from engine.cli.output import print_json, printable
from engine.cli.tables import console, hanging, show, table
from engine.cli.tenants import tenant_file
from engine.intake.registration import Registrar
from engine.runtime.doctor.diagnosis import Check, Diagnosis, OutputReport, ScopeNeed
from engine.runtime.doctor.examine import Patient, examine
from engine.runtime.one_tenant import open_tenant
from engine.scoring import ResumeReader
from engine.settings import settings_from

_COLORS = {"ok": "green", "failed": "red", "by hand": "yellow", "skipped": "dim"}
_LOCAL = "http://127.0.0.1:8080"


def doctor(
    tenant: Annotated[str, typer.Argument(help="The tenant's id or file.")],
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Print the webhook's address whole, with the secret in it.")
    ] = False,
    state: State = None,
    database: Database = None,
    tenants: Tenants = None,
    mappings: Mappings = None,
    public_url: PublicUrl = None,
    sandbox: Sandboxes = None,
    as_json: AsJson = False,
) -> None:
    """Check a tenant's connection: sign-in, scopes, fields, webhook, one test candidate. Writes nothing to the ATS.

    Exit code 0 when nothing failed, 1 otherwise; what is left to do by hand is listed at the end.
    """
    settings = settings_from(
        state=state,
        database=database,
        tenants=tenants,
        mappings=mappings,
        public_url=public_url,
        sandboxes=sandbox or (),
    )
    with open_tenant(tenant_file(tenant, settings), settings) as opened, ResumeReader(processes=1) as reader:
        address = settings.public_url or _LOCAL
        registrar = Registrar(opened.connection, opened.route.caller, opened.store, opened.clock, address)
        found = examine(Patient(opened.route, opened.store, registrar, reader, show_secrets))
    if as_json:
        print_json(found.as_json())
    else:
        _show(found)
    if not found.is_well:
        raise typer.Exit(1)


def _show(found: Diagnosis) -> None:
    out = console()
    out.print(f"{found.tenant} at {found.ats}\n")
    for check in found.checks:
        _show_check(check)
    _show_outputs(found.outputs)
    for says, cause in found.off:
        out.print(f"off: {says}: {printable(cause)}")
    if found.scopes:
        out.print("\nScopes the credential needs, the least set for what this tenant uses")
        show(_scopes(found.scopes))
    if found.scopes_apart:
        out.print("\nScopes for what is off or done by a person only; leave them out where nobody does it")
        show(_scopes(found.scopes_apart))
    if found.by_hand:
        out.print("\nWhat an administrator must still do by hand")
        for number, todo in enumerate(found.by_hand, 1):
            hanging(f"  {number}. ", printable(todo))
    elif found.is_well:
        out.print("\nNothing is left to do by hand.")
    if not found.is_well:
        out.print("\nMend what failed and run doctor again: what comes after it may not have been looked at.")


def _scopes(needs: Sequence[ScopeNeed]) -> Table:
    return table(("scope", "for"), [(need.scope, ", ".join(need.operations)) for need in needs])


def _show_check(check: Check) -> None:
    line = Text.assemble((f"{check.verdict:<8}", _COLORS[check.verdict]), " ", check.title)
    console().print(line)
    for said in check.says:
        hanging(" " * 9, printable(said))


def _show_outputs(outputs: tuple[OutputReport, ...]) -> None:
    if not outputs:
        return
    rows = [(report.output, report.place or _nowhere(report), "; ".join(report.why)) for report in outputs]
    console().print()
    show(table(("output", "goes to", "because"), rows))
    said = "Writing itself is not tried here: a right that is missing shows with the first result, which then goes"
    hanging("", f"{said} to its next place.")


def _nowhere(report: OutputReport) -> str:
    return "off" if report.is_off else "held" if report.is_held else "nowhere"
