"""``fieldwright sandbox``: it runs, says how to be used, and what it says works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.manifest.connection import connect
from engine.manifest.overlay import load_overlay
from sandbox import NAMES, switches
from tests.cli.running import COMMAND, fieldwright, tenant

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(*arguments: str) -> Iterator[dict[str, Any]]:
    """A sandbox in its own process; what it printed as JSON. It must end by itself on Ctrl-C."""
    command = [*COMMAND, "sandbox", *arguments, "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        while not lines or lines[-1] != "}\n":
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            lines.append(line)
        yield json.loads("".join(lines))
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
        assert process.returncode == 0
        assert told == "stopped\n"


def fetched(url: str, headers: dict[str, str] | None = None) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=10) as answer:
        return str(answer.read(), "utf-8")


def test_it_runs_with_applicants_and_switches_until_ctrl_c() -> None:
    with running("smartrecruiters", "--set", "fields=none", "--applicants", "3", "--fault", "status_5xx=502") as told:
        state = json.loads(fetched(f"{told['url']}/_sandbox/state"))
        assert state["switches"]["fields"] == "none"
        assert state["faults"]["status_5xx"] == 502
        assert fetched(f"{told['url']}/").count("/candidates-page/") >= 3
        key = told["environment"]["SANDBOX_API_KEY"]
        assert len(json.loads(fetched(f"{told['url']}/candidates", {"X-SmartToken": key}))["content"]) == 3


@pytest.mark.parametrize("name", NAMES)
def test_the_tenants_file_it_shows_is_one_the_engine_takes(name: str, tmp_path: Path) -> None:
    from sandbox import open_sandbox
    from sandbox.tenant_files import tenant_file

    ats = open_sandbox(name)
    made = tenant_file(ats, "trial")
    ats.close()
    connection = connect(load_overlay(tenant(tmp_path, made.text, "trial")), made.environment)
    assert (connection.name, connection.manifest.ats.id) == ("trial", name)
    assert set(connection.secrets) == set(made.environment.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_switches_and_faults_are_listed(name: str) -> None:
    told = fieldwright("sandbox", name, "--switches").out
    for switch, _, says in switches(name):
        assert switch in told
        assert says in told
    assert "drop_after_apply" in told
    listed = fieldwright("sandbox", name, "--switches", "--json").json
    assert [switch["name"] for switch in listed["switches"]] == [switch for switch, _, _ in switches(name)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nope",), "No sandbox is called 'nope'"),
        (("trackerrms", "--set", "fieldz=none"), "Unknown switch 'fieldz'"),
        (("trackerrms", "--set", "access"), "--set needs name=value"),
        (("trackerrms", "--fault", "latency=1"), "Unknown fault 'latency'"),
        (("trackerrms", "--applicants", "5000"), "sample applicants, not 5000"),
    ],
)
def test_what_it_cannot_take_is_told(arguments: tuple[str, ...], told: str) -> None:
    ended = fieldwright("sandbox", *arguments)
    assert ended.code == 2
    assert told in ended.err


def test_a_taken_port_is_told() -> None:
    with running("trackerrms", "--applicants", "0") as told:
        port = told["url"].rpartition(":")[2]
        ended = fieldwright("sandbox", "trackerrms", "--applicants", "0", "--port", port)
    assert ended.code == 2
    assert f"Port {port} on 127.0.0.1 is taken" in ended.err


def test_the_text_for_people_names_the_address_the_file_and_the_secrets() -> None:
    command = [*COMMAND, "sandbox", "trackerrms", "--port", "0", "--applicants", "0", "--tenant", "beta"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        told = ""
        while "What can be switched" not in told:
            line = process.stdout.readline()
            assert line
            told += line
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    for words in ("tenants/beta.yaml", "tenant: beta", "export SANDBOX_TOKEN=", "--sandbox beta=http://127.0.0.1:"):
        assert words in told
