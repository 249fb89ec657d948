"""What the commands that run on have in common: the parts they open, what they log, and how they are told to stop.

In: the operator's settings. Out: a ``Service`` on its store, until the block ends.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType

from engine import __version__
from engine.errors import InputError
from engine.manifest.connection import Connection
from engine.pipeline.route_work import OpenRoute
from engine.runtime.logs import set_up
from engine.runtime.opening import open_store
from engine.runtime.routes import open_outgoing_routes, outgoing_of
from engine.runtime.service import Service, open_scorer
from engine.runtime.state_lock import sole_worker
from engine.runtime.tenants import load_connections
from engine.runtime.wakeups import Sender, Standing, connect
from engine.runtime.workers import IDLE_S
from engine.settings import Settings
from engine.store.room import MOST_OPEN
from engine.store.store import Store
from engine.telemetry.metrics import built
from engine.telemetry.tracing import traced

STOP_S = 30.0
WORKERS = 4
_SHARED_IDLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Role:
    """What a process is: its name, how many worker threads it has, and how it logs."""

    name: str
    workers: int
    log_level: str
    json_logs: bool


@contextmanager
def opened_service(settings: Settings, role: Role, standing: Standing) -> Iterator[Service]:
    """The service of these settings, with everything it needs. Raises InputError for what cannot be opened."""
    connections = load_connections(settings.tenants, settings.mappings)
    _check_weights(settings, connections)
    outgoing = open_outgoing_routes(outgoing_of(settings.routes, connections).routes)
    secrets = [*_secrets(connections), *_secrets_of(outgoing)]
    set_up(secrets, as_json=role.json_logs, level=role.log_level, role=role.name)
    built(__version__, role.name)
    settings.prepare_state()
    is_shared = settings.database_file is None
    with ExitStack() as ending:
        ending.enter_context(traced(role.name, os.environ))
        alone = ending.enter_context(sole_worker(settings))
        sender = Sender(connect(settings.redis), standing) if settings.redis else None
        if sender is not None:
            ending.callback(sender.stop)
        store = ending.enter_context(open_store(settings))
        store.inbox.room.limit(settings.most_open or MOST_OPEN)
        if not is_shared:
            _take_over(store, settings, alone)
        store.connections.check_keys()
        scorer = ending.enter_context(open_scorer(settings.scorer_url, settings.scorer_token))
        yield Service(
            connections,
            store,
            scorer=scorer,
            sandboxes=settings.sandboxes,
            public_url=settings.public_url,
            clock=store.clock,
            workers=role.workers,
            locks=store.locks if is_shared else None,
            outgoing=outgoing,
            audit_heads=settings.audit_heads,
            weights=settings.weights,
            keep=settings.keep,
            allowed_hosts=settings.allowed_hosts,
            idle_s=_SHARED_IDLE_S if is_shared else IDLE_S,
            wakeups=sender,
            redis=standing if settings.redis else lambda: None,
        )


def stop_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set; a second one of them ends the process as usual."""
    stopping = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping


def _take_over(store: Store, settings: Settings, alone: bool) -> None:
    """Takes back at once what a process that died had leased."""
    if not alone:
        raise InputError(
            f"Another fieldwright works on the database {settings.database_file}.",
            hint="Stop it first, or name another folder with --state DIR.",
        )
    store.inbox.recover(everything=True)
    store.outbox.recover(everything=True)


def _check_weights(settings: Settings, connections: Mapping[str, Connection]) -> None:
    strangers = sorted(set(settings.weights) - set(connections))
    if strangers:
        known = ", ".join(sorted(connections))
        raise InputError(f"--weight names no tenant of yours: {', '.join(strangers)}", hint=f"There are: {known}")


def _secrets(connections: Mapping[str, Connection]) -> list[str]:
    return [secret for connection in connections.values() for secret in connection.secrets]


def _secrets_of(outgoing: Mapping[str, OpenRoute]) -> list[str]:
    return [secret for opened in outgoing.values() for secret in opened.route.secrets()]
