"""What a tenant's file was written against: the manifest's value of each thing it changes, kept beside the file.

``acme.yaml`` has its ``acme.pin.json``, made by ``fieldwright diff acme --pin``. None of the tenant's own values
stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from engine.errors import InputError
from engine.manifest.overlay.changes import Change

_LARGEST_BYTES = 1024 * 1024


class PinUnreadable(Exception):
    """The pin is no file that ``--pin`` has written; the text says why, in one phrase."""


@dataclass(frozen=True, slots=True)
class Pin:
    """The manifest's id, and its value of each thing the tenant's file changed when it was pinned."""

    extends: str
    values: Mapping[str, str]


def pin_file(overlay: FilePath) -> FilePath:
    """Where the pin of a tenant's file is."""
    return overlay.with_suffix(".pin.json")


def read_pin(overlay: FilePath) -> Pin | None:
    """The pin of a tenant's file, None where it has none. Raises PinUnreadable."""
    file = pin_file(overlay)
    try:
        if not file.is_file():
            return None
        if file.stat().st_size > _LARGEST_BYTES:
            raise PinUnreadable("it is larger than 1 MiB")
        plain = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise PinUnreadable(error.strerror or "it cannot be opened") from None
    except (ValueError, RecursionError):
        raise PinUnreadable("it is not JSON") from None
    extends, values = (plain.get("extends"), plain.get("values")) if isinstance(plain, dict) else (None, None)
    if not isinstance(extends, str) or not isinstance(values, dict):
        raise PinUnreadable("it lacks `extends` or `values`")
    if not all(isinstance(value, str) for value in values.values()):
        raise PinUnreadable("a value in it is no text")
    return Pin(extends, values)


def write_pin(overlay: FilePath, extends: str, changes: Iterable[Change]) -> FilePath:
    """Writes the pin of a tenant's file, whole or not at all; its path. Raises InputError where it cannot."""
    values = {change.what: change.before for change in changes}
    file = pin_file(overlay)
    fresh = file.with_suffix(".tmp")
    text = json.dumps({"extends": extends, "values": values}, ensure_ascii=False, indent=2, sort_keys=True)
    try:
        fresh.write_text(f"{text}\n", "utf-8")
        fresh.replace(file)
    except OSError as error:
        raise InputError(f"The pin {file} cannot be written: {error.strerror}.") from None
    return file
