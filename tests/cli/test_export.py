"""``fieldwright export``: a tenant's newest scores as a file."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest

from engine.cli.main import run
from engine.store import Store
from tests.pipeline.line import open_line


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder in which two applicants were scored, one of them twice."""
    folder = tmp_path_factory.mktemp("export")
    with open_line(folder) as line:
        first, second = line.apply(0), line.apply(1)
        line.score(first)
        line.score(second)
    (folder / "line.db").rename(folder / "fieldwright.db")
    return folder


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    return int(ended.value.code or 0)


def test_each_application_is_a_row_with_its_score_and_where_it_was_written(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "scores.csv"
    assert _run("export", "trial", "--to", str(file), "--state", str(state)) == 0
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == 2
    with Store.open(state / "fieldwright.db") as store:
        scores = {score.candidate_id: score.score.match for score in store.scores.of_connection("trial")}
    assert {row["candidate"]: int(row["score"]) for row in rows} == scores
    assert all("match_score: field Skima Match Score" in row["written to"] for row in rows)
    assert {row["ended"] for row in rows} == {"delivered"}


def test_the_same_goes_into_a_workbook(state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "scores.xlsx"
    assert _run("export", "trial", "--to", str(file), "--state", str(state)) == 0
    assert "2 applications" in capsys.readouterr().err
    with zipfile.ZipFile(file) as archive:
        assert archive.read("xl/worksheets/sheet1.xml").count(b"<row ") == 3


def test_only_what_was_scored_since_then_is_told(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("export", "trial", "--since", "2099-01-01", "--state", str(state)) == 0
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--to", "scores.pdf"], "neither a .csv nor an .xlsx"),
        (["--since", "yesterday"], "`yesterday` is no time"),
        (["--to", "/no/such/folder/x.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(
    state: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("export", "trial", *arguments, "--state", str(state)) == 2
    assert told in capsys.readouterr().err
