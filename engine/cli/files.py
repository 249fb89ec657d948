"""Writing a file whole or not at all: a text beside it first, then in its place."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from engine.errors import InputError


def write_whole(file: Path, text: str) -> None:
    """Writes ``text`` to ``file``. Raises InputError where that cannot be done; what was there is there still."""
    try:
        handle, beside = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o644
        Path(beside).chmod(mode)
        Path(beside).replace(file)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}.") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(beside).unlink()
