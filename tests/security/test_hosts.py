"""Reliability row 47: only hosts that are meant are served, and nobody is sent elsewhere."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from engine.errors import InputError
from engine.settings import settings_from
from engine.store import Store
from engine.store.group_commit import GroupCommit
from engine.web.app import make_app
from engine.web.hosts import Hosts
from engine.web.server import WebServer
from tests.web.front import secret_connection

OURS = Hosts(["https://fieldwright.example:8443", "hooks.example.com"])


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with Store.open(tmp_path / "x.db") as store:
        group = GroupCommit(store.inbox)
        server = WebServer(make_app({"acme": secret_connection()}, store, group, hosts=OURS))
        yield server.start()
        server.stop()
        group.close()


@pytest.mark.parametrize(
    "host",
    ["fieldwright.example", "FIELDWRIGHT.example:443", "hooks.example.com.", "localhost:1", "127.0.0.1", "[::1]:80"],
)
def test_a_host_that_is_meant_is_served(url: str, host: str) -> None:
    assert httpx.get(f"{url}/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "fieldwright.example.evil.example", "evil.example@localhost", "localhost/x", "a b", ""]
)
@pytest.mark.parametrize("path", ["/healthz", "/hooks/acme", "/api/v1/events", "/no/such/page/"])
def test_any_other_is_turned_away_alike_everywhere(url: str, host: str, path: str) -> None:
    answer = _raw(url, path, f"Host: {host}")
    assert answer.startswith(b"HTTP/1.1 421"), answer
    assert b"x-content-type-options: nosniff" in answer
    assert host.encode() not in answer or not host


def test_what_is_said_to_be_forwarded_is_not_believed(url: str) -> None:
    headers = {"host": "evil.example", "x-forwarded-host": "localhost"}
    assert httpx.get(f"{url}/healthz", headers=headers).status_code == 421
    answer = httpx.get(f"{url}/healthz/", headers={"x-forwarded-host": "evil.example"})
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "/healthz/", "/%0d%0aLocation:%20//evil.example"]
)
def test_nobody_is_sent_elsewhere(url: str, path: str) -> None:
    answer = _raw(url, path, "Host: localhost").lower()
    assert b"\nlocation:" not in answer
    assert not answer.startswith(b"http/1.1 3")


def test_two_hosts_are_none(url: str) -> None:
    assert _raw(url, "/healthz", "Host: localhost\r\nHost: localhost")[9:12] in (b"400", b"421")


def test_what_is_no_name_of_a_host_is_told() -> None:
    with pytest.raises(InputError, match="no host's name"):
        settings_from({}, allowed_hosts=["https://x.example/"])


def _raw(url: str, path: str, header: str) -> bytes:
    """The whole answer to a request that no client library would send."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\n{header}\r\nConnection: close\r\n\r\n".encode())
        pieces = []
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)
