"""A stream whose path leads nowhere says so at its first page, with the nearest key and nothing of a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import AnswerUnusable
from engine.intake.backfill import Backfill
from engine.intake.poll import Poller
from engine.manifest.language.expressions import compile_path
from tests.intake.making import NOW, connection, keys, listing, person

MISSPELT: list[tuple[str, Any, str, str]] = [
    ("ids", {"candidate": compile_path("record.idd"), "job": compile_path("item.job.id")}, "ids.candidate", "`id`"),
    ("ids", {"candidate": compile_path("record.id"), "job": compile_path("item.jobb.id")}, "ids.job", "`job`"),
    ("version", compile_path("record.updatedOnn"), "version", "`updatedOn`"),
    ("watermark", compile_path("record.updateOn"), "watermark", "`updatedOn`"),
    ("each", compile_path("primaryAssigment"), "each", "`primaryAssignment`"),
]


@pytest.mark.parametrize(("key", "path", "told", "near"), MISSPELT)
def test_a_path_that_no_record_has_is_an_error_with_the_nearest_key(
    tmp_path: Path, key: str, path: Any, told: str, near: str
) -> None:
    of = connection(**{key: path})
    with listing(tmp_path, [person("ana", NOW, firstName="Ana"), person("ben", NOW)], of=of) as made:
        _, of, caller, store, clock = made
        with pytest.raises(AnswerUnusable) as raised:
            Poller(of, caller, store, clock).poll("candidates")
        with pytest.raises(AnswerUnusable):
            Backfill(of, caller, store, clock).run(lambda _: None)
        assert f"`{told}` of the stream `candidates` finds nothing" in raised.value.message
        assert near in (raised.value.hint or "")
        assert "ana" not in json.dumps([raised.value.message, raised.value.hint])
        assert keys(store) == []


def test_null_at_a_key_that_is_there_is_an_answer_and_so_is_a_key_that_one_record_has(tmp_path: Path) -> None:
    people = [{**person("ana", NOW), "updatedOn": None}, person("ben", NOW)]
    bare = {key: value for key, value in person("eve", NOW).items() if key != "updatedOn"}
    with listing(tmp_path, [people[0]]) as (ats, of, caller, store, clock):
        assert Poller(of, caller, store, clock).poll("candidates", full=True).records == 1
        ats.people = [bare, people[1]]
        assert Poller(of, caller, store, clock).poll("candidates", full=True).records == 2


def test_an_empty_list_tells_nothing(tmp_path: Path) -> None:
    of = connection(version=compile_path("record.never"))
    with listing(tmp_path, [], of=of) as (_, of, caller, store, clock):
        assert Poller(of, caller, store, clock).poll("candidates").records == 0
