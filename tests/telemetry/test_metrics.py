"""What ``/metrics`` shows after real work: against a pretend ATS on loopback, asked for over HTTP."""

from __future__ import annotations

import re
import signal
import threading
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from sqlalchemy import update

from engine.clock import SYSTEM, ManualClock
from engine.model import RawEvent
from engine.runtime.gauges import StoreReadings
from engine.runtime.wakeups import Sender, Standing
from engine.store import Store
from engine.store.schema import VERSION, schema_version
from engine.telemetry import metrics
from engine.web.health import Health, Vitals
from engine.web.metrics_app import make_metrics_app
from engine.web.server import WebServer
from tests.e2e.service import Running, running, until
from tests.e2e.test_restart import Process, pretend_ats
from tests.servers import VAULT

ALLOWED_LABELS = {"connection", "source", "reason", "at", "outcome", "result", "what", "place", "rung", "kind"} | {
    *("status", "le", "state", "route", "version", "python", "role"),
}


def shown(url: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample: (name, label values in order of their names) → value."""
    text = httpx.get(f"{url}/metrics", trust_env=False).text
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def grown(after: dict[tuple[str, tuple[str, ...]], float], before: dict[tuple[str, tuple[str, ...]], float]) -> dict:
    return {key: value - before.get(key, 0.0) for key, value in after.items()}


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Running, str, dict]:
    with running(tmp_path_factory.mktemp("metrics")) as service:
        url = service.service.open_metrics("127.0.0.1", 0)
        before = shown(url)
        service.apply()
        service.post({"job_id": service.job}, sign=False)
        service.settle()
        yield service, url, grown(shown(url), before)


def test_an_applicant_is_counted_from_the_door_to_the_outcome(worked: tuple[Running, str, dict]) -> None:
    _, _, more = worked
    assert more["fieldwright_accepted_total", ("trial", "webhook")] >= 1
    assert more["fieldwright_outcomes_total", ("trial", "delivered")] >= 1
    assert more["fieldwright_attempts_total", ("trial", "delivered")] >= 1
    assert more["fieldwright_accept_seconds_count", ()] >= 1
    assert sum(value for (name, _), value in more.items() if name == "fieldwright_rungs_total") >= 1


def test_calls_are_counted_by_kind_and_class_of_status(worked: tuple[Running, str, dict]) -> None:
    _, _, more = worked
    assert more["fieldwright_calls_total", ("trial", "read", "2xx")] > 0
    assert more["fieldwright_calls_total", ("trial", "write", "2xx")] > 0
    assert more["fieldwright_call_seconds_count", ("write",)] > 0


def test_what_the_door_refuses_is_counted_by_reason(worked: tuple[Running, str, dict]) -> None:
    _, _, more = worked
    assert sum(value for (name, _), value in more.items() if name == "fieldwright_refused_total") == 1


def test_labels_are_of_a_bounded_kind_and_hold_no_id(worked: tuple[Running, str, dict]) -> None:
    service, url, _ = worked
    text = httpx.get(f"{url}/metrics", trust_env=False).text
    labels = set(re.findall(r'[{,]([a-z_]+)="', text))
    assert labels <= ALLOWED_LABELS
    ids = {event.id for event in service.events()} | {event.candidate_id or "" for event in service.events()} - {""}
    assert ids
    assert not [one for one in ids if one in text]


def test_metrics_are_not_on_the_public_port(worked: tuple[Running, str, dict]) -> None:
    assert httpx.get(f"{worked[0].url}/metrics", trust_env=False).status_code == 404


def test_a_backlog_shows_its_states_and_the_age_of_its_oldest(tmp_path: Path) -> None:
    clock = ManualClock()
    with Store.open(tmp_path / "backlog.db", clock) as store:
        store.inbox.accept([RawEvent("acme", "poll", "k1", {}, b"{}", clock.now())])
        clock.advance(1000)
        found = {reading.name: reading.values for reading in StoreReadings(store)()}
    assert found["oldest_open_seconds"] == {"": 1000}
    assert found["events"]["received"] == 1


def test_asking_often_does_not_read_the_store_often(tmp_path: Path) -> None:
    with Store.open(tmp_path / "often.db") as store:
        read, reads = store.gauges.read, []
        store.gauges.read = lambda: (reads.append(1), read())[1]  # type: ignore[method-assign]
        readings = StoreReadings(store)
        for _ in range(50):
            readings()
    assert len(reads) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_worker_thread_makes_the_process_not_alive(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        workers = service.service._workers
        gone = threading.Event()

        def dies() -> bool:
            gone.set()
            raise SystemExit

        assert httpx.get(f"{service.url}/healthz", trust_env=False).status_code == 200
        workers.turn = dies  # type: ignore[method-assign]
        assert gone.wait(10)
        for thread in workers._threads:
            thread.join(10)
        answer = httpx.get(f"{service.url}/healthz", trust_env=False)
        assert answer.status_code == 503
        assert "worker-0" in answer.json()["why"]


@pytest.mark.parametrize(("redis", "told"), [("away", "away"), ("there", "there")])
def test_a_redis_that_is_away_is_told_and_makes_nothing_unready(tmp_path: Path, redis: str, told: str) -> None:
    with Store.open(tmp_path / "ready.db") as store:
        health = Health(store, SYSTEM, Vitals(redis=lambda: redis))
        server = WebServer(make_metrics_app(health, StoreReadings(store)))
        url = server.start()
        answer = httpx.get(f"{url}/readyz", trust_env=False)
        server.stop()
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "redis": told})


def test_a_schema_that_was_changed_under_a_running_process_is_not_ready(store_url: str) -> None:
    with Store.open(store_url, SYSTEM, VAULT) as store:
        server = WebServer(make_metrics_app(Health(store, SYSTEM), StoreReadings(store)))
        url = server.start()
        with store._database.write() as connection:
            connection.execute(update(schema_version).values(version_num=f"{VERSION + 1:04d}"))
        answer = httpx.get(f"{url}/readyz", trust_env=False)
        server.stop()
    assert answer.status_code == 503
    assert f"schema {VERSION + 1}" in answer.json()["why"]


def test_a_worker_that_hangs_makes_the_process_unready_and_the_doors_go_on(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        hanging, free = threading.Event(), threading.Event()

        def hangs() -> bool:
            hanging.set()
            return not free.wait(20)

        service.service._workers.turn = hangs  # type: ignore[method-assign]
        assert hanging.wait(10)
        service.clock.advance(3600)
        answer = httpx.get(f"{service.url}/readyz", trust_env=False)
        free.set()
    assert answer.status_code == 503
    assert "worker-" in answer.json()["why"]


def test_serve_opens_the_port_of_metrics_beside_the_public_one(tmp_path: Path) -> None:
    with pretend_ats(tmp_path) as (_ats, _job, environment):
        served = Process(tmp_path, environment, "--metrics-port", "0")
        try:
            told = (tmp_path / "serve.log").read_text("utf-8")
            address = re.search(r"metrics at (http://127\.0\.0\.1:\d+)/metrics", told)
            assert address
            text = httpx.get(f"{address[1]}/metrics", trust_env=False).text
            public = httpx.get(f"{served.told['url']}/metrics", trust_env=False).status_code
        finally:
            assert served.end(signal.SIGTERM) == 0
    assert 'role="serve"' in text
    assert "fieldwright_leader 1.0" in text
    assert public == 404


def test_wake_ups_that_redis_did_not_take_are_counted() -> None:
    before = metrics.WAKEUPS_LOST._value.get()
    standing = Standing()
    sender = Sender(Redis(host="127.0.0.1", port=1), standing)
    sender.send(["evt_1", "evt_2"])
    until(lambda: metrics.WAKEUPS_LOST._value.get() == before + 2, "both are lost")
    sender.stop()
    assert standing() == "away"
