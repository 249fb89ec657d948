"""Reliability row 39: of a person who was erased no word is left, wherever they had got to; and none comes back."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from engine.model import OutcomeKind
from engine.runtime.erasing import erase
from engine.store.audit_verifying import verify
from tests.pipeline.line import Line, open_line

FIRST, LAST, MAIL = "Zephyrine", "Quillfeather", "zephyrine@quillfeather.example"
WORDS = ("Zephyrine", "Quillfeather", "Marlinspike Instruments", "glassharmonica")
RESUME = f"""{FIRST} {LAST}
{MAIL}

Experience
Backend engineer at Marlinspike Instruments, 2016 - 2024
Built Python services with PostgreSQL and Docker for glassharmonica makers.

Skills
Python, PostgreSQL, Docker, Kubernetes
""".encode()


@contextmanager
def _applied(folder: Path, database: str) -> Iterator[tuple[Line, str]]:
    """Somebody has applied whose every word is unmistakable."""
    with open_line(folder, url=database) as line:
        person = {"first_name": FIRST, "last_name": LAST, "email": MAIL, "resume_name": "cv.txt"}
        yield line, line.apply(**person, resume_content_type="text/plain", resume_data=RESUME)


def _found(line: Line, database: str) -> list[str]:
    """The words that stand in the database: in its files, or in a dump of all its tables."""
    line.store.scrub()
    is_file = database.startswith("sqlite")
    data = _files(Path(database.removeprefix("sqlite:///"))) if is_file else _dump(database)
    return [word for word in WORDS if word.encode() in data]


def _files(database: Path) -> bytes:
    files = [file for file in database.parent.iterdir() if file.name.startswith(database.name)]
    assert files
    return b"".join(file.read_bytes() for file in files)


def _dump(url: str) -> bytes:
    pieces = []
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            with connection.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copied:
                pieces += [bytes(piece) for piece in copied]
    assert pieces
    return b"".join(pieces)


def test_after_everything_was_written_nothing_is_left(
    tmp_path: Path, store_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "engine")
    with _applied(tmp_path, store_url) as (line, candidate):
        event = line.score(candidate)
        assert _found(line, store_url)
        told = erase(line.store, "trial", candidate, "cli:ana")
        assert _found(line, store_url) == []
        assert line.store.inbox.get(event.id).body == b""
        assert told.counts
    assert not [word for word in WORDS for record in caplog.records if word in record.getMessage()]


def test_a_write_that_waits_for_its_retry_and_a_dead_one_are_erased_too(tmp_path: Path, store_url: str) -> None:
    with _applied(tmp_path, store_url) as (line, candidate):
        line.ats.faults.set(answer_5xx=1000, path="*/properties", method="PUT")
        event = line.score(candidate)
        open_now = line.store.outbox.open_of_subject("trial", f"{candidate}|{line.job}")
        assert open_now
        erase(line.store, "trial", candidate, "cli:ana")
        assert _found(line, store_url) == []
        line.ats.faults.set(answer_5xx=0)
        line.pass_time(3600)
        assert line.outcome(event.id).kind is OutcomeKind.ERASED  # type: ignore[union-attr]
        assert line.field(candidate, "Skima Match Score") is None
        assert _found(line, store_url) == []


def test_an_attempt_that_is_under_way_settles_nothing_and_brings_nothing_back(tmp_path: Path, store_url: str) -> None:
    with _applied(tmp_path, store_url) as (line, candidate):
        line.ats.faults.set(answer_5xx=1, path="*/properties", method="PUT")
        line.score(candidate)
        line.clock.advance(60)
        claimed = line.store.outbox.claim(60)
        assert claimed is not None
        erase(line.store, "trial", candidate, "cli:ana")
        with pytest.raises(Exception, match="not in the hands"):
            line.store.outbox.mark_sent(claimed.id, claimed.token, 60, dict(claimed.payload))
        assert _found(line, store_url) == []


def test_what_comes_later_ends_erased_and_is_not_kept_and_erasing_twice_is_safe(
    tmp_path: Path, store_url: str
) -> None:
    with _applied(tmp_path, store_url) as (line, candidate):
        line.score(candidate)
        erase(line.store, "trial", candidate, "cli:ana")
        late = line.accept("application.updated", candidate=candidate, job=line.job, data={"note": LAST})
        line.work()
        event = line.store.inbox.get(late)
        assert (event.outcome and event.outcome.kind, event.body) == (OutcomeKind.ERASED, b"")
        erase(line.store, "trial", candidate, "cli:ana")
        assert _found(line, store_url) == []


def test_the_audit_still_verifies_and_names_nobody(tmp_path: Path, store_url: str) -> None:
    with _applied(tmp_path, store_url) as (line, candidate):
        line.score(candidate)
        erase(line.store, "trial", candidate, "cli:ana")
        line.store.seals.seal(whole=True)
        assert verify(line.store.seals).wrong is None
        entries = line.store.audit.list(limit=500)
        assert entries
        assert not [entry for entry in entries if candidate in json.dumps([entry.path, entry.person, entry.outcome])]
