"""Several processes on one PostgreSQL database: nothing taken twice, nothing lost, nothing stored twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence

import pytest

from engine.store import Store
from tests import servers
from tests.store.making import ready

_SUBJECTS, _EVENTS = 50, 10

_WORK = """
import json, sys, threading, time
from engine.store import Store
from tests.store.making import DONE
store, found, guard = Store.open(sys.argv[1]), [], threading.Lock()
store.inbox.accept([])
print("here", flush=True)
sys.stdin.readline()
def work():
    idle = 0
    while idle < 3:
        claim = store.inbox.claim(60)
        idle = idle + 1 if claim is None else 0
        if claim is None:
            continue
        began = time.monotonic()
        first = claim.events[0]
        # What is left goes back: the next claim of the subject has to begin with it.
        rest = [event.id for event in claim.events[1:]]
        if rest:
            store.inbox.release(type(claim)(claim.events[1:], claim.token, claim.connection, claim.subject), 0.0, "rest")
        ended = time.monotonic()
        store.inbox.finish([first.id], DONE, claim.token)
        with guard:
            found.append((claim.subject, first.key, claim.token, began, ended))
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps(found))
"""

_ACCEPT = """
import json, sys
from engine.store import Store
from tests.store.making import raw
store = Store.open(sys.argv[1])
print("here", flush=True)
sys.stdin.readline()
accepted = [store.inbox.accept([raw("same")])[0] for _ in range(25)]
print(json.dumps([(one.id, one.new) for one in accepted]))
"""

_DELIVER = """
import json, sys
from engine.store import Store
store, order = Store.open(sys.argv[1]), []
print("here", flush=True)
sys.stdin.readline()
while one := store.outbox.claim(60):
    order.append((one.subject, one.payload["n"], one.token))
    store.outbox.settle(one.id, one.token, "delivered")
print(json.dumps(order))
"""


def _together(script: str, url: str, count: int) -> list[Sequence[Sequence]]:
    """What ``count`` processes print that were let go at the same time."""
    command = [sys.executable, "-c", script, url]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "here\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        return [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_workers_of_several_processes_never_share_a_subject_and_do_all_oldest_first() -> None:
    url = servers.postgres_url()
    with Store.open(url) as store:
        for number in range(_SUBJECTS * _EVENTS):
            ready(store, f"{number:04}", f"s{number % _SUBJECTS}", at=float(number))
        found = [row for rows in _together(_WORK, url, 2) for row in rows]
        while store.inbox.lanes_due(["acme"]):  # a worker may end while others give back what they did not need
            found += [row for rows in _together(_WORK, url, 1) for row in rows]
        assert store.inbox.counts()["state"] == {"finished": _SUBJECTS * _EVENTS}
    by_subject = defaultdict(list)
    for subject, key, token, *_ in sorted(found, key=lambda row: row[2]):
        by_subject[subject].append(key)
        assert token
    assert len({row[2] for row in found}) == len(found)
    assert by_subject == {
        f"s{subject}": [f"{number:04}" for number in range(subject, _SUBJECTS * _EVENTS, _SUBJECTS)]
        for subject in range(_SUBJECTS)
    }


def test_no_two_hold_a_subject_at_once() -> None:
    """Two new events of one subject, claimed at the same time by workers that hold what they get: one gets both."""
    import threading

    url = servers.postgres_url()
    with Store.open(url) as store:
        for number in range(40):
            ready(store, f"{number}a", f"s{number}", at=1.0)
            ready(store, f"{number}b", f"s{number}", at=2.0)
        claims, guard = [], threading.Lock()

        def hold() -> None:
            while claim := store.inbox.claim(60):
                with guard:
                    claims.append((claim.subject, len(claim.events)))

        workers = [threading.Thread(target=hold) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        hold()
        assert sorted(claims) == sorted((f"s{number}", 2) for number in range(40))


def test_the_same_event_accepted_by_several_processes_at_once_is_one_row() -> None:
    url = servers.postgres_url()
    answers = [one for answers in _together(_ACCEPT, url, 4) for one in answers]
    assert len(answers) == 100
    assert len({id_ for id_, _ in answers}) == 1
    assert sum(new for _, new in answers) == 1
    with Store.open(url) as store:
        assert [event.key for event in store.inbox.list()] == ["same"]


@pytest.mark.parametrize("processes", [4])
def test_deliveries_go_out_once_and_those_of_a_subject_in_their_order(processes: int) -> None:
    from tests.store.making import delivery, planned

    url = servers.postgres_url()
    with Store.open(url) as store:
        for number in range(60):
            subject = f"s{number % 6}"
            planned(store, delivery(subject=subject, payload={"n": number}), key=str(number), subject=subject)
    found = [row for rows in _together(_DELIVER, url, processes) for row in rows]
    with Store.open(url) as store:
        while one := store.outbox.claim(60):
            found.append((one.subject, one.payload["n"], one.token))
            store.outbox.settle(one.id, one.token, "delivered")
    assert len({token for *_, token in found}) == 60
    for subject in range(6):
        of_subject = sorted((token, n) for name, n, token in found if name == f"s{subject}")
        assert [n for _, n in of_subject] == list(range(subject, 60, 6))
