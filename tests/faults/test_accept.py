"""Durable accept (reliability rows 1 and 7): what was acknowledged is in the inbox, whenever the process dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.store import Store
from tests.store.making import raw

_TOTAL = 1000

# Accepts events in group commits and prints each id once it is acknowledged. The process kills itself at the
# k-th commit, before (<) or after (>) it reaches the database.
_CHILD = """
import os, signal, sys
from sqlalchemy.engine.default import DefaultDialect
from engine.store import Store
from engine.store.group_commit import GroupCommit
from tests.store.making import raw

path, kill_at = sys.argv[1:]
store = Store.open(path)
commits, commit = 0, DefaultDialect.do_commit

def cross(edge):
    if kill_at == f"{commits}{edge}":
        os.kill(os.getpid(), signal.SIGKILL)

def counting(self, connection):
    global commits
    commits += 1
    cross("<")
    commit(self, connection)
    cross(">")

DefaultDialect.do_commit = counting
group = GroupCommit(store.inbox, max_batch=100)
futures = [(n, group.submit(raw(f"k{n}", body=b"body of %d" % n))) for n in range(1000)]
for n, future in futures:
    os.write(1, f"{n} {future.result().id}\\n".encode())
group.close()
"""


def _run(path: Path, kill_at: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _CHILD, str(path), kill_at]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


@pytest.mark.parametrize("kill_at", ["1<", "1>", "2<", "2>", "5<", "5>"])
def test_every_acknowledged_event_is_whole_after_a_kill_and_resending_makes_no_second(
    tmp_path: Path, kill_at: str
) -> None:
    path = tmp_path / "x.db"
    died = _run(path, kill_at)
    assert died.returncode == -signal.SIGKILL, died.stderr
    acknowledged = dict(line.split() for line in died.stdout.splitlines())
    with Store.open(path) as store:
        for n, id_ in acknowledged.items():
            assert store.inbox.get(id_).body == f"body of {n}".encode()
        stored = store.inbox.list(limit=_TOTAL)
        assert all(event.raw == raw(event.key, body=f"body of {event.key[1:]}".encode()) for event in stored)
        again = store.inbox.accept([raw(f"k{n}") for n in range(_TOTAL)])
        assert sum(not one.new for one in again) == len(stored)
        assert {str(n): one.id for n, one in enumerate(again) if str(n) in acknowledged} == acknowledged


def test_without_a_kill_all_are_acknowledged(tmp_path: Path) -> None:
    done = _run(tmp_path / "x.db", "never")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, _TOTAL)
    with Store.open(tmp_path / "x.db") as store:
        assert store.inbox.counts() == {"state": {"received": _TOTAL}, "outcome": {}}


def test_a_kill_from_outside_in_the_midst_of_accepting_loses_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _CHILD, str(path), "never"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(20)]
        child.kill()
        lines += child.stdout.readlines()
    with Store.open(path) as store:
        for line in lines:
            n, id_ = line.split()
            assert store.inbox.get(id_).key == f"k{n}"
