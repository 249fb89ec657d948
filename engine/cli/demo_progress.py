"""The demo's progress: bars in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from engine.cli.demo_run import Standing

_LINE_EVERY_S = 2.0
Told = Callable[[Standing], None]


@contextmanager
def shown_progress(out: Console, totals: Mapping[str, int]) -> Iterator[Told]:
    """Gives what is to be told of each standing; ``totals`` are applications per tenant."""
    if out.is_terminal:
        with _bars(out) as bars:
            yield _moving(bars, totals)
    else:
        yield _Lines(out, totals)


def _bars(out: Console) -> Progress:
    columns = (TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TextColumn("{task.fields[note]}"), console=out)


def _moving(bars: Progress, totals: Mapping[str, int]) -> Told:
    tasks = {name: bars.add_task(name, total=total, note="") for name, total in totals.items()}
    events = bars.add_task("events accepted", total=None, note="")

    def told(standing: Standing) -> None:
        for name, task in tasks.items():
            bars.update(task, completed=standing.done.get(name, 0))
        finished = sum(standing.done.values()) == sum(totals.values())
        bars.update(events, completed=standing.accepted, total=standing.accepted if finished else None)

    return told


class _Lines:
    """A line when something changed, at most every two seconds, and one at the end."""

    def __init__(self, out: Console, totals: Mapping[str, int]) -> None:
        self._out, self._totals = out, totals
        self._last: tuple[float, int] = (float("-inf"), -1)

    def __call__(self, standing: Standing) -> None:
        done, total, now = sum(standing.done.values()), sum(self._totals.values()), time.monotonic()
        said_at, said = self._last
        if done == said or (now - said_at < _LINE_EVERY_S and done < total):
            return
        self._last = (now, done)
        each = ", ".join(f"{name} {standing.done.get(name, 0)}/{count}" for name, count in self._totals.items())
        self._out.print(f"{done:>3} of {total} done · {standing.accepted} events accepted · {each}")
