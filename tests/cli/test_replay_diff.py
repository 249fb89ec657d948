"""``fieldwright replay-diff``: what a change would have made of the events that went through, without sending."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.clock import SYSTEM
from engine.manifest.schema.files import data_folder
from engine.store import Store
from tests.cli.tenant_runs import Desk, desk


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Two applications that went through by the tenant's file as it is."""
    with desk(tmp_path_factory.mktemp("lived")) as here:
        here.apply(2)
        assert here.run("backfill", "trial").code == 0
        yield here


def changed(here: Desk, more: str) -> str:
    """The tenant's file with more lines, beside the live one."""
    folder = here.folder / "changed"
    folder.mkdir(exist_ok=True)
    live = (here.folder / "tenants" / "trial.yaml").read_text("utf-8")
    (folder / "trial.yaml").write_text(live + more, "utf-8")
    return str(folder / "trial.yaml")


def mappings(here: Desk, before: str, after: str) -> str:
    """A folder with the manifest changed."""
    folder = here.folder / "mappings"
    folder.mkdir(exist_ok=True)
    text = (data_folder("mappings") / "smartrecruiters.yaml").read_text("utf-8")
    assert before in text
    (folder / "smartrecruiters.yaml").write_text(text.replace(before, after), "utf-8")
    return str(folder)


def differences(told: Any) -> list[tuple[str, str, str]]:
    return [(one["what"], one["before"], one["after"]) for event in told["events"] for one in event["differences"]]


def replayed(here: Desk, more: str) -> list[tuple[str, str, str]]:
    ended = here.run("replay-diff", "trial", "--tenant-file", changed(here, more), "--json")
    assert ended.code == 0, ended.err
    return differences(ended.json)


def test_what_is_live_would_write_the_same_again(lived: Desk) -> None:
    ended = lived.run("replay-diff", "trial", "--last", "10", "--exit-code")
    assert ended.code == 0, ended.out
    assert ended.out == "2 events of trial: 0 would differ; 2 would not. Nothing was sent.\n"


def test_another_field_that_there_is_takes_the_value(lived: Desk) -> None:
    found = replayed(lived, "fields: {match_score: HM Comment}\n")
    assert {what for what, _, _ in found} == {"match_score"}
    assert len(found) == 2
    for _, before, after in found:
        score = before.removeprefix("custom field “Skima Match Score”: ")
        assert after == f"custom field “HM Comment”: {score}"


def test_a_field_that_there_is_not_falls_to_the_note_and_says_why(lived: Desk) -> None:
    file = changed(lived, "fields: {match_score: AI Fit}\n")
    ended = lived.run("replay-diff", "trial", "--tenant-file", file)
    assert "+ activity note evaluation: " in ended.out
    assert "because custom field “AI Fit”: there is no field of this name" in ended.out
    assert "2 events of trial: 2 would differ (match_score 2); 0 would not." in ended.out


def test_thresholds_texts_and_switches_show_in_what_they_change(lived: Desk) -> None:
    assert {one[0::2] for one in replayed(lived, 'when: {match_score: "score.match > `100`"}\n')} == {
        ("match_score", "nothing")
    }
    assert {one[0::2] for one in replayed(lived, "texts: {screened: Seen by Acme}\n")} == {
        ("screened", "tag: Seen by Acme")
    }
    assert {one[0::2] for one in replayed(lived, "outputs: {reasons: off}\n")} == {("reasons", "nothing")}
    assert {one[0] for one in replayed(lived, "jobs: {only: [another]}\n")} == {"event"}


def test_the_text_of_a_note_is_compared_line_by_line(lived: Desk, tmp_path: Path) -> None:
    with desk(tmp_path, fields="none") as here:
        here.apply(1)
        assert here.run("backfill", "trial").code == 0
        text = "notes:\n  evaluation: |\n    Fit {{ outputs.match_score }}\n    Ref {{ audit_id }}\n"
        ((what, before, after),) = replayed(here, text)
        assert what == "share_note json.content"
        assert "Skima Match Score: " in before
        assert "Ref fw-" not in before + after
        assert after.splitlines()[0].partition("] ")[2].startswith("Fit ")


def test_a_changed_manifest_is_compared_in_its_requests_and_its_reading(lived: Desk) -> None:
    folder = mappings(lived, 'json: {tags: "{{ tags }}"}', 'json: {labels: "{{ tags }}"}')
    told = lived.run("replay-diff", "trial", "--mappings", folder, "--json").json
    assert ("add_tags json.labels[0]", "(not there)", "Skima Screened") in differences(told)
    folder = mappings(lived, "skip: contains(['REJECTED',", "skip: contains(['REJECTED', 'NEW',")
    told = lived.run("replay-diff", "trial", "--mappings", folder, "--json").json
    assert differences(told) == [("event", "worked on", "filtered: `events.skip` holds")] * 2
    assert lived.run("replay-diff", "trial", "--mappings", folder, "--exit-code").code == 1


def test_what_is_not_kept_is_said_per_event(lived: Desk) -> None:
    file = changed(lived, 'texts: {screened: "{{ job.description }}"}\n')
    told = lived.run("replay-diff", "trial", "--tenant-file", file, "--json").json
    assert [event["lacks"] for event in told["events"]] == [
        ["job.description is not kept, and screened would be made of it"]
    ] * 2


def test_nothing_in_the_store_is_changed_and_nothing_is_sent(lived: Desk) -> None:
    calls = lived.ats.state()
    with Store.open(lived.folder / "state" / "fieldwright.db", SYSTEM) as store:
        before = (store.audit.list(limit=1000), store.outbox.list(limit=1000), store.inbox.list(limit=1000))
        bound = store.connections.get("trial", "bindings")
    replayed(lived, "fields: {match_score: HM Comment, reasons: Nowhere}\n")
    with Store.open(lived.folder / "state" / "fieldwright.db", SYSTEM) as store:
        assert (store.audit.list(limit=1000), store.outbox.list(limit=1000), store.inbox.list(limit=1000)) == before
        assert store.connections.get("trial", "bindings") == bound
    assert lived.ats.state() == calls


def test_what_was_erased_or_never_scored_is_told(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        (candidate,) = here.apply(1)
        assert here.run("backfill", "trial").code == 0
        with Store.open(here.folder / "state" / "fieldwright.db", SYSTEM) as store:
            store.erase("trial", candidate)
        ended = here.run("replay-diff", "trial")
        assert "not compared: its raw bytes were removed" in ended.out
        assert "1 could not be compared" in ended.out


def test_a_file_of_another_tenant_and_mistakes_are_refused(lived: Desk) -> None:
    file = Path(changed(lived, ""))
    other = file.with_name("other.yaml")
    other.write_text(file.read_text("utf-8").replace("tenant: trial", "tenant: other"), "utf-8")
    ended = lived.run("replay-diff", "trial", "--tenant-file", str(other))
    assert (ended.code, "is the file of `other`" in ended.err) == (2, True)
    broken = lived.run("replay-diff", "trial", "--tenant-file", changed(lived, "fields: {match_scor: A}\n"))
    assert (broken.code, "did you mean `match_score`?" in broken.err) == (2, True)
