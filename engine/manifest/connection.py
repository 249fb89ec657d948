"""A tenant's link to one ATS: the effective manifest (overlay applied) and the settings' values.

Made by ``connect``. Secrets are ``Secret`` text: usable where templates put them, masked when shown.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.manifest.model import Manifest
from engine.manifest.overlay import Overlay
from engine.manifest.overlay_settings import resolve_settings
from engine.manifest.templates import Template
from engine.model import Json
from engine.redaction import Secret


@dataclass(frozen=True, slots=True)
class StageMove:
    """The forward move a tenant turned on: to which stage (its ``when`` is on the output ``stage``)."""

    to: str


@dataclass(frozen=True, slots=True)
class Connection:
    """One tenant at one ATS. ``name`` is the tenant's id; ``settings`` holds a value for each setting that has one.

    ``only_jobs`` empty means all. ``webhook`` false means events are polled for only.
    """

    name: str
    manifest: Manifest
    settings: Mapping[str, Json] = field(repr=False)
    only_jobs: frozenset[str] = frozenset()
    webhook: bool = True
    stage_move: StageMove | None = None
    shortlist_url: Template | None = None

    @property
    def open_settings(self) -> dict[str, Json]:
        """The settings that are no secrets: all that content for people may be composed of."""
        return {name: value for name, value in self.settings.items() if not isinstance(value, Secret)}

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(value for value in self.settings.values() if isinstance(value, Secret))


def connect(overlay: Overlay, environment: Mapping[str, str] = os.environ) -> Connection:
    """The connection an overlay describes, its secrets resolved. Raises SettingMissing."""
    return Connection(
        name=overlay.tenant,
        manifest=overlay.manifest,
        settings=resolve_settings(overlay.base.settings, overlay.given, environment),
        only_jobs=overlay.only_jobs,
        webhook=overlay.webhook,
        stage_move=StageMove(overlay.stage_to) if overlay.stage_to else None,
        shortlist_url=overlay.shortlist_url,
    )
