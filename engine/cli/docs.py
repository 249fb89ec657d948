"""``fieldwright docs``: an ATS's id (and a tenant's) in; one Markdown page about the connection out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.options import Mappings, Tenants
from engine.cli.tenants import tenant_file
from engine.errors import InputError
from engine.manifest.build import load
from engine.manifest.overlay import load_overlay, other_manifest
from engine.manifest.schema.files import data_folder
from engine.runtime.manual import manual
from engine.settings import Settings, settings_from


def docs(
    ats: Annotated[str, typer.Argument(help="The ATS's id, or its manifest.")],
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="TENANT", help="As this tenant's file changes it: id or file.")
    ] = None,
    tenants: Tenants = None,
    mappings: Mappings = None,
) -> None:
    """Print a Markdown page: what is read and written, where else, how it is set up, and the least privileges."""
    settings = settings_from(tenants=tenants, mappings=mappings)
    file = _manifest(ats, settings)
    if tenant is None:
        page = manual(load(file))
    else:
        overlay = load_overlay(tenant_file(tenant, settings), file.parent)
        if overlay.base.ats.id != file.stem:
            raise InputError(f"{overlay.tenant} extends {overlay.base.ats.id}, not {file.stem}.")
        page = manual(overlay.manifest, tenant=overlay.tenant, webhook=overlay.webhook)
    sys.stdout.write(page)


def _manifest(ats: str, settings: Settings) -> Path:
    if ats.endswith((".yaml", ".yml")) or "/" in ats:
        return Path(ats)
    folder = settings.mappings or data_folder("mappings")
    file = folder / f"{ats}.yaml"
    if not file.is_file():
        known = [found.stem for found in folder.glob("*.yaml") if "." not in found.stem]
        raise InputError(f"There is no manifest `{ats}` in {folder}.", hint=other_manifest(ats, known))
    return file
