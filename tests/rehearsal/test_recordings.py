"""What is recorded of an event carries it again: for every shipped manifest, over the answers of its own tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.manifest.schema.files import data_folder
from engine.manifest.yaml.reader import RECORDED
from engine.manifest.yaml.source import read_text
from engine.model import Json
from engine.rehearsal.answers import CannedTransport, answers_of
from engine.rehearsal.cassette_writing import cassette_text
from engine.rehearsal.cassettes import examine_cassette
from engine.rehearsal.recording import Recording, record_event
from engine.rehearsal.rehearse import rehearse
from engine.rehearsal.scorers import fixed_scorer
from engine.rehearsal.suite import Case, load_suite

TESTS = sorted(data_folder("mappings").glob("*.test.yaml"))
SCORE = fixed_scorer({"match": 80, "reasons": ["x"], "tags": ["x"]})


class Kept:
    """Keeps nothing over a restart."""

    def get(self, name: str) -> str | None:
        del name
        return None

    def put(self, name: str, value: str) -> None:
        """Forgets."""

    def change(self, name: str, to: Callable[[str | None], str]) -> str:
        value = to(self.get(name))
        self.put(name, value)
        return value


def written(case: Case, recording: Recording) -> Json:
    text = cassette_text(case.connection, recording, case.event, {"ats": case.connection.manifest.ats.id})
    data, findings = examine_cassette(read_text(text, "cassette", RECORDED))
    assert findings == []
    return data


@pytest.mark.parametrize("file", TESTS, ids=[file.name for file in TESTS])
def test_the_recorded_event_ends_as_the_real_one_did(file: Path) -> None:
    cases = [case for case in load_suite(file).cases if not case.before][:3]
    for case in cases:
        recording = record_event(
            case.connection, CannedTransport(case.connection.manifest, case.answers), Kept(), case.event
        )
        if not recording.exchanges or not recording.outcomes:
            # An answer that cannot be read is asked for again for days: recording does not wait for its end.
            continue
        data = written(case, recording)
        again = rehearse(
            case.connection, data["events"][0], {**case.answers, **answers_of(data["answers"])}, scorer=SCORE
        )
        ended = [way.outcome for way in (*again.ways, *again.split) if way.outcome]
        assert [one.kind for one in ended] == [one.kind for one in recording.outcomes], case.name
