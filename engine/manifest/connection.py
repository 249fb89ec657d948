"""A tenant's link to one ATS: the effective manifest (overlay applied) and the settings' values.

Made by ``connect``. Secrets are ``Secret`` text: usable where templates put them, masked when shown.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.manifest.findings import Finding
from engine.manifest.language.templates import UNSET, Template
from engine.manifest.model import Manifest
from engine.manifest.overlay import Overlay, Texts
from engine.manifest.overlay.settings import resolve_settings
from engine.model import Json
from engine.redaction import Secret


@dataclass(frozen=True, slots=True)
class Connection:
    """One tenant at one ATS. ``name`` is the tenant's id; ``settings`` holds a value for each setting that has one.

    ``only_jobs`` empty means all. ``webhook`` false means events are polled for only. ``stage_move`` is the forward
    move that the tenant turned on, as expressions see it: {to}, or empty (its ``when`` is on the output ``stage``).
    ``stale`` tells of overrides whose manifest changed under them.
    ``public_url`` is where ATSs reach this engine, without a trailing slash; None where nobody said. ``texts`` are
    those it was made from.
    """

    name: str
    manifest: Manifest
    settings: Mapping[str, Json] = field(repr=False)
    only_jobs: frozenset[str] = frozenset()
    webhook: bool = True
    stage_move: Mapping[str, Json] = field(default_factory=dict)
    shortlist_url: Template | None = None
    stale: tuple[Finding, ...] = ()
    public_url: str | None = None
    texts: Texts | None = field(default=None, repr=False)

    @property
    def open_settings(self) -> dict[str, Json]:
        """The settings that are no secrets: all that content for people may be composed of."""
        return {name: value for name, value in self.settings.items() if not isinstance(value, Secret)}

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(value for value in self.settings.values() if isinstance(value, Secret))

    def takes_part(self, job_id: str | None) -> bool:
        """Whether applications of the job are this tenant's business; where it is not known yet, they may be."""
        return not self.only_jobs or job_id is None or job_id in self.only_jobs

    @property
    def prospect_job(self) -> str | None:
        """The job that people without an application are scored against, if this tenant has one."""
        return self._composed(self.manifest.events.prospect_job)

    @property
    def address_secret(self) -> str | None:
        """The last part of an unsigned webhook's address; None where it has none, or where its setting is not set."""
        webhook = self.manifest.events.webhook
        return self._composed(webhook.url_secret if webhook is not None else None)

    @property
    def caller_credential(self) -> str | None:
        """``user:password`` of who calls the webhook door; None where it asks for none, or where it is not set."""
        basic = self.manifest.events.webhook.basic if self.manifest.events.webhook is not None else None
        password = self._composed(basic.password) if basic is not None else None
        if basic is None or password is None:
            return None
        return f"{self._composed(basic.username) or ''}:{password}"

    @property
    def caller_tokens(self) -> tuple[str, ...]:
        """The tokens that callers of the webhook door may carry; none where they are not set."""
        token = self.manifest.events.webhook.token if self.manifest.events.webhook is not None else None
        composed = [self._composed(key) for key in token.keys] if token is not None else []
        return tuple(one for one in composed if one is not None)

    def _composed(self, template: Template | None) -> str | None:
        value = template.render({"settings": dict(self.settings)}) if template is not None else None
        return None if value is None or value is UNSET else str(value) or None


def connect(overlay: Overlay, environment: Mapping[str, str] = os.environ) -> Connection:
    """The connection an overlay describes, its secrets resolved. Raises SettingMissing."""
    return Connection(
        name=overlay.tenant,
        manifest=overlay.manifest,
        settings=resolve_settings(overlay.base.settings, overlay.given, environment),
        only_jobs=overlay.only_jobs,
        webhook=overlay.webhook,
        stage_move={"to": overlay.stage_to} if overlay.stage_to else {},
        shortlist_url=overlay.shortlist_url,
        stale=overlay.stale,
        texts=overlay.texts,
    )
