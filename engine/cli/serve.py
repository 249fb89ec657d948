"""``fieldwright serve``: all tenants' events in, scores written back, until it is told to stop."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.options import (
    AllowedHosts,
    AsJson,
    AuditHeads,
    Database,
    JsonLogs,
    Keep,
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
from engine.cli.output import print_json
from engine.cli.running import STOP_S, WORKERS, Role, opened_service, stop_signals
from engine.errors import InputError
from engine.redaction import without_password
from engine.runtime.doors import DoorReport, door_report, unsafe
from engine.runtime.service import Service
from engine.runtime.wakeups import Standing
from engine.settings import Settings, settings_from


def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes a free one.")] = 8080,
    workers: Annotated[
        int | None, typer.Option(min=0, max=64, help="Worker threads. [4; with --redis none, see `work`]")
    ] = None,
    state: State = None,
    database: Database = None,
    redis: Redis = None,
    tenants: Tenants = None,
    mappings: Mappings = None,
    public_url: PublicUrl = None,
    sandbox: Sandboxes = None,
    scorer: Scorer = None,
    routes: Routes = None,
    weight: Weights = None,
    keep: Keep = None,
    allowed_host: AllowedHosts = None,
    most_open: Annotated[
        int | None,
        typer.Option(min=1, help="Most events open at once; more are refused. [FIELDWRIGHT_MOST_OPEN; 1000000]"),
    ] = None,
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
        redis=redis,
        weights=weight or (),
        keep=keep,
        allowed_hosts=allowed_host or (),
        most_open=most_open,
        tenants=tenants,
        mappings=mappings,
        public_url=public_url,
        scorer_url=scorer,
        audit_heads=audit_heads,
        sandboxes=sandbox or (),
        routes=routes,
    )
    _check(settings, workers)
    count = workers if workers is not None else 0 if settings.redis else WORKERS
    standing = Standing()
    with opened_service(settings, Role("serve", count, log_level, json_logs), standing) as service:
        _serve(service, settings, (host, port), as_json, metrics=(metrics_host, metrics_port))


def _check(settings: Settings, workers: int | None) -> None:
    """Raises InputError for what does not go together."""
    is_file = settings.database_file is not None
    if is_file and settings.redis:
        raise InputError(
            "--redis is for several processes, and only one may work on a database that is a file.",
            hint="Leave it out, or name a PostgreSQL database: --database postgresql://USER@HOST/DATABASE",
        )
    if is_file and workers == 0:
        raise InputError("Without worker threads nothing would be worked off.", hint="Leave out --workers 0.")


def _serve(
    service: Service, settings: Settings, front: tuple[str, int], as_json: bool, metrics: tuple[str, int | None]
) -> None:
    stopping = stop_signals()
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
        ended = service.stop(STOP_S)
    typer.echo("stopped" if ended else "stopped; what was under way is taken up at the next start", err=True)


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
