"""``fieldwright export``: a tenant's newest scores as a CSV or XLSX file, without names and contacts."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.events import opened_store
from engine.cli.moments import moment_of
from engine.cli.options import Database, State
from engine.cli.output import counted
from engine.errors import InputError
from engine.insight.score_rows import COLUMNS, score_rows
from engine.insight.sheets import Row, write_csv, write_xlsx
from engine.settings import settings_from

_FORMATS = (".csv", ".xlsx")


def export(
    tenant: Annotated[str, typer.Argument(help="The tenant's id.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A .csv or .xlsx file; - prints CSV.")] = Path("-"),
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Only what was scored since: 2026-01-31, or 30d.")
    ] = None,
    state: State = None,
    database: Database = None,
) -> None:
    """Export a tenant's newest scores with their reasons, where they were written, and how that ended.

    A spreadsheet shows each cell as it is: nothing that an applicant wrote can run as a formula.
    """
    write = _writer(to)
    moment = moment_of(since) if since else 0.0
    with opened_store(settings_from(state=state, database=database)) as store:
        count = write(COLUMNS, score_rows(store, tenant, moment))
    if str(to) != "-":
        typer.echo(f"{counted(count, 'application')} in {to}", err=True)


def _writer(to: Path) -> Callable[[Sequence[str], Iterable[Row]], int]:
    if str(to) == "-":
        return lambda columns, rows: write_csv(sys.stdout, columns, rows)
    if to.suffix.lower() not in _FORMATS:
        raise InputError(f"{to} is neither a .csv nor an .xlsx file.", hint="Name it so, such as --to scores.xlsx")

    def write(columns: Sequence[str], rows: Iterable[Row]) -> int:
        try:
            with to.open("wb") as file:
                if to.suffix.lower() == ".xlsx":
                    return write_xlsx(file, columns, rows)
                # Spreadsheets take a file without this mark for one in an old encoding.
                with io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="") as text:
                    return write_csv(text, columns, rows)
        except OSError as error:
            raise InputError(f"{to} cannot be written: {error.strerror}.", hint="Name another file.") from None

    return write
