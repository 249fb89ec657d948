"""The wheel, installed into an empty virtual environment, works from an empty folder with all that it carries."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SLOW_S = 540


def run(command: Sequence[str | Path], folder: Path) -> str:
    """What the command printed; it must succeed. Nothing of the source tree is on its path."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True, timeout=SLOW_S
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT], folder)
    (built,) = folder.glob("fieldwright-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs' folder of a virtual environment that holds the wheel and what it needs."""
    environment = tmp_path_factory.mktemp("empty") / "venv"
    run([sys.executable, "-m", "venv", environment], wheel.parent)
    run([environment / "bin" / "python", "-m", "pip", "install", "--quiet", wheel], wheel.parent)
    return environment / "bin"


def data_files(folder: str) -> set[str]:
    """The files of a folder of the project that are no Python modules, as paths in the project."""
    found = (file for file in (ROOT / folder).rglob("*") if file.is_file())
    return {
        file.relative_to(ROOT).as_posix()
        for file in found
        if file.suffix not in (".py", ".pyc", ".pyo") and "__pycache__" not in file.parts
    }


def test_it_carries_schemas_mappings_templates_fonts_and_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    carried = {f"engine/_data/{name}" for name in data_files("schemas") | data_files("mappings")}
    carried |= data_files("engine") | data_files("connectors") | data_files("sandbox")
    assert carried - names == set()
    for ending in (".schema.json", ".yaml", ".html", ".ttf", "py.typed", "skills.txt"):
        assert any(name.endswith(ending) for name in names), ending
    assert any(name.startswith("sandbox/people_data/") for name in names)


def test_it_carries_the_licence_and_nothing_of_the_workshop(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "bench/", "docs/", "."))]
    assert not [name for name in names if name.endswith((".pyc", ".db"))]


def test_the_command_works_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    command = installed / "fieldwright"
    assert "lint" in run([command, "--help"], tmp_path)
    assert run([command, "lint"], tmp_path).startswith("No mistakes in ")
    assert "pretend" in run([command, "sandbox", "trackerrms", "--help"], tmp_path)
    assert "latency_s" in run([command, "sandbox", "smartrecruiters", "--switches"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_installed_sandbox_has_its_people_and_templates(installed: Path, tmp_path: Path) -> None:
    code = (
        "from sandbox import open_sandbox, people\n"
        "from sandbox import recruiter_page\n"
        "ats = open_sandbox('trackerrms')\n"
        "jobs = {job.key: ats.add_job(job) for job in people.jobs()}\n"
        "one = people.applicants()[0]\n"
        "print(ats.candidate_view(ats.apply(one, jobs[one.applied_to])).name)\n"
        "ats.close()\n"
    )
    assert run([installed / "python", "-c", code], tmp_path).strip()


def test_what_is_installed_is_complete(installed: Path, tmp_path: Path) -> None:
    """Every module can be imported, but the one of an extra: no dependency is missing from the wheel's own list."""
    code = (
        "import importlib, pkgutil\n"
        "for package in ('engine', 'connectors', 'sandbox'):\n"
        "    found = importlib.import_module(package)\n"
        "    for module in pkgutil.walk_packages(found.__path__, package + '.'):\n"
        # The one needs an extra; the other is a script that alembic runs.
        "        if module.name not in ('engine.telemetry.otel', 'engine.store.migrations.env'):\n"
        "            importlib.import_module(module.name)\n"
        "print('all')\n"
    )
    assert run([installed / "python", "-c", code], tmp_path) == "all\n"


def test_traces_that_are_configured_and_not_installed_are_told_of_and_stop_nothing(
    installed: Path, tmp_path: Path
) -> None:
    code = (
        "import sys\n"
        "from engine.runtime.logs import set_up\n"
        "from engine.telemetry.tracing import span, traced\n"
        "set_up(stream=sys.stdout)\n"
        "with traced('serve', {'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://127.0.0.1:9'}), span('work'):\n"
        "    pass\n"
    )
    (line,) = run([installed / "python", "-c", code], tmp_path).splitlines()
    assert "pip install 'fieldwright[otel]'" in line
