"""The webhooks of the pretend TrackerRMS: thin, unsigned, sent by one thread in the order things happened.

In: changes. Out: ``POST {recordType, action, recordId}`` to each subscribed loopback URL, and a log of deliveries.
Shape and set-up after TrackerRMS facts, A4; retries are a switch, since nothing is known of them.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.clock import SandboxClock
from sandbox.trackerrms.records import Change
from sandbox.trackerrms.switches import TrackerSwitches
from sandbox.trackerrms.webhook_url import check_loopback

ACTIONS = ("Created", "Updated", "Deleted")
FIRST_RETRY_S = 60.0
TIMEOUT_S = 10.0
LOG_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who is told of what. Empty ``record_types`` means all that the switch lets through."""

    url: str
    record_types: tuple[str, ...] = ()
    actions: tuple[str, ...] = ACTIONS

    def wants(self, change: Change) -> bool:
        return change.action in self.actions and (not self.record_types or change.record_type in self.record_types)


@dataclass(frozen=True, slots=True)
class _Delivery:
    url: str
    body: dict[str, Any]
    attempt: int
    due: float


class Webhooks:
    """Subscriptions, the queue of deliveries, and the thread that sends them (started with the first one)."""

    def __init__(self, switches: TrackerSwitches, clock: SandboxClock) -> None:
        self._switches, self._clock = switches, clock
        self.subscriptions: list[Subscription] = []
        self.log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
        self._queue: list[_Delivery] = []
        self._wake = clock.moved
        self._sending = self._closed = False
        self._thread: threading.Thread | None = None

    def subscribe(self, url: str, record_types: tuple[str, ...] = (), actions: tuple[str, ...] = ACTIONS) -> None:
        """Tell ``url`` of changes from now on. Raises InputError for a URL that is not loopback."""
        self.subscriptions.append(Subscription(check_loopback(url), record_types, actions or ACTIONS))

    def changed(self, change: Change) -> None:
        """Queue a delivery to everyone who wants to know."""
        if change.record_type not in self._switches.listed("webhook_record_types"):
            return
        always = [Subscription(url) for url in self._switches.listed("webhooks")]
        body = {"recordType": change.record_type, "action": change.action, "recordId": change.record_id}
        for subscription in [*always, *self.subscriptions]:
            if subscription.wants(change):
                self._put(_Delivery(subscription.url, body, 1, self._clock.now()))

    def drain(self, timeout_s: float = 10.0) -> bool:
        """Wait until nothing that is due is left to send; False when it takes longer."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._sending and self._next() is None, timeout_s)

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(TIMEOUT_S + 1)

    def _put(self, delivery: _Delivery) -> None:
        with self._wake:
            self._queue.append(delivery)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="trackerrms-webhooks", daemon=True)
                self._thread.start()
            self._wake.notify_all()

    def _next(self) -> _Delivery | None:
        now = self._clock.now()
        return next((delivery for delivery in self._queue if delivery.due <= now), None)

    def _run(self) -> None:
        while (delivery := self._take()) is not None:
            try:
                self._deliver(delivery)
            finally:
                with self._wake:
                    self._sending = False
                    self._wake.notify_all()

    def _take(self) -> _Delivery | None:
        """The next delivery that is due, None when closed."""
        with self._wake:
            while not self._closed:
                delivery = self._next()
                if delivery is not None:
                    self._queue.remove(delivery)
                    self._sending = True
                    return delivery
                self._wake.wait(self._wait_s())
            return None

    def _wait_s(self) -> float | None:
        dues = [delivery.due for delivery in self._queue]
        return max(0.0, min(dues) - self._clock.now()) if dues else None

    def _deliver(self, delivery: _Delivery) -> None:
        status, problem = _post(delivery.url, delivery.body)
        self.log.append(
            {"url": delivery.url, "body": delivery.body, "attempt": delivery.attempt, "status": status,
             "problem": problem}
        )  # fmt: skip
        failed = status is None or not 200 <= status < 300
        if failed and delivery.attempt <= self._switches.webhook_retries:
            wait_s = FIRST_RETRY_S * 2 ** (delivery.attempt - 1)
            again = _Delivery(delivery.url, delivery.body, delivery.attempt + 1, self._clock.now() + wait_s)
            with self._wake:
                self._queue.append(again)


def _post(url: str, body: dict[str, Any]) -> tuple[int | None, str | None]:
    """Send once: (status, None), or (None, what went wrong)."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=TIMEOUT_S)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status, None
    except (OSError, http.client.HTTPException) as error:
        return None, type(error).__name__
    finally:
        connection.close()
