"""``fieldwright rebind``: which fields outputs are bound to, and binding one anew after it changed in the ATS."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.options import AsJson, Database, Mappings, Sandboxes, State, Tenants
from engine.cli.output import counted, print_json, printable
from engine.cli.tables import console, show, table
from engine.cli.tenants import tenant_file
from engine.errors import CallError, FieldwrightError, InputError
from engine.model import as_plain
from engine.runtime.one_tenant import OneTenant, open_tenant
from engine.runtime.operators import operator
from engine.runtime.rebinding import BoundOutput, accept, bind_to, bound_outputs, let_go, remedy
from engine.settings import settings_from
from engine.writeback.known import Binding


def rebind(
    tenant: Annotated[str, typer.Argument(help="The tenant's id or file.")],
    output: Annotated[str | None, typer.Argument(help="The output; without one, all are listed.")] = None,
    name: Annotated[str | None, typer.Argument(help="The field it goes to from now on: its name or id.")] = None,
    accepted: Annotated[
        bool, typer.Option("--accept", help="Take what the ATS has now: the new name, or that the field is gone.")
    ] = False,
    state: State = None,
    database: Database = None,
    tenants: Tenants = None,
    mappings: Mappings = None,
    sandbox: Sandboxes = None,
    as_json: AsJson = False,
) -> None:
    """Bind an output to a field that was renamed or made anew; writes that were held for it go out then.

    Writes nothing to the ATS itself. A running service sends what was held; without one, the next start does.
    """
    settings = settings_from(
        state=state, database=database, tenants=tenants, mappings=mappings, sandboxes=sandbox or ()
    )
    file = tenant_file(tenant, settings)
    if output is not None and (name is None) is not accepted:
        raise InputError("Say the field's name, or --accept, one of the two.", hint=f"fieldwright rebind {tenant}")
    with open_tenant(file, settings) as opened:
        try:
            if output is None:
                _list(opened, as_json)
                return
            binding = bind_to(opened.route, output, name) if name else accept(opened.route, output)
            opened.store.audit.act(operator(), "rebind", opened.connection.name, detail=output)
            freed = let_go(opened.route, opened.store)
        except CallError as error:
            raise FieldwrightError(f"{error.operation}: {error.cause}") from None
    if as_json:
        print_json({"output": output, "field": as_plain(binding) if binding else None, "released": freed})
    else:
        typer.echo(_told(output, binding, freed, str(file)))


def _told(output: str, binding: Binding | None, freed: int, file: str) -> str:
    waiting = f"{counted(freed, 'write')} that had been held go out with the running service, or at its next start."
    released = f"\n{waiting}" if freed else ""
    if binding is None:
        return (
            f"{output}: its field is gone; one of the name is used where there is one, else the next place.{released}"
        )
    where = f"{output} goes to the field “{binding.name}” ({binding.id}) from now on.{released}"
    if binding.target in (binding.name, binding.id):
        return printable(where)
    return printable(f'{where}\nSo that {file} says it too, write there: fields: {{{output}: "{binding.name}"}}')


def _list(opened: OneTenant, as_json: bool) -> None:
    found = bound_outputs(opened.route, opened.store)
    if as_json:
        print_json({"tenant": opened.connection.name, "outputs": [as_plain(one) for one in found]})
        return
    if not found:
        console().print("Nothing is bound to a field yet: outputs are bound by their first write.")
        return
    rows = [(one.output, one.name, _now(one), str(one.held or ""), one.id) for one in found]
    made = table(("output", "bound to", "in the ATS now", "held", "field id"), rows)
    for column in (made.columns[0], made.columns[-1]):  # a name or an id that is broken cannot be copied
        column.no_wrap = True
    show(made)
    for one in found:
        if one.held:
            console().print(printable(f"{one.output}: {one.why}; {remedy(opened.connection.name, one.output)}"))


def _now(one: BoundOutput) -> str:
    return "gone" if one.name_now is None else "the same" if one.name_now == one.name else one.name_now
