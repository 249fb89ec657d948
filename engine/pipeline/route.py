"""A connection at work: its manifest and settings, its caller, and what was found out about its ATS."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from connectors.calls import Caller
from connectors.messages import Exchange, Transport
from engine.clock import Clock
from engine.manifest.connection import Connection
from engine.store.store import Store
from engine.writeback.discovery import Discovery

CURRENT_EVENT: ContextVar[str | None] = ContextVar("current_event", default=None)
"""The event for which this thread is making calls; audit rows carry its id."""


@dataclass(frozen=True, slots=True)
class Route:
    """One connection's way through the engine."""

    connection: Connection
    caller: Caller
    discovery: Discovery

    @property
    def name(self) -> str:
        return self.connection.name


class KeptSecrets:
    """What signing in must not lose over a restart, kept in the store (``connectors.messages.Keeper``)."""

    def __init__(self, connection: str, store: Store) -> None:
        self._connection, self._store = connection, store

    def get(self, name: str) -> str | None:
        value = self._store.connections.get(self._connection, f"auth.{name}")
        return None if value is None else str(value)

    def put(self, name: str, value: str) -> None:
        self._store.connections.put(self._connection, f"auth.{name}", value)


def open_route(connection: Connection, transport: Transport, store: Store, clock: Clock) -> Route:
    """The route of a connection over ``transport``; every exchange gets an audit row."""
    caller = Caller(
        connection,
        transport=transport,
        clock=clock,
        keeper=KeptSecrets(connection.name, store),
        observe=_auditor(connection.name, store),
    )
    return Route(connection, caller, Discovery(connection, caller, store))


def _auditor(connection: str, store: Store) -> Callable[[Exchange], None]:
    def observe(exchange: Exchange) -> None:
        store.audit.record(
            connection,
            CURRENT_EVENT.get(),
            "push" if exchange.writes else "pull",
            exchange.operation,
            exchange.method,
            exchange.path,
            exchange.status,
            exchange.bytes_out,
            exchange.bytes_in,
            exchange.duration_ms,
            exchange.result,
        )

    return observe
