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
    events = connection.manifest.events
    said = [f"the event queue every {spoken(events.queue.every_s)}"] if events.queue is not None else []
    poll = events.poll
    if poll is not None:
        whole = f", everything once more every {spoken(poll.full_pass_s)}" if poll.full_pass_s else ""
        said.append(f"{', '.join(poll.streams)} every {spoken(poll.every_s)}{whole}")
    return "; ".join(said) or "nothing"


def _truth(connection: Connection) -> str:
    events = connection.manifest.events
    queue = "the event queue" if events.queue is not None else ""
    webhooks = "webhooks" if events.webhook is not None and connection.webhook else ""
    polling = "polling" if events.poll is not None else ""
    told = {"queue": queue, "webhook": webhooks, "poll": polling}
    relied_on = told[events.truth] or queue or webhooks or polling
    others = [one for one in told.values() if one and one != relied_on]
    if not others:
        return f"{relied_on}, there is nothing else"
    if relied_on == polling:
        quicker = " and ".join(others)
        return f"polling; {quicker} only {'makes' if quicker == queue else 'make'} it quicker"
    only = " and ".join(others)
    missed = "it" if relied_on == queue else "they"
    return f"{relied_on}; {only} {'finds' if len(others) == 1 and only != webhooks else 'find'} what {missed} missed"


def spoken(seconds: float) -> str:
    """A duration as the manifest writes it: ``10m``, ``90s``."""
    unit, letter = next((pair for pair in _UNITS if seconds >= pair[0] and seconds % pair[0] == 0), (1.0, "s"))
    return f"{seconds / unit:g}{letter}"
