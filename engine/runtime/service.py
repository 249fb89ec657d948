"""The routing service in one process: web front, worker threads, timers, on one store.

``Service`` is what ``fieldwright serve`` runs, and what demos and tests start on loopback.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from connectors.budgets import Budgets
from connectors.json_poster import HttpJsonPoster
from connectors.transport import HttpTransport
from engine.clock import SYSTEM, Clock
from engine.delivery.breaker import Breaker
from engine.errors import InputError, StoreUnavailable
from engine.intake.registration import Registrar
from engine.intake.subscriptions import Subscriptions
from engine.keeping import Keep
from engine.manifest.connection import Connection
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.erasing import ErasedPerson
from engine.pipeline.events import EventWork
from engine.pipeline.guarding import Guard, GuardedTransport
from engine.pipeline.outgoing import Outgoing
from engine.pipeline.pins import Pins
from engine.pipeline.route import Route, open_route
from engine.pipeline.route_work import OpenRoute
from engine.ports import Scorer
from engine.runtime.due import DueLanes
from engine.runtime.duties import Duties
from engine.runtime.erasing import erase
from engine.runtime.gauges import StoreReadings
from engine.runtime.head_export import HeadExport
from engine.runtime.lanes import Lanes
from engine.runtime.leader import Alone, LeaseLocks
from engine.runtime.resuming import resume
from engine.runtime.route_threads import RouteThreads
from engine.runtime.sweeps import sweeps_of
from engine.runtime.workers import IDLE_S, Workers
from engine.scoring import Background, BuiltinScorer, RemoteScorer, ResumeReader, Skills
from engine.store.group_commit import GroupCommit
from engine.store.store import Store
from engine.web.api.app import Api
from engine.web.app import make_app
from engine.web.health import Health, Vitals
from engine.web.hosts import Hosts
from engine.web.metrics_app import make_metrics_app
from engine.web.server import WebServer

if TYPE_CHECKING:
    from engine.runtime.wakeups import Sender


@contextmanager
def open_scorer(url: str | None = None, token: str | None = None) -> Iterator[Scorer]:
    """The scoring step: the operator's own service at ``url`` (``token`` as Bearer), else the built-in one."""
    if url is None:
        yield BuiltinScorer(Skills.load(), Background.load())
        return
    poster = HttpJsonPoster(url, {"authorization": f"Bearer {token}"} if token else {})
    try:
        yield RemoteScorer(poster, version="remote/1")
    finally:
        poster.close()


def route_opener(
    store: Store, clock: Clock, sandboxes: Mapping[str, str], guard: Guard
) -> Callable[[Connection], Route]:
    """What opens the routes of one process; those of tenants in ``sandboxes`` call a pretend ATS on this machine."""
    budgets = Budgets()

    def opened(connection: Connection) -> Route:
        http = HttpTransport(sandbox_origin=sandboxes.get(connection.name))
        transport = GuardedTransport(http, guard, connection.name)
        return open_route(connection, transport, store, clock, budgets)

    return opened


def open_routes(
    connections: Mapping[str, Connection], opened: Callable[[Connection], Route], sandboxes: Mapping[str, str]
) -> dict[str, Route]:
    """A route for each connection. Raises InputError where ``sandboxes`` names others."""
    strangers = sorted(set(sandboxes) - set(connections))
    if strangers:
        known = ", ".join(sorted(connections))
        raise InputError(f"--sandbox names no tenant of yours: {', '.join(strangers)}", hint=f"There are: {known}")
    return {name: opened(connection) for name, connection in connections.items()}


class Service:
    """All parts of the running engine. ``start`` once, ``stop`` once; usable in a ``with`` statement.

    ``locks`` say which of several processes leads; without them this one is alone. ``weights`` are shares of the
    workers, by connection; ``wakeups`` wake those of other processes, ``redis`` tells whether it is there.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        store: Store,
        *,
        scorer: Scorer,
        sandboxes: Mapping[str, str] | None = None,
        public_url: str | None = None,
        clock: Clock = SYSTEM,
        workers: int = 4,
        locks: LeaseLocks | None = None,
        outgoing: Mapping[str, OpenRoute] | None = None,
        audit_heads: Path | None = None,
        weights: Mapping[str, float] | None = None,
        keep: Keep = Keep(),
        allowed_hosts: Sequence[str] = (),
        idle_s: float = IDLE_S,
        wakeups: Sender | None = None,
        redis: Callable[[], str | None] = lambda: None,
    ) -> None:
        connections = {name: replace(one, public_url=public_url) for name, one in connections.items()}
        self.connections, self.store, self._clock = connections, store, clock
        self._public_url = public_url
        self._hosts = Hosts([*allowed_hosts, *([public_url] if public_url else [])])
        guard = Guard(store, clock)
        opened = route_opener(store, clock, sandboxes or {}, guard)
        self.routes = open_routes(connections, opened, sandboxes or {})
        self._pins = Pins(store, opened)
        self._subscriptions = Subscriptions(store, clock)
        self._reader = ResumeReader()
        self._told = told = Outgoing(tuple(opened.route for opened in (outgoing or {}).values()))
        events = EventWork(self.routes, store, scorer, self._reader, clock, pins=self._pins, outgoing=told)
        deliveries = DeliveryWork(self.routes, store, clock, pins=self._pins, outgoing=told)
        self._sending = RouteThreads(outgoing or {}, store, clock)
        due, lanes = DueLanes(store, self.routes, guard.held_back), Lanes(workers, weights)
        self._workers = Workers(events, deliveries, due, lanes, clock, count=workers, idle_s=idle_s)
        self._wakeups = wakeups
        self._accepting = GroupCommit(store.inbox, stored=self._stored)
        self._heads = HeadExport(store, audit_heads, clock) if audit_heads else None
        self._sweeps = sweeps_of(store, deliveries, scorer, clock, keep, self._heads)
        self._locks = locks or Alone()
        self._health = Health(store, clock, Vitals(self._dead, self._workers.stuck, redis))
        self._web: WebServer | None = None
        self._metrics: WebServer | None = None
        self._duties: Duties | None = None

    def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Opens the doors, then starts the workers and what a leader does; the address of the web front."""
        known, health = self._subscriptions, self._health
        api = Api(self.store, self._clock, self.connections, self._erase, self._resume).route()
        app = make_app(
            self.connections,
            self.store,
            self._accepting,
            self._clock,
            subscriptions=known,
            health=health,
            hosts=self._hosts,
            routes=[api],
        )
        self._web = WebServer(app, host, port)
        url = self._web.start()
        self.start_working()
        told = self._public_url or url
        self._duties = Duties(
            self.routes, self.store, self._clock, self._sweeps, lambda route: self.registrar(route, told), self._locks
        )
        self._duties.start()
        return url

    def start_working(self) -> None:
        """Starts what works events off, and nothing else."""
        self._workers.start()
        self._sending.start()

    def wake(self) -> None:
        """Has idle workers look for work at once."""
        self._workers.wake()

    def _stored(self, ids: Sequence[str]) -> None:
        self.wake()
        if self._wakeups is not None:
            self._wakeups.send(ids)

    def open_metrics(self, host: str, port: int) -> str:
        """Opens ``/metrics``, ``/healthz`` and ``/readyz`` on a port of their own; their address."""
        self._metrics = WebServer(make_metrics_app(self._health, StoreReadings(self.store)), host, port)
        return self._metrics.start()

    def stop(self, timeout_s: float = 30.0) -> bool:
        """Closes the doors, ends what is under way, and closes everything but the store; whether all ended in time.

        What did not end is handed back: its lease runs out, and nothing of it is settled by this process.
        """
        ends_at = time.monotonic() + timeout_s
        if self._web is not None:
            self._web.stop()
        ended = self._workers.stop(max(1.0, ends_at - time.monotonic()))
        ended = self._sending.stop(max(1.0, ends_at - time.monotonic())) and ended
        if self._duties is not None:
            self._duties.stop(max(1.0, ends_at - time.monotonic()))
        self._accepting.close()
        with suppress(StoreUnavailable, InputError):
            self.store.seals.seal(whole=True)
            if self._heads is not None:
                self._heads.export()
        if self._metrics is not None:
            self._metrics.stop()
        self._reader.close()
        for route in self.routes.values():
            route.caller.close()
        self._pins.close()
        return ended

    def _erase(self, tenant: str, candidate_id: str, actor: str) -> ErasedPerson:
        return erase(self.store, tenant, candidate_id, actor, self._told)

    def _resume(self, tenant: str, actor: str) -> Breaker | None:
        return resume(self.store, tenant, actor)

    def _dead(self) -> str | None:
        return self._workers.dead() or self._sending.dead()

    def registrar(self, route: Route, public_url: str) -> Registrar:
        """What keeps the subscription of ``route`` alive, and tells the door of a new key."""
        changed = self._subscriptions.forget
        return Registrar(route.connection, route.caller, self.store, self._clock, public_url, changed)

    def __enter__(self) -> Service:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
