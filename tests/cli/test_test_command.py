"""``fieldwright test``: a line for each case, failures with their place, and the exit code."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, fieldwright
from tests.rehearsal.written import case, written


def test_the_shipped_mapping_tests_pass() -> None:
    ended = fieldwright("test", "--json")
    failed = [one for file in ended.json["files"] for one in file["cases"] if not one["passed"]]
    assert failed == []
    assert ended.code == 0
    assert ended.json["cases"] >= 70


def test_each_case_has_a_line_under_its_file(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: delivered", "a quiet one") + case("outcome: delivered", "another"))
    ended = fieldwright("test", file)
    assert ended.code == 0
    assert ended.out.splitlines()[:3] == [str(file), "  ✓ a quiet one", "  ✓ another"]
    assert "2 cases, all pass" in ended.out


@pytest.mark.parametrize("given", ["", "smartrecruiters.yaml", "smartrecruiters.test.yaml"])
def test_a_folder_a_manifest_or_a_test_may_be_named(tmp_path: Path, given: str) -> None:
    written(tmp_path, case("outcome: delivered"))
    ended = fieldwright("test", tmp_path / given)
    assert (ended.code, ended.out.count("✓")) == (0, 1)


def test_a_failing_case_tells_where_what_was_expected_and_what_came(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: filtered", "wrong") + case("outcome: delivered", "right"))
    ended = fieldwright("test", file)
    text = file.read_text("utf-8")
    line = text[: text.index("outcome: filtered")].count("\n") + 1
    column = text.splitlines()[line - 1].index("filtered") + 1
    assert ended.code == 1
    assert f"{file}:{line}:{column} outcome" in ended.out
    assert "expected  filtered" in ended.out
    assert "came      delivered: 4 outputs in 4 requests" in ended.out
    assert "2 cases, 1 failed" in ended.out


def test_a_mistake_in_one_file_does_not_keep_the_others_from_running(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    written(good, case("outcome: delivered", "fine"))
    file = written(bad, case("absent: [add_tag]"))
    ended = fieldwright("test", tmp_path)
    assert ended.code == 2
    assert f"{file}:" in ended.out
    assert "did you mean `add_tags`?" in ended.out
    assert "✓ fine" in ended.out


def test_machines_get_places_as_numbers(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: filtered"))
    ended = fieldwright("test", file, "--json")
    [failure] = ended.json["files"][0]["cases"][0]["failures"]
    assert ended.code == 1
    assert (failure["file"], failure["what"], failure["expected"]) == (str(file), "outcome", "filtered")
    assert failure["line"] > 1
    assert failure["column"] > 1


def test_only_runs_the_cases_of_that_name(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: delivered", "a tag") + case("outcome: filtered", "a note"))
    ended = fieldwright("test", file, "--only", "TAG")
    assert ended.code == 0
    assert "1 cases" not in ended.out
    assert "1 case, all pass" in ended.out


def test_a_name_that_no_case_has_is_an_error(tmp_path: Path) -> None:
    ended = fieldwright("test", written(tmp_path, case("outcome: delivered")), "--only", "nothing such")
    assert ended.code == 2
    assert "No case holds “nothing such”" in ended.err


@pytest.mark.parametrize(
    ("name", "said"), [("none.yaml", "There is no file"), ("", "There is no mapping test in"), ("x.test.yaml", "")]
)
def test_what_is_not_there_is_told(tmp_path: Path, name: str, said: str) -> None:
    ended = fieldwright("test", tmp_path / name)
    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.out + ended.err


def test_a_manifest_without_a_test_says_what_to_write(tmp_path: Path) -> None:
    written(tmp_path, case("outcome: delivered")).unlink()
    ended = fieldwright("test", tmp_path / "smartrecruiters.yaml")
    assert ended.code == 2
    assert "Write smartrecruiters.test.yaml" in ended.err


def test_a_request_without_an_answer_fails_its_case_only(tmp_path: Path) -> None:
    cases = case("outcome: delivered", "asks", more="    tenant: {settings: {prospect_job: j}}\n") + case(
        "outcome: delivered", "prospect", event="{headers: {event-name: job.updated}, body: {id: j}}"
    )
    missing = case(
        "outcome: delivered", "unanswered", more="    tenant: {stage_move: {to: INTERVIEW, when: score.match}}\n"
    )
    ended = fieldwright("test", written(tmp_path, cases + missing))
    assert ended.code == 1
    assert "nothing answers the operation `set_status`" in ended.out
    assert "✓ asks" in ended.out


def test_the_installed_command_runs_them_too(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: delivered"))
    ended = subprocess.run([*COMMAND, "test", file], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "all pass" in ended.stdout
