"""The command starts quickly, and imports a command's module only when that command runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.main import COMMANDS, application
from tests.cli.running import fieldwright

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    *(
        "sqlalchemy",
        "starlette",
        "uvicorn",
        "httpx",
        "httpcore",
        "anyio",
        "fpdf",
        "rank_bm25",
        "docx",
        "pypdfium2",
        "jwt",
        "prometheus_client",
        "opentelemetry",
    ),
    *(
        "pdfminer",
        "multipart",
        "python_multipart",
        "jinja2",
        "jmespath",
        "yaml",
        "jsonschema",
        "connectors",
        "sandbox",
    ),
)
LISTING = "\nimport sys; sys.stderr.write(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"


def imported(*arguments: str) -> set[str]:
    code = f"from engine.cli.main import run\ntry:\n    run()\nexcept SystemExit:\n    pass{LISTING}"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ()])
def test_help_imports_no_server_database_or_http_library(arguments: tuple[str, ...]) -> None:
    assert imported(*arguments).isdisjoint(HEAVY)


def test_lint_imports_what_reads_manifests_and_nothing_that_serves_stores_or_calls() -> None:
    loaded = imported("lint", "mappings")
    assert {"yaml", "jmespath"} <= loaded
    assert loaded.isdisjoint({"sqlalchemy", "starlette", "uvicorn", "httpx", "fpdf", "docx", "rich", "sandbox"})


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_of_the_table_exists_and_explains_itself(name: str) -> None:
    ended = fieldwright(name, "--help")
    assert ended.code == 0
    assert "Usage:" in ended.out
    assert name in ended.out


def test_the_help_lists_every_command_with_its_line() -> None:
    told = " ".join(re.sub(r"[│╭╰╮╯─]", " ", fieldwright("--help").out).split())
    for name, (_, summary) in COMMANDS.items():
        assert f"{name} {summary}" in told


def test_a_command_that_was_not_chosen_is_a_stand_in() -> None:
    names = {command.name for command in application(None).registered_commands}
    assert names == set(COMMANDS)


def test_the_version_is_told() -> None:
    assert re.fullmatch(r"fieldwright \d+\.\d+\.\d+\n", fieldwright("--version").out)
