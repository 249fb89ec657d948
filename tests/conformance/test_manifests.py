"""The cases of the mechanisms that a shipped manifest uses, run on its own operations over real HTTP.

A new manifest with its mapping test beside it is taken in by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import engine.rehearsal.rehearse as rehearsing
from connectors.paging import pages
from engine.clock import ManualClock
from engine.errors import Ambiguous, CredentialRefused, FieldwrightError, Refused, Throttled, Transient
from engine.manifest.connection import Connection
from engine.manifest.model import Api, Authenticator, Operation, RetryHint
from engine.rehearsal.answers import CannedAnswer
from engine.rehearsal.rehearse import Rehearsals
from engine.rehearsal.running import run_case
from tests.conformance.mechanisms import NUMBERS, mechanism
from tests.conformance.shipped import FILES, NOW, Shipped, Wire, called, caller_of, context_of, shipped, with_value
from tests.conformance.shipped_doors import knock
from tests.conformance.shipped_events import (
    drains_its_queue_and_a_lost_batch_is_given_again,
    polls_its_lists_for_what_changed,
    registers_its_webhooks_wakes_them_and_takes_them_back,
    sends_what_a_person_asks_for,
)
from tests.conformance.shipped_pages import pages_of
from tests.fake_server import FakeServer

Case = Callable[[Shipped, FakeServer, Path], None]
GOOD = CannedAnswer(200, {"content-type": "application/json"}, b"{}")


def profiles_of(subject: Shipped) -> Iterator[tuple[Api, Operation]]:
    """Each profile on which calls are made, with one that reads and is answered in JSON: its check, else another."""
    for api in subject.manifest.apis.values():
        mine = [one for one in subject.manifest.operations.values() if one.api == api.name and not one.binary]
        if mine:
            yield (
                api,
                min(mine, key=lambda one: (one.name != api.check, one.writes, one.paging is not None, one.name)),
            )


def good(subject: Shipped, operation: Operation) -> tuple[CannedAnswer, ...]:
    return subject.answers.get(operation.name, (GOOD,))[:1]


def tenants_of(subject: Shipped, api: Api) -> list[Connection]:
    """A tenant for each way in which the profile is signed in to."""
    ways: dict[int, Connection] = {}
    for connection in subject.connections:
        way = way_of(connection, api)
        if way is not None:
            ways.setdefault(id(way), connection)
    return list(ways.values())


def tenant_of(subject: Shipped, operation: Operation) -> Connection:
    """A tenant that signs in where the call is made."""
    return next(iter(tenants_of(subject, subject.manifest.apis[operation.api])), subject.connections[0])


def way_of(connection: Connection, api: Api) -> Authenticator | None:
    context = {"settings": dict(connection.settings)}
    return next((way for way in api.auth if way.when is None or way.when(context)), None)


def signs_in_once_in_order_and_its_credential_is_sent(subject: Shipped, server: FakeServer, _: Path) -> None:
    for api, operation in profiles_of(subject):
        for tenant in tenants_of(subject, api):
            wire = Wire(subject.manifest, {**subject.answers, operation.name: good(subject, operation)}, server)
            with caller_of(tenant, wire) as caller:
                threads = [threading.Thread(target=called, args=(caller, subject, operation)) for _ in range(4)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            calls = wire.made(operation.name)
            assert len(calls) == 4
            assert wire.signed_in == [f"sign_in.{step.name}" for step in way_of(tenant, api).calls]
            for call in calls:
                names = {name.lower() for name in call.request.headers}
                assert {name.lower() for name in call.request.credential_headers} <= names
                assert all(f"{name}=" in call.request.url for name in call.request.credential_query)


def renews_its_sign_in_once_on_each_status_that_says_so(subject: Shipped, server: FakeServer, _: Path) -> None:
    for api, operation in profiles_of(subject):
        for tenant in tenants_of(subject, api):
            way = way_of(tenant, api)
            for status in sorted(way.renew_on) if way.calls else ():
                answers = (CannedAnswer(status), *good(subject, operation))
                wire = Wire(subject.manifest, {**subject.answers, operation.name: answers}, server)
                with caller_of(tenant, wire) as caller:
                    called(caller, subject, operation)
                assert len(wire.made(operation.name)) == 2
                assert {wire.signed_in.count(step) for step in wire.signed_in} == {2}


def reads_each_declared_error_as_it_says(subject: Shipped, server: FakeServer, _: Path) -> None:
    for api, operation in profiles_of(subject):
        declared = {**api.errors.status, **operation.errors.status}
        for status, meaning in declared.items():
            if int(status[0]) < 4:
                continue
            error = failure(subject, server, operation, CannedAnswer(int(status.replace("xx", "99"))))
            check_meaning(error, meaning, status)
        reading = operation.errors.code or api.errors.code
        for code, meaning in {**api.errors.codes, **operation.errors.codes}.items():
            body = with_value({}, reading, [code]) if reading is not None else None
            if body is not None:
                error = failure(subject, server, operation, CannedAnswer(400, dict(GOOD.headers), encoded(body)))
                check_meaning(error, meaning, code)


def encoded(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()


def failure(
    subject: Shipped, server: FakeServer, operation: Operation, answer: CannedAnswer
) -> FieldwrightError | None:
    wire = Wire(subject.manifest, {**subject.answers, operation.name: (answer,)}, server)
    with caller_of(tenant_of(subject, operation), wire) as caller:
        try:
            called(caller, subject, operation)
        except FieldwrightError as error:
            return error
    return None


def check_meaning(error: FieldwrightError | None, meaning: str, what: str) -> None:
    kinds: dict[str, tuple[type[FieldwrightError], ...]] = {
        "throttled": (Throttled,),
        "transient": (Transient, Ambiguous),
        "credential": (CredentialRefused,),
    }
    if meaning == "skip":
        assert error is None or isinstance(error, Refused), what
        return
    # A 401 may turn out to be a dead credential, which the check call tells.
    assert isinstance(error, (*kinds.get(meaning, (Refused,)), CredentialRefused)), (what, error)
    if isinstance(error, Refused):
        assert error.kind == meaning, what


def reads_each_list_to_its_end(subject: Shipped, server: FakeServer, _: Path) -> None:
    for operation in lists_of(subject):
        answers, count = pages_of(subject, operation)
        wire = Wire(subject.manifest, {**subject.answers, operation.name: tuple(answers)}, server)
        found = walked(subject, operation, wire)
        assert len(found) == count, operation.name
        calls = [one.request for one in wire.made(operation.name)]
        assert len(calls) in (3, 4), operation.name
        assert len({(call.url, call.body) for call in calls}) == len(calls), (
            f"{operation.name}: a page was asked twice"
        )


def ends_a_list_that_repeats_itself(subject: Shipped, server: FakeServer, _: Path) -> None:
    for operation in lists_of(subject):
        assert operation.paging is not None
        first = pages_of(subject, operation)[0][0]
        wire = Wire(subject.manifest, {**subject.answers, operation.name: (first,)}, server)
        walked(subject, operation, wire)
        assert len(wire.made(operation.name)) <= 1 + max(operation.paging.stop_without_new, 1), operation.name


def lists_of(subject: Shipped) -> Iterator[Operation]:
    return (one for one in subject.manifest.operations.values() if one.paging is not None)


def walked(subject: Shipped, operation: Operation, wire: Wire) -> list[Any]:
    """The records of all pages of the list itself, by the caller's own calls."""
    context = context_of(operation, subject.manifest.apis[operation.api])
    with caller_of(tenant_of(subject, operation), wire, patience_s=1e9) as caller:

        def fetch(page: Any, link: str | None) -> Any:
            return caller._called(operation, {**context, "page": page}, link=link)

        return [record for page in pages(operation, fetch) for record in page.records]


def waits_as_each_header_of_a_throttled_answer_says(subject: Shipped, server: FakeServer, _: Path) -> None:
    for api, operation in profiles_of(subject):
        for hint in api.limits.retry_after:
            answer = CannedAnswer(429, {hint.header.lower(): header_value(hint, 7)})
            error = failure(subject, server, operation, answer)
            assert isinstance(error, Throttled)
            assert error.wait_s is not None
            assert abs(error.wait_s - 7) <= 1, hint
        if not api.limits.retry_after:
            error = failure(subject, server, operation, CannedAnswer(429, {"retry-after": "7"}))
            assert isinstance(error, Throttled)


def header_value(hint: RetryHint, seconds: int) -> str:
    from email.utils import formatdate

    return {
        "seconds": str(seconds),
        "milliseconds": str(seconds * 1000),
        "timestamp": str(int(NOW) + seconds),
        "timestamp_ms": str((int(NOW) + seconds) * 1000),
        "http_date": formatdate(NOW + seconds, usegmt=True),
    }[hint.unit]


def keeps_to_its_rate_and_waits_when_none_is_left(subject: Shipped, server: FakeServer, _: Path) -> None:
    for api, operation in profiles_of(subject):
        clock = ManualClock(NOW)
        if api.limits.rate is not None:
            calls, per_s = api.limits.rate
            wire = Wire(subject.manifest, {**subject.answers, operation.name: good(subject, operation)}, server)
            with caller_of(tenant_of(subject, operation), wire, clock, patience_s=1e9) as caller:
                for _ in range(2 * calls + 1):
                    called(caller, subject, operation)
            assert clock.now() - NOW >= per_s * 0.99, f"{api.name}: {2 * calls + 1} calls in {clock.now() - NOW} s"
        if api.limits.remaining is not None:
            reset = {api.limits.reset.header.lower(): header_value(api.limits.reset, 5)} if api.limits.reset else {}
            body = good(subject, operation)[0]
            none_left = CannedAnswer(
                body.status, {**body.headers, api.limits.remaining.lower(): "0", **reset}, body.body
            )
            wire, clock = (
                Wire(subject.manifest, {**subject.answers, operation.name: (none_left,)}, server),
                ManualClock(NOW),
            )
            with caller_of(tenant_of(subject, operation), wire, clock, patience_s=1e9) as caller:
                for _ in range(2):
                    called(caller, subject, operation)
            assert clock.now() > NOW


def does_over_http_what_its_mapping_tests_say(subject: Shipped, server: FakeServer, _: Path) -> None:
    wires: list[Wire] = []

    def wired(manifest: Any, answers: Any) -> Wire:
        wires.append(Wire(manifest, answers, server))
        return wires[-1]

    with pytest.MonkeyPatch.context() as patch, Rehearsals() as rehearsals:
        patch.setattr(rehearsing, "CannedTransport", wired)
        results = [run_case(case, rehearsals) for case in subject.suite.cases]
    assert [str(failed) for result in results for failed in result.failures] == []
    for wire in wires:
        wire.close()
    assert server.requests


def lets_in_what_is_signed_and_nothing_else(subject: Shipped, server: FakeServer, folder: Path) -> None:
    knock(subject, folder)


CASES: list[tuple[Case, frozenset[int]]] = [
    (signs_in_once_in_order_and_its_credential_is_sent, frozenset({1, 2, 3, 5, 6, 7, 8, 9, 10, 12, 13})),
    (renews_its_sign_in_once_on_each_status_that_says_so, frozenset({4, 11})),
    (reads_each_declared_error_as_it_says, frozenset({17, 18})),
    (reads_each_list_to_its_end, frozenset(range(21, 27))),
    (ends_a_list_that_repeats_itself, frozenset({27})),
    (lets_in_what_is_signed_and_nothing_else, frozenset(range(35, 40)) | {45}),
    (keeps_to_its_rate_and_waits_when_none_is_left, frozenset({57, 59})),
    (waits_as_each_header_of_a_throttled_answer_says, frozenset({58})),
    (polls_its_lists_for_what_changed, frozenset({29, 30, 31, 32, 34})),
    (drains_its_queue_and_a_lost_batch_is_given_again, frozenset({33})),
    (registers_its_webhooks_wakes_them_and_takes_them_back, frozenset({43})),
    (sends_what_a_person_asks_for, frozenset({14, 15})),
    (
        does_over_http_what_its_mapping_tests_say,
        frozenset({14, 15, 16, 19, 20, 28, *range(40, 43), 44, *range(46, 57)}),
    ),
]


def test_there_is_a_generic_case_of_every_mechanism() -> None:
    assert frozenset().union(*(numbers for _, numbers in CASES)) == NUMBERS


def runs() -> Iterator[Any]:
    for name in FILES:
        for case, numbers in CASES:
            mine = sorted(numbers & shipped(name).used)
            if mine:
                yield pytest.param(name, case, marks=mechanism(*mine), id=f"{name}-{case.__name__}")


@pytest.mark.parametrize(("name", "case"), list(runs()))
def test_a_manifest_holds_the_mechanisms_that_it_uses(name: str, case: Case, tmp_path: Path) -> None:
    with FakeServer() as server:
        case(shipped(name), server, tmp_path)
