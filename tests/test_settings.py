"""The operator's settings: flags before the environment before defaults; addresses are checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InputError
from engine.redaction import MASK, without_password
from engine.settings import Settings, settings_from


def test_without_anything_said_the_defaults_hold() -> None:
    settings = settings_from({})
    assert settings == Settings()
    assert settings.database == str(Path("var/fieldwright.db"))


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
    assert Path(settings.prepare_state()).parent.stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        settings_from({}, state=tmp_path / "file").prepare_state()


@pytest.mark.parametrize(
    ("given", "database"),
    [
        ("/data/own.db", "/data/own.db"),
        ("sqlite:////data/own.db", "sqlite:////data/own.db"),
        ("postgresql://fw@db/fw", "postgresql://fw@db/fw"),
        ("postgres://fw@db/fw?sslmode=require", "postgresql://fw@db/fw?sslmode=require"),
        ("postgresql:///fw?host=/run/postgresql", "postgresql:///fw?host=/run/postgresql"),
    ],
)
def test_the_database_is_a_path_or_an_address_by_flag_or_environment(given: str, database: str) -> None:
    assert settings_from({"FIELDWRIGHT_DATABASE": given}, state=Path("/c")).database == database
    assert settings_from({"FIELDWRIGHT_DATABASE": "other.db"}, database=given).database == database


def test_the_file_of_a_database_is_known_where_it_is_one() -> None:
    files = {"a/b.db": "a/b.db", "sqlite:///a.db": "a.db", "sqlite:////a.db": "/a.db"}
    assert {given: str(Settings(database=given).database_file) for given in files} == files
    assert Settings(database="postgresql://fw@db/fw").database_file is None


@pytest.mark.parametrize("given", ["mysql://db/fw", "postgresql://fw:not/a@secret#x@db:port/fw", "https://db"])
def test_a_database_of_another_kind_is_refused_without_showing_its_password(given: str) -> None:
    with pytest.raises(InputError) as refused:
        settings_from({}, database=given)
    assert "secret" not in f"{refused.value} {refused.value.hint}"


@pytest.mark.parametrize(
    "given", ["redis://127.0.0.1:6379/0", "rediss://:pw@cache.example:6380", "unix:///run/v.sock"]
)
def test_redis_is_named_by_its_address(given: str) -> None:
    assert settings_from({}, redis=given).redis == given
    assert settings_from({"FIELDWRIGHT_REDIS": given}).redis == given


@pytest.mark.parametrize("given", ["127.0.0.1:6379", "http://cache:6379", "redis://", "redis://:not-a-secret@[x"])
def test_an_address_that_is_not_of_redis_is_refused_without_showing_it(given: str) -> None:
    with pytest.raises(InputError) as refused:
        settings_from({}, redis=given)
    assert "not-a-secret" not in f"{refused.value} {refused.value.hint}"


def test_weights_come_from_repeated_flags_or_one_variable() -> None:
    assert settings_from({}, weights=["acme=3", "bolt=0.5"]).weights == {"acme": 3.0, "bolt": 0.5}
    assert settings_from({"FIELDWRIGHT_WEIGHTS": "acme=3, bolt=0.5"}).weights == {"acme": 3.0, "bolt": 0.5}


@pytest.mark.parametrize(
    "given", ["acme", "=3", "acme=three", "acme=0", "acme=-1", "acme=nan", "acme=inf", "acme=1e9"]
)
def test_a_weight_is_a_positive_number_of_a_tenant(given: str) -> None:
    with pytest.raises(InputError, match="no weight"):
        settings_from({}, weights=[given])


def test_settings_are_printed_without_passwords() -> None:
    settings = settings_from({}, database="postgresql://fw:canary@db/fw", redis="redis://:canary@cache:6379/0")
    assert "canary" not in repr(settings)
    shown = without_password(settings.database)
    assert (shown, without_password("a/b.db")) == (f"postgresql://fw:{MASK}@db/fw", "a/b.db")
    assert "canary" not in without_password("postgresql://fw@db/fw?password=canary&sslmode=require")
    assert "canary" not in without_password("postgresql://fw:canary@[db")
