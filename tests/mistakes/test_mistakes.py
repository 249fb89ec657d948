"""A hundred single mistakes, planted in good files: each is found at its line, with its code and what to do.

``planted/*.yaml`` list them: ``in`` (a file of ``good/``), ``find`` (its first place there), ``replace`` with ``«``
at what is wrong (taken out before the file is read; or ``at``, a text that stands there), the ``code``, and a part of
the ``suggestion`` (the hint, else the message). ``alone``: it hides others in the same text.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.cli.lint_files import lint_file
from engine.manifest.findings import Finding
from engine.manifest.lint.check import lint
from engine.manifest.yaml.source import read, read_text

HERE = Path(__file__).parent
GOOD = HERE / "good"
MARK = "«"
AT_LEAST = 95


@dataclass(frozen=True)
class Mistake:
    file: str
    find: str
    replace: str
    code: str
    suggestion: str
    at: str
    alone: bool
    origin: str

    def planted(self, text: str) -> tuple[str, int]:
        """The text with the mistake in it, and the line where it stands."""
        assert self.find in text, f"{self.origin}: {self.file} does not hold {self.find!r}"
        changed = text.replace(self.find, self.replace, 1)
        where = changed.index(self.at or MARK)
        return changed.replace(MARK, ""), changed.count("\n", 0, where) + 1


def mistakes() -> list[Mistake]:
    return [
        Mistake(
            entry["in"],
            entry["find"],
            entry["replace"],
            entry["code"],
            entry["suggestion"],
            entry.get("at", ""),
            entry.get("alone", False),
            f"{file.name}#{number}",
        )
        for file in sorted((HERE / "planted").glob("*.yaml"))
        for number, entry in enumerate(read(file).data, 1)
    ]


def findings_in(folder: Path, mistake: Mistake) -> tuple[list[Finding], int]:
    """What is found in a copy of the good files with the mistake in it, and the mistake's line."""
    shutil.copytree(GOOD, folder)
    file = folder / mistake.file
    text, line = mistake.planted(file.read_text("utf-8"))
    file.write_text(text, "utf-8")
    return list(lint_file(file, folder).findings), line


def problem_of(found: list[Finding], line: int, mistake: Mistake) -> str | None:
    """Why the mistake was not told as it should be; None where it was."""
    fitting = [finding for finding in found if (finding.line, finding.code) == (line, mistake.code)]
    if not any(mistake.suggestion in (finding.hint or finding.message) + finding.message for finding in fitting):
        shown = "; ".join(map(str, found)) or "nothing"
        return f"{mistake.origin}: expected {mistake.code} in line {line} with “{mistake.suggestion}”; found {shown}"
    others = [str(finding) for finding in found if finding not in fitting]
    return f"{mistake.origin}: one mistake led to others: {'; '.join(others)}" if others else None


def test_the_files_they_are_planted_in_are_good() -> None:
    assert [str(found) for file in sorted(GOOD.iterdir()) for found in lint_file(file, GOOD).findings] == []


def test_a_hundred_planted_mistakes_are_found_with_line_code_and_suggestion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = mistakes()
    problems = [
        problem
        for number, mistake in enumerate(planted)
        if (problem := problem_of(*findings_in(tmp_path / str(number), mistake), mistake))
    ]
    with capsys.disabled():
        print(
            f"\nplanted mistakes: {len(planted) - len(problems)} of {len(planted)} found, line, code and suggestion"
        )
    assert len(planted) == 100
    assert len(problems) <= len(planted) - AT_LEAST, "\n".join(problems)


OF_FORM, OF_MEANING = ("02",), ("03", "04", "05", "06", "07", "10", "11")


@pytest.mark.parametrize(("groups", "at_least"), [(OF_FORM, 8), (OF_MEANING, 40)])
def test_many_mistakes_at_once_are_all_told_and_nothing_else(groups: tuple[str, ...], at_least: int) -> None:
    """As many as can stand in one manifest beside each other.

    Those of YAML end the reading, and a part with a mistake of form is not looked into for its meaning.
    """
    text, planted = (GOOD / "greenjobs.yaml").read_text("utf-8"), []
    for mistake in mistakes():
        before, found, after = text.partition(mistake.find)
        line = before.rpartition("\n")[2] + found + after.partition("\n")[0]
        fits = mistake.origin.startswith(groups) and mistake.file == "greenjobs.yaml" and not mistake.alone
        if fits and found and not mistake.at and MARK not in line:
            text = before + mistake.replace.replace(MARK, f"{MARK}{len(planted)}{MARK}") + after
            planted.append(mistake)
    wanted = set()
    for number, mistake in enumerate(planted):
        before, _, after = text.partition(f"{MARK}{number}{MARK}")
        wanted.add((before.count("\n") + 1, mistake.code))
        text = before + after
    told = {(finding.line, finding.code) for finding in lint(read_text(text, str(GOOD / "greenjobs.yaml"))).findings}
    assert len(planted) >= at_least
    assert told == wanted
