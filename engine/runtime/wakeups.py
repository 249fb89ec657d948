"""Wake-ups between processes, carried by RQ: what was accepted here is looked for there, without waiting for a poll.

In: ids of accepted events. Out: jobs in Redis, each naming one function and ids, nothing else. Redis is a hint: a
wake-up that is lost, or not sent because Redis is away, delays work by no more than a poll.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, worker_registration
from rq.serializers import JSONSerializer

from engine.errors import InputError
from engine.redaction import without_password
from engine.telemetry import metrics

QUEUE = "fieldwright"
FUNCTION = "engine.runtime.wakeups.wake"
"""The only function that a job may name; it is a name only, no function is ever looked up by it."""

_CONNECT_S = 2.0
_KEPT_S = 30
_AGAIN_S = 1.0
_MOST_IDS = 50
_MOST_JOBS = 32
_MOST_WAITING = 1000
_log = logging.getLogger(__name__)


def connect(url: str) -> Redis:
    """A connection that answers. Raises InputError where none does, without the password of ``url``."""
    try:
        connection: Redis = Redis.from_url(url, socket_connect_timeout=_CONNECT_S, socket_timeout=_CONNECT_S)
        connection.ping()
    except (RedisError, OSError, ValueError) as error:
        raise InputError(
            f"Redis at {without_password(url)} cannot be used ({type(error).__name__}).",
            hint="Check that it runs and the address of --redis or FIELDWRIGHT_REDIS; without it work is polled for.",
        ) from None
    return connection


def queue_of(connection: Redis) -> Queue:
    """The queue of wake-ups."""
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)


class Standing:
    """Whether Redis is there; a change is logged once. Safe for any number of threads."""

    def __init__(self) -> None:
        self._is_away = False

    def __call__(self) -> str:
        return "away" if self._is_away else "there"

    def away(self) -> None:
        if not self._is_away:
            self._is_away = True
            _log.warning("Redis is away: other processes find work by polling until it is back")

    def back(self) -> None:
        if self._is_away:
            self._is_away = False
            _log.info("Redis is back")


class Sender:
    """Sends wake-ups from a thread of its own; what cannot be sent now is dropped. ``stop`` ends the thread."""

    def __init__(self, connection: Redis, standing: Standing) -> None:
        self._queue, self._standing = queue_of(connection), standing
        self._waiting: deque[str] = deque(maxlen=_MOST_WAITING)
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wake-ups", daemon=True)
        self._thread.start()

    def send(self, ids: Sequence[str]) -> None:
        """Lets other processes know of these events, soon; returns at once."""
        self._waiting.extend(ids)
        self._changed.set()

    def stop(self) -> None:
        self._stopping.set()
        self._changed.set()

    def _run(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            if self._stopping.is_set():
                return
            ids = [self._waiting.popleft() for _ in range(len(self._waiting))]
            try:
                self._enqueue(ids)
                self._standing.back()
            except (RedisError, OSError):
                metrics.WAKEUPS_LOST.inc(len(ids))
                self._standing.away()
                self._stopping.wait(_AGAIN_S)

    def _enqueue(self, ids: Sequence[str]) -> None:
        """As many jobs as there are processes to be woken and events for them, where not enough wait already."""
        worker_registration.clean_worker_registry(self._queue)
        processes = len(worker_registration.get_keys(self._queue))
        jobs = min(processes, len(ids), _MOST_JOBS) - len(self._queue)
        for n in range(jobs):
            self._queue.enqueue_call(
                FUNCTION,
                args=[list(ids[n::jobs][:_MOST_IDS])],
                ttl=_KEPT_S,
                result_ttl=0,
                failure_ttl=0,
                description="wake-up",
            )
            metrics.WAKEUPS_SENT.inc()
