"""Who works beside whom in one process: what ended a worker before is done while nothing else is.

Otherwise a poisoned event would take those along that are worked on beside it, each time the same ones, until they
are taken for poisoned too. Who waits for its turn holds nothing meanwhile: it would be blamed for what ends the
process. Nobody waits longer than ``WAIT_S`` for one that may hang.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

WAIT_S = 30.0


class Claimed(Protocol):
    """What was claimed. ``unfinished`` counts starts in a row whose end nobody knows, this one included."""

    @property
    def unfinished(self) -> int: ...


_Claimed = TypeVar("_Claimed", bound=Claimed)


class Isolation:
    """The threads at work in one process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy: set[object] = set()
        self._alone: object | None = None

    def worked(
        self,
        claim: Callable[[], _Claimed | None],
        hand_back: Callable[[_Claimed], None],
        work: Callable[[_Claimed], str],
    ) -> str | None:
        """Claims something and works on it, alone if it has ended a worker before; None where nothing is due."""
        with self.beside():
            claimed = claim()
            if claimed is None:
                return None
            if claimed.unfinished <= 1:
                return work(claimed)
            hand_back(claimed)
        with self.alone():
            claimed = claim()
            return None if claimed is None else work(claimed)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Works beside others, but not beside one that has to be alone."""
        mine = object()
        with self._changed:
            if not self._changed.wait_for(lambda: self._alone is None, WAIT_S):
                self._alone = None
            self._busy.add(mine)
        try:
            yield
        finally:
            self._leave(mine)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Works while no other does: those at work end first, and none begins meanwhile."""
        mine = object()
        with self._changed:
            self._changed.wait_for(lambda: self._alone is None, WAIT_S)
            self._alone = mine
            if not self._changed.wait_for(lambda: not self._busy, WAIT_S):
                self._busy.clear()
        try:
            yield
        finally:
            self._leave(mine)

    def _leave(self, mine: object) -> None:
        with self._changed:
            self._busy.discard(mine)
            if self._alone is mine:
                self._alone = None
            self._changed.notify_all()


PROCESS = Isolation()
"""That of this process."""
