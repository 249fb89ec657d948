"""Browser tests run where there is a Chromium, else they are left out loudly; the mechanisms that hold are told."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests import servers
from tests.conformance import reporting


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of its own for the test, which runs once for each kind of database."""
    return servers.postgres_url() if request.param == "postgresql" else f"sqlite:///{tmp_path}/store.db"


def chromium_path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    reporting.mark(items)
    if chromium_path() or os.environ.get("CI"):
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not chromium_path() and not os.environ.get("CI"):
        text = "NO CHROMIUM: the browser tests were left out. Install it (apt-get install chromium) to run them."
        terminalreporter.write_line(text, yellow=True, bold=True)
    mechanisms = reporting.summary(terminalreporter.stats)
    if mechanisms:
        terminalreporter.write_line(mechanisms, bold=True)
