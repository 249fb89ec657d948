"""``fieldwright serve``: what it tells at its start, and what keeps it from starting."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from engine.runtime.doors import spoken, unsafe
from engine.runtime.state_lock import sole_worker
from engine.settings import Settings
from tests.cli.tenant_runs import desk
from tests.e2e.test_restart import Process, pretend_ats


def test_every_mistake_of_every_tenant_is_told_at_once(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        folder = tmp_path / "tenants"
        (folder / "acme.yaml").write_text(
            'tenant: acme\nextends: smartrecruiters\nsettings: {api_key: "${env:NOT_SET_ANYWHERE}"}\n', "utf-8"
        )
        (folder / "bolt.yaml").write_text("tenant: bolt\nextends: smartrecruters\n", "utf-8")
        (folder / "cargo.yaml").write_text(
            'tenant: cargo\nextends: smartrecruiters\nsettings: {api_ky: "${env:A}"}\n', "utf-8"
        )
        ended = here.run("serve", "--port", "0")
        assert ended.code == 2
        assert "NOT_SET_ANYWHERE" in ended.err
        assert "bolt.yaml:2:" in ended.err
        assert "cargo.yaml:3:" in ended.err
        assert "did you mean `api_key`?" in ended.err


def test_a_folder_without_tenants_is_said_to_be_one(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        ended = here.run("serve", "--tenants", str(tmp_path / "nowhere"))
        assert ended.code == 2
        assert "There is no tenant in" in ended.err


def test_a_state_folder_has_one_service(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        (tmp_path / "state").mkdir()
        with sole_worker(Settings(state=tmp_path / "state")):
            ended = here.run("serve", "--port", "0")
        assert ended.code == 2
        assert "Another fieldwright works on the database" in ended.err


def test_a_port_that_is_taken_is_no_traceback(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        ended = here.run("serve", "--port", here.url.rpartition(":")[2])
        assert ended.code == 2
        assert "choose another port" in ended.err


def test_at_its_start_it_tells_where_events_come_in(tmp_path: Path) -> None:
    with pretend_ats(tmp_path) as (_ats, _job, environment):
        service = Process(tmp_path, environment)
        try:
            (tenant,) = service.told["tenants"]
        finally:
            assert service.end(signal.SIGTERM) == 0
        assert tenant["webhook"].startswith(f"{service.told['url']}/hooks/trial (subscribed by fieldwright")
        assert tenant["polled"] == "candidates, jobs every 10m, everything once more every 1d"
        assert tenant["truth"] == "webhooks; polling finds what they missed"


def test_at_its_start_it_tells_of_overrides_whose_manifest_changed(tmp_path: Path) -> None:
    with pretend_ats(tmp_path) as (_ats, _job, environment):
        file = tmp_path / "tenants" / "trial.yaml"
        file.write_text(file.read_text("utf-8") + "fields: {match_score: AI Fit}\n", "utf-8")
        values = {"outputs.match_score: field": "Fit"}
        file.with_suffix(".pin.json").write_text(
            json.dumps({"extends": "smartrecruiters", "values": values}), "utf-8"
        )
        service = Process(tmp_path, environment)
        assert service.end(signal.SIGTERM) == 0
        (stale,) = [warning for warning in service.told["warnings"] if "stale-override" in warning]
        assert "said `Fit` when this was pinned and says `Skima Match Score` now; yours is `AI Fit`" in stale


@pytest.mark.parametrize(
    ("host", "public_url", "told"),
    [
        ("0.0.0.0", None, "no https public address"),
        ("0.0.0.0", "http://hooks.example", "no https public address"),
        ("127.0.0.1", "http://hooks.example", "is not https"),
        ("127.0.0.1", None, "no ATS can reach this machine"),
    ],
)
def test_what_is_unsafe_is_said(host: str, public_url: str | None, told: str) -> None:
    assert any(told in warning for warning in unsafe(host, public_url, {}))


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_an_https_address_in_front_is_safe(host: str) -> None:
    assert unsafe(host, "https://hooks.example", {}) == []


@pytest.mark.parametrize(("seconds", "text"), [(600, "10m"), (86400, "1d"), (90, "90s"), (0.5, "0.5s")])
def test_durations_are_told_as_the_manifest_writes_them(seconds: float, text: str) -> None:
    assert spoken(seconds) == text
