"""Reliability row 6: PostgreSQL is restarted again and again under webhooks; nothing is lost, and no process ends.

It takes about ten seconds; FIELDWRIGHT_LONG=1 goes on for a minute, as a nightly run does.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from pathlib import Path

from engine.errors import StoreUnavailable
from tests import servers
from tests.e2e.service import Running, running, until

LASTS_S = 60.0 if os.environ.get("FIELDWRIGHT_LONG") else 8.0
PEOPLE, TOLD = 12, 150


def _monkey(stopping: threading.Event, restarts: Counter[str]) -> None:
    chance = random.Random(7)
    while not stopping.wait(chance.uniform(1.0, 2.0)):
        servers.restart_postgres()
        restarts["done"] += 1


def _tell(service: Running, candidate: str, number: int, answers: Counter[int]) -> None:
    """Tells an event as a sender does: again, until it is taken."""
    while True:
        status = service.post({"id": candidate, "number": number}, event=f"told-{number}").status_code
        answers[status] += 1
        if status == 202:
            return
        assert status == 503
        time.sleep(0.05)


def _is_done(service: Running) -> bool:
    service.clock.advance(5)
    try:
        return all(event.outcome for event in service.store.inbox.list(limit=5000))
    except StoreUnavailable:
        return False


def test_a_database_that_is_restarted_all_the_time_loses_nothing(tmp_path: Path) -> None:
    answers: Counter[int] = Counter()
    restarts: Counter[str] = Counter()
    stopping = threading.Event()
    with running(tmp_path, database=servers.postgres_url(), retry_speed=200.0) as service:
        until(lambda: service.subscription().get("secret"), "the subscription is made")
        # The sender knows its key: only the engine has to live without its database.
        known = service.subscription()
        service.subscription = lambda: known  # type: ignore[method-assign]
        monkey = threading.Thread(target=_monkey, args=(stopping, restarts))
        monkey.start()
        began = time.monotonic()
        candidates = [service.apply(number) for number in range(PEOPLE)]
        try:
            for number in range(TOLD):
                _tell(service, candidates[number % PEOPLE], number, answers)
                time.sleep(max(0.0, began + LASTS_S * number / TOLD - time.monotonic()))
        finally:
            stopping.set()
            monkey.join()
        told = [event.key for event in service.store.inbox.list(limit=5000) if event.key.startswith("told-")]
        assert sorted(told) == sorted(f"told-{number}" for number in range(TOLD))
        until(lambda: _is_done(service), "every event ends")
        assert service.store.ledger.balance().missing == 0
        assert service.service._dead() is None
        for candidate in candidates:
            view = service.ats.candidate_view(candidate)
            assert view.applications[0].field("Skima Match Score") is not None
            assert len([file for file in view.attachments if file.type == "GENERIC_FILE"]) == 1
    assert restarts["done"] >= 3
    assert answers[202] == TOLD
