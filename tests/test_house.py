"""The rules of the house that no other tool checks: names, sizes, docstrings, what is never used, who imports whom."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from engine.manifest.codes import codes

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("engine", "connectors", "sandbox")
FILES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
CORE = [file for file in FILES if file.relative_to(ROOT).parts[0] in ("engine", "connectors")]
TREES = {file: ast.parse(file.read_text("utf-8")) for file in FILES}

MAPPED = {file.name.split(".")[0] for file in (ROOT / "mappings").glob("*.yaml")}
VENDORS = MAPPED | {
    *("smart recruiters", "smart-recruiters", "tracker rms", "tracker-rms", "greenhouse", "workday", "bullhorn"),
    *("icims", "workable", "ashby", "jobvite", "taleo", "successfactors", "teamtailor", "recruitee", "jazzhr"),
}
NEVER_CALLED = {"eval", "exec", "compile", "__import__", "breakpoint"}
NEVER_IMPORTED = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "imp", "telnetlib"}
NEVER_READ = {
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "ast.literal_eval", "os.system"),
    *("os.popen", "tempfile.mktemp", "builtins.eval", "builtins.exec"),
}
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FUNCTION, TENTH_LONGEST = 300, 60, 10, 30

CALLED_BY_LIBRARIES = {
    "handle_starttag",
    "handle_endtag",
    "handle_data",
    "getitem",
    "process_bind_param",
    "collect",
} | {"restore", "execute_job", "check_for_suspension", "_install_signal_handlers"}


def shown(file: Path) -> str:
    return str(file.relative_to(ROOT))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def test_no_ats_is_named_in_the_engine_or_the_connectors() -> None:
    """What is particular to an ATS is in its manifest only."""
    named = re.compile(rf"\b({'|'.join(map(re.escape, sorted(VENDORS)))})", re.IGNORECASE)
    found = [f"{shown(file)}: {hit.group()}" for file in CORE for hit in named.finditer(file.read_text("utf-8"))]
    assert not found


def test_nothing_runs_text_as_code_or_reads_objects_from_bytes() -> None:
    found = []
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NEVER_CALLED:
                found.append(f"{shown(file)}:{node.lineno} {node.func.id}()")
            elif isinstance(node, ast.Attribute) and dotted(node) in NEVER_READ:
                found.append(f"{shown(file)}:{node.lineno} {dotted(node)}")
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                found += [
                    f"{shown(file)}:{node.lineno} {name}" for name in names if name.split(".")[0] in NEVER_IMPORTED
                ]
            elif isinstance(node, ast.keyword) and node.arg == "shell" and ast.unparse(node.value) != "False":
                found.append(f"{shown(file)}:{node.value.lineno} shell=")
    assert not found


def test_every_module_says_what_it_is_for() -> None:
    silent = [shown(file) for file, tree in TREES.items() if tree.body and not ast.get_docstring(tree)]
    assert not silent


def test_imports_are_absolute() -> None:
    relative = [
        shown(file)
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative


def test_files_are_short() -> None:
    long = {shown(file): count for file in FILES if (count := file.read_text("utf-8").count("\n")) > LONGEST_FILE}
    assert not long


def test_functions_are_short() -> None:
    lengths = {
        f"{shown(file)}:{function.lineno} {function.name}": lines_of(function)
        for file, tree in TREES.items()
        for function in functions(tree)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_FUNCTION
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= TENTH_LONGEST


def test_nothing_is_there_for_tests_only() -> None:
    """Each function, method and class of the engine is named somewhere besides where it is defined."""
    users = [file.read_text("utf-8") for folder in (*PACKAGES, "bench") for file in (ROOT / folder).rglob("*.py")]
    named = Counter(word for text in users for word in re.findall(r"\w+", text))
    unused = [
        f"{shown(file)}:{node.lineno} {node.name}"
        for file in CORE
        for node in ast.walk(TREES[file])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and named[node.name] == 1
        and not node.decorator_list
        and not node.name.startswith("__")
        and node.name not in CALLED_BY_LIBRARIES
    ]
    assert not unused


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "manager", "misc", "util", "helper"])
def test_no_module_is_named_after_nothing(word: str) -> None:
    assert not [shown(file) for file in FILES if word in re.split(r"[_.]", file.name)]


def test_no_address_of_a_machine_or_a_registry_is_written_down() -> None:
    here = re.compile(r"/(work|home|root)/[a-z]|/Users/[A-Z]|/opt/[a-z]|pypi\.org|://[a-z0-9.-]*artifactory")
    kinds = {".py", ".md", ".yaml", ".json", ".toml", ".html", ".css", ".js"}
    places = (*PACKAGES, "tests", "docs", "bench", "mappings", "schemas")
    files = [file for place in places for file in (ROOT / place).rglob("*") if file.suffix in kinds]
    files += [ROOT / "README.md", ROOT / "pyproject.toml", ROOT / "Makefile", ROOT / ".ci" / "run"]
    found = [
        shown(file) for file in files if file != Path(__file__).resolve() and here.search(file.read_text("utf-8"))
    ]
    assert not found


def test_imports_go_downwards_only() -> None:
    """The layers of the design, and which library may be used where, as pyproject.toml declares them."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Contracts: [5-9] kept, 0 broken", done.stdout)


_CODE = re.compile(r"[a-z]+(-[a-z0-9]+)+$")
_TELLERS = frozenset(
    {"fail", "warn", "_add", "_value", "_refuse", "_refusal", "_complain", "_finding", "_warning", "Finding", "Clash"}
    | {"Problem"}
)


def told_codes() -> set[str]:
    """The codes that the source gives to findings: where they are made, or named beforehand."""
    found: set[str] = set()
    for file in CORE:
        for node in ast.walk(TREES[file]):
            if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in _TELLERS:
                found |= {text.value for text in ast.walk(node) if is_code(text)}
            elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                found |= {text.value for text in node.value.elts[:1] if is_code(text)}
    return found


def is_code(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_CODE.match(node.value))


def test_each_code_of_a_finding_is_explained_and_each_explained_one_is_told() -> None:
    """What `fieldwright explain` says stands in schemas/codes.yaml: add what you add here, there."""
    explained = codes()
    texts = "".join(file.read_text("utf-8") for file in CORE)
    assert told_codes() - set(explained) == set()
    # A reference that leads nowhere is told as `unknown-<kind>`.
    kinds = {code for code in explained if f'"{code.removeprefix("unknown-")}"' in texts}
    assert {code for code in explained if f'"{code}"' not in texts} - kinds == set()
