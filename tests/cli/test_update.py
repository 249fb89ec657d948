"""``fieldwright test --update``: what is rewritten, what stays as it is, and who is asked."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.manifest.yaml.edit import Kept, paths_of, replaced
from engine.manifest.yaml.source import read_text
from engine.manifest.yaml.writer import block, inline
from tests.cli.running import COMMAND, fieldwright
from tests.rehearsal.written import EVENT, case, written


def update(folder: Path, cases: str) -> tuple[str, str]:
    """The file before and after an update that leaves nothing to mend."""
    file = written(folder, cases)
    before = file.read_text("utf-8")
    ended = fieldwright("test", file, "--update", "--yes")
    assert ended.code == 0, ended.out
    assert fieldwright("test", file).code == 0
    return before, file.read_text("utf-8")


@pytest.mark.parametrize(
    ("expect", "becomes"),
    [
        ("outcome: filtered", "outcome: delivered"),
        ("outcome: {kind: filtered, why: x}", 'outcome: {kind: delivered, why: "4 outputs in 4 requests"}'),
        ("outcome: {kind: delivered, why: 9 outputs}", 'outcome: {kind: delivered, why: "4 outputs in 4 requests"}'),
        ("places: {match_score: note}", "places: {match_score: field}"),
        ("places: {match_score: {place: note, rung: 1}}", "places: {match_score: {place: field, rung: 1}}"),
        ("places: {hm_comment: note}", "places: {hm_comment: nothing}"),
        ("canonical: {event: job.updated}", "canonical: {event: application.created}"),
        (
            "canonical: {event: application.created, ids: {job: other}}",
            "canonical: {event: application.created, ids: {job: j}}",
        ),
        ("canonical: []", "canonical: [{event: application.created, ids: {candidate: c, job: j}}]"),
        ("absent: [add_tags, set_status]", "absent: [set_status]"),
        ("requests: [{operation: set_properties, method: POST}]", None),
        ("reads: [get_job]", None),
    ],
)
def test_what_fails_is_rewritten_to_what_came_and_holds_then(
    tmp_path: Path, expect: str, becomes: str | None
) -> None:
    before, after = update(tmp_path, case(expect))
    if becomes is not None:
        assert after == before.replace(expect, becomes)


def test_comments_layout_and_other_cases_stay_as_they_are(tmp_path: Path) -> None:
    first = case("outcome: delivered   # as it should", "fine").replace("event: ", "event:   ")
    second = (
        "  # about the second\n"
        "  - name: 'second'\n"
        f"    event: {EVENT}\n"
        "    expect:\n"
        "      # what is written\n"
        "      requests:\n"
        "        # fields first\n"
        "        - operation: set_properties   # the batch\n"
        "          json: [{id: f-1, value: 81}]   # the score\n"
        "        - move_status\n"
        "      outcome:  delivered\n"
    )
    before, after = update(tmp_path, first + second)
    assert "- move_status" not in after
    assert "value: 80}]   # the score" in after
    lines = after.splitlines()
    for line in before.splitlines():
        if "move_status" not in line and "value: 81" not in line:
            assert line in lines, line
    assert lines[lines.index("        - operation: set_properties   # the batch") + 2].strip().startswith("- ")


def test_of_a_text_that_differs_from_run_to_run_the_lines_that_stay_are_expected(tmp_path: Path) -> None:
    body = (
        "requests:\n"
        "        - set_properties\n"
        "        - add_tags\n"
        "        - operation: share_note\n"
        "          json:\n"
        "            content: wrong\n"
        "        - upload_attachment\n"
    )
    _, after = update(tmp_path, case(body))
    assert 'content: {$contains: ["#[CANDIDATE:c] Skima evaluation for Clerk", "Skima Reasons:", "• Sells",' in after
    assert "Ref fw-" not in after


def test_a_text_of_several_lines_is_written_in_lines(tmp_path: Path) -> None:
    edited = replaced("a:\n  b: old\nc: 1\n", ("a", "b"), "one\n\ntwo")
    assert edited == "a:\n  b: |-\n    one\n\n    two\nc: 1\n"


def test_a_matcher_that_does_not_hold_gives_way_to_the_value(tmp_path: Path) -> None:
    expect = "requests: [{operation: set_properties, json: {$contains: nothing such}}, add_tags, share_note, upload_attachment]"
    _, after = update(tmp_path, case(expect))
    assert "json: [{id: f-1, value: 80}]" in after


def test_what_no_expectation_can_mend_is_told_and_left(tmp_path: Path) -> None:
    move = "    tenant: {stage_move: {to: INTERVIEW, when: score.match}}\n"
    file = written(tmp_path, case("outcome: delivered", more=move))
    before = file.read_text("utf-8")
    ended = fieldwright("test", file, "--update", "--yes")
    assert ended.code == 1
    assert "nothing answers the operation `set_status`" in ended.out
    assert file.read_text("utf-8") == before


def test_without_a_terminal_and_without_yes_the_difference_is_shown_and_nothing_written(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: filtered"))
    before = file.read_text("utf-8")
    ended = fieldwright("test", file, "--update")
    assert ended.code == 2
    assert "-      outcome: filtered" in ended.out
    assert "+      outcome: delivered" in ended.out
    assert "--yes" in ended.err
    assert file.read_text("utf-8") == before


@pytest.mark.parametrize(("answer", "written_then"), [("y", "outcome: delivered"), ("n", "outcome: filtered")])
def test_in_a_terminal_it_is_asked_first(tmp_path: Path, answer: str, written_then: str) -> None:
    file = written(tmp_path, case("outcome: filtered"))
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    command = [*COMMAND, "test", str(file), "--update"]
    ended = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=60, check=False)
    os.close(ours)
    os.close(theirs)
    assert "Write this for 1 case?" in ended.stdout
    assert written_then in file.read_text("utf-8")


def test_only_the_named_cases_are_updated(tmp_path: Path) -> None:
    file = written(tmp_path, case("outcome: filtered", "one") + case("outcome: filtered", "two"))
    assert fieldwright("test", file, "--update", "--yes", "--only", "two").code == 0
    assert file.read_text("utf-8").count("outcome: filtered") == 1


def test_nothing_is_to_be_updated_where_all_pass(tmp_path: Path) -> None:
    ended = fieldwright("test", written(tmp_path, case("outcome: delivered")), "--update")
    assert (ended.code, ended.out) == (0, "All pass: nothing to update.\n")


@pytest.mark.parametrize("more", [("--watch",), ("--json",)])
def test_it_goes_with_no_other_way_of_running(tmp_path: Path, more: tuple[str, ...]) -> None:
    assert fieldwright("test", written(tmp_path, case("outcome: delivered")), "--update", *more).code == 2


# ── editing ──────────────────────────────────────────────────────────────────────────────────────────────────

_LEAF = st.sampled_from([1, True, None, "text", "a: b", "two\nlines", "é", ""])
_DATA = st.recursive(
    _LEAF,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b c", "é"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(st.data(), _DATA, _DATA, st.booleans())
def test_an_edit_changes_the_value_at_its_place_and_nothing_else(
    draw: st.DataObject, data: object, value: object, in_flow: bool
) -> None:
    whole = {"first": data, "last": [data, "end"]}
    text = f"# above\nx: {inline(whole)} # behind\n" if in_flow else f"# above\n{block({'x': whole})}# below\n"
    path = draw.draw(st.sampled_from(sorted((one for one in paths_of(text) if one), key=repr)))
    edited = replaced(text, path, value)
    expected = read_text(text, "x").data
    holder = expected
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    assert read_text(edited, "x").data == expected
    assert edited.startswith("# above\n")
    assert ("# behind" if in_flow else "# below") in edited


@pytest.mark.parametrize("text", ["x: [a, {b: 1}, c]\n", "x:\n  - a\n  # on b\n  - b: 1\n    c: 2 # two\n  - c\n"])
def test_elements_of_a_list_are_kept_as_they_are_written(text: str) -> None:
    edited = replaced(text, ("x",), [Kept(1), "new", Kept(0)])
    before, after = read_text(text, "x").data["x"], read_text(edited, "x").data["x"]
    assert after == [before[1], "new", before[0]]
    assert ("# two" in edited, "# on b" in edited) == ("# two" in text, "# on b" in text)
