"""``fieldwright record``: what an ATS answered, over real HTTP, with nothing in it that was anybody's."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from engine.manifest.schema.files import data_folder
from engine.manifest.yaml.reader import RECORDED
from engine.manifest.yaml.source import read
from tests.cli.running import fieldwright
from tests.cli.tenant_runs import Desk, Ended, desk


def record(here: Desk, event: Any, *more: str, name: str = "smartrecruiters") -> tuple[Ended, Path]:
    given = here.folder / "event.json"
    given.write_text(json.dumps(event), "utf-8")
    out = here.folder / f"{name}.cassette.yaml"
    return here.run("record", "trial", "--event", str(given), "--out", str(out), *more), out


def applied(here: Desk, candidate: str) -> dict[str, Any]:
    return {"event": "application.created", "ids": {"candidate": candidate, "job": here.job}}


def data_of(file: Path) -> Any:
    return read(file, RECORDED).data


@pytest.mark.parametrize("name", ["smartrecruiters", "trackerrms"])
def test_nothing_of_the_person_and_no_secret_is_in_the_cassette(tmp_path: Path, name: str) -> None:
    with desk(tmp_path, name) as here:
        (candidate,) = here.apply()
        view = here.ats.candidate_view(candidate)
        event = {"event": "candidate.updated", "ids": {"candidate": candidate}}
        ended, out = record(here, event, name=name)
        assert ended.code == 0, ended.err
        text = out.read_text("utf-8")
        secrets = [value for key, value in here.environment.items() if not key.startswith("FIELDWRIGHT")]
        hidden = [*view.name.split(), view.email, view.phone, candidate]
        for value in (*hidden, *secrets):
            assert not re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text), value
        assert view.location.split(",")[0] not in json.dumps(data_of(out)["answers"]["get_candidate"])
        assert here.run("lint", str(out)).out == "No mistakes in 1 file.\n"


def test_no_write_is_sent(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        (candidate,) = here.apply()
        before = here.ats.candidate_view(candidate)
        ended, _ = record(here, applied(here, candidate))
        assert "not sent: set_properties" in ended.out
        assert here.ats.candidate_view(candidate) == before
        assert here.run("events", "list", "--json").json["events"] == []


@pytest.mark.parametrize("name", ["smartrecruiters", "trackerrms"])
def test_the_recorded_answers_carry_the_recorded_event_through_a_mapping_test(tmp_path: Path, name: str) -> None:
    with desk(tmp_path, name) as here:
        (candidate,) = here.apply()
        _, out = record(here, applied(here, candidate), name=name)
    (event,) = data_of(out)["events"]
    manifest = data_folder("mappings") / f"{name}.yaml"
    (tmp_path / manifest.name).write_text(manifest.read_text("utf-8"), "utf-8")
    writes = {
        "smartrecruiters": "set_properties: {status: 204}, add_tags: {json: {}}, upload_attachment: {json: {}}",
        "trackerrms": "set_tags: {json: {status: 0}}, attach_document: {json: {status: 0}}, create_note: {json: {}}",
    }
    test = tmp_path / f"{name}.test.yaml"
    test.write_text(
        f"cassettes: [{out.name}]\nscore: {{match: 70, reasons: [x]}}\nanswers: {{{writes[name]}}}\n"
        f"cases:\n  - name: recorded\n    event: {json.dumps(event)}\n"
        "    expect: {outcome: delivered}\n",
        "utf-8",
    )
    ended = fieldwright("test", test)
    assert ended.code == 0, ended.out


def test_the_same_id_is_the_same_in_the_event_and_in_every_answer(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        first, second = here.apply(2)
        _, out = record(here, applied(here, first))
        found = data_of(out)
        made = found["events"][0]["ids"]
        assert found["answers"]["get_candidate"]["json"]["id"] == made["candidate"]
        assert found["answers"]["get_candidate"]["json"]["primaryAssignment"]["job"]["id"] == made["job"]
        assert found["answers"]["get_job"]["json"]["id"] == made["job"]
        assert first not in out.read_text("utf-8") + second


def test_pages_of_a_stream_are_recorded_with_their_marks_made_up(tmp_path: Path) -> None:
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    manifest = (data_folder("mappings") / "smartrecruiters.yaml").read_text("utf-8")
    (mappings / "smartrecruiters.yaml").write_text(manifest.replace("limit: 100", "limit: 2"), "utf-8")
    with desk(tmp_path) as here:
        here.apply(5)
        out = tmp_path / "smartrecruiters.cassette.yaml"
        ended = here.run(
            "record",
            "trial",
            "--stream",
            "candidates",
            "--pages",
            "2",
            "--out",
            str(out),
            "--mappings",
            str(mappings),
        )
        assert ended.code == 0, ended.err
        pages = data_of(out)["answers"]["list_candidates"]
        assert [len(page["json"]["content"]) for page in pages] == [2, 2]
        marks = [page["json"]["nextPageId"] for page in pages]
        assert all(mark.startswith("made-up-token-") for mark in marks)
        assert len(set(marks)) == 2


def test_what_still_looks_like_a_person_is_refused_told_by_its_path_only_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    with desk(tmp_path) as here:
        (candidate,) = here.apply()
        real = "ana.smith@acme-corp.com"
        event = {**applied(here, candidate), "data": {"notes": {real: {"verdict": "yes"}}}}
        ended, out = record(here, event)
        assert ended.code == 2
        assert "events[0].data.notes.•••: this looks like an e-mail address" in ended.err
        assert real not in ended.out + ended.err
        assert not out.exists()
        assert not list(tmp_path.glob(".*"))


def test_an_ats_that_cannot_answer_ends_it_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        (candidate,) = here.apply()
        here.ats.faults.set(answer_5xx=50)
        ended, out = record(here, applied(here, candidate))
        assert ended.code == 1
        assert "cannot answer" in ended.err
        assert not out.exists()


def test_a_credential_that_is_refused_is_told(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        (candidate,) = here.apply()
        here.environment = {**here.environment, "SANDBOX_API_KEY": "not-a-real-key-that-fits"}
        ended, out = record(here, applied(here, candidate))
        assert ended.code == 1
        assert "401 AUTHENTICATION_FAILED" in ended.err
        assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--event FILE or --stream NAME"),
        (("--stream", "candidate"), "did you mean `candidates`?"),
        (("--stream", "candidates", "--out", "x.yaml"), "ends in .cassette.yaml"),
        (("--stream", "candidates", "--out", "none/x.cassette.yaml"), "no folder"),
        (("--event", "missing.json"), "cannot be read"),
    ],
)
def test_what_was_given_wrong_is_told(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    with desk(tmp_path) as here:
        out = () if "--out" in arguments else ("--out", str(tmp_path / "a.cassette.yaml"))
        ended = here.run("record", "trial", *arguments, *out)
        assert ended.code == 2
        assert said in ended.err


def test_a_file_that_is_there_is_replaced_only_when_that_is_said(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        (candidate,) = here.apply()
        out = tmp_path / "smartrecruiters.cassette.yaml"
        out.write_text("mine", "utf-8")
        ended, _ = record(here, applied(here, candidate))
        assert (ended.code, out.read_text("utf-8")) == (2, "mine")
        assert "--replace" in ended.err
        assert record(here, applied(here, candidate), "--replace")[0].code == 0
        assert "answers:" in out.read_text("utf-8")
