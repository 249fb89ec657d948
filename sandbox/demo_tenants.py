"""The three tenants of the demo: a pretend ATS each, the tenant's own file, and pretend secrets for it.

In: nothing. Out: ``DemoTenant`` objects; the second tenant's ATS has no custom fields and none can be made there.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox import open_sandbox

if TYPE_CHECKING:
    from sandbox.contract import PretendAts


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """``file`` is the tenant's file (YAML), which refers to ``environment`` for its secrets.

    ``says`` tells people what is particular here. Where ``door_secret`` is set, webhooks are configured by hand in
    this ATS (``configure_webhook``); elsewhere the engine subscribes by itself.
    """

    name: str
    says: str
    ats: PretendAts = field(repr=False)
    file: str
    environment: Mapping[str, str] = field(repr=False)
    door_secret: str | None = field(default=None, repr=False)


_WITH_FIELDS = """\
# The demo's first tenant: all five custom fields exist, so results go there.
tenant: northwind-retail
extends: smartrecruiters
settings:
  api_key: "${env:NORTHWIND_API_KEY}"
events:
  coalesce: 1s
  poll: {every: 1m}
"""

_WITHOUT_FIELDS = """\
# The demo's second tenant: nobody may make custom fields there, so results go to a note.
tenant: harbor-clinics
extends: smartrecruiters
settings:
  api_key: "${env:HARBOR_API_KEY}"
events:
  coalesce: 1s
  poll: {every: 1m}
"""

_STAFFING = """\
# The demo's third tenant: another ATS, without custom fields for results; they go to activity notes and a tag.
tenant: lakeside-staffing
extends: trackerrms
settings:
  static_token: "${env:LAKESIDE_TOKEN}"
  legacy_api_key: "${env:LAKESIDE_LEGACY_KEY}"
  webhook_secret: "${env:LAKESIDE_WEBHOOK_SECRET}"
  resume_from: legacy_document
events:
  coalesce: 1s
  poll: {every: 2m}
"""


def demo_tenants() -> tuple[DemoTenant, ...]:
    """The tenants, each with a fresh pretend ATS."""
    first, second = "not-a-real-key-northwind", "not-a-real-key-harbor"
    token, legacy, door = "not-a-real-token-lakeside", "not-a-real-legacy-key", "not-a-real-door-secret-lakeside"
    return (
        DemoTenant(
            "northwind-retail",
            "SmartRecruiters with custom fields",
            open_sandbox("smartrecruiters", api_key=first, company="NorthwindRetail"),
            _WITH_FIELDS,
            {"NORTHWIND_API_KEY": first},
        ),
        DemoTenant(
            "harbor-clinics",
            "SmartRecruiters where custom fields cannot be made",
            open_sandbox("smartrecruiters", api_key=second, company="HarborClinics", fields="none"),
            _WITHOUT_FIELDS,
            {"HARBOR_API_KEY": second},
        ),
        DemoTenant(
            "lakeside-staffing",
            "TrackerRMS",
            open_sandbox("trackerrms", static_token=token, api_key=legacy, documents="legacy"),
            _STAFFING,
            {"LAKESIDE_TOKEN": token, "LAKESIDE_LEGACY_KEY": legacy, "LAKESIDE_WEBHOOK_SECRET": door},
            door_secret=door,
        ),
    )


def configure_webhook(ats_url: str, door: str) -> None:
    """Enters the address ``door`` in the pretend ATS at ``ats_url``, as its administrator would by hand."""
    told = {"url": door, "recordTypes": ["Resource", "Opportunity", "OpportunityResource"]}
    body = json.dumps({**told, "actions": ["Created", "Updated"]}).encode()
    request = urllib.request.Request(f"{ats_url}/_sandbox/webhooks", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()
