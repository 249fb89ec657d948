"""``fieldwright keys``: who may use the API, as what, for which tenants. A key is shown once, when it is made."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.events import opened_store
from engine.cli.options import AsJson, Database, State, Tenants
from engine.cli.output import print_json, printable
from engine.cli.tables import show, table
from engine.clock import SYSTEM, iso
from engine.errors import InputError
from engine.manifest.durations import parse_duration
from engine.manifest.findings import did_you_mean
from engine.runtime.erasing import known_tenants
from engine.runtime.operators import operator
from engine.settings import settings_from
from engine.store.api_keys import ROLES, ApiKey, Role, role_of

app = typer.Typer(help="Make, list and revoke the keys of the API.")


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What the key is for, such as `dashboard`.")],
    role: Annotated[str, typer.Option(metavar="ROLE", help="viewer, operator or admin.")] = "viewer",
    tenant: Annotated[
        list[str] | None, typer.Option(metavar="TENANT", help="Only this tenant; may be given again. [all]")
    ] = None,
    expires: Annotated[str | None, typer.Option(metavar="DURATION", help="Ends after so long, such as 90d.")] = None,
    state: State = None,
    database: Database = None,
    tenants: Tenants = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it. Only its hash is stored: it cannot be shown again."""
    settings = settings_from(state=state, database=database, tenants=tenants)
    chosen, ends_after = _role(role), _seconds(expires)
    with opened_store(settings) as store:
        known = known_tenants(store, settings)
        for one in tenant or ():
            if one not in known:
                raise InputError(f"There is no tenant `{one[:60]}`.", hint=did_you_mean(one, known) or None)
        scope = frozenset(tenant) if tenant else None
        expires_at = SYSTEM.now() + ends_after if ends_after is not None else None
        with store.transaction():
            key, text = store.api_keys.create(name, chosen, scope, expires_at)
            store.audit.act(operator(), "key.create", detail=f"{key.id} {key.role}")
    if as_json:
        print_json({**key.as_json(), "key": text})
        return
    typer.echo(text)
    typer.echo(f"{key.id}: {key.role}. The key is not shown again: Authorization: Bearer fwk_…", err=True)


@app.command("list")
def list_keys(state: State = None, database: Database = None, as_json: AsJson = False) -> None:
    """Show all keys, without the keys themselves."""
    with opened_store(settings_from(state=state, database=database)) as store:
        found = store.api_keys.list()
    if as_json:
        print_json([key.as_json() for key in found])
        return
    rows = [(key.id, printable(key.name), key.role, _tenants(key), _ends(key)) for key in found]
    show(table(("id", "name", "role", "tenants", "ends"), rows))


@app.command("revoke")
def revoke(
    id: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")],
    state: State = None,
    database: Database = None,
) -> None:
    """End a key at once."""
    with opened_store(settings_from(state=state, database=database)) as store, store.transaction():
        revoked = store.api_keys.revoke(id)
        if revoked:
            store.audit.act(operator(), "key.revoke", detail=id)
    if not revoked:
        raise InputError(f"There is no key `{id[:60]}` to revoke.", hint="`fieldwright keys list` shows the ids.")
    typer.echo(f"{id} is revoked.")


def _role(given: str) -> Role:
    found = role_of(given)
    if found is None:
        raise InputError(f"There is no role `{given[:60]}`.", hint=did_you_mean(given, ROLES))
    return found


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError:
        raise InputError(f"`{text[:40]}` is no duration.", hint="Such as 90d, 12h or 30m.") from None


def _tenants(key: ApiKey) -> str:
    return ", ".join(sorted(key.tenants)) if key.tenants is not None else "all"


def _ends(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {iso(key.revoked_at)}"
    return iso(key.expires_at) if key.expires_at is not None else "never"
