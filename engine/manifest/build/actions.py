"""What calls may read that only actions make: an action is a person's, and no event stands behind it."""

from __future__ import annotations

from collections.abc import Collection

from engine.manifest.build.node import Node, Use
from engine.manifest.findings import nearest
from engine.manifest.language.expressions import Chain
from engine.manifest.language.template_problems import offset_of
from engine.manifest.language.templates import Template

_SEEN = frozenset({"settings", "given", "lookup", "auth"})


def check_calls(root: Node) -> None:
    """Reports each name that an operation reads which only actions call, and which no action can give it."""
    takes: dict[str, set[str]] = {}
    for _, action in root.items("actions"):
        takes.setdefault(str(action.value("operation")), set()).update(action.value("takes", {}))
    referred = root.report.referred
    alone = {name for name in takes if referred.get(("operation", name)) == {"actions"}}
    for use in root.report.uses:
        if use.node.path[0] == "operations" and use.node.path[1] in alone:
            _check_use(root, use, takes[str(use.node.path[1])])


def _check_use(root: Node, use: Use, takes: Collection[str]) -> None:
    # What is read of an answer has no names.
    if not isinstance(use.compiled, Template) or use.scope is None:
        return
    pages = "paging" in root["operations"][use.node.path[1]]
    for chain in use.compiled.references:
        if chain[0] not in use.scope or chain[0] in _SEEN or (pages and chain[0] == "page"):
            continue
        what = f"`{'.'.join(chain)}` is not known here: only an action makes this call, and it sees `given`"
        use.node.fail("unknown-name", what, _instead(chain, takes), offset=offset_of(use.compiled.text, chain))


def _instead(chain: Chain, takes: Collection[str]) -> str:
    whole = "_".join(chain)
    near = nearest(whole, takes) or nearest(chain[-1], takes)
    if near:
        return f"did you mean `given.{near}`?"
    return f"add `{whole}` to what the action `takes`, and read `given.{whole}`"
