"""One tenant opened for a command: its route on the shared state, and the pipeline in this process where wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.budgets import Budgets
from connectors.transport import HttpTransport
from engine.clock import SYSTEM, Clock
from engine.errors import InputError
from engine.manifest.connection import Connection
from engine.model import Outcome
from engine.pipeline.deliveries import DeliveryWork
from engine.pipeline.events import EventWork
from engine.pipeline.pins import Pins
from engine.pipeline.route import Route, open_route
from engine.runtime.opening import open_store
from engine.runtime.operators import operator
from engine.runtime.routes import outgoing_of
from engine.runtime.service import open_scorer
from engine.runtime.tenants import load_connection
from engine.scoring import ResumeReader
from engine.settings import Settings
from engine.store import Store

_IDLE_S = 0.1
_IDLE_TURNS = 8
"""Turns without work, after which all is done: parts of a split event are due half a second later."""
_TELL_S = 0.5
_COALESCE_S = 60.0


@dataclass(frozen=True, slots=True)
class OneTenant:
    """A tenant's connection with its route and the store it shares with a running service."""

    connection: Connection
    route: Route
    store: Store
    clock: Clock
    pins: Pins


@contextmanager
def open_tenant(file: Path, settings: Settings, clock: Clock = SYSTEM) -> Iterator[OneTenant]:
    """The tenant of ``file``, until the block ends. Raises InputError for what is wrong with it."""
    connection = replace(load_connection(file, settings.mappings), public_url=settings.public_url)
    strangers = sorted(set(settings.sandboxes) - {connection.name})
    if strangers and connection.name not in settings.sandboxes:
        raise InputError(f"--sandbox names {', '.join(strangers)}, and this is {connection.name}.")
    with ExitStack() as ending:
        settings.prepare_state()
        store = ending.enter_context(open_store(settings, clock))
        budgets = Budgets()

        def opened(one: Connection) -> Route:
            transport = HttpTransport(sandbox_origin=settings.sandboxes.get(one.name))
            return open_route(one, transport, store, clock, budgets, actor=operator())

        route, pins = opened(connection), Pins(store, opened)
        ending.callback(pins.close)
        ending.callback(route.caller.close)
        yield OneTenant(connection, route, store, clock, pins)


class InPlace:
    """Works one tenant's events off in this process: for commands that do not want to wait for a service."""

    def __init__(self, tenant: OneTenant, settings: Settings) -> None:
        self._tenant, self._reader = tenant, ResumeReader()
        routes = {tenant.route.name: tenant.route}
        store, clock, only = tenant.store, tenant.clock, tenant.route.name
        # What other systems are told waits in the outbox for a running service.
        told = outgoing_of(settings.routes)
        self._ending = ExitStack()
        self._ending.callback(self._reader.close)
        scorer = self._ending.enter_context(open_scorer(settings.scorer_url, settings.scorer_token))
        self._events = EventWork(routes, store, scorer, self._reader, clock, only, pins=tenant.pins, outgoing=told)
        self._deliveries = DeliveryWork(routes, store, clock, only, pins=tenant.pins, outgoing=told)
        self._translating = threading.Lock()
        self._stopping = threading.Event()

    def finish(self, event_id: str) -> Outcome | None:
        """Works until the event has ended (its outcome), or nothing more can be done for it now (None)."""
        store, clock = self._tenant.store, self._tenant.clock
        while True:
            busy = self._turn()
            event = store.inbox.get(event_id)
            if event.outcome is not None:
                return event.outcome
            if busy:
                continue
            if event.state != "ready" or (event.due_at or 0.0) - clock.now() > _COALESCE_S:
                return None
            clock.sleep(_IDLE_S)

    def drain(self, tell: Callable[[], None] = lambda: None, threads: int = 4) -> None:
        """Works on ``threads`` threads until nothing is due now; ``tell`` is called now and then.

        What is under way is finished first when this is interrupted.
        """
        self._deliveries.release_held()
        with ThreadPoolExecutor(threads, thread_name_prefix="work") as pool:
            try:
                under_way = {pool.submit(self._turns) for _ in range(threads)}
                while under_way:
                    done, under_way = wait(under_way, timeout=_TELL_S, return_when=FIRST_EXCEPTION)
                    for ended in done:
                        ended.result()
                    tell()
            finally:
                self._stopping.set()

    def close(self) -> None:
        self._ending.close()

    def _turns(self) -> None:
        idle = 0
        while not self._stopping.is_set() and idle < _IDLE_TURNS:
            idle = 0 if self._turn() else idle + 1
            if idle:
                self._stopping.wait(_IDLE_S)

    def _turn(self) -> bool:
        """One thing of each kind that is due; whether there was any."""
        with self._translating:
            busy = self._events.translate_received() > 0
        event_id = self._events.work_once()
        if event_id is not None:
            while self._deliveries.deliver_once(event_id) is not None:
                pass
        return busy or event_id is not None or self._deliveries.deliver_once() is not None
