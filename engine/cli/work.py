"""``fieldwright work``: works events off beside others on one PostgreSQL database, until it is told to stop."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from engine.cli.options import (
    Database,
    JsonLogs,
    LogLevel,
    Mappings,
    MetricsHost,
    MetricsPort,
    PublicUrl,
    Redis,
    Routes,
    Sandboxes,
    Scorer,
    State,
    Tenants,
    Weights,
)
from engine.cli.running import STOP_S, WORKERS, Role, opened_service, stop_signals
from engine.errors import InputError
from engine.redaction import without_password
from engine.runtime.service import Service
from engine.runtime.wakeups import Standing, connect
from engine.runtime.woken import Receiver
from engine.settings import Settings, settings_from


def work(
    threads: Annotated[int, typer.Option(min=1, max=64, help="Worker threads.")] = WORKERS,
    database: Database = None,
    redis: Redis = None,
    state: State = None,
    tenants: Tenants = None,
    mappings: Mappings = None,
    public_url: PublicUrl = None,
    sandbox: Sandboxes = None,
    scorer: Scorer = None,
    routes: Routes = None,
    weight: Weights = None,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
    log_level: LogLevel = "info",
    json_logs: JsonLogs = False,
) -> None:
    """Work events off that any `fieldwright serve` on the same PostgreSQL database took. SIGTERM or Ctrl-C ends it.

    It finishes what is under way within 30 s; what could not be finished is taken up by another.
    """
    settings = settings_from(
        state=state,
        database=database,
        redis=redis,
        tenants=tenants,
        mappings=mappings,
        public_url=public_url,
        scorer_url=scorer,
        sandboxes=sandbox or (),
        routes=routes,
        weights=weight or (),
    )
    if settings.database_file is not None:
        raise InputError(
            f"{settings.database_file} is a file: only one process may work on it, and that is `fieldwright serve`.",
            hint="Name a PostgreSQL database: --database postgresql://USER@HOST/DATABASE, or FIELDWRIGHT_DATABASE.",
        )
    standing = Standing()
    with opened_service(settings, Role("work", threads, log_level, json_logs), standing) as service:
        if metrics_port is not None:
            typer.echo(f"metrics at {service.open_metrics(metrics_host, metrics_port)}/metrics", err=True)
        _work(service, settings, standing)


def _work(service: Service, settings: Settings, standing: Standing) -> None:
    stopping = stop_signals()
    receiver = Receiver(connect(settings.redis), service.wake, standing) if settings.redis else None
    try:
        service.start_working()
        if receiver is not None:
            threading.Thread(target=receiver.listen, name="woken", daemon=True).start()
        count = f"{len(service.routes)} {'tenant' if len(service.routes) == 1 else 'tenants'}"
        typer.echo(f"fieldwright works for {count} on {without_password(settings.database)}; Ctrl-C ends it.")
        stopping.wait()
        typer.echo("stopping: what is under way is finished first", err=True)
    finally:
        if receiver is not None:
            receiver.stopping.set()
        ended = service.stop(STOP_S)
    typer.echo("stopped" if ended else "stopped; what was under way is taken up by another", err=True)
