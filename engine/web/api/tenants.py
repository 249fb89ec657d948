"""``/connections``: each tenant's ATS, and having it called again; ``/ledger``: whether all is accounted for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from engine.clock import iso
from engine.delivery.breaker import Breaker
from engine.manifest.connection import Connection
from engine.model import Json
from engine.pipeline.guarding import standing, told_standing
from engine.store import Store
from engine.web.api.declared import Asked, Endpoint, Parameter

Resume = Callable[[str, str], Breaker | None]
"""(tenant, actor) → how it stood; None where nothing held it back."""


@dataclass(frozen=True, slots=True)
class Tenants:
    """The connections that this process serves. ``resume`` is what the command line calls too."""

    connections: Mapping[str, Connection]
    store: Store
    resume: Resume

    def endpoints(self) -> list[Endpoint]:
        tenant = (Parameter("tenant", "path", "The tenant's id.", required=True),)
        again = "Have a tenant's ATS called again that failures held back or switched off."
        return [
            Endpoint("GET", "/connections", "viewer", "The tenants' connections and how they are.", self._list),
            Endpoint("POST", "/connections/{tenant}/resume", "operator", again, self._resume, tenant),
            Endpoint("GET", "/ledger", "viewer", "Events accepted, ended and open, by tenant.", self._ledger),
        ]

    def _list(self, asked: Asked) -> Json:
        seen = self._seen(asked)
        oldest, polled = asked.browse.oldest_open(), asked.browse.last_polled()
        breakers = standing(self.store, seen)
        return {"connections": [self._told(name, oldest, polled, breakers.get(name, Breaker())) for name in seen]}

    def _told(
        self, name: str, oldest: Mapping[str, float], polled: Mapping[str, float], breaker: Breaker
    ) -> dict[str, Json]:
        return {
            "tenant": name,
            "ats": self.connections[name].manifest.ats.name,
            "oldest_open": iso(oldest[name]) if name in oldest else None,
            "last_polled": iso(polled[name]) if name in polled else None,
            "breaker": breaker.standing,
            "calls": told_standing(breaker, name),
        }

    def _resume(self, asked: Asked) -> Json:
        before = self.resume(asked.values["tenant"], asked.caller.actor)
        return {"tenant": asked.values["tenant"], "was": before.standing if before else "closed"}

    def _ledger(self, asked: Asked) -> Json:
        balances = {name: self.store.ledger.balance(name) for name in self._seen(asked)}
        return {"ledger": [{"tenant": name, **asdict(one), "missing": one.missing} for name, one in balances.items()]}

    def _seen(self, asked: Asked) -> list[str]:
        return sorted(name for name in self.connections if asked.caller.sees(name))
