"""The two manifests, line by line: nothing in them that nothing uses, and nothing overwritten on a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.manifest.usage import purposes
from engine.runtime.actions import action_of, given_of, send
from sandbox.smartrecruiters import SmartRecruiters
from sandbox.trackerrms import TrackerRms, rest
from tests.pipeline.line import Line, open_line


@pytest.mark.parametrize("name", ["smartrecruiters", "trackerrms"])
def test_every_operation_is_used(tmp_path: Path, name: str) -> None:
    with open_line(tmp_path, name) as line:
        manifest = line.route.connection.manifest
        assert set(manifest.operations) - set(purposes(manifest)) == set()


def test_screening_answers_are_read_for_a_person_who_asks(tmp_path: Path) -> None:
    with open_line(tmp_path) as line:
        assert isinstance(line.ats, SmartRecruiters)
        candidate = line.apply()
        line.ats.answer_screening(candidate, line.job, "May you work here?", "Yes")
        action = action_of(line.route.connection.manifest, "screening_answers")
        answer = send(line.route, action, given_of(action, [f"candidate_id={candidate}", f"job_id={line.job}"]))
        assert "May you work here?" in str(answer.body)
        assert line.store.audit.list(limit=1)[0].direction == "pull"


def scored(line: Line) -> str:
    assert isinstance(line.ats, TrackerRms)
    candidate = line.apply()
    line.ats.database.resources[int(candidate)].tags = ["Forklift"]
    line.score(candidate, application=str(line.ats.application(candidate, line.job).id))
    return candidate


def test_the_tag_joins_those_that_are_there(tmp_path: Path) -> None:
    with open_line(tmp_path, "trackerrms") as line:
        assert line.view(scored(line)).tags == ("Forklift", "SKIMA Screened")


def test_tags_are_left_alone_where_the_record_does_not_say_which_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No vendor document shows that a resource's record tells its tags; writing replaces them all."""
    whole = rest.resource_view
    untold = lambda *given: {key: value for key, value in whole(*given).items() if key != "tagText"}  # noqa: E731
    monkeypatch.setattr(rest, "resource_view", untold)
    with open_line(tmp_path, "trackerrms") as line:
        candidate = scored(line)
        assert line.view(candidate).tags == ("Forklift",)
        (note,) = line.view(candidate).notes
        assert "Tag: SKIMA Screened" in note.text


def test_refused_tags_take_no_documents_along(tmp_path: Path) -> None:
    with open_line(tmp_path, "trackerrms", denied="tag", read_only_status="1") as line:
        assert isinstance(line.ats, TrackerRms)
        for number in (0, 1):
            candidate = line.apply(number)
            line.score(candidate, application=str(line.ats.application(candidate, line.job).id))
            assert any("evidence" in file.name for file in line.view(candidate).attachments)
        assert "tags" in line.route.discovery.unavailable()
