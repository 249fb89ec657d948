"""``fieldwright routes``: where outgoing events go, whether they arrive, and what to do when they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.events import opened_store
from engine.cli.options import AsJson, Database, Routes, State
from engine.cli.output import print_json
from engine.clock import SYSTEM, iso, parse_iso
from engine.errors import InputError
from engine.manifest.findings import did_you_mean
from engine.manifest.routes import OutgoingRoute, load_routes
from engine.pipeline.outgoing import lane_of
from engine.pipeline.route_work import disabled_why, ping, resume
from engine.runtime.operators import operator
from engine.runtime.route_threads import close_all
from engine.runtime.routes import open_outgoing_routes
from engine.settings import Settings, settings_from
from engine.store import Store
from engine.store.routes import Waiting

app = typer.Typer(help="List routes of outgoing events, test one, switch one on again, send again what was given up.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The route's name.")]


@app.command("list")
def list_routes(
    state: State = None, database: Database = None, routes: Routes = None, as_json: AsJson = False
) -> None:
    """Show each route, whether it is on, how many events wait for it, and how many were given up."""
    settings, known = _known(state, database, routes)
    with opened_store(settings) as store:
        rows = [_row(store, name, known.get(name), waiting) for name, waiting in _all(store, known).items()]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        since = f", the oldest since {row['oldest']}" if row["oldest"] else ""
        typer.echo(f"{row['name']}  {row['status']}\n  {row['waiting']} waiting{since}; {row['dead']} given up")


@app.command("test")
def send_ping(name: Name, routes: Routes = None) -> None:
    """Send a `ping` event to a route, now and once, and say what came back."""
    _, known = _known(None, None, routes)
    opened = open_outgoing_routes([_one(known, name)])
    try:
        told = ping(opened[name], SYSTEM.now())
    finally:
        close_all(opened.values())
    typer.echo(f"{name}: {told.cause}")
    if not told.taken:
        raise typer.Exit(1)


@app.command("resume")
def resume_route(name: Name, state: State = None, database: Database = None, routes: Routes = None) -> None:
    """Switch a route on again that answered 410: what was kept for it is sent."""
    settings, known = _known(state, database, routes)
    _one(known, name)
    with opened_store(settings) as store:
        was_off = resume(store, name)
        store.audit.act(operator(), "route_resumed", lane_of(name))
    typer.echo(f"{name} is on{'' if was_off else ' already'}.")


@app.command("resend")
def resend(
    name: Name,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Only what is of this time or later.")] = None,
    state: State = None,
    database: Database = None,
    routes: Routes = None,
) -> None:
    """Send again what a route was not given because every try failed."""
    settings, known = _known(state, database, routes)
    _one(known, name)
    try:
        first = parse_iso(since) if since else 0.0
    except ValueError:
        raise InputError(f"{since!r} is no time.", hint="Such as 2026-01-31 or 2026-01-31T09:30") from None
    with opened_store(settings) as store:
        count = store.routes.send_again(name, first)
        store.audit.act(operator(), "route_resent", lane_of(name), detail=f"{count} events")
    typer.echo(f"{count} outgoing {'event' if count == 1 else 'events'} of {name} will be sent again.")


def _known(
    state: Path | None, database: str | None, routes: Path | None
) -> tuple[Settings, dict[str, OutgoingRoute]]:
    settings = settings_from(state=state, database=database, routes=routes)
    if settings.routes is None:
        raise InputError("There is no file of routes.", hint="Name one with --routes FILE or FIELDWRIGHT_ROUTES.")
    return settings, {route.name: route for route in load_routes(settings.routes)}


def _one(known: dict[str, OutgoingRoute], name: str) -> OutgoingRoute:
    if name not in known:
        raise InputError(f"There is no route {name!r}.", hint=did_you_mean(name, known))
    return known[name]


def _all(store: Store, known: dict[str, OutgoingRoute]) -> dict[str, Waiting]:
    waiting = store.routes.waiting()
    return {name: waiting.get(name, Waiting()) for name in [*known, *sorted(set(waiting) - set(known))]}


def _row(store: Store, name: str, route: OutgoingRoute | None, waiting: Waiting) -> dict[str, Any]:
    why = disabled_why(store, name)
    status = "not in the file any more" if route is None else "on" if why is None else f"off: {why}"
    oldest = iso(waiting.oldest) if waiting.oldest is not None else None
    told = {"name": name, "status": status, "waiting": waiting.pending, "dead": waiting.dead, "oldest": oldest}
    return {**told, "events": sorted(route.events) if route else []}
