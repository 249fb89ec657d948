"""Tables and running text for people, by rich in a terminal, plain elsewhere. It takes a while to load."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from engine.cli.output import printable

_UNWRAPPED = 1000


def console() -> Console:
    """Standard output; without a terminal no colours, and no line is broken."""
    terminal = sys.stdout.isatty()
    return Console(
        file=sys.stdout, width=None if terminal else _UNWRAPPED, highlight=False, markup=False, emoji=False
    )


def show(made: Table) -> None:
    """Prints a table; without a terminal no line ends in spaces."""
    out = console()
    if sys.stdout.isatty():
        out.print(made)
        return
    with out.capture() as captured:
        out.print(made)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def hanging(head: str | Text, text: str | Text) -> None:
    """Prints ``text`` behind ``head``; where a terminal breaks it, it goes on below itself."""
    out = console()
    if not sys.stdout.isatty():
        out.print(head, text, sep="")
        return
    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(head, text)
    out.print(grid)


def is_wider(made: Table) -> bool:
    """Whether ``made`` is wider than the terminal, so that its cells would be broken."""
    out = console()
    natural = Measurement.get(out, out.options.update(max_width=_UNWRAPPED), made).maximum
    return sys.stdout.isatty() and natural > out.width


def table(columns: Sequence[str], rows: Sequence[Sequence[str | Text]], title: str | None = None) -> Table:
    """A table for ``console``: light lines in a terminal, columns with spaces between elsewhere."""
    terminal = sys.stdout.isatty()
    made = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD if terminal else None,
        pad_edge=terminal,
        padding=(0, 1) if terminal else (0, 2, 0, 0),
    )
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(printable(cell) if isinstance(cell, str) else cell for cell in row))
    return made
