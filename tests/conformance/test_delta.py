"""Mechanisms 29–34 and 44: what changed is found, by lists and by the event queue, and nothing is lost or doubled."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.calls import Caller
from connectors.transport import HttpTransport
from engine.clock import iso
from engine.errors import AnswerUnusable, CallError, Refused, StoreUnavailable
from engine.intake.backfill import Backfill
from engine.intake.drain import Drainer, standing
from engine.intake.poll import Poller
from engine.intake.translate import translate
from engine.manifest.connection import Connection
from engine.model import CanonicalEvent, EventType, RawEvent
from engine.pipeline.outgoing import NO_ROUTES
from engine.pipeline.route import open_route
from engine.pipeline.translation import TranslationWork
from engine.store import Store
from tests.conformance.acme import Acme, examined
from tests.conformance.mechanisms import mechanism
from tests.fake_server import Reply, Seen

DAY_S = 86_400.0


@dataclass
class Line:
    """A tenant of a small manifest, its caller and its store."""

    acme: Acme
    connection: Connection
    caller: Caller
    store: Store

    def poller(self) -> Poller:
        return Poller(self.connection, self.caller, self.store, self.acme.clock)

    def drainer(self, store: Store | None = None) -> Drainer:
        queue = self.connection.manifest.events.queue
        assert queue is not None
        return Drainer(self.connection, queue, self.caller, store or self.store, self.acme.clock)

    def events(self) -> list[CanonicalEvent]:
        """What the stored events are translated to, in the order in which they came."""
        found = [translate(self.connection, event.raw) for event in self.store.inbox.list(limit=1000)]
        return [event for event in reversed(found) if isinstance(event, CanonicalEvent)]

    def candidates(self) -> list[str | None]:
        return sorted(event.ids.candidate or "" for event in self.events())


@contextmanager
def line(acme: Acme, folder: Path, text: str) -> Iterator[Line]:
    with Store.open(folder / "store.db", acme.clock) as store:
        yield Line(acme, acme.connection(text), acme.caller(text), store)


def polled(operation: str, stream: str, more: str = "") -> str:
    """A manifest with one list and one stream named ``people``."""
    return f"""
operations:
  list_people: {{{operation}}}
events:
  truth: poll
  poll:
    every: 10m
{more}    streams: {{people: {{operation: list_people, event: candidate.updated, ids: {{candidate: record.id}}, {stream}}}}}
"""


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────


@mechanism(29)
@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ since | date('%Y-%m-%dT%H:%M:%SZ') }}", "2026-01-01T00:00:00Z"),
        ("{{ since | date('%Y-%m-%d %H:%M:%S') }}", "2026-01-01 00:00:00"),
        ("{{ since | epoch_ms }}", "1767225600000"),
        ("gte|{{ since | date('%Y-%m-%d') }}", "gte|2026-01-01"),
        ("dateLastModified:[{{ since | date('%Y%m%d%H%M%S') }} TO *]", "dateLastModified:[20260101000000 TO *]"),
        ("dateLastModified > {{ since | epoch_ms }}", "dateLastModified > 1767225600000"),
    ],
)
def test_changed_since_is_written_in_the_atss_form_in_the_query_and_in_the_body(
    acme: Acme, tmp_path: Path, template: str, expected: str
) -> None:
    acme.server.on("POST", "/people", Reply(json=[]))
    operation = f'post: /people, writes: false, query: {{q: "{template}"}}, json: {{q: "{template}"}}, records: "@"'
    with line(acme, tmp_path, polled(operation, "overlap: 2m")) as made:
        acme.clock.advance(1_767_225_720.0 - acme.clock.now())
        made.poller().poll("people")
        (seen,) = acme.server.requests
        assert seen.query["q"] == [expected]
        assert str(seen.json["q"]) == expected


SYNCED = polled(
    'post: /people, writes: false, json: {cursor: "{{ page.cursor }}", syncToken: "{{ sync.token }}"}, '
    "records: results, key: id, paging: {cursor: nextCursor}, errors: {code: error}, success: ok",
    "version: to_string(record.v), overlap: 2m, sync: {token: syncToken, expired: [sync_token_expired]}",
)


class Synced:
    """A list that gives a token on its last page, two records a page. ``changes`` holds what is new since a token."""

    def __init__(self, acme: Acme) -> None:
        self.people = [{"id": name, "v": 1} for name in "abc"]
        self.changes: dict[str, list[dict[str, Any]]] = {}
        self.fails_on_page_two = False
        self.tokens = 0
        acme.server.on("POST", "/people", self._answer)

    def _answer(self, seen: Seen) -> Reply:
        token, start = seen.json.get("syncToken"), int(seen.json.get("cursor") or 0)
        if token is not None and token not in self.changes:
            return Reply(json={"ok": False, "error": "sync_token_expired"})
        if start and self.fails_on_page_two:
            return Reply(403, json={"ok": False, "error": "denied"})
        found = self.people if token is None else self.changes[token]
        page = {"ok": True, "results": found[start : start + 2]}
        if start + 2 < len(found):
            return Reply(json={**page, "nextCursor": str(start + 2)})
        self.tokens += 1
        self.changes[f"t{self.tokens}"] = []
        return Reply(json={**page, "syncToken": f"t{self.tokens}"})


@mechanism(30)
def test_the_token_of_the_last_page_asks_for_what_changed_next_time(acme: Acme, tmp_path: Path) -> None:
    ats = Synced(acme)
    with line(acme, tmp_path, SYNCED) as made:
        first = made.poller().poll("people")
        assert (first.pages, first.records, first.events_new, first.baseline) == (2, 3, 0, True)
        ats.changes["t1"] = [{"id": "b", "v": 2}, {"id": "d", "v": 1}]
        assert made.poller().poll("people").events_new == 2
        assert made.candidates() == ["b", "d"]
        assert made.poller().poll("people").records == 0
        assert [seen.json.get("syncToken") for seen in acme.server.requests] == [None, None, "t1", "t2"]


@mechanism(30)
def test_a_token_is_not_kept_before_the_last_page_is(acme: Acme, tmp_path: Path) -> None:
    ats = Synced(acme)
    ats.fails_on_page_two = True
    with line(acme, tmp_path, SYNCED) as made:
        with pytest.raises(Refused):
            made.poller().poll("people")
        ats.fails_on_page_two = False
        assert made.poller().poll("people").pages == 2
        assert [seen.json.get("syncToken") for seen in acme.server.requests] == [None] * 4


@mechanism(30)
def test_a_token_that_ran_out_starts_over_and_what_changed_meanwhile_is_found(acme: Acme, tmp_path: Path) -> None:
    ats = Synced(acme)
    with line(acme, tmp_path, SYNCED) as made:
        made.poller().poll("people")
        ats.changes.clear()
        ats.people[1] = {"id": "b", "v": 2}
        report = made.poller().poll("people")
        assert (report.full, report.events_new) == (True, 1)
        assert made.candidates() == ["b"]
        assert made.poller().poll("people").records == 0


@mechanism(30)
def test_a_token_that_is_not_where_the_manifest_says_is_an_error_and_not_a_full_read_each_time(
    acme: Acme, tmp_path: Path
) -> None:
    Synced(acme)
    text = SYNCED.replace("token: syncToken", "token: synctoken")
    with line(acme, tmp_path, text) as made, pytest.raises(AnswerUnusable, match="synctoken"):
        made.poller().poll("people")


WINDOWED = polled(
    "get: /people, query: {updated_at: \"gte|{{ since | date('%Y-%m-%dT%H:%M:%SZ') }}|lte|"
    '{{ until | date(\'%Y-%m-%dT%H:%M:%SZ\') }}"}, records: "@", key: id',
    "watermark: record.at, overlap: 2m, window: 24h",
)


@mechanism(31)
def test_a_long_span_is_read_in_windows_with_two_ends_and_goes_on_where_it_broke_off(
    acme: Acme, tmp_path: Path
) -> None:
    acme.server.on("GET", "/people", Reply(json=[]))
    with line(acme, tmp_path, WINDOWED) as made:
        start = acme.clock.now()
        made.poller().poll("people")
        acme.clock.advance(2.5 * DAY_S)
        old = {"id": "a", "at": iso(start + 100)}
        acme.server.on("GET", "/people", Reply(json=[old]), Reply(403), Reply(json=[]))
        with pytest.raises(Refused):
            made.poller().poll("people")
        assert made.poller().poll("people").records == 0
        assert made.candidates() == ["a"]

        def moment(text: str) -> str:
            return text[:19] + "Z"

        spans = [tuple(seen.query["updated_at"][0].split("|")[1::2]) for seen in acme.server.requests]
        first, broken, last = start - 120, start - 120 + DAY_S, acme.clock.now()
        assert spans[1:] == [
            (moment(iso(first)), moment(iso(first + DAY_S))),
            (moment(iso(broken)), moment(iso(broken + DAY_S))),
            (moment(iso(broken - 120)), moment(iso(broken - 120 + DAY_S))),
            (moment(iso(broken - 120 + DAY_S)), moment(iso(last))),
        ]


@mechanism(31)
@pytest.mark.parametrize("write", [iso, lambda at: int(at), lambda at: int(at * 1000)])
def test_the_next_poll_starts_at_the_newest_records_watermark_less_the_overlap(
    acme: Acme, tmp_path: Path, write: Callable[[float], Any]
) -> None:
    with line(acme, tmp_path, WINDOWED) as made:
        at = acme.clock.now() - 60
        acme.server.on("GET", "/people", Reply(json=[{"id": "a", "at": write(at)}]), Reply(json=[]))
        made.poller().poll("people")
        acme.clock.advance(3600)
        # The clock is ahead of the newest record: what shows late is not missed.
        made.store.cursors.put(
            "tenant", "people", {**(made.store.cursors.get("tenant", "people") or {}), "watermark": at}
        )
        made.poller().poll("people")
        since = acme.server.requests[1].query["updated_at"][0].split("|")[1]
        assert since == iso(at - 120)[:19] + "Z"


@mechanism(32)
def test_a_list_without_a_filter_is_compared_by_content_and_a_full_pass_finds_what_a_filter_misses(
    acme: Acme, tmp_path: Path
) -> None:
    people = [{"id": "a", "name": "Ana"}, {"id": "b", "name": "Ben"}]
    acme.server.on("GET", "/people", lambda _: Reply(json=people))
    with line(acme, tmp_path, polled('get: /people, records: "@", key: id', "overlap: 2m")) as made:
        assert made.poller().poll("people").events_new == 0
        people[0] = {"id": "a", "name": "Ina"}
        assert made.poller().poll("people").events_new == 1
        assert made.candidates() == ["a"]


@mechanism(32)
def test_a_filter_for_new_records_only_is_made_good_by_a_full_pass(acme: Acme, tmp_path: Path) -> None:
    people = [{"id": "a", "name": "Ana"}]

    def answer(seen: Seen) -> Reply:
        return Reply(json=[] if "newSince" in seen.query else people)

    acme.server.on("GET", "/people", answer)
    operation = 'get: /people, query: {newSince: "{{ since | date(\'%Y-%m-%d\') if since is defined }}"}, records: "@", key: id'
    with line(acme, tmp_path, polled(operation, "overlap: 2m", "    full_pass: 24h\n")) as made:
        made.poller().poll("people")
        acme.clock.advance(DAY_S)
        assert made.poller().poll("people").baseline
        people[0] = {"id": "a", "name": "Ina"}
        acme.clock.advance(600)
        assert made.poller().poll("people").events_new == 0
        acme.clock.advance(DAY_S)
        assert made.poller().poll("people").events_new == 1


@mechanism(34)
def test_a_list_of_deleted_records_gives_deletions_and_a_backfill_leaves_it_alone(acme: Acme, tmp_path: Path) -> None:
    text = polled(
        'get: /people/deleted, query: {deleted_since: "{{ since | epoch_ms }}"}, records: data, key: id',
        "overlap: 10m, backfill: false",
    ).replace("candidate.updated", "candidate.deleted")
    acme.server.on("GET", "/people/deleted", Reply(json={"data": [{"id": "gone"}]}))
    with line(acme, tmp_path, text) as made:
        made.poller().poll("people")
        (event,) = made.events()
        assert (event.type, event.ids.candidate) == (EventType.CANDIDATE_DELETED, "gone")
        assert Backfill(made.connection, made.caller, made.store, acme.clock).run(lambda _: None) == []


@mechanism(44)
def test_a_poll_beside_webhooks_finds_what_they_missed_and_what_comes_both_ways_is_worked_on_once(
    acme: Acme, tmp_path: Path
) -> None:
    text = """
operations:
  list_applications: {get: /applications, query: {since: "{{ since }}"}, records: "@", key: id}
events:
  truth: poll
  coalesce: 5s
  webhook:
    name: body.event
    acknowledge: 200
    url_secret: "{{ settings.api_key }}"
    types: {changed: {event: application.updated, ids: {candidate: body.person, job: body.job}}}
  poll:
    every: 10m
    streams:
      applications:
        operation: list_applications
        event: application.updated
        ids: {candidate: record.person, job: record.job}
        version: record.v
        overlap: 2m
"""
    both, missed = ({"id": name, "person": name, "job": "9", "v": "1"} for name in ("a", "b"))
    acme.server.on("GET", "/applications", Reply(json=[both, missed]))
    with line(acme, tmp_path, text) as made:
        body = json.dumps({"event": "changed", "person": "a", "job": "9"}).encode()
        made.store.inbox.accept([RawEvent("tenant", "webhook", "d1", {}, body, acme.clock.now())])
        assert made.poller().poll("applications").events_new == 2
        assert made.poller().poll("applications").events_new == 0
        TranslationWork(
            {"tenant": open_route(made.connection, HttpTransport(), made.store, acme.clock)},
            made.store,
            None,
            NO_ROUTES,
        ).run(10)
        acme.clock.advance(6)
        claims = [made.store.inbox.claim(60), made.store.inbox.claim(60)]
        worked = {claim.subject: [event.source for event in claim.events] for claim in claims if claim}
        assert {name: sorted(sources) for name, sources in worked.items()} == {
            "a|9": ["poll", "webhook"],
            "b|9": ["poll"],
        }


@mechanism(52)
def test_what_a_record_says_beside_its_ids_becomes_event_data(acme: Acme, tmp_path: Path) -> None:
    text = polled(
        'get: /people, query: {since: "{{ since }}"}, records: "@", key: id',
        "data: {url: record.result.url}, overlap: 2m",
    )
    acme.server.on("GET", "/people", Reply(json=[{"id": "a", "result": {"url": "https://api.acme.example/r/1"}}]))
    with line(acme, tmp_path, text) as made:
        made.poller().poll("people")
        (event,) = made.events()
        assert event.data == {"url": "https://api.acme.example/r/1"}


# ── the event queue ──────────────────────────────────────────────────────────────────────────────────────────

DRAINED = """
operations:
  take: {get: /queue, query: {maxEvents: 2}, records: events, writes: true}
  take_again: {get: /queue, query: {requestId: "{{ queue.request_id }}"}, records: events}
  last_request: {get: /queue/lastRequestId}
  subscribe: {put: /queue, query: {names: "{{ queue.types | join(',') }}"}}
events:
  truth: queue
  queue:
    every: 1m
    read: take
    replay: take_again
    request_id: requestId
    last: {operation: last_request, id: result}
    subscribe: subscribe
    name: join('.', [record.entityName, record.entityEventType])
    dedupe: record.eventId
    types:
      Candidate.INSERTED: {event: candidate.created, ids: {candidate: record.entityId}}
      Candidate.UPDATED:
        event: candidate.updated
        ids: {candidate: record.entityId}
        data: {changed: record.updatedProperties}
"""


@dataclass
class Queue:
    """A queue that hands each event out once, two a batch, and gives a batch again by its request id."""

    acme: Acme
    waiting: list[dict[str, Any]] = field(default_factory=list)
    given: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    subscribed: list[str] = field(default_factory=list)
    loses_answers: int = 0

    def __post_init__(self) -> None:
        self.acme.server.on("GET", "/queue", self._take)
        self.acme.server.on(
            "GET", "/queue/lastRequestId", lambda _: Reply(json={"result": max(self.given, default=None)})
        )
        self.acme.server.on("PUT", "/queue", self._subscribe)

    def add(self, *ids: int) -> None:
        for id_ in ids:
            self.waiting.append(
                {
                    "eventId": f"E-{id_}",
                    "entityName": "Candidate",
                    "entityEventType": "UPDATED",
                    "entityId": id_,
                    "updatedProperties": ["status"],
                }
            )

    def _subscribe(self, seen: Seen) -> Reply:
        self.subscribed.append(seen.query["names"][0])
        return Reply(json={})

    def _take(self, seen: Seen) -> Reply:
        if not self.subscribed:
            return Reply(404, json={})
        if "requestId" in seen.query:
            found = self.given.get(int(seen.query["requestId"][0]))
            return (
                Reply(404, json={})
                if found is None
                else Reply(json={"requestId": int(seen.query["requestId"][0]), "events": found})
            )
        if not self.waiting:
            return Reply(json={})
        batch, self.waiting = self.waiting[:2], self.waiting[2:]
        id_ = len(self.given) + 1
        self.given[id_] = batch
        if self.loses_answers:
            self.loses_answers -= 1
            return Reply(json={"requestId": id_, "events": batch}, drop="during")
        return Reply(json={"requestId": id_, "events": batch})


@mechanism(33)
def test_a_queue_is_subscribed_to_and_drained_until_it_is_empty(acme: Acme, tmp_path: Path) -> None:
    queue = Queue(acme)
    with line(acme, tmp_path, DRAINED) as made:
        drainer = made.drainer()
        assert drainer.due_at() <= acme.clock.now()
        assert drainer.drain().events_new == 0
        assert queue.subscribed == ["Candidate.INSERTED,Candidate.UPDATED"]
        queue.add(1, 2, 3, 4, 5)
        report = drainer.drain()
        assert (report.batches, report.records, report.events_new, report.replayed) == (4, 5, 5, False)
        assert made.candidates() == ["1", "2", "3", "4", "5"]
        assert {event.source for event in made.events()} == {"queue"}
        assert made.events()[0].data == {"changed": ["status"]}
        assert drainer.due_at() == acme.clock.now() + 60
        assert standing(made.store, "tenant").committed == 3


@mechanism(33)
def test_a_batch_whose_answer_was_lost_is_asked_for_again_before_the_next_one(acme: Acme, tmp_path: Path) -> None:
    queue = Queue(acme)
    with line(acme, tmp_path, DRAINED) as made:
        made.drainer().drain()
        queue.add(1, 2, 3)
        queue.loses_answers = 1
        drainer = made.drainer()
        with pytest.raises(CallError):
            drainer.drain()
        assert made.candidates() == []
        assert drainer.due_at() == acme.clock.now() + 60
        report = made.drainer().drain()
        assert (report.replayed, report.events_new) == (True, 3)
        assert made.candidates() == ["1", "2", "3"]


@mechanism(33)
def test_nothing_is_lost_where_the_process_ends_between_taking_and_keeping(acme: Acme, tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    queue = Queue(acme)
    with line(acme, tmp_path, DRAINED) as made:
        made.drainer().drain()
        queue.add(1, 2, 3)
        accept = made.store.inbox.accept

        def killed(_: object) -> Any:
            raise Killed

        made.store.inbox.accept = killed  # type: ignore[method-assign]
        with pytest.raises(Killed):
            made.drainer().drain()
        made.store.inbox.accept = accept  # type: ignore[method-assign]
        assert made.candidates() == []
        assert made.drainer().drain().replayed
        assert made.candidates() == ["1", "2", "3"]
        assert not made.drainer().drain().replayed


@mechanism(33)
def test_a_store_that_cannot_commit_leaves_the_batch_in_doubt_and_it_comes_again(acme: Acme, tmp_path: Path) -> None:
    queue = Queue(acme)
    with line(acme, tmp_path, DRAINED) as made:
        made.drainer().drain()
        queue.add(1, 2, 3)
        accept, drainer = made.store.inbox.accept, made.drainer()

        def failing(_: object) -> Any:
            raise StoreUnavailable("the disk is full")

        made.store.inbox.accept = failing  # type: ignore[method-assign]
        with pytest.raises(StoreUnavailable):
            drainer.drain()
        made.store.inbox.accept = accept  # type: ignore[method-assign]
        assert drainer.drain().replayed
        assert made.candidates() == ["1", "2", "3"]


@mechanism(33)
def test_a_first_batch_that_never_came_is_found_although_none_was_ever_kept(acme: Acme, tmp_path: Path) -> None:
    queue = Queue(acme, subscribed=["before"])
    queue.add(1)
    queue.loses_answers = 1
    with line(acme, tmp_path, DRAINED) as made:
        with pytest.raises(CallError):
            made.drainer().drain()
        assert made.drainer().drain().replayed
        assert made.candidates() == ["1"]


@mechanism(33)
def test_without_asking_for_the_last_id_the_next_one_after_what_was_kept_is_asked_for(
    acme: Acme, tmp_path: Path
) -> None:
    text = DRAINED.replace("    last: {operation: last_request, id: result}\n", "").replace(
        "{{ queue.request_id }}", "{{ queue.request_id | default((queue.committed | default(0)) + 1) }}"
    )
    queue = Queue(acme)
    with line(acme, tmp_path, text) as made:
        made.drainer().drain()
        for number in (1, 2):
            queue.add(number)
            queue.loses_answers = number - 1
            if number == 1:
                made.drainer().drain()
                continue
            with pytest.raises(CallError):
                made.drainer().drain()
        assert made.drainer().drain().replayed
        assert made.candidates() == ["1", "2"]


@mechanism(33)
def test_a_subscription_that_is_gone_is_made_again_and_new_types_are_asked_for(acme: Acme, tmp_path: Path) -> None:
    queue = Queue(acme)
    with line(acme, tmp_path, DRAINED) as made:
        made.drainer().drain()
        queue.subscribed.clear()
        made.drainer().drain()
        assert len(queue.subscribed) == 1
        kept = made.store.cursors.get("tenant", "queue#") or {}
        made.store.cursors.put("tenant", "queue#", {**kept, "types": ["Candidate.INSERTED"]})
        made.drainer().drain()
        assert len(queue.subscribed) == 2


@mechanism(33)
def test_a_batch_is_acknowledged_once_its_events_are_kept_and_not_before(acme: Acme, tmp_path: Path) -> None:
    text = """
operations:
  take: {post: /messages, json: {max: 2}, records: messages, writes: true}
  acknowledge: {post: /messages/done, json: {ids: "{{ queue.keys }}"}}
events:
  truth: queue
  queue:
    every: 1m
    read: take
    acknowledge: acknowledge
    name: record.kind
    dedupe: record.id
    types: {changed: {event: candidate.updated, ids: {candidate: record.person}}}
"""
    waiting = [{"id": f"m{number}", "kind": "changed", "person": number} for number in range(3)]

    def done(seen: Seen) -> Reply:
        waiting[:] = [one for one in waiting if one["id"] not in seen.json["ids"]]
        return Reply(204)

    acme.server.on("POST", "/messages", lambda _: Reply(json={"messages": waiting[:2]}))
    acme.server.on("POST", "/messages/done", Reply(403, json={}), done)
    with line(acme, tmp_path, text) as made:
        with pytest.raises(Refused):
            made.drainer().drain()
        assert made.candidates() == ["0", "1"]
        assert made.drainer().drain().events_new == 0
        assert made.drainer().drain().events_new == 1
        assert made.candidates() == ["0", "1", "2"]
        assert waiting == []


@mechanism(33)
def test_a_queue_that_could_lose_a_batch_is_refused_when_it_is_loaded(acme: Acme) -> None:
    del acme
    text = DRAINED.replace("    last: {operation: last_request, id: result}\n", "")
    _, findings = examined(text)
    assert [finding.code for finding in findings if finding.severity == "error"] == ["lossy-queue"]


@mechanism(33)
def test_an_event_that_cannot_be_read_is_kept_for_a_better_manifest(acme: Acme, tmp_path: Path) -> None:
    queue = Queue(acme)
    with line(acme, tmp_path, DRAINED.replace("record.entityName", "record.entityname")) as made:
        made.drainer().drain()
        queue.add(1)
        assert made.drainer().drain().events_new == 1
        (event,) = made.store.inbox.list()
        assert json.loads(event.body)["entityId"] == 1
