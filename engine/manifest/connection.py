"""A tenant's link to one ATS: the effective manifest (overlay applied) and the settings' values.

Made by ``overlay.connect``. Secrets are ``Secret`` text: usable where templates put them, masked when shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.manifest.model import Manifest
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
    def secrets(self) -> tuple[str, ...]:
        return tuple(value for value in self.settings.values() if isinstance(value, Secret))
