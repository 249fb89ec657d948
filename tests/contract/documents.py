"""Small manifests and OpenAPI documents, and what comes of comparing them.

``«`` in a manifest's text marks where the finding must be; it is taken out before the text is read.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.contract.check import Contract, compare
from engine.contract.openapi import OpenApi, read_openapi
from engine.manifest.findings import Finding
from engine.manifest.yaml.source import read_text

MARK = "«"
HOST = "https://api.acme-ats.example"
HEAD = f'apis:\n  main: {{base_url: "{HOST}"}}\noperations:\n'

PERSON = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "email": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
    },
}
JOB = {"type": "object", "properties": {"id": {"type": "integer"}, "title": {"type": "string", "nullable": True}}}
SCHEMAS = {"Person": PERSON, "Job": JOB}


def json_answer(schema: Any, status: str = "200") -> dict[str, Any]:
    return {status: {"description": "good", "content": {"application/json": {"schema": schema}}}}


def json_body(schema: Any, **more: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}, **more}


def endpoint(**parts: Any) -> dict[str, Any]:
    return {"responses": json_answer({"$ref": "#/components/schemas/Person"}), **parts}


def document(paths: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.3",
        "info": {"title": "Acme ATS", "version": "1"},
        "servers": [{"url": HOST}],
        "paths": paths,
        "components": {"schemas": SCHEMAS},
        **more,
    }


def opened(text: str | Mapping[str, Any], name: str = "openapi.json") -> OpenApi:
    """The document, read from a file of this name."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_text(text if isinstance(text, str) else json.dumps(text), "utf-8")
        return read_openapi(file)


def compared(manifest: str, openapi: Mapping[str, Any]) -> Contract:
    text = manifest.replace(MARK, "")
    return compare(read_text(text if text.startswith("apis") else HEAD + text, "acme.yaml"), opened(openapi))


def findings(manifest: str, openapi: Mapping[str, Any]) -> list[Finding]:
    return list(compared(manifest, openapi).findings)


def marked(manifest: str) -> tuple[int, int]:
    """Line and column of the mark in the manifest's text as it is read."""
    text = manifest if manifest.startswith("apis") else HEAD + manifest
    at = text.index(MARK)
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
