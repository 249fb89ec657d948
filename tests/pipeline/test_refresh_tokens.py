"""A refresh token that changes with each use: kept over a restart, and given up for a new one of the tenant's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.errors import CredentialRefused
from engine.manifest.connection import connect
from engine.manifest.overlay import load_overlay
from engine.pipeline.route import open_route
from engine.store import Store
from sandbox import open_sandbox, serving

TENANT = """tenant: trial
extends: trackerrms
settings: {credential: oauth, client_secret: "${env:CLIENT_SECRET}", refresh_token: "${env:REFRESH}"}
"""
SECRET = "sandbox-client-secret"


@pytest.fixture
def url() -> Iterator[str]:
    ats = open_sandbox("trackerrms")
    served = serving.start(ats.app)
    yield served.url
    served.stop()
    ats.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "kept.db", ManualClock()) as opened:
        yield opened


def consent(url: str) -> str:
    """A refresh token as a person gets it by signing in once."""
    back = "http://127.0.0.1:1/back"
    asked = httpx.get(f"{url}/oAuth2/Authorize", params={"client_id": "EvoApi_1.0", "redirect_uri": back})
    code = parse_qs(urlsplit(asked.headers["location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
    answer = httpx.post(f"{url}/oAuth2/Token", data={**form, "client_id": "EvoApi_1.0", "client_secret": SECRET})
    return str(answer.json()["refresh_token"])


def check(url: str, store: Store, folder: Path, refresh: str) -> None:
    """Signs in as a process would that was just started. Raises CredentialRefused."""
    file = folder / "trial.yaml"
    file.write_text(TENANT, "utf-8")
    connection = connect(load_overlay(file), {"CLIENT_SECRET": SECRET, "REFRESH": refresh})
    with open_route(connection, HttpTransport(sandbox_origin=url), store, ManualClock()).caller as caller:
        caller.check_credential("rest")


def test_the_token_that_followed_is_used_after_a_restart(url: str, store: Store, tmp_path: Path) -> None:
    first = consent(url)
    for _ in range(3):
        check(url, store, tmp_path, first)


def test_a_new_token_of_the_tenants_is_taken_where_the_kept_one_is_dead(
    url: str, store: Store, tmp_path: Path
) -> None:
    first = consent(url)
    check(url, store, tmp_path, first)
    kept = store.connections.get("trial", "auth.refresh_token")
    assert kept is not None
    store.connections.put("trial", "auth.refresh_token", {**kept, "value": "revoked"})
    with pytest.raises(CredentialRefused):
        check(url, store, tmp_path, first)
    check(url, store, tmp_path, consent(url))
