"""Runs the benches of this folder, or those named, one after the other, and prints their lines.

A bench is a module with a ``main`` that gives the lines of its report: ``python -m bench webhook_accept``.
"""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path


def _known() -> list[str]:
    """The modules beside this one that have a ``main`` which gives lines."""
    return sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py") if _is_bench(file))


def _is_bench(file: Path) -> bool:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    mains = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main"]
    return any(node.returns is not None and ast.unparse(node.returns) == "list[str]" for node in mains)


def run(names: list[str]) -> int:
    """Runs the benches called ``names``, all without one; 2 where one is unknown, 1 where a goal was missed."""
    known = _known()
    if unknown := [name for name in names if name not in known]:
        print(f"There is no bench {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    missed = False
    for name in names or known:
        lines = importlib.import_module(f"bench.{name}").main()
        print("\n".join([f"── {name}", *lines]), flush=True)
        missed = missed or any("MISSED" in line for line in lines)
    return int(missed)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
