"""A deadline for many short waits at once: one timer for all, as one for each would cost a door much of its time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

Result = TypeVar("Result")
Task = asyncio.Task[Any]
_TICKS = 20


class Deadlines:
    """Ends what takes longer than ``limit_s``, within a twentieth of it. For one event loop."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._ends_at: dict[Task, float] = {}
        self._is_ticking = False

    async def within(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """What ``work`` gives. Raises TimeoutError when that takes too long."""
        task = asyncio.current_task()
        assert task is not None
        loop = task.get_loop()
        self._ends_at[task] = loop.time() + self._limit_s
        if not self._is_ticking:
            self._tick(loop)
        try:
            return await work()
        except asyncio.CancelledError:
            if task in self._ends_at:
                raise
            task.uncancel()
            raise TimeoutError from None
        finally:
            self._ends_at.pop(task, None)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task in [task for task, ends_at in self._ends_at.items() if ends_at <= now]:
            del self._ends_at[task]
            task.cancel()
        self._is_ticking = bool(self._ends_at)
        if self._is_ticking:
            loop.call_later(self._limit_s / _TICKS, self._tick, loop)
