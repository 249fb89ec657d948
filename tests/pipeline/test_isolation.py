"""What ended a worker before is worked on while nothing else is, and nobody is held up for ever by it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from engine.pipeline import isolation
from engine.pipeline.isolation import Isolation


@dataclass
class Claimed:
    name: str
    unfinished: int


class Desk:
    """Hands out what is to be done, and tells in which order it began and ended."""

    def __init__(self, *waiting: Claimed) -> None:
        self.isolation, self.waiting, self.told = Isolation(), list(waiting), list[str]()
        self.hold = threading.Event()
        self.begun, self.backed = threading.Semaphore(0), threading.Semaphore(0)

    def turn(self) -> str | None:
        return self.isolation.worked(lambda: self.waiting.pop(0) if self.waiting else None, self._back, self._work)

    def _back(self, claimed: Claimed) -> None:
        self.told.append(f"back {claimed.name}")
        self.waiting.insert(0, claimed)
        self.backed.release()

    def _work(self, claimed: Claimed) -> str:
        self.told.append(f"begin {claimed.name}")
        self.begun.release()
        if claimed.name.startswith("long"):
            self.hold.wait(10)
        self.told.append(f"end {claimed.name}")
        return claimed.name

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self.turn)
        thread.start()
        return thread


def test_what_never_ended_a_worker_is_worked_on_side_by_side() -> None:
    desk = Desk(Claimed("long one", 1), Claimed("long other", 1))
    threads = [desk.start(), desk.start()]
    assert desk.begun.acquire(timeout=5)
    assert desk.begun.acquire(timeout=5)
    desk.hold.set()
    for thread in threads:
        thread.join()
    assert [line.split()[0] for line in desk.told] == ["begin", "begin", "end", "end"]


def test_a_suspect_is_held_by_nobody_while_it_waits_for_the_others_to_end() -> None:
    desk = Desk(Claimed("long one", 1), Claimed("suspect", 2))
    first = desk.start()
    assert desk.begun.acquire(timeout=5)
    second = desk.start()
    assert desk.backed.acquire(timeout=5)
    assert [one.name for one in desk.waiting] == ["suspect"]
    desk.hold.set()
    first.join()
    second.join()
    assert desk.told == ["begin long one", "back suspect", "end long one", "begin suspect", "end suspect"]


def test_nothing_is_due_for_nobody() -> None:
    assert Desk().turn() is None


@pytest.mark.parametrize("hanging", [1, 2])
def test_one_that_hangs_is_not_waited_for_for_ever(hanging: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "WAIT_S", 0.05)
    desk = Desk(Claimed("long one", hanging), Claimed("fresh", 1), Claimed("suspect", 3), Claimed("next", 1))
    hung = desk.start()
    assert desk.begun.acquire(timeout=5)
    assert [desk.turn() for _ in range(3)] == ["fresh", "suspect", "next"]
    desk.hold.set()
    hung.join()
    assert desk.told[-1] == "end long one"
