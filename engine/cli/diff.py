"""``fieldwright diff``: a tenant's file in; each thing it changes of its manifest out, line by line."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.options import AsJson, Mappings, Tenants
from engine.cli.output import counted, print_json
from engine.cli.tables import console, show, table
from engine.cli.tenants import tenant_file
from engine.manifest.overlay import Change, Overlay, load_overlay
from engine.manifest.overlay.findings import WITHOUT_EFFECT
from engine.manifest.overlay.pin import write_pin
from engine.settings import settings_from

_SHOWN = 60


def diff(
    tenant: Annotated[str, typer.Argument(help="A tenant's id, or its file.")],
    tenants: Tenants = None,
    mappings: Mappings = None,
    pin: Annotated[
        bool, typer.Option("--pin", help="Keep, beside the file, what the manifest says now: later changes are told.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a tenant's file changes of its manifest, line by line, and what has no effect or is stale."""
    settings = settings_from(tenants=tenants, mappings=mappings)
    file = tenant_file(tenant, settings)
    overlay = load_overlay(file, settings.mappings)
    if pin:
        written = write_pin(file, overlay.base.ats.id, overlay.changes)
        overlay = load_overlay(file, settings.mappings)
        typer.echo(
            f"{written} holds what the manifest says of {counted(len(overlay.changes), 'override')}.", err=True
        )
    if as_json:
        print_json(_as_json(overlay))
    else:
        _show(overlay)


def _as_json(overlay: Overlay) -> dict[str, object]:
    changes = [
        {"what": one.what, "manifest": one.before, "tenant": one.after, "line": one.line, "effect": one.has_effect}
        for one in overlay.changes
    ]
    findings = [finding.as_json() for finding in overlay.warnings]
    return {
        "tenant": overlay.tenant,
        "extends": overlay.base.ats.id,
        "file": overlay.file,
        "changes": changes,
        "findings": findings,
    }


def _show(overlay: Overlay) -> None:
    out = console()
    out.print(f"{overlay.tenant} on {overlay.base.ats.name} ({overlay.file})")
    if not overlay.changes:
        out.print("Changes nothing: the manifest holds as it is.")
        return
    rows = [_row(change) for change in overlay.changes]
    show(table(("what", "the manifest's", "the tenant's", "line"), rows))
    idle = sum(not change.has_effect for change in overlay.changes)
    if idle:
        out.print(f"{idle} of {len(rows)} without effect: the manifest says the same.")
    for finding in overlay.warnings:
        if finding.code != WITHOUT_EFFECT:
            out.print(f"\n{finding}")


def _row(change: Change) -> tuple[str, str, str, str]:
    after = _short(change.after) if change.has_effect else f"{_short(change.after)} (no effect)"
    return change.what, _short(change.before), after, str(change.line)


def _short(text: str) -> str:
    line = " ⏎ ".join(text.strip().splitlines())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
