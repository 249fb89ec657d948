"""Fields that were renamed or removed in an ATS: what each output is bound to, and binding it anew.

In: a route and its store. Out: plain values; what was held goes out once it may. Raises CallError where the ATS
cannot be asked now, InputError where it has no such field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import InputError
from engine.manifest.findings import did_you_mean
from engine.model import Candidate
from engine.pipeline.holding import release
from engine.pipeline.payload import planned_of
from engine.pipeline.route import Route
from engine.store import Store
from engine.writeback.field_finding import find_field
from engine.writeback.field_values import Misfit
from engine.writeback.known import Binding, FieldInfo


@dataclass(frozen=True, slots=True)
class BoundOutput:
    """An output and its field. ``name`` is the accepted one, ``name_now`` the ATS's, None where it is gone.

    ``held`` counts the writes that wait, ``why`` says what for.
    """

    output: str
    id: str
    name: str
    name_now: str | None
    held: int = 0
    why: str = ""


def remedy(tenant: str, output: str) -> str:
    """What a person does about writes that are held, in one sentence."""
    return (
        f"name the field in the tenant's file (fields: {{{output}: …}}), "
        f'or run: fieldwright rebind {tenant} {output} "NAME", or with --accept instead of a name'
    )


def held_causes(store: Store, connection: str | None = None) -> dict[tuple[str, str], tuple[int, str]]:
    """(connection, output) → how many of its writes are held, and why."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for delivery in store.held.list(connection):
        key = (delivery.connection, planned_of(delivery.payload).writes[0].output)
        found[key] = (found.get(key, (0, ""))[0] + 1, delivery.last_cause)
    return found


def bound_outputs(route: Route, store: Store) -> tuple[BoundOutput, ...]:
    """Each output that is bound to a field, by name; the ATS's fields are read anew."""
    fields, held = _fields(route), held_causes(store, route.name)
    found = []
    for output, binding in sorted(route.discovery.bindings.all().items()):
        count, why = held.get((route.name, output), (0, ""))
        now = fields[binding.id].name if binding.id in fields else None
        found.append(BoundOutput(output, binding.id, binding.name, now, count, why))
    return tuple(found)


def bind_to(route: Route, output: str, name: str) -> Binding:
    """Binds the output to the field ``name`` (or of this id), whatever the manifest or the tenant calls it."""
    target, fields = _target(route, output), _fields(route)
    try:
        field = find_field(name.strip(), fields, None)
    except Misfit as several:
        raise InputError(f"{several}", hint=_ids_of(name, fields)) from None
    if field is None:
        hint = did_you_mean(name, [known.name for known in fields.values()])
        raise InputError(f"{route.connection.manifest.ats.name} has no field “{name[:60]}”.", hint=hint or None)
    binding = Binding(target, field.id, field.name)
    route.discovery.bindings.bind({output: binding})
    return binding


def accept(route: Route, output: str) -> Binding | None:
    """Takes what the ATS has now: the field's new name, or that it is gone (None), so that the next place follows."""
    target, fields = _target(route, output), _fields(route)
    before = route.discovery.bindings.all().get(output)
    if before is None:
        raise InputError(f"`{output}` was not bound to a field yet.", hint="There is nothing to accept.")
    if before.id not in fields:
        route.discovery.bindings.forget(output)
        return None
    binding = Binding(target, before.id, fields[before.id].name)
    route.discovery.bindings.bind({output: binding})
    return binding


def let_go(route: Route, store: Store) -> int:
    """Lets what was held go where it may go now; how many writes."""
    return len(release({route.name: route}, store, route.name))


def _target(route: Route, output: str) -> str:
    outputs = route.connection.manifest.write_back.outputs
    if output not in outputs:
        ats = route.connection.manifest.ats.name
        raise InputError(f"{ats} has no output `{output[:60]}`.", hint=did_you_mean(output, outputs) or None)
    targets = [rung.target for rung in outputs[output].rungs if rung.place == "field"]
    if not targets:
        raise InputError(f"`{output}` does not go to a field here.", hint="See its rungs in the manifest.")
    return targets[0]


def _fields(route: Route) -> Mapping[str, FieldInfo]:
    route.discovery.forget_directories()
    known = route.discovery.known(Candidate("nobody"), "nobody", {})
    if known.fields is None:
        raise InputError(
            f"The list of fields could not be read: {known.fields_cause or 'the manifest declares none'}.",
            hint=f"Try: fieldwright doctor {route.name}",
        )
    return known.fields


def _ids_of(name: str, fields: Mapping[str, FieldInfo]) -> str:
    same = [field.id for field in fields.values() if field.name.strip().casefold() == name.strip().casefold()]
    return f"one of: {', '.join(same)}"
