"""Events that went through are replayed against a changed manifest from what the store kept, and only from that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.manifest.connection import Connection
from engine.manifest.overlay import load_overlay
from engine.manifest.schema.files import data_folder
from engine.model import OutcomeKind, RawEvent
from engine.rehearsal.replaying import Replay, Replayed
from engine.rehearsal.tenant import placeholder_connection
from sandbox.tenant_files import tenant_file
from tests.pipeline.line import Line, open_line

FIELDS = "Skima Match Score:NUMBER,Skima Reasons:TEXT"


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with open_line(tmp_path, fields=FIELDS) as opened:
        yield opened


def changed(line: Line, folder: Path, more: str = "", manifest: tuple[str, str] = ("", "")) -> Connection:
    """The tenant at a changed manifest, or with more lines in its file."""
    (folder / "changed").mkdir(exist_ok=True)
    text = (data_folder("mappings") / "smartrecruiters.yaml").read_text("utf-8")
    assert manifest[0] in text
    (folder / "changed" / "smartrecruiters.yaml").write_text(text.replace(*manifest, 1), "utf-8")
    file = folder / "changed" / "trial.yaml"
    file.write_text(tenant_file(line.ats, "trial").text + more, "utf-8")
    return placeholder_connection(load_overlay(file, folder / "changed"), {})


def replayed(line: Line, would: Connection) -> list[Replayed]:
    return [*Replay(line.store, would, line.route.connection).last(100)]


def told(found: list[Replayed]) -> list[list[tuple[str, str, str]]]:
    return [[(one.what, one.before, one.after) for one in event.differences] for event in found]


def delivered(line: Line, name: str, **body: str) -> str:
    """An event by webhook, worked off; its id."""
    line.made["hooks"] += 1
    key = f"hook-{line.made['hooks']}"
    raw = RawEvent("trial", "webhook", key, {"event-name": name}, json.dumps(body).encode(), line.clock.now())
    event = line.store.inbox.accept([raw])[0].id
    line.work()
    line.pass_time(60)
    return event


def test_an_event_that_wrote_nothing_is_made_from_what_an_earlier_one_left(line: Line, tmp_path: Path) -> None:
    candidate = line.apply()
    first, second = line.score(candidate), line.score(candidate)
    assert second.outcome is not None
    assert second.outcome.kind is OutcomeKind.UNCHANGED
    assert told(replayed(line, changed(line, tmp_path))) == [[], []]
    found = replayed(line, changed(line, tmp_path, "texts: {screened: Seen}\n"))
    assert told(found)[1] == [("screened", "left as it stands", "tag: Seen")]
    assert found[1].notes == (f"made from what was kept of {first.id}, about the same application",)


def test_a_held_write_would_be_held_again(line: Line, tmp_path: Path) -> None:
    line.score(line.apply())
    line.ats.switches.update({"fields": FIELDS.replace("Score:", "Score>AI Fit:")})
    line.clock.advance(3601)
    line.score(line.apply(1))
    assert len(line.store.held.list()) == 1
    assert told(replayed(line, changed(line, tmp_path))) == [[], []]
    found = told(replayed(line, changed(line, tmp_path, "fields: {match_score: AI Fit}\n")))
    ((what, before, after),) = found[1]
    assert what == "match_score"
    assert before.startswith("custom field “Skima Match Score”, which is held: ")
    assert after == f"custom field “AI Fit”: {before.rpartition(' ')[2]}"


def test_what_a_refusal_moved_to_a_note_stays_there_unless_the_place_changes(tmp_path: Path) -> None:
    with open_line(tmp_path, fields=FIELDS, permissions="all,-properties") as line:
        line.score(line.apply())
        assert told(replayed(line, changed(line, tmp_path))) == [[]]
        (found,) = told(replayed(line, changed(line, tmp_path, "rungs: {match_score: [attachment]}\n")))
        assert ("match_score", "evidence PDF") in [(one[0], one[2].partition(":")[0]) for one in found]


def test_an_event_that_would_be_read_otherwise_is_told_as_an_event(line: Line, tmp_path: Path) -> None:
    candidate = line.apply()
    delivered(line, "application.created", candidate_id=candidate, job_id=line.job)
    found = replayed(
        line, changed(line, tmp_path, manifest=("      application.created:\n", "      application.made:\n"))
    )
    ((what, before, after),) = told(found)[0]
    assert (what, after) == ("event", "filtered: the event type application.created is not declared")
    assert before.startswith(f"application.created (candidate {candidate}, job {line.job}")


def test_an_event_that_was_never_read_says_that_its_outputs_cannot_be_told(line: Line, tmp_path: Path) -> None:
    delivered(line, "application.renamed", candidate_id="c", job_id="j")
    found = replayed(
        line, changed(line, tmp_path, manifest=("      application.created:\n", "      application.renamed:\n"))
    )
    (event,) = found
    assert event.differences[0].before == "filtered: the event type application.renamed is not declared"
    assert event.differences[0].after == "application.created (candidate c, job j)"
    assert event.lacks == ("it was never worked on: what it would write cannot be told",)


def test_events_that_were_scored_together_with_another_differ_in_nothing(line: Line, tmp_path: Path) -> None:
    candidate = line.apply()
    for name in ("application.created", "attachment.added"):
        line.accept(name, candidate=candidate, job=line.job)
    line.work()
    found = replayed(line, changed(line, tmp_path, "outputs: {reasons: off}\n"))
    assert [len(event.differences) for event in found] == [0, 1]
    assert [event.lacks for event in found] == [(), ()]


def test_an_event_that_ended_without_a_score_is_not_guessed_at(line: Line, tmp_path: Path) -> None:
    line.accept("application.created", candidate="nobody", job=line.job)
    line.work()
    (found,) = replayed(line, changed(line, tmp_path, "outputs: {reasons: off}\n"))
    assert found.differences == ()
    assert found.lacks == ("it was not scored: nothing of the candidate and the job was kept",)


def test_a_template_that_fails_on_the_kept_data_is_told_as_the_quarantine_it_would_be(
    line: Line, tmp_path: Path
) -> None:
    line.score(line.apply())
    (found,) = told(replayed(line, changed(line, tmp_path, 'texts: {screened: "x {{ score.match / 0 }}"}\n')))
    assert found[0][0] == "event"
    assert found[0][2].startswith("quarantined: ")


def test_an_open_event_is_not_compared(line: Line, tmp_path: Path) -> None:
    line.accept("application.created", candidate=line.apply(), job=line.job)
    (found,) = replayed(line, changed(line, tmp_path))
    assert found.lacks == ("it was not worked on yet",)
