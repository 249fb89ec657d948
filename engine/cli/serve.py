"""``fieldwright serve``: all tenants' events in, scores written back, until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Annotated

import typer

from engine import __version__
from engine.cli.options import (
    AsJson,
    AuditHeads,
    Database,
    JsonLogs,
    LogLevel,
    Mappings,
    MetricsHost,
    MetricsPort,
    PublicUrl,
    Routes,
    Sandboxes,
    Scorer,
    State,
    Tenants,
)
from engine.cli.output import print_json
from engine.errors import InputError
from engine.manifest.connection import Connection
from engine.pipeline.route_work import OpenRoute
from engine.redaction import without_password
from engine.runtime.doors import DoorReport, door_report, unsafe
from engine.runtime.logs import set_up
from engine.runtime.opening import open_store
from engine.runtime.routes import open_outgoing_routes, outgoing_of
from engine.runtime.service import Service, open_scorer
from engine.runtime.state_lock import sole_worker
from engine.runtime.tenants import load_connections
from engine.settings import Settings, settings_from
from engine.telemetry.metrics import built
from engine.telemetry.tracing import traced

_STOP_S = 30.0


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes a free one.")] = 8080,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Worker threads.")] = 4,
    state: State = None,
    database: Database = None,
    tenants: Tenants = None,
    mappings: Mappings = None,
    public_url: PublicUrl = None,
    sandbox: Sandboxes = None,
    scorer: Scorer = None,
    routes: Routes = None,
    audit_heads: AuditHeads = None,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
    log_level: LogLevel = "info",
    json_logs: JsonLogs = False,
    as_json: AsJson = False,
) -> None:
    """Take events of all tenants, score applications, write the results back. SIGTERM or Ctrl-C ends it.

    It finishes what is under way within 30 s; what could not be finished is taken up at the next start.
    """
    settings = settings_from(
        state=state,
        database=database,
        tenants=tenants,
        mappings=mappings,
        public_url=public_url,
        scorer_url=scorer,
        audit_heads=audit_heads,
        sandboxes=sandbox or (),
        routes=routes,
    )
    connections = load_connections(settings.tenants, settings.mappings)
    outgoing = open_outgoing_routes(outgoing_of(settings.routes, connections).routes)
    set_up([*_secrets(connections), *_secrets_of(outgoing)], as_json=json_logs, level=log_level, role="serve")
    built(__version__, "serve")
    settings.prepare_state()
    with traced("serve", os.environ), sole_worker(settings) as alone, open_store(settings) as store:
        if not alone:
            raise InputError(
                f"Another fieldwright works on the database {settings.database_file}.",
                hint="Stop it first, or name another folder with --state DIR.",
            )
        store.connections.check_keys()
        store.inbox.recover(everything=True)
        store.outbox.recover(everything=True)
        with open_scorer(settings.scorer_url, settings.scorer_token) as scoring:
            service = Service(
                connections,
                store,
                scorer=scoring,
                sandboxes=settings.sandboxes,
                public_url=settings.public_url,
                workers=workers,
                outgoing=outgoing,
                audit_heads=settings.audit_heads,
            )
            _serve(service, settings, (host, port), as_json, metrics=(metrics_host, metrics_port))


def _serve(
    service: Service, settings: Settings, front: tuple[str, int], as_json: bool, metrics: tuple[str, int | None]
) -> None:
    stopping = _stop_signals()
    try:
        if metrics[1] is not None:
            typer.echo(f"metrics at {service.open_metrics(metrics[0], metrics[1])}/metrics", err=True)
        url = service.start(*front)
        reports = [
            door_report(route.connection, service.registrar(route, settings.public_url or url), origin)
            for route, origin in ((route, settings.sandboxes.get(name)) for name, route in service.routes.items())
        ]
        stale = [str(finding) for route in service.routes.values() for finding in route.connection.stale]
        warnings = [*unsafe(front[0], settings.public_url, settings.sandboxes), *stale]
        _tell(url, reports, warnings, settings, as_json)
        while not stopping.wait(1.0):
            pass
        typer.echo("stopping: what is under way is finished first", err=True)
    finally:
        ended = service.stop(_STOP_S)
    typer.echo("stopped" if ended else "stopped; what was under way is taken up at the next start", err=True)


def _stop_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set; a second one of them ends the process as usual."""
    stopping = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping


def _secrets(connections: Mapping[str, Connection]) -> list[str]:
    return [secret for connection in connections.values() for secret in connection.secrets]


def _secrets_of(outgoing: Mapping[str, OpenRoute]) -> list[str]:
    return [secret for opened in outgoing.values() for secret in opened.route.secrets()]


def _tell(url: str, reports: list[DoorReport], warnings: list[str], settings: Settings, as_json: bool) -> None:
    if as_json:
        told = {"url": url, "database": without_password(settings.database), "warnings": warnings}
        print_json({**told, "tenants": [report.as_json() for report in reports]})
        return
    count = f"{len(reports)} {'tenant' if len(reports) == 1 else 'tenants'}"
    typer.echo(
        f"fieldwright serves {count} at {url}, database {without_password(settings.database)}; Ctrl-C ends it."
    )
    for report in reports:
        typer.echo(f"\n{report.tenant} ({report.ats})\n  webhook  {report.webhook}\n  polled   {report.polled}")
        typer.echo(f"  relies on {report.truth}")
    for warning in warnings:
        typer.secho(f"warning: {warning}", err=True, fg="yellow")
