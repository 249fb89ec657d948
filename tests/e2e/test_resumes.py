"""Résumés that cannot be read: one outcome each, said to the recruiter, and the engine goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.model import OutcomeKind
from tests.pipeline.line import Line, open_line
from tests.scoring import resume_files as files
from tests.scoring.test_resume_text import docx_bomb


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with open_line(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("empty.pdf", lambda: b""),
        ("scanned.pdf", files.scanned_pdf),
        ("encrypted.pdf", lambda: files.pdf(password="fake-password")),
        ("bomb.docx", docx_bomb),
        ("photo.jpg", lambda: b"\xff\xd8\xff\xe0" + b"\0" * 500),
    ],
    ids=["empty", "scanned", "encrypted", "bomb", "photo"],
)
def test_an_unreadable_resume_ends_once_and_says_so_without_a_score(
    line: Line, name: str, made: Callable[[], bytes]
) -> None:
    candidate = line.apply(0, resume_name=name, resume_data=made())
    event = line.score(candidate)
    assert event.outcome is not None
    assert event.outcome.kind is OutcomeKind.DELIVERED
    assert "unreadable" in (line.field(candidate, "Skima Reasons") or "")
    assert line.field(candidate, "Skima Match Score") is None
    assert line.view(candidate).tags == ()
    again = line.score(candidate)
    assert again.outcome is not None
    assert again.outcome.kind is OutcomeKind.UNCHANGED
    healthy = line.apply(1)
    line.score(healthy)
    assert line.field(healthy, "Skima Match Score")


def test_500_pages_are_scored_by_their_beginning(line: Line) -> None:
    candidate = line.apply(0, resume_name="long.pdf", resume_data=files.pdf(pages=500))
    event = line.score(candidate)
    assert event.outcome is not None
    assert event.outcome.kind is OutcomeKind.DELIVERED
    assert line.field(candidate, "Skima Match Score")
