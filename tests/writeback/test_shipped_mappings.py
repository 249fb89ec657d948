"""The shipped manifests lose no result: whatever one place refuses has another place to go to."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from engine.manifest.build import load
from engine.writeback.compose import compose
from engine.writeback.known import FieldInfo, Known
from engine.writeback.planner import plan
from engine.writeback.values import output_values
from tests.writeback.test_compose import CONTEXT, NOW

MAPPINGS = sorted(
    path for path in (Path(__file__).parents[2] / "mappings").glob("*.yaml") if not path.name.endswith(".test.yaml")
)


@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda path: path.stem)
def test_score_and_reasons_arrive_wherever_a_note_or_a_file_can_be_written(mapping):
    manifest = load(mapping)
    places = manifest.write_back.places
    values = output_values(manifest, {**CONTEXT, "shortlist": {"url": "https://example.test/s/1"}})
    needed = sorted({need for place in places.values() for need in place.needs})
    for off in itertools.chain.from_iterable(
        itertools.combinations(needed, count) for count in range(len(needed) + 1)
    ):
        known = Known(dict.fromkeys(off, "403 DENIED"), {"f": FieldInfo("f", "Elsewhere")})
        result = plan(manifest, values, known, audit_id="A1")
        lost = {item.output for item in result.nowhere}
        open_kinds = [
            kind for kind in ("note", "attachment") if kind in places and not set(places[kind].needs) & set(off)
        ]
        assert not (open_kinds and lost & {"match_score", "reasons"})
        for planned in result.deliveries:
            call = compose(manifest, planned, CONTEXT, now=NOW)
            assert planned.operation in manifest.operations
            if planned.place == "note":
                assert planned.marker in call.rounds[0]["note"]["text"]
