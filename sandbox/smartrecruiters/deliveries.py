"""Webhook deliveries from background threads: signed, retried up a ladder on the sandbox's clock, logged.

Only a 202 in time is a delivery; a run of failures may suspend the subscription (SmartRecruiters facts, 4).
"""

from __future__ import annotations

import heapq
import itertools
import json
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.smartrecruiters import callbacks

if TYPE_CHECKING:
    from sandbox.smartrecruiters.tenant import Tenant

# Minutes after each failure; the facts give the first five and the ninth, the others lie between.
RETRY_MINUTES = (1, 3, 10, 45, 120, 240, 480, 960, 1440, 1440)
_WORKERS = 4
_LOG_ENTRIES = 10_000


@dataclass(slots=True)
class Subscription:
    """A webhook subscription. ``keys`` are (secret, expiry or None), the newest last."""

    id: str
    callback_url: str
    events: tuple[str, ...]
    authentication: dict[str, Any]
    active: bool = False
    failures: int = 0
    keys: list[tuple[str, float | None]] = field(default_factory=list)
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_LOG_ENTRIES))

    def live_keys(self, now: float) -> list[str]:
        return [secret for secret, expires_at in self.keys if expires_at is None or expires_at > now]


@dataclass(frozen=True, slots=True)
class _Delivery:
    subscription_id: str
    headers: dict[str, str]
    body: bytes
    attempt: int = 1


class Deliveries:
    """The queue and its workers. ``clock.moved`` guards the queue and what deliveries change in a subscription."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._moved = tenant.clock.moved
        self._queue: list[tuple[float, int, _Delivery]] = []
        self._order = itertools.count()
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._busy = 0
        self.subscriptions: dict[str, Subscription] = {}
        self.delivered = self.failed = 0

    def emit(self, name: str, body: dict[str, str], target: str | None) -> None:
        """Queues the event for each active subscription that asked for it; all get the same event-id."""
        listening = [item for item in self.subscriptions.values() if item.active and name in item.events]
        if not listening:
            return
        headers = {
            "content-type": "application/json",
            "event-id": str(uuid.uuid4()),
            "event-name": name,
            "event-version": str(self._tenant.switches.event_version),
        }
        if target is not None:
            headers["link"] = f"<{self._tenant.base_url}{target}>; rel=self"
        raw = json.dumps(body, separators=(",", ":")).encode()
        for subscription in listening:
            self._push(_Delivery(subscription.id, headers, raw), self._tenant.now())

    def _push(self, delivery: _Delivery, due_at: float) -> None:
        with self._moved:
            if self._closed:
                return
            heapq.heappush(self._queue, (due_at, next(self._order), delivery))
            self._start()
            self._moved.notify_all()

    def _start(self) -> None:
        if not self._threads:
            self._threads = [
                threading.Thread(target=self._work, name="deliveries", daemon=True) for _ in range(_WORKERS)
            ]
            for thread in self._threads:
                thread.start()

    def _work(self) -> None:
        while (delivery := self._next()) is not None:
            try:
                self._attempt(delivery)
            finally:
                with self._moved:
                    self._busy -= 1
                    self._moved.notify_all()

    def _next(self) -> _Delivery | None:
        """The next due delivery, once it is due; None when closed."""
        with self._moved:
            while not self._closed:
                wait_s = self._queue[0][0] - self._tenant.now() if self._queue else None
                if wait_s is not None and wait_s <= 0:
                    self._busy += 1
                    return heapq.heappop(self._queue)[2]
                self._moved.wait(wait_s)
        return None

    def _attempt(self, delivery: _Delivery) -> None:
        subscription = self.subscriptions.get(delivery.subscription_id)
        if subscription is None or not subscription.active:
            return
        timeout_s = float(self._tenant.switches.delivery_timeout_s)
        headers = self._signed(subscription, delivery)
        authentication = callbacks.authentication_headers(subscription.authentication, timeout_s)
        reply = callbacks.post(subscription.callback_url, delivery.body, {**headers, **authentication}, timeout_s)
        good = reply is not None and reply.status == 202
        with self._moved:
            self._record(subscription, delivery, headers, good=good)
        if not good:
            self._again(subscription, delivery)

    def _signed(self, subscription: Subscription, delivery: _Delivery) -> dict[str, str]:
        """The headers with the signature. Its time is the machine's, whatever was advanced: receivers compare it."""
        keys = subscription.live_keys(self._tenant.now())
        if not keys:
            return dict(delivery.headers)
        timestamp = str(int(time.time()))
        values = [f"v1={callbacks.signature(key, timestamp, delivery.body, delivery.headers)}" for key in keys]
        own = {"smartrecruiters-timestamp": timestamp, "smartrecruiters-signature": ";".join(values)}
        return {**delivery.headers, **own}

    def _record(
        self, subscription: Subscription, delivery: _Delivery, headers: dict[str, str], *, good: bool
    ) -> None:
        request = {"url": subscription.callback_url, "body": delivery.body.decode(), "headers": headers}
        status = "successful" if good else "failed"
        subscription.log.append({"status": status, "at": self._tenant.now(), "requestDetails": request})
        subscription.failures = 0 if good else subscription.failures + 1
        self.delivered += good
        self.failed += not good
        threshold = self._tenant.switches.suspend_after
        if threshold and subscription.failures >= threshold:
            subscription.active = False

    def _again(self, subscription: Subscription, delivery: _Delivery) -> None:
        if delivery.attempt > len(RETRY_MINUTES) or not subscription.active:
            return
        wait_s = RETRY_MINUTES[delivery.attempt - 1] * 60 / float(self._tenant.switches.retry_speed)
        again = _Delivery(delivery.subscription_id, delivery.headers, delivery.body, delivery.attempt + 1)
        self._push(again, self._tenant.now() + wait_s)

    def wait_idle(self, timeout_s: float = 10.0) -> bool:
        """Returns once nothing is due or under way; False when that takes longer."""

        def idle() -> bool:
            return not self._busy and not (self._queue and self._queue[0][0] <= self._tenant.now())

        with self._moved:
            return self._moved.wait_for(idle, timeout_s)

    def waiting(self) -> int:
        """Deliveries that are due or will be retried."""
        with self._moved:
            return len(self._queue)

    def close(self) -> None:
        with self._moved:
            self._closed = True
            self._queue.clear()
            self._moved.notify_all()
        for thread in self._threads:
            thread.join(timeout=float(self._tenant.switches.delivery_timeout_s) + 1)
