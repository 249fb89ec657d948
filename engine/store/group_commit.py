"""Group commit: raw events from many callers, stored by one thread in transactions they share.

In: RawEvents, one at a time. Out: a future of Accepted for each, resolved only after the fsync of its
transaction. While one transaction is being committed the next one gathers, so that the cost of an fsync is shared
by all who wait. Nobody waits in vain: a full queue refuses at once, and a failed transaction fails its callers.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress

from engine.errors import FieldwrightError, StoreUnavailable
from engine.model import RawEvent
from engine.store.events import Accepted
from engine.store.inbox import Inbox

Result = Accepted | StoreUnavailable
Loop = asyncio.AbstractEventLoop
AnyFuture = Future[Accepted] | asyncio.Future[Accepted]
Waiting = tuple[RawEvent, AnyFuture, Loop | None]
Refusals = Counter[tuple[str | None, str]]


class GroupCommit:
    """Owns the writer thread. ``max_batch`` events share a transaction; ``max_waiting`` may queue for one.

    ``stored`` is called with the ids of what was stored, in the writer's thread: it must neither wait nor fail.
    """

    def __init__(
        self,
        inbox: Inbox,
        max_batch: int = 256,
        max_waiting: int = 4096,
        stored: Callable[[Sequence[str]], None] = lambda _: None,
    ) -> None:
        self._inbox, self._max_batch, self._max_waiting, self._stored = inbox, max_batch, max_waiting, stored
        self._waiting: deque[Waiting] = deque()
        self._changed = threading.Condition()
        self._refusals: Refusals = Counter()
        self._closing = False
        self._writer = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._writer.start()

    def submit(self, raw: RawEvent) -> Future[Accepted]:
        """Queues ``raw``. Raises StoreUnavailable at once when the queue is full; so may the future."""
        future: Future[Accepted] = Future()
        with self._changed:
            if self._closing or len(self._waiting) >= self._max_waiting:
                raise self._refusal()
            self._waiting.append((raw, future, None))
            self._changed.notify()
        return future

    def submit_all(self, pairs: Iterable[tuple[RawEvent, asyncio.Future[Accepted]]], loop: Loop) -> None:
        """Queues many for futures of ``loop``, in its thread; the futures of those that do not fit fail at once.

        The writer is woken once, and so is the loop for each batch.
        """
        items: list[Waiting] = [(raw, future, loop) for raw, future in pairs]
        with self._changed:
            room = 0 if self._closing else max(0, self._max_waiting - len(self._waiting))
            self._waiting.extend(items[:room])
            self._changed.notify()
        for _, future, _ in items[room:]:
            future.set_exception(self._refusal())

    def count_refused(self, connection: str | None, reason: str) -> None:
        """Counts a refused request, to be stored soon by the writer: a flood of them costs no transaction each."""
        with self._changed:
            self._refusals[connection, reason] += 1
            self._changed.notify()

    def close(self) -> None:
        """Takes no more, stores what is queued, and returns when the last future is resolved."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._writer.join()

    def _refusal(self) -> StoreUnavailable:
        why = "is closing" if self._closing else f"has {self._max_waiting} events waiting already"
        return StoreUnavailable(f"The inbox {why}.", hint="Send the event again later.")

    def _run(self) -> None:
        while True:
            batch, refusals = self._gather()
            if not batch and not refusals:
                return
            if batch:
                results = self._store([raw for raw, _, _ in batch])
                _resolve(batch, results)
                self._stored([result.id for result in results if isinstance(result, Accepted)])
            if refusals:
                self._store_refusals(refusals)

    def _gather(self) -> tuple[list[Waiting], Refusals]:
        with self._changed:
            while not self._waiting and not self._refusals and not self._closing:
                self._changed.wait()
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._max_batch))]
            refusals, self._refusals = self._refusals, Counter()
            return batch, refusals

    def _store_refusals(self, refusals: Refusals) -> None:
        # A count that the store cannot take now is dropped: it must never hold up or end the writer.
        with suppress(FieldwrightError):
            self._inbox.count_refusals(refusals)

    def _store(self, events: Sequence[RawEvent]) -> Sequence[Result]:
        try:
            return self._inbox.accept(events)
        except StoreUnavailable as error:
            return [error] * len(events)
        except Exception:
            # One event that cannot be stored must not take the others of its batch with it.
            return [self._store_one(event) for event in events]

    def _store_one(self, event: RawEvent) -> Result:
        try:
            return self._inbox.accept([event])[0]
        except StoreUnavailable as error:
            return error
        except Exception as error:
            return StoreUnavailable(f"The event cannot be stored ({type(error).__name__}).")


def _resolve(batch: Sequence[Waiting], results: Sequence[Result]) -> None:
    by_loop: dict[Loop, list[tuple[AnyFuture, Result]]] = {}
    for (_, future, loop), result in zip(batch, results, strict=True):
        if loop is None:
            _set(future, result)
        else:
            by_loop.setdefault(loop, []).append((future, result))
    for loop, pairs in by_loop.items():
        # A loop that has closed has nobody left to tell.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_set_all, pairs)


def _starts(future: AnyFuture) -> bool:
    return not isinstance(future, Future) or future.set_running_or_notify_cancel()


def _set_all(pairs: Iterable[tuple[AnyFuture, Result]]) -> None:
    for future, result in pairs:
        _set(future, result)


def _set(future: AnyFuture, result: Result) -> None:
    if future.done() or not _starts(future):
        return
    if isinstance(result, StoreUnavailable):
        future.set_exception(result)
    else:
        future.set_result(result)
