"""The receiving end of wake-ups: an RQ worker that runs no function, whatever a job in Redis names.

In: jobs. Out: a call for each that is a wake-up. Of a job only its data is read, as JSON of a bounded size; nothing
of it is imported or unpickled, no callback or webhook of it is made, no command to the worker is listened to, and
neither results nor failures are kept.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, worker_registration
from rq.exceptions import NoSuchJobError, StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer

from engine.runtime.wakeups import FUNCTION, Standing, queue_of

_MOST_BYTES = 16_384
_LISTEN_S = 17
"""Of which RQ keeps 15 s as a reserve: it looks every 2 s whether it is to stop."""
_AGAIN_S = 1.0
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_log = logging.getLogger(__name__)


class WakeUp(Job):
    """A job of which only the data is taken from Redis."""

    def restore(self, raw_data: Mapping[Any, Any]) -> None:
        data = {bytes(name): value for name, value in raw_data.items()}.get(b"data")
        if data is None:
            raise NoSuchJobError("there is no data")
        try:
            inflating = zlib.decompressobj()
            self.raw = inflating.decompress(data, _MOST_BYTES) if len(data) <= _MOST_BYTES else b""
        except zlib.error:
            self.raw = bytes(data[:_MOST_BYTES])

    def is_allowed(self) -> bool:
        """Whether it names the one function there is, and ids of events."""
        try:
            name, instance, arguments, named = json.loads(self.raw)
            (ids,) = arguments
            return (name, instance, named) == (FUNCTION, None, {}) and all(_ID.fullmatch(one) for one in ids)
        except (ValueError, TypeError, RecursionError):
            return False


class Receiver(SimpleWorker):
    """Calls ``woken`` for each wake-up, in the thread that runs ``listen``, until ``stopping`` is set."""

    max_connection_wait_time = 2.0

    def __init__(self, connection: Redis, woken: Callable[[], None], standing: Standing) -> None:
        super().__init__(
            [queue_of(connection)],
            connection=connection,
            job_class=WakeUp,
            serializer=JSONSerializer,
            worker_ttl=_LISTEN_S,
        )
        self._woken, self._standing = woken, standing
        self.stopping = threading.Event()

    def listen(self) -> None:
        """Returns when it is to stop. While Redis is away it tries again and again."""
        while not self.stopping.is_set():
            try:
                self.connection.delete(self.queues[0].intermediate_queue_key)
                self.work(logging_level="CRITICAL")
            except (RedisError, OSError):
                self._standing.away()
            self.stopping.wait(_AGAIN_S)

    def execute_job(self, job: Job, queue: Queue) -> None:
        self.connection.lrem(queue.intermediate_queue_key, 1, job.id)
        self.connection.delete(job.key)
        if isinstance(job, WakeUp) and job.is_allowed():
            self._woken()
        else:
            _log.warning("a job in Redis that is no wake-up was dropped")

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        if self.stopping.is_set():
            raise StopRequested
        try:
            super().heartbeat(timeout, pipeline)
            # Whoever emptied Redis emptied the list of those to be woken too.
            worker_registration.register(self)
        except (RedisError, OSError):
            self._standing.away()
            raise
        self._standing.back()

    @property
    def should_run_maintenance_tasks(self) -> bool:
        # Cleaning up after other workers would run callbacks that jobs in Redis name.
        return False

    def subscribe(self) -> None:
        pass

    def check_for_suspension(self, burst: bool) -> None:
        pass

    def _install_signal_handlers(self) -> None:
        pass
