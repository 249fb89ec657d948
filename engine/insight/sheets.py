"""Rows in, a CSV or XLSX file out that a spreadsheet shows as it is and never runs.

Text that a spreadsheet could take for a formula gets an apostrophe before it in CSV, also where a program that
splits at other separators would begin a cell (OWASP ASVS 5.0, 1.2.10); XLSX knows text as text. Numbers stay numbers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import BinaryIO, TextIO

import xlsxwriter

Cell = str | int | float | None
Row = Sequence[Cell]

_LONGEST_CELL = 32_767
"""What a cell of a spreadsheet can hold, in characters."""

_MOST_ROWS = 1_048_575
_FORMULA = re.compile('(?:^|(?<=[;,|"\t\r\n\0]))(?=[=+\\-@＝＋－＠\t\r\0])')


def quoted(text: str) -> str:
    """``text`` with an apostrophe wherever a spreadsheet would begin a formula."""
    return _FORMULA.sub("'", text)


def write_csv(to: TextIO, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Writes a header and the rows, text in quotes and numbers bare; how many rows."""
    sheet = csv.writer(to, quoting=csv.QUOTE_NONNUMERIC)
    sheet.writerow(columns)
    count = 0
    for row in rows:
        sheet.writerow([quoted(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in row])
        count += 1
    return count


def write_xlsx(to: BinaryIO, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Writes one sheet with a header that stays in view and a filter; how many rows, 1,048,575 at most."""
    never = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(to, {"in_memory": True, **never}) as book:
        sheet, count = book.add_worksheet(), 0
        bold = book.add_format({"bold": True})
        for column, name in enumerate(columns):
            sheet.write_string(0, column, name, bold)
        for row in rows:
            if count == _MOST_ROWS:
                break
            count += 1
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(count, column, _writable(cell))
                elif cell is not None:
                    sheet.write_number(count, column, cell)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(count, 1), len(columns) - 1)
    return count


def _writable(text: str) -> str:
    """``text`` without what XML cannot hold, as long as a cell may be."""
    return "".join(char for char in text if char in "\t\n" or char >= " ")[:_LONGEST_CELL]
