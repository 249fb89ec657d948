"""Finding tenants' files: an id or a path in, the file out."""

from __future__ import annotations

from pathlib import Path

from engine.errors import InputError
from engine.manifest.findings import did_you_mean
from engine.manifest.overlay import overlay_files
from engine.settings import Settings


def tenant_file(given: str, settings: Settings) -> Path:
    """The file of the tenant ``given``: a path, or an id looked up in the tenants folder. Raises InputError."""
    if given.endswith((".yaml", ".yml")) or "/" in given:
        return Path(given)
    file = settings.tenants / f"{given}.yaml"
    if file.is_file():
        return file
    known = [found.stem for found in overlay_files(settings.tenants)] if settings.tenants.is_dir() else []
    hint = did_you_mean(given, known) or "name its file, or the folder of tenants with --tenants DIR"
    raise InputError(f"There is no tenant `{given}` in {settings.tenants}.", hint=hint)
