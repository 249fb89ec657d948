"""What a running service tells of its tenants: where their webhooks arrive, what is polled, what is unsafe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from engine.intake.registration import Registrar
from engine.manifest.connection import Connection
from engine.settings import LOOPBACK

_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "m"), (1.0, "s"))


@dataclass(frozen=True, slots=True)
class DoorReport:
    """How one tenant's events come in, each as a phrase. Secrets in addresses are masked."""

    tenant: str
    ats: str
    webhook: str
    polled: str
    truth: str
    sandbox: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """The report as a plain dict, one key per attribute."""
        return {name: getattr(self, name) for name in self.__slots__}


def door_report(connection: Connection, registrar: Registrar, sandbox: str | None) -> DoorReport:
    """The report of one tenant; ``registrar`` knows its address."""
    return DoorReport(
        connection.name,
        connection.manifest.ats.name,
        webhook=_webhook(connection, registrar),
        polled=_polled(connection),
        truth=_truth(connection),
        sandbox=sandbox,
    )


def unsafe(host: str, public_url: str | None, sandboxes: Mapping[str, str]) -> list[str]:
    """What an operator should know before strangers reach this service, one sentence each."""
    found = []
    is_public = host not in LOOPBACK
    parts = urlsplit(public_url) if public_url else None
    if is_public and (parts is None or parts.scheme != "https"):
        found.append(
            f"{host} can be reached by others and there is no https public address: webhooks and their secrets "
            "travel in the open. Put a reverse proxy with TLS in front, and name it with --public-url https://…"
        )
    elif parts is not None and parts.scheme != "https" and parts.hostname not in LOOPBACK:
        found.append(f"the public address {public_url} is not https: webhooks travel in the open")
    if parts is None and not is_public:
        found.append("no ATS can reach this machine by a webhook: there is no --public-url; lists are polled instead")
    found += [f"the calls of {tenant} go to a pretend ATS at {origin}" for tenant, origin in sandboxes.items()]
    return found


def _webhook(connection: Connection, registrar: Registrar) -> str:
    door = connection.manifest.events.webhook
    if door is None or not connection.webhook:
        return "none"
    registration = door.registration
    if registration is not None:
        every = spoken(registration.check_every_s)
        return f"{registrar.shown_url()} (subscribed by fieldwright, looked at every {every})"
    return f"{registrar.shown_url()} (pasted by hand: fieldwright doctor {connection.name} --show-secrets)"


def _polled(connection: Connection) -> str:
    poll = connection.manifest.events.poll
    if poll is None:
        return "nothing"
    whole = f", everything once more every {spoken(poll.full_pass_s)}" if poll.full_pass_s else ""
    return f"{', '.join(poll.streams)} every {spoken(poll.every_s)}{whole}"


def _truth(connection: Connection) -> str:
    events = connection.manifest.events
    if events.webhook is None or not connection.webhook:
        return "polling, there is nothing else"
    if events.poll is None:
        return "webhooks, there is nothing else"
    if events.truth == "webhook":
        return "webhooks; polling finds what they missed"
    return "polling; webhooks only make it quicker"


def spoken(seconds: float) -> str:
    """A duration as the manifest writes it: ``10m``, ``90s``."""
    unit, letter = next((pair for pair in _UNITS if seconds >= pair[0] and seconds % pair[0] == 0), (1.0, "s"))
    return f"{seconds / unit:g}{letter}"
