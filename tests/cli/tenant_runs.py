"""Commands run in this process against a pretend ATS on loopback: what they print and how they end."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from engine.cli.main import run
from sandbox import open_sandbox, serving
from sandbox.contract import PretendAts
from sandbox.tenant_files import tenant_file
from tests.pipeline.line import BACKEND, UNLIMITED, engineers


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Desk:
    """A folder with one tenant, ``trial``, and the pretend ATS it is at."""

    ats: PretendAts
    url: str
    folder: Path
    environment: Mapping[str, str]
    job: str

    def run(self, *arguments: str, **environment: str) -> Ended:
        """``fieldwright`` with these arguments."""
        out, err = io.StringIO(), io.StringIO()
        with (
            patch.dict("os.environ", {**self.environment, **environment}),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                run(list(arguments))
                code: Any = 0
            except SystemExit as ended:
                code = ended.code
        return Ended(int(code or 0), out.getvalue(), err.getvalue())

    def apply(self, count: int = 1) -> Sequence[str]:
        return [self.ats.apply(person, self.job) for person in engineers(count)]

    def settings(self, more: str) -> None:
        """Adds lines to the tenant's file, settings with two spaces first."""
        file = self.folder / "tenants" / "trial.yaml"
        file.write_text(file.read_text("utf-8") + more, "utf-8")


@contextmanager
def desk(folder: Path, name: str = "smartrecruiters", **switches: Any) -> Iterator[Desk]:
    ats = open_sandbox(name, **{**UNLIMITED[name], **switches})
    served = serving.start(ats.app)
    made = tenant_file(ats, "trial")
    (folder / "tenants").mkdir()
    (folder / "tenants" / "trial.yaml").write_text(made.text, "utf-8")
    environment = {
        **made.environment,
        "FIELDWRIGHT_STATE": str(folder / "state"),
        "FIELDWRIGHT_TENANTS": str(folder / "tenants"),
        "FIELDWRIGHT_SANDBOXES": f"trial={served.url}",
    }
    try:
        yield Desk(ats, served.url, folder, environment, ats.add_job(BACKEND))
    finally:
        ats.close()
        served.stop()
