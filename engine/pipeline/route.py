"""A connection at work: its manifest and settings, its caller, and what was found out about its ATS."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass

from connectors.budgets import Budgets
from connectors.calls import Caller
from connectors.messages import Exchange, Keeper, Transport
from engine.clock import Clock
from engine.manifest.connection import Connection
from engine.model import Json
from engine.pipeline.holding_on import HoldingTransport
from engine.store.audit import ENGINE, Call
from engine.store.store import Store
from engine.telemetry import metrics
from engine.telemetry.working import about, working
from engine.writeback.discovery import Discovery
from engine.writeback.lookups import Lookups

MOST_UNFINISHED = 3
"""How often work on an event may have ended its worker before it is put aside."""

_CURRENT_CANDIDATE: ContextVar[str | None] = ContextVar("current_candidate", default=None)


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
    """What signing in must not lose over a restart, kept in the store (``connectors.messages.Keeper``).

    What followed from a setting of the same name is kept only as long as the tenant gives that same value: a new
    one means that the old ones are dead.
    """

    def __init__(self, connection: Connection, store: Store) -> None:
        self._name, self._settings, self._store = connection.name, connection.settings, store

    def get(self, name: str) -> str | None:
        kept = self._store.connections.get(self._name, f"auth.{name}")
        return str(kept["value"]) if kept and kept["follows"] == self._given(name) else None

    def put(self, name: str, value: str) -> None:
        self._store.connections.put(self._name, f"auth.{name}", {"value": value, "follows": self._given(name)})

    def change(self, name: str, to: Callable[[str | None], str]) -> str:
        given = self._given(name)

        def changed(kept: Json) -> Json:
            before = str(kept["value"]) if kept and kept["follows"] == given else None
            return {"value": to(before), "follows": given}

        return str(self._store.connections.change(self._name, f"auth.{name}", changed)["value"])

    def _given(self, name: str) -> str:
        return hashlib.sha256(str(self._settings.get(name, "")).encode()).hexdigest()


@contextmanager
def working_on(event_id: str, connection: str, candidate_id: str | None = None) -> Iterator[None]:
    """Calls and lines of log inside are made for the event; ``candidate_id``: whom it is about, if known."""
    candidate = _CURRENT_CANDIDATE.set(candidate_id)
    try:
        with about(event_id, connection):
            yield
    finally:
        _CURRENT_CANDIDATE.reset(candidate)


def open_route(
    connection: Connection,
    transport: Transport,
    store: Store,
    clock: Clock,
    budgets: Budgets | None = None,
    keeper: Keeper | None = None,
    actor: str = ENGINE,
) -> Route:
    """The route of a connection over ``transport``; every exchange gets an audit row, as made by ``actor``.

    ``budgets`` are what the routes of one process share of the ATS's limits. ``keeper`` holds what signing in must
    not lose, where that is not ``store``. What the connection was made from is kept: what is begun by it can be ended
    by it.
    """
    if connection.texts is not None:
        store.mappings.keep(connection.manifest.digest, connection.name, asdict(connection.texts))
    caller = Caller(
        connection,
        transport=HoldingTransport(transport),
        clock=clock,
        keeper=keeper or KeptSecrets(connection, store),
        budgets=budgets,
        observe=_auditor(connection.name, store, actor),
        look=Lookups(connection, store),
    )
    return Route(connection, caller, Discovery(connection, caller, store))


def _auditor(connection: str, store: Store, actor: str) -> Callable[[Exchange], None]:
    def observe(exchange: Exchange) -> None:
        call = Call(
            connection=connection,
            direction="push" if exchange.writes else "pull",
            operation=exchange.operation,
            method=exchange.method,
            path=exchange.path,
            status=exchange.status,
            bytes_out=exchange.bytes_out,
            bytes_in=exchange.bytes_in,
            duration_ms=exchange.duration_ms,
            outcome=exchange.result,
            actor=actor,
            event_id=working().event or None,
            candidate_id=_CURRENT_CANDIDATE.get(),
        )
        kind = _kind_of(exchange)
        metrics.CALLS.labels(connection, kind, metrics.status_class(exchange.status)).inc()
        metrics.CALL_SECONDS.labels(kind).observe(exchange.duration_ms / 1000)
        store.audit.record(call)

    return observe


def _kind_of(exchange: Exchange) -> str:
    if exchange.operation.startswith("sign_in."):
        return "sign_in"
    return "write" if exchange.writes else "read"
