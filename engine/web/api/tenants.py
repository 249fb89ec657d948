"""``/connections``: each tenant's ATS, since when its oldest event waits, and when it was last polled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.clock import iso
from engine.manifest.connection import Connection
from engine.model import Json
from engine.web.api.declared import Asked, Endpoint


@dataclass(frozen=True, slots=True)
class Tenants:
    """The connections that this process serves."""

    connections: Mapping[str, Connection]

    def endpoints(self) -> list[Endpoint]:
        return [Endpoint("GET", "/connections", "viewer", "The tenants' connections and how they are.", self.list)]

    def list(self, asked: Asked) -> Json:
        oldest, polled = asked.browse.oldest_open(), asked.browse.last_polled()
        return {
            "connections": [
                {
                    "tenant": name,
                    "ats": connection.manifest.ats.name,
                    "oldest_open": iso(oldest[name]) if name in oldest else None,
                    "last_polled": iso(polled[name]) if name in polled else None,
                }
                for name, connection in sorted(self.connections.items())
                if asked.caller.sees(name)
            ]
        }
