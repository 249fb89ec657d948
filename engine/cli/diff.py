"""``fieldwright diff``: a tenant's file in; each thing it changes of its manifest out, line by line."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.options import AsJson, Mappings, Tenants
from engine.cli.output import console, print_json, show, table
from engine.cli.tenants import tenant_file
from engine.manifest.overlay import Change, Overlay, load_overlay
from engine.settings import settings_from

_SHOWN = 60


def diff(
    tenant: Annotated[str, typer.Argument(help="A tenant's id, or its file.")],
    tenants: Tenants = None,
    mappings: Mappings = None,
    as_json: AsJson = False,
) -> None:
    """Show what a tenant's file changes of its manifest, line by line."""
    settings = settings_from(tenants=tenants, mappings=mappings)
    overlay = load_overlay(tenant_file(tenant, settings), settings.mappings)
    if as_json:
        print_json(_as_json(overlay))
    else:
        _show(overlay)


def _as_json(overlay: Overlay) -> dict[str, object]:
    changes = [
        {"what": one.what, "manifest": one.before, "tenant": one.after, "line": one.line, "effect": one.has_effect}
        for one in overlay.changes
    ]
    return {"tenant": overlay.tenant, "extends": overlay.base.ats.id, "file": overlay.file, "changes": changes}


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


def _row(change: Change) -> tuple[str, str, str, str]:
    after = _short(change.after) if change.has_effect else f"{_short(change.after)} (no effect)"
    return change.what, _short(change.before), after, str(change.line)


def _short(text: str) -> str:
    line = " ⏎ ".join(text.strip().splitlines())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
