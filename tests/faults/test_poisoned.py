"""Row 16: an event that ends its worker, whatever the way and the stage, is started three times, and put aside."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from engine.clock import ManualClock
from engine.model import OutcomeKind, RawEvent
from engine.store import Store
from tests.conformance.acme import whole
from tests.conformance.writing import OBJECTS, READS
from tests.fake_server import FakeServer, Reply, Seen

GOOD = [f"good-{number}" for number in range(99)]
WAYS = {"translate": ("kill", "hang"), "score": ("kill", "memory", "hang"), "deliver": ("kill", "recurse")}
POISONED = [f"{stage}-{way}" for stage, ways in WAYS.items() for way in ways]
START = 1_750_000_000.0


def prepare(folder: Path) -> None:
    (folder / "mappings").mkdir()
    note = 'acme_note: {post: "/notes/{{ candidate.id }}", idempotent: true, json: {text: "{{ note.text }}"}}'
    (folder / "mappings" / "acme.yaml").write_text(whole(f"\noperations:{READS}\n  {note}\n{OBJECTS}"), "utf-8")
    tenant = 'tenant: trial\nextends: acme\nsettings: {api_key: "${env:ACME_KEY}"}\n'
    (folder / "trial.yaml").write_text(tenant, "utf-8")


def record(seen: Seen) -> Reply:
    """The ATS's record at any path: who or what is named there."""
    _, kind, id_ = seen.path.split("/")
    if kind == "jobs":
        return Reply(json={"id": id_, "title": "Shift lead"})
    if kind == "applications":
        return Reply(json={"id": id_, "candidate": id_, "job": "j-1", "status": "active"})
    return Reply(json={"id": id_, "name": "Ana", "tags": [], "resume": f"Shift lead since 2022, {id_}."})


def accept(store: Store, candidates: list[str]) -> dict[str, str]:
    """The candidates' events; event by candidate."""
    found = {}
    for number, one in enumerate(candidates):
        ids = {"candidate": one, "job": "j-1", "application": one}
        body = json.dumps({"event": "application.created", "ids": ids, "data": {}}).encode()
        raw = RawEvent("trial", "backfill", one, {}, body, START + number / 1000)
        found[one] = store.inbox.accept([raw])[0].id
    return found


def test_a_poisoned_event_is_started_three_times_and_takes_no_other_along(tmp_path: Path) -> None:
    prepare(tmp_path)
    candidates = [*GOOD, *POISONED]
    random.Random(16).shuffle(candidates)
    with FakeServer() as server, Store.open(tmp_path / "kept.db", ManualClock(START)) as store:
        server.on("GET", "*", record).on("POST", "*", Reply(json={}))
        events = accept(store, candidates)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-m", "tests.faults.poisoned_child", str(tmp_path), server.origin]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=100, env=environment, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr[-3000:]
        kinds = {one: store.inbox.get(id_).outcome for one, id_ in events.items()}
        assert {one: kinds[one].kind for one in GOOD} == dict.fromkeys(GOOD, OutcomeKind.DELIVERED)  # type: ignore[union-attr]
        assert {one: kinds[one].kind for one in POISONED} == dict.fromkeys(POISONED, OutcomeKind.QUARANTINED)  # type: ignore[union-attr]
        starts = Counter((tmp_path / "starts").read_text().split())
        assert set(starts) == set(POISONED)
        # It may have stood behind another one, counted as started, when that one ended the worker.
        assert set(starts.values()) <= {2, 3}
        written = Counter(seen.path for seen in server.requests if seen.method == "POST")
        assert set(written) == {f"/notes/{one}" for one in GOOD}
