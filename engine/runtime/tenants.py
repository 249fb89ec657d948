"""The connections of a folder of tenants' files: all mistakes of all files are told together."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.errors import InputError, SettingMissing, SpecError
from engine.manifest.connection import Connection, connect
from engine.manifest.overlay import Overlay, load_overlay, overlay_files


def load_connections(
    folder: Path, mappings: Path | None, environment: Mapping[str, str] = os.environ
) -> dict[str, Connection]:
    """Connection by name. Raises InputError with every mistake of every file, or where there is no tenant."""
    overlays, mistakes = _overlays(folder, mappings)
    mistakes += _declared_twice(overlays)
    connections: dict[str, Connection] = {}
    for overlay in overlays:
        try:
            connections[overlay.tenant] = connect(overlay, environment)
        except SettingMissing as error:
            mistakes.append(InputError(f"{overlay.file}: {error.message}", hint=error.hint))
    if mistakes:
        raise _together(mistakes)
    return connections


def load_connection(file: Path, mappings: Path | None, environment: Mapping[str, str] = os.environ) -> Connection:
    """The connection of one tenant's file. Raises SpecError, SettingMissing."""
    return connect(load_overlay(file, mappings), environment)


def _overlays(folder: Path, mappings: Path | None) -> tuple[list[Overlay], list[InputError]]:
    files = list(overlay_files(folder)) if folder.is_dir() else []
    if not files:
        raise InputError(
            f"There is no tenant in {folder}.",
            hint="Put a file there such as acme.yaml (docs/tenant.md), or name another folder with --tenants DIR.",
        )
    overlays: list[Overlay] = []
    mistakes: list[InputError] = []
    for file in files:
        try:
            overlays.append(load_overlay(file, mappings))
        except InputError as error:
            mistakes.append(error)
    return overlays, mistakes


def _declared_twice(overlays: Sequence[Overlay]) -> list[InputError]:
    files: dict[str, list[str]] = {}
    for overlay in overlays:
        files.setdefault(overlay.tenant, []).append(overlay.file)
    return [
        InputError(
            f"The tenant `{name}` is declared more than once: {', '.join(found)}.", hint="Give each its own id."
        )
        for name, found in files.items()
        if len(found) > 1
    ]


def _together(mistakes: Sequence[InputError]) -> InputError:
    findings = [finding for error in mistakes if isinstance(error, SpecError) for finding in error.findings]
    others = [error for error in mistakes if not isinstance(error, SpecError)]
    if not others:
        return SpecError(sorted(set(findings)))
    if len(mistakes) == 1:
        return others[0]
    return InputError("\n".join([*map(str, sorted(set(findings))), *map(str, others)]))
