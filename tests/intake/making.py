"""Small manifests with lists, read from a scripted server: what the tests of polling and backfill share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connectors.calls import Caller
from connectors.transport import HttpTransport
from engine.clock import ManualClock, iso
from engine.manifest.connection import Connection
from engine.manifest.model import Operation, PollStream
from engine.redaction import Secret
from engine.store import Store
from tests.fake_server import FakeServer, Reply, Seen
from tests.web.front import manifest

NOW = 1_750_000_000.0
_SETTINGS = {
    "host": "api.smartrecruiters.com",
    "credential": "api_key",
    "api_key": Secret("not-a-real-key"),
    "updated_after_format": "%Y-%m-%dT%H:%M:%SZ",
}


def unlimited(operation: Operation) -> Operation:
    """A list that knows nothing of ``since``."""
    assert operation.request.query is not None
    kept = {key: leaf for key, leaf in operation.request.query._root.items() if key != "updatedAfter"}
    chains = tuple(chain for chain in operation.request.query.references if chain[0] != "since")
    query = replace(operation.request.query, _root=kept, references=chains)
    return replace(operation, request=replace(operation.request, query=query))


def connection(*, unlimited_list: bool = False, **stream: Any) -> Connection:
    """A connection to a list of candidates; ``stream`` replaces parts of its poll stream."""
    base = manifest("smartrecruiters")
    assert base.events.poll is not None
    operations = dict(base.operations)
    api = base.apis["main"]
    if unlimited_list:
        operations["list_candidates"] = unlimited(operations["list_candidates"])
    candidates: PollStream = replace(base.events.poll.streams["candidates"], **stream)
    poll = replace(base.events.poll, streams={"candidates": candidates})
    fast = {"main": replace(api, limits=replace(api.limits, rate=None, concurrency=None))}
    changed = replace(base, operations=operations, apis=fast, events=replace(base.events, poll=poll))
    return Connection("acme", changed, _SETTINGS)


def person(id_: str, at: float, *jobs: str, **more: Any) -> dict[str, Any]:
    """A candidate's record as a list gives it, changed ``at``, at ``jobs``."""
    applied = [{"job": {"id": job}, "status": "NEW"} for job in jobs or ("j1",)]
    record = {"id": id_, "updatedOn": iso(at), "primaryAssignment": applied[0], "secondaryAssignments": applied[1:]}
    return {**record, **more}


@dataclass
class Ats:
    """A list that tests change: ``people`` in order, served ``size`` a page, filtered as ``updatedAfter`` says."""

    server: FakeServer
    people: list[Any]
    size: int = 2
    overlap: int = 0
    fails_on: int | None = None

    def answer(self, request: Seen) -> Reply:
        since = request.query.get("updatedAfter", [""])[0][:19]
        people = [one for one in self.people if str(one.get("updatedOn", "9"))[:19] >= since]
        start = int(request.query.get("pageId", ["0"])[0])
        if self.fails_on is not None and start >= self.fails_on:
            return Reply(403, json={"message": "no"})
        following = start + self.size - self.overlap
        more = {"nextPageId": str(following)} if start + self.size < len(people) else {}
        return Reply(json={"content": people[start : start + self.size], **more})

    def sinces(self) -> list[str | None]:
        """What ``updatedAfter`` was on each first page."""
        pages = [request.query for request in self.server.seen("/candidates") if "pageId" not in request.query]
        return [query.get("updatedAfter", [None])[0] for query in pages]


@contextmanager
def listing(
    folder: Path, people: Sequence[Any] = (), *, of: Connection | None = None, **ats: Any
) -> Iterator[tuple[Ats, Connection, Caller, Store, ManualClock]]:
    clock = ManualClock(NOW)
    of = of or connection()
    with FakeServer() as server, Store.open(folder / "store.db", clock) as store:
        served = Ats(server, list(people), **ats)
        server.on("GET", "/candidates", served.answer)
        with Caller(of, transport=HttpTransport(sandbox_origin=server.origin), clock=clock) as caller:
            yield served, of, caller, store, clock


def keys(store: Store) -> list[str]:
    """candidate:job of each stored event, sorted."""
    bodies = [json.loads(event.body) for event in store.inbox.list(limit=10_000)]
    return sorted(f"{body['ids']['candidate']}:{body['ids'].get('job', '')}" for body in bodies)
