"""The least set of scopes a tenant's credential needs, from what the tenant uses of its manifest. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from engine.manifest.connection import Connection
from engine.manifest.model import Manifest, Place
from engine.runtime.doctor.diagnosis import ScopeNeed


def least_scopes(connection: Connection) -> tuple[ScopeNeed, ...]:
    """Each scope with the operations that need it, by name. Actions are not counted: a person makes those."""
    needed: dict[str, set[str]] = {}
    for operation in used_operations(connection):
        for scope in connection.manifest.operations[operation].scopes:
            needed.setdefault(scope, set()).add(operation)
    return tuple(ScopeNeed(scope, tuple(sorted(operations))) for scope, operations in sorted(needed.items()))


def used_operations(connection: Connection) -> set[str]:
    """The operations that run without a person: reads, polls, the subscription, enabled outputs and their probes."""
    manifest = connection.manifest
    found = {*_reads(manifest), *_events(connection), *_writes(manifest)}
    found |= {api.check for api in manifest.apis.values() if api.check}
    return found | {called for name in found for called in _looked_up(manifest, name)}


def _looked_up(manifest: Manifest, operation: str) -> Iterator[str]:
    for name in manifest.operations[operation].lookups:
        lookup = manifest.lookups[name]
        yield from (called for called in (lookup.operation, lookup.create) if called)


def _reads(manifest: Manifest) -> Iterator[str]:
    yield from (mapping.read for mapping in manifest.objects.values())
    if manifest.application_list is not None:
        yield manifest.application_list.read
    for source in manifest.resume:
        yield from (operation for operation in (source.read, source.download) if operation)


def _events(connection: Connection) -> Iterator[str]:
    events = connection.manifest.events
    if events.poll is not None:
        yield from (stream.operation for stream in events.poll.streams.values())
    if events.queue is not None:
        queue = events.queue
        drained = (queue.read, queue.replay, queue.last, queue.acknowledge, queue.subscribe)
        yield from (operation for operation in drained if operation)
    registration = events.webhook.registration if events.webhook and connection.webhook else None
    if registration is not None:
        wanted = (
            *(registration.list, registration.create, registration.secret, registration.activate),
            registration.look,
        )
        yield from (operation for operation in wanted if operation)


def _writes(manifest: Manifest) -> Iterator[str]:
    outputs = (output for output in manifest.write_back.outputs.values() if output.enabled)
    kinds = {rung.place for output in outputs for rung in output.rungs}
    for kind in kinds & manifest.write_back.places.keys():
        yield from _of_place(manifest, manifest.write_back.places[kind])


def _of_place(manifest: Manifest, place: Place) -> Iterator[str]:
    probes = (manifest.capabilities[need].probe for need in place.needs)
    yield from (operation for operation in (*place.operations, *probes) if operation)
