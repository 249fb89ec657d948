"""``fieldwright vault``: the keys with which secrets in the store are encrypted, and changing them."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.events import opened_store
from engine.cli.options import AsJson, Database, State
from engine.cli.output import counted, print_json
from engine.cli.tables import show, table
from engine.runtime.operators import operator
from engine.settings import settings_from
from engine.store.vault_keys import new_key

app = typer.Typer()


@app.command("new-key")
def make_key(
    id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="The key's name, such as 2026-01; one is made up.")
    ] = None,
) -> None:
    """Print a fresh key for FIELDWRIGHT_KEYS or a file of keys. It is kept nowhere: keep it as any other secret."""
    typer.echo(new_key(id))


@app.command("status")
def tell_status(state: State = None, database: Database = None, as_json: AsJson = False) -> None:
    """Tell how many secrets are encrypted with each key; exit code 1 where one cannot be decrypted."""
    with opened_store(settings_from(state=state, database=database)) as store:
        given, used = store.vault.ids(), store.connections.key_ids()
    missing = sorted(set(used) - {"", *given})
    if as_json:
        keys = [{"id": id_, "encrypts": place == 0, "secrets": used.get(id_, 0)} for place, id_ in enumerate(given)]
        print_json({"keys": keys, "not_encrypted": used.get("", 0), "missing": {id_: used[id_] for id_ in missing}})
    else:
        rows = [(id_, "encrypts" if not place else "", str(used.get(id_, 0))) for place, id_ in enumerate(given)]
        rows += [(id_, "NOT GIVEN", str(used[id_])) for id_ in missing]
        rows += [("", "not encrypted yet", str(used[""]))] if "" in used else []
        show(table(("key", "", "secrets"), rows))
    if missing:
        raise typer.Exit(1)


@app.command("rotate")
def rotate_keys(state: State = None, database: Database = None, as_json: AsJson = False) -> None:
    """Encrypt every secret with the first key, while the service runs; then the other keys can go.

    Each service must have been started with both keys before.
    """
    with opened_store(settings_from(state=state, database=database)) as store:
        first, count = store.vault.ids()[0], store.connections.rotate()
        store.audit.act(operator(), "rotate", detail=f"{counted(count, 'secret')} with the key {first}")
        others = {id_: left for id_, left in store.connections.key_ids().items() if id_ != first}
    if as_json:
        print_json({"key": first, "rotated": count, "left": others})
    elif not others:
        typer.echo(f"{counted(count, 'secret')} encrypted anew; all are with the key {first} now.")
    if others:
        still = ", ".join(f"{count} with the key {id_}" for id_, count in others.items())
        typer.echo(f"A service still writes with another key: {still}. Start it with {first} first.", err=True)
        raise typer.Exit(1)
