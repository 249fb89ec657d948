"""How a tenant is pointed at a pretend ATS: the tenant's file and the secrets it refers to, ready to be copied.

In: a pretend ATS with its switches. Out: a ``TenantFile``; its secrets are the sandbox's own pretend ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.contract import PretendAts, Switches


@dataclass(frozen=True, slots=True)
class TenantFile:
    """``text`` is the tenant's file (YAML); ``environment`` holds the variables it refers to, with their values."""

    text: str
    environment: Mapping[str, str]


def tenant_file(ats: PretendAts, tenant: str = "trial") -> TenantFile:
    """The file of a tenant with this name whose calls this pretend ATS accepts."""
    settings, environment = _SETTINGS[ats.name](ats.switches)
    lines = [f"tenant: {tenant}", f"extends: {ats.name}", "settings:"]
    lines += [f"  {name}: {value}" for name, value in settings.items()]
    return TenantFile("\n".join(lines) + "\n", environment)


_Told = tuple[dict[str, str], dict[str, str]]


def _smartrecruiters(switches: Switches) -> _Told:
    return {"api_key": '"${env:SANDBOX_API_KEY}"'}, {"SANDBOX_API_KEY": switches.api_key}


def _trackerrms(switches: Switches) -> _Told:
    settings = {
        "static_token": '"${env:SANDBOX_TOKEN}"',
        "legacy_api_key": '"${env:SANDBOX_LEGACY_KEY}"',
        "access": switches.access,
    }
    return settings, {"SANDBOX_TOKEN": switches.static_token, "SANDBOX_LEGACY_KEY": switches.api_key}


_SETTINGS: Mapping[str, Callable[[Switches], _Told]] = {
    "smartrecruiters": _smartrecruiters,
    "trackerrms": _trackerrms,
}
