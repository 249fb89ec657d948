"""Which connection a worker serves next: a fair share of working time for each, by weight. Pure, and thread-safe.

In: which connections have work that is due, and how long each turn took. Out: the connection whose turn it is. The
least served goes first; one that had nothing to do joins where the others stand, so that it cannot save up time.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_FIRST_GUESS_S = 0.05
_SHARE_OF_LAST = 0.2
_SHORTEST_S = 0.001


@dataclass(slots=True)
class _Lane:
    """``served`` is the time worked by weight; ``turn_s`` how long one takes; ``held`` how many are under way."""

    weight: float
    served: float = 0.0
    turn_s: float = _FIRST_GUESS_S
    held: int = 0
    is_idle: bool = True

    @property
    def standing(self) -> float:
        """The time worked, with what is under way at its usual length."""
        return self.served + self.held * self.turn_s / self.weight


class Lanes:
    """The turns of ``workers`` workers of one process. ``weights`` names those whose share is not 1.

    While there is another connection, none holds all workers: whoever comes next is not kept waiting by a slow one.
    """

    def __init__(self, workers: int, weights: Mapping[str, float] | None = None) -> None:
        self._workers, self._weights = workers, dict(weights or {})
        self._lanes: dict[str, _Lane] = {}
        self._lock = threading.Lock()

    def take(self, due: Collection[str], known: int) -> str | None:
        """The connection of ``due`` to serve now, until ``give_back``; None where none of them may be.

        ``known`` is how many connections there are, with work or without.
        """
        most = self._workers - 1 if known > 1 and self._workers > 1 else self._workers
        with self._lock:
            self._join(due)
            open_now = [name for name in due if self._lanes[name].held < most]
            if not open_now:
                return None
            chosen = min(open_now, key=lambda name: (self._lanes[name].standing, self._lanes[name].held, name))
            self._lanes[chosen].held += 1
            return chosen

    def give_back(self, name: str, seconds: float) -> None:
        """Ends a turn that took ``seconds``."""
        with self._lock:
            lane = self._lanes[name]
            lane.held -= 1
            lane.served += max(seconds, _SHORTEST_S) / lane.weight
            lane.turn_s += _SHARE_OF_LAST * (seconds - lane.turn_s)

    def _join(self, due: Collection[str]) -> None:
        """Lets those in that had nothing to do until now, and out those that have nothing any more."""
        for name in due:
            self._lanes.setdefault(name, _Lane(self._weights.get(name, 1.0)))
        for name, lane in self._lanes.items():
            lane.is_idle = lane.is_idle or (name not in due and not lane.held)
        busy = [lane.standing for lane in self._lanes.values() if not lane.is_idle]
        for name in due:
            lane = self._lanes[name]
            if lane.is_idle:
                lane.is_idle = False
                lane.served = max([lane.served, *([min(busy)] if busy else [])])
