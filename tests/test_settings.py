"""The operator's settings: flags before the environment before defaults; addresses are checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InputError
from engine.settings import Settings, settings_from


def test_without_anything_said_the_defaults_hold() -> None:
    settings = settings_from({})
    assert settings == Settings()
    assert settings.database == Path("var/fieldwright.db")


def test_a_flag_wins_over_the_environment() -> None:
    environment = {"FIELDWRIGHT_STATE": "/a", "FIELDWRIGHT_TENANTS": "/b", "FIELDWRIGHT_SANDBOXES": ""}
    settings = settings_from(environment, state=Path("/c"))
    assert (settings.state, settings.tenants) == (Path("/c"), Path("/b"))


def test_sandboxes_come_from_repeated_flags_or_one_variable() -> None:
    expected = {"a": "http://127.0.0.1:9001", "b": "http://localhost:9002"}
    given = [f"{tenant}={origin}/" for tenant, origin in expected.items()]
    assert settings_from({}, sandboxes=given).sandboxes == expected
    assert settings_from({"FIELDWRIGHT_SANDBOXES": ", ".join(given)}).sandboxes == expected


@pytest.mark.parametrize(
    "given",
    [
        *("acme", "=http://127.0.0.1:1", "acme=127.0.0.1:9001", "acme=http://example.com", "acme=ftp://127.0.0.1"),
        *("acme=http://127.0.0.1:9001/api", "acme=http://127.0.0.1.example.com", "acme=http://u:p@127.0.0.1:9001"),
        *("acme=http://127.0.0.1:99999999", "acme=http://[::1", "acme=http://127.0.0.1:0"),
    ],
)
def test_a_sandbox_is_an_origin_on_this_machine(given: str) -> None:
    with pytest.raises(InputError):
        settings_from({}, sandboxes=[given])


@pytest.mark.parametrize("address", ["https://fw.example.com/path", "fw.example.com", "https://user@fw.example.com"])
def test_the_public_address_is_a_plain_origin(address: str) -> None:
    with pytest.raises(InputError):
        settings_from({}, public_url=address)


def test_a_scorers_address_may_have_a_path() -> None:
    assert (
        settings_from({}, scorer_url="http://scorer.internal/v1/score").scorer_url
        == "http://scorer.internal/v1/score"
    )


def test_the_state_folder_is_made_for_this_user_only(tmp_path: Path) -> None:
    settings = settings_from({}, state=tmp_path / "deep" / "state")
    assert settings.prepare_state().parent.stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        settings_from({}, state=tmp_path / "file").prepare_state()
