"""The connections of a folder of tenants' files: all mistakes of all files are told together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from engine.errors import InputError, SpecError
from engine.manifest.connection import Connection, connect
from engine.manifest.findings import Finding
from engine.manifest.overlay import Overlay, load_overlay, overlay_files


def load_connections(
    folder: Path, mappings: Path | None, environment: Mapping[str, str] = os.environ
) -> dict[str, Connection]:
    """Connection by name. Raises SpecError with every mistake, SettingMissing, or InputError when there is none."""
    overlays = _overlays(folder, mappings)
    connections = {overlay.tenant: connect(overlay, environment) for overlay in overlays}
    if len(connections) < len(overlays):
        names = [overlay.tenant for overlay in overlays]
        twice = next(name for name in names if names.count(name) > 1)
        files = ", ".join(overlay.file for overlay in overlays if overlay.tenant == twice)
        raise InputError(f"The tenant `{twice}` is declared more than once: {files}.", hint="Give each its own id.")
    return connections


def _overlays(folder: Path, mappings: Path | None) -> list[Overlay]:
    files = list(overlay_files(folder)) if folder.is_dir() else []
    if not files:
        raise InputError(
            f"There is no tenant in {folder}.",
            hint="Put a file there such as acme.yaml (docs/tenant.md), or name another folder with --tenants DIR.",
        )
    overlays: list[Overlay] = []
    findings: list[Finding] = []
    for file in files:
        try:
            overlays.append(load_overlay(file, mappings))
        except SpecError as error:
            findings.extend(error.findings)
    if findings:
        raise SpecError(findings)
    return overlays
