"""The options that several commands share, as types for typer; ``engine.settings`` says what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of text for people.")]
State = Annotated[
    Path | None,
    typer.Option("--state", metavar="DIR", help="Folder of the database. [FIELDWRIGHT_STATE; var]"),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="postgresql://… or a file. Others of this machine see flags: a password goes into the environment. "
        "[FIELDWRIGHT_DATABASE; fieldwright.db in --state]",
    ),
]
Redis = Annotated[
    str | None,
    typer.Option("--redis", metavar="URL", help="Where processes wake each other. [FIELDWRIGHT_REDIS; none]"),
]
AllowedHosts = Annotated[
    list[str] | None,
    typer.Option(
        "--allowed-host",
        metavar="NAME",
        help="A host's name to be served beside --public-url's; may be given again. [FIELDWRIGHT_ALLOWED_HOSTS]",
    ),
]
Keep = Annotated[
    str | None,
    typer.Option(
        "--keep",
        metavar="WHAT=LONG,…",
        help="How long what is about people is kept. [FIELDWRIGHT_KEEP; raw=30d,scores=180d,logs=30d]",
    ),
]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        "--weight",
        metavar="TENANT=N",
        help="A tenant's share of the workers; may be given again. [FIELDWRIGHT_WEIGHTS; 1]",
    ),
]
Tenants = Annotated[
    Path | None,
    typer.Option("--tenants", metavar="DIR", help="Folder of the tenants' files. [FIELDWRIGHT_TENANTS; tenants]"),
]
Mappings = Annotated[
    Path | None,
    typer.Option("--mappings", metavar="DIR", help="Folder of the manifests. [FIELDWRIGHT_MAPPINGS; the shipped]"),
]
PublicUrl = Annotated[
    str | None,
    typer.Option("--public-url", metavar="URL", help="Where the ATSs reach us. [FIELDWRIGHT_PUBLIC_URL]"),
]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        "--metrics-port",
        min=0,
        max=65535,
        help="Port of /metrics, /healthz, /readyz. [FIELDWRIGHT_METRICS_PORT]",
        envvar="FIELDWRIGHT_METRICS_PORT",
    ),
]
MetricsHost = Annotated[
    str,
    typer.Option(
        "--metrics-host",
        help="Address of the metrics port; nobody is asked for a key there.",
        envvar="FIELDWRIGHT_METRICS_HOST",
    ),
]
LogLevel = Annotated[
    str,
    typer.Option(
        "--log-level", metavar="LEVEL", help="debug, info, warning or error.", envvar="FIELDWRIGHT_LOG_LEVEL"
    ),
]
JsonLogs = Annotated[bool, typer.Option("--json-logs", help="Log JSON, an object per line.")]
Routes = Annotated[
    Path | None,
    typer.Option("--routes", metavar="FILE", help="The file of routes of outgoing events. [FIELDWRIGHT_ROUTES]"),
]
Scorer = Annotated[
    str | None,
    typer.Option("--scorer", metavar="URL", help="A scoring service of your own. [FIELDWRIGHT_SCORER_URL]"),
]
AuditHeads = Annotated[
    Path | None,
    typer.Option(
        "--audit-heads",
        metavar="FILE",
        help="Add the audit's signed head to this file every hour. [FIELDWRIGHT_AUDIT_HEADS]",
    ),
]
Sandboxes = Annotated[
    list[str] | None,
    typer.Option(
        "--sandbox",
        metavar="TENANT=URL",
        help="Send this tenant's calls to a sandbox on this machine; may be given again. [FIELDWRIGHT_SANDBOXES]",
    ),
]
