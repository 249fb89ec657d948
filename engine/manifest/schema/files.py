"""Where the project's own data files are: schemas and mappings, in the source tree or in an installed wheel."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parents[2]


def data_folder(name: str) -> Path:
    """The folder ``schemas`` or ``mappings``: beside the package in a source tree, inside it when installed."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


@lru_cache
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema ``schemas/<name>.schema.json``."""
    content: dict[str, Any] = json.loads(_schema_file(name).read_text("utf-8"))
    return content


def _schema_file(name: str) -> Path:
    return data_folder("schemas") / f"{name}.schema.json"
