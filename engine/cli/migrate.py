"""``fieldwright migrate``: brings a database of an earlier version to the schema of this one."""

from __future__ import annotations

import typer

from engine.cli.events import check_there
from engine.cli.options import AsJson, Database, State
from engine.cli.output import print_json
from engine.errors import InputError
from engine.runtime.opening import open_store
from engine.runtime.operators import operator
from engine.runtime.state_lock import nobody_works
from engine.settings import settings_from
from engine.store.migrating import Migrated, migrate


def migrate_command(state: State = None, database: Database = None, as_json: AsJson = False) -> None:
    """Bring a database of an earlier version to the schema of this version; all that is in it stays.

    Stop what works on it before, and make a copy. It is done in one transaction: whatever happens meanwhile, the
    database has the old schema or the new one.
    """
    settings = settings_from(state=state, database=database)
    check_there(settings)
    with nobody_works(settings) as alone:
        if not alone:
            raise InputError(
                f"A service works on the database {settings.database_file}.", hint="Stop it, then migrate."
            )
        done = migrate(settings.database)
        if done.before not in (None, done.after):
            with open_store(settings) as store:
                store.audit.act(operator(), "migrate", detail=f"schema {done.before} to {done.after}")
    if as_json:
        print_json({"from": done.before, "to": done.after})
    else:
        typer.echo(_told(done))


def _told(done: Migrated) -> str:
    if done.before is None:
        return f"The database was empty and has schema {done.after} now."
    if done.before == done.after:
        return f"The database has schema {done.after}: nothing to do."
    return f"The database is migrated from schema {done.before} to {done.after}."
