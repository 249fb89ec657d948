"""The large set-up as processes of their own: one web, one worker, a PostgreSQL database, wake-ups through Redis."""

from __future__ import annotations

import os
import pickle
import re
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer, PickleSerializer

from engine.model import OutcomeKind
from engine.runtime.wakeups import FUNCTION, QUEUE
from engine.store import Store
from engine.store.vault import Vault
from engine.store.vault_keys import new_key
from sandbox.smartrecruiters import SmartRecruiters
from tests.cli.running import COMMAND, fieldwright
from tests.e2e.service import until
from tests.e2e.test_restart import Process, _is_subscribed, _scored, pretend_ats
from tests.pipeline.line import engineers
from tests.servers import postgres_url, valkey_url


class Work:
    """``fieldwright work`` as a process."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *more: str) -> None:
        self.log = folder / f"work-{len(list(folder.glob('work-*')))}.log"
        with self.log.open("ab") as log:
            command = [*COMMAND, "work", *more]
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, **environment}, cwd=folder
            )
        until(lambda: "works for" in self.said() or self.process.poll() is not None, "work starts")
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(40)


@dataclass
class Cluster:
    ats: SmartRecruiters
    job: str
    store: Store
    redis: Redis
    serve: Process
    work: Work
    environment: dict[str, str]
    folder: Path

    def apply(self, first: int, count: int) -> list[str]:
        return [self.ats.apply(person, self.job) for person in engineers(first + count)[first:]]

    def ends(self, candidates: list[str]) -> None:
        until(lambda: all(_scored(self.ats, candidate) for candidate in candidates), "all are scored")
        until(lambda: all(event.outcome for event in self.store.inbox.list(limit=500)), "all events end")


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    with ExitStack() as ending:
        ats, job, environment = ending.enter_context(pretend_ats(folder))
        url, redis, keys = postgres_url(), valkey_url(), new_key()
        environment |= {"FIELDWRIGHT_DATABASE": url, "FIELDWRIGHT_REDIS": redis, "FIELDWRIGHT_KEYS": keys}
        environment["FIELDWRIGHT_METRICS_PORT"] = "0"
        store = ending.enter_context(Store.open(url, vault=Vault.given(keys)))
        connection = Redis.from_url(redis)
        ending.callback(connection.close)
        work = Work(folder, environment)
        ending.callback(lambda: work.process.poll() is None and work.end(signal.SIGKILL))
        serve = Process(folder, environment)
        ending.callback(lambda: serve.process.poll() is None and serve.end(signal.SIGKILL))
        until(lambda: _is_subscribed(ats), "the subscription is made")
        yield Cluster(ats, job, store, connection, serve, work, environment, folder)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def test_what_a_web_process_takes_is_worked_off_by_a_work_process(here: Cluster) -> None:
    candidates = here.apply(0, 3)
    here.ends(candidates)
    kinds = {event.outcome.kind for event in here.store.inbox.list(limit=500) if event.outcome}
    assert kinds <= {OutcomeKind.DELIVERED, OutcomeKind.UNCHANGED, OutcomeKind.SUPERSEDED}


def test_both_processes_tell_what_they_do_on_a_port_of_their_own(here: Cluster) -> None:
    here.ends(here.apply(7, 1))
    said = {"work": here.work.said(), "serve": (here.folder / "serve.log").read_text("utf-8")}
    for role, text in said.items():
        address = re.search(r"metrics at (http://\S+)/metrics", text)
        assert address, role
        shown = httpx.get(f"{address[1]}/metrics", trust_env=False).text
        ready = httpx.get(f"{address[1]}/readyz", trust_env=False)
        assert f'role="{role}"' in shown
        assert (ready.status_code, ready.json()) == (200, {"status": "ready", "redis": "there"})
        did = "outcomes" if role == "work" else "accepted"
        assert f'fieldwright_{did}_total{{connection="trial"' in shown


class _Planted:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_nothing_that_is_planted_in_redis_runs_and_the_worker_goes_on(here: Cluster) -> None:
    made = here.folder / "made-by-a-job"
    queue = Queue(QUEUE, connection=here.redis, serializer=JSONSerializer)
    queue.enqueue_call("os.mkdir", args=[str(made)])
    queue.enqueue_call(FUNCTION, args=[["evt_1"]], on_success=None, kwargs={"path": str(made)})
    Queue(QUEUE, connection=here.redis, serializer=PickleSerializer).enqueue_call("os.mkdir", args=[str(made)])
    for number, data in enumerate(
        [pickle.dumps(_Planted(made)), b"[" * 10_000, zlib.compress(b" " * 10**8), b"\xff"]
    ):
        here.redis.hset(f"rq:job:planted{number}", mapping={"data": data, "success_callback_name": "os.abort"})
        here.redis.rpush(f"rq:queue:{QUEUE}", f"planted{number}")
    here.redis.rpush(f"rq:queue:{QUEUE}", "no such: job", "absent")
    for key in here.redis.keys("rq:worker:*"):
        name = key.decode().removeprefix("rq:worker:")
        here.redis.publish(f"rq:pubsub:{name}", '{"command": "shutdown"}')
    until(lambda: here.redis.llen(f"rq:queue:{QUEUE}") == 0, "all jobs are taken")
    candidates = here.apply(3, 1)
    here.ends(candidates)
    assert not made.exists()
    assert here.work.process.poll() is None
    assert "no wake-up was dropped" in here.work.said()
    assert str(made) not in here.work.said()


def test_redis_holds_ids_only_and_keeps_neither_results_nor_failures(here: Cluster) -> None:
    here.apply(4, 1)
    until(lambda: all(event.outcome for event in here.store.inbox.list(limit=500)), "all events end")
    until(lambda: here.redis.llen(f"rq:queue:{QUEUE}") == 0)
    assert not list(here.redis.scan_iter("rq:job:evt*"))
    assert not [key for key in here.redis.keys("rq:*") if b"failed" in key or b"results" in key]


def test_flushing_redis_loses_nothing_and_wake_ups_come_again(here: Cluster) -> None:
    here.redis.flushall()
    candidates = here.apply(5, 2)
    here.redis.flushall()
    here.ends(candidates)
    until(lambda: here.redis.scard(f"rq:workers:{QUEUE}") == 1, "the worker is known again")


def test_told_to_stop_both_finish_and_leave_no_lease(tmp_path: Path) -> None:
    with cluster(tmp_path) as here:
        here.apply(0, 3)
        until(lambda: here.store.inbox.list(limit=500), "an event is accepted")
        assert here.work.end(signal.SIGTERM) == 0
        assert here.serve.end(signal.SIGTERM) == 0
        assert not here.store.inbox.list(state="leased")
        assert not here.store.outbox.list(state="leased")
        said = here.work.said() + (tmp_path / "serve.log").read_text("utf-8")
        assert "Traceback" not in said
        assert "failed" not in said


@pytest.mark.parametrize("command", ["serve", "work"])
@pytest.mark.parametrize(
    "address", ["redis://127.0.0.1:1/0", "redis://:canary@127.0.0.1:1/0", "unix:///nowhere.sock"]
)
def test_a_redis_that_is_not_there_is_told_in_a_line(
    command: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pretend_ats(tmp_path) as (_, _, environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("PYTHONPATH")
        told = fieldwright(
            command,
            "--database",
            "postgresql://x@127.0.0.1:1/x",
            "--redis",
            address,
            "--tenants",
            tmp_path / "tenants",
        )
    assert told.code == 2
    assert "Redis at " in told.err
    assert told.err.count("\n") == 2
    assert "canary" not in told.err


def test_work_needs_a_database_that_several_processes_may_share(tmp_path: Path) -> None:
    told = fieldwright("work", "--state", tmp_path)
    assert (told.code, told.err.count("\n")) == (2, 2)
    assert "postgresql://" in told.err


def test_a_leader_that_is_killed_is_followed_when_its_lock_has_run_out(tmp_path: Path) -> None:
    url = postgres_url()
    with Store.open(url) as store:
        first, second = (_competitor(url, tmp_path) for _ in range(2))
        try:
            until(lambda: _holder(store), "one leads")
            leader, other = (first, second) if f":{first.pid}:" in _holder(store) else (second, first)
            leader.kill()
            killed = time.monotonic()
            until(lambda: f":{other.pid}:" in _holder(store), "the other leads")
            assert time.monotonic() - killed < 2 * _LEASE_S
        finally:
            for process in (first, second):
                process.kill()
                process.wait()


_LEASE_S = 2.0
_COMPETITOR = """
import os, sys, threading
from engine.runtime.leader import Leader
from engine.store import Store
with Store.open(sys.argv[1]) as store:
    leader = Leader(
        store.locks, f"here:{os.getpid()}:x", store.clock, on_gain=lambda: None, on_loss=lambda: None, lease_s=2.0
    )
    leader.start()
    threading.Event().wait()
"""


def _competitor(url: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen([sys.executable, "-c", _COMPETITOR, url], env=environment, cwd=folder)


def _holder(store: Store) -> str:
    return store.locks.holder("leader") or ""
