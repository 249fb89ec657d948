"""A tenant's secret stays out of what people read and out of the store, whoever writes the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import FieldwrightError, SpecError
from engine.manifest.connection import connect
from engine.manifest.overlay import load_overlay
from sandbox.smartrecruiters import SmartRecruiters
from tests.pipeline.line import open_line


@pytest.mark.parametrize(
    "more",
    [
        'texts: {reasons: "{{ settings.api_key }}"}',
        'notes: {evaluation: "{{ settings.api_key }}"}',
        "when: {reasons: \"settings.api_key == 'x'\"}",
    ],
)
def test_a_secret_in_a_text_is_a_mistake_with_its_place(tmp_path: Path, more: str) -> None:
    with pytest.raises(SpecError) as told, open_line(tmp_path, more=f"{more}\n"):
        pass
    (finding,) = told.value.findings
    assert (finding.code, finding.line) == ("secret-in-text", 5)


def test_no_way_of_writing_it_brings_a_secret_into_a_field_a_note_or_the_outbox(tmp_path: Path) -> None:
    more = "texts: {reasons: \"{{ settings | tojson }} {{ settings['api' ~ '_key'] }}\"}\n"
    with open_line(tmp_path, more=more) as line:
        assert isinstance(line.ats, SmartRecruiters)
        key = line.ats.switches.api_key
        candidate = line.apply()
        line.score(candidate)
        assert key not in str(line.view(candidate))
        assert all(key not in str(delivery.payload) for delivery in line.store.outbox.list())


def test_a_host_from_the_environment_is_held_to_the_manifests_pattern(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(
        'tenant: acme\nextends: smartrecruiters\nsettings: {api_key: "${env:K}", host: "${env:H}"}\n', "utf-8"
    )
    with pytest.raises(FieldwrightError):
        connect(load_overlay(file), {"K": "not-a-real-key", "H": "evil.example.com"})
