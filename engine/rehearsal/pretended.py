"""A writing operation in, an answer as if it had done its work out: for recordings, which send no write.

The answer holds what the manifest looks for in it: its mark of success, what must be there, what recipes capture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from connectors.messages import RawAnswer
from engine.errors import ExpressionError
from engine.manifest.language.expressions import Chain, Path
from engine.manifest.model import Manifest, Operation
from engine.model import Json

_MARKS: tuple[Json, ...] = (True, 0, 1, "success", "SUCCESS", "ok", "OK")


def pretended(manifest: Manifest, operation: Operation) -> RawAnswer:
    """The answer of ``operation``: its first good status, and a body that is taken for a good one where possible."""
    body: dict[str, Json] = {}
    for chain, value in _looked_for(manifest, operation):
        _put(body, chain, value)
    if operation.success is not None:
        _succeed(body, operation.success)
    status = min(operation.ok) if operation.ok else 200
    data = json.dumps(body).encode()
    return RawAnswer(status, {"content-type": "application/json"}, data, received=len(data))


def _looked_for(manifest: Manifest, operation: Operation) -> Iterator[tuple[Chain, Json]]:
    for path in (*operation.must_hold, operation.record, *_made(manifest, operation)):
        yield from ((chain, "pretended") for chain in (path.references[:1] if path is not None else ()))
    for place in manifest.write_back.places.values():
        calls = [manifest.operations[step.call] for step in place.write]
        for step in place.write:
            for name, path in step.capture.items() if step.call == operation.name else ():
                yield from ((chain, _captured(manifest, operation, calls, name)) for chain in path.references[:1])


def _made(manifest: Manifest, operation: Operation) -> Iterator[Path | None]:
    """Where the id stands of what the operation makes because it is missing."""
    for place in manifest.write_back.places.values():
        known = (one for one in (place.directory, place.options) if one is not None)
        yield from (one.created_id for one in known if one.create == operation.name)
    yield from (one.created for one in manifest.lookups.values() if one.create == operation.name)


def _captured(manifest: Manifest, operation: Operation, calls: Sequence[Operation], name: str) -> Json:
    """What a later one of ``calls`` can take for the capture ``name``: an address, a form's fields, or a text."""
    for call in calls:
        form = call.request.multipart
        if form is not None and ("captured", name) in form.fields.references:
            return {}
    return (
        _address(manifest, operation) if name in {one for call in calls for one in _addressed(call)} else "pretended"
    )


def _addressed(operation: Operation) -> Iterator[str]:
    """The captures that the operation's whole address is made of."""
    if operation.request.path.kind != "path":
        yield from (chain[1] for chain in operation.request.path.references if chain[0] == "captured" and chain[1:])


def _address(manifest: Manifest, operation: Operation) -> str:
    """An address to which requests may go; nothing is sent there."""
    hosts = [host for api in manifest.apis.values() for host in api.hosts]
    own = manifest.apis[operation.api].hosts or hosts or ["pretended.example"]
    return f"https://{own[0].replace('*', 'pretended')}/pretended"


def _succeed(body: dict[str, Json], success: Path) -> None:
    """Puts a mark of success where ``success`` looks for it."""
    for chain in success.references[:1]:
        for mark in _MARKS:
            _put(body, chain, mark)
            try:
                if success(body) is True:
                    return
            except ExpressionError:
                continue


def _put(body: dict[str, Json], chain: Chain, value: Json) -> None:
    for key in chain[:-1]:
        inner = body.get(key)
        if not isinstance(inner, dict):
            inner = body[key] = {}
        body = inner
    if chain and not isinstance(body.get(chain[-1]), dict):
        body[chain[-1]] = value
