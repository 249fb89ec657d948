"""JSON Schemas fetch nothing, and the project's own hold nothing that hostile input can slow down."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.manifest.schema.shape import check
from engine.manifest.yaml.source import read_text

SCHEMAS = sorted((Path(__file__).parents[2] / "schemas").rglob("*.json"))


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
    for below in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts(below)


def test_a_remote_reference_is_refused_and_nothing_connects():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        schema = {"properties": {"a": {"$ref": f"http://127.0.0.1:{server.getsockname()[1]}/x.json"}}}
        with pytest.raises(Exception, match="Unresolvable"):
            check(read_text("a: 1", "m.yaml"), schema)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.name)
def test_the_projects_schemas_refer_to_themselves_only(file):
    references = [part["$ref"] for part in parts(json.loads(file.read_text("utf-8"))) if "$ref" in part]
    assert all(isinstance(reference, dict) or reference.startswith("#/") for reference in references)


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.name)
def test_the_projects_schemas_use_no_word_that_takes_quadratic_time(file):
    assert not [part for part in parts(json.loads(file.read_text("utf-8"))) if part.get("uniqueItems") is True]


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.name)
def test_the_projects_patterns_are_quick_on_hostile_text(file):
    patterns = {
        part["pattern"] for part in parts(json.loads(file.read_text("utf-8"))) if isinstance(part.get("pattern"), str)
    }
    hostile = [letter * 4_000 + "!" for letter in "a0-._/ :*"] + [
        "a." * 2_000 + "!",
        "a_" * 2_000 + "!",
        "${" * 2_000,
    ]
    for pattern in patterns:
        started = time.thread_time()
        for text in hostile:
            re.search(pattern, text)
        assert time.thread_time() - started < 0.5, pattern
