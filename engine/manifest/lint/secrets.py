"""Where secrets go, followed through the expressions: never beside a note's text, into a log, or to another host."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.manifest.build.call_nodes import METHODS, method_of, profile_of
from engine.manifest.build.node import Node, Use
from engine.manifest.language.expressions import Chain, Path
from engine.manifest.language.template_problems import offset_of
from engine.manifest.lint.expressions import Followings
from engine.manifest.lint.knowledge import Knowledge
from engine.manifest.types.scope import is_content

_CONTENT = frozenset({"note", "tags", "fields", "field", "file", "score", "outputs", "attachment"})
_TOLD = frozenset({"version", "watermark", "dedupe", "name", "key", "code"})
"""Keys whose value is kept and shown: by events, in logs, on pages."""
_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
_SUBSCRIPTION_SECRETS = frozenset({("subscription", "secret"), ("subscription", "secrets"), ("webhook", "secret")})
_ADDRESS = re.compile(r"https://(?P<host>(?:\{\{.*?\}\}|[^/{}])*)")


def check_secrets_flow(knowledge: Knowledge, _: Followings) -> None:
    """Reports each way by which a secret could be read by people, or by another host than its own."""
    root = knowledge.root
    calls: dict[tuple[str | int, ...], list[Use]] = {}
    for use in root.report.uses:
        secrets = [chain for chain in use.compiled.references if _is_secret(root, chain)]
        if isinstance(use.compiled, Path):
            _check_told(use, secrets)
        elif secrets and not (use.scope and is_content(use.scope)):
            _check_composed(use, secrets)
            calls.setdefault(_call_of(use), []).append(use)
    for call, uses in calls.items():
        _check_host(root, call, uses)
    for name, api in root.items("apis"):
        _check_open_host(root, name, api)


def _is_secret(root: Node, chain: Chain) -> bool:
    if chain[0] == "settings":
        return len(chain) > 1 and chain[1] in root.report.secrets
    return chain[0] == "auth" or chain[:2] in _SUBSCRIPTION_SECRETS


def _shown(chain: Chain) -> str:
    return f"`{'.'.join(chain[:2])}`"


def _check_told(use: Use, secrets: list[Chain]) -> None:
    assert isinstance(use.compiled, Path)
    place = use.node.path
    if place[-1] not in _TOLD and not (len(place) > 1 and place[-2] == "ids"):
        return
    headers = [
        chain
        for chain in use.compiled.references
        if chain[0] == "headers" and len(chain) > 1 and chain[1].lower() in _CREDENTIALS
    ]
    for chain in (*secrets, *headers):
        what = f"{_shown(chain)} is a secret, and `{place[-1]}` is kept and shown in logs"
        use.node.warn("secret-in-log", what, "take something that may be seen", offset=use.compiled.offset_of(chain))


def _check_composed(use: Use, secrets: list[Chain]) -> None:
    text = use.compiled.text
    if any(chain[0] in _CONTENT for chain in use.compiled.references):
        what = f"{_shown(secrets[0])} is a secret: what people read may not hold it"
        use.node.fail("secret-in-text", what, "send it by itself, in a header", offset=offset_of(text, secrets[0]))
    elif use.node.key in METHODS and use.node.path[0] == "operations":
        what = f"{_shown(secrets[0])} is a secret, and addresses are shown in logs"
        hint = "send it in a header, or in `query` of the profile's `auth`"
        use.node.warn("secret-in-log", what, hint, offset=offset_of(text, secrets[0]))


# ── hosts ────────────────────────────────────────────────────────────────────────────────────────────────────


def _call_of(use: Use) -> tuple[str | int, ...]:
    place = use.node.path
    return place[:6] if place[0] == "apis" and "steps" in place else place[:2]


def _check_host(root: Node, call: tuple[str | int, ...], uses: list[Use]) -> None:
    """A secret goes to the hosts of its own profile, or of the same owner."""
    node, api = _at(root, call), _api_of(root, call)
    method = method_of(node)
    if api is None or method is None or "hosts" in api:
        return
    address = _ADDRESS.match(str(node[method].data))
    owners = {_owner(host) for host in _hosts(api)}
    if address is None or _owner(address["host"]) in owners:
        return
    secret = next(chain for use in uses for chain in use.compiled.references if _is_secret(root, chain))
    what = f"{_shown(secret)} is sent to {address['host'][:60]}, which is not the profile's own host"
    node[method].warn("secret-to-other-host", what, "name the host in `hosts` of the profile if it may", offset=0)


def _at(root: Node, path: tuple[str | int, ...]) -> Node:
    for key in path:
        root = root[key]
    return root


def _api_of(root: Node, call: tuple[str | int, ...]) -> Node | None:
    if call[0] == "apis":
        return root["apis"][call[1]]
    if call[0] != "operations":
        return None
    return root["apis"].get(str(profile_of(root, root["operations"][call[1]])))


def _hosts(api: Node) -> Iterator[str]:
    base = api.value("base_url")
    addresses = base.get("of", {}).values() if isinstance(base, dict) else [base]
    for address in addresses:
        match = _ADDRESS.match(str(address))
        if match is not None:
            yield match["host"]


def _owner(host: str) -> str:
    """The last two names of a host: ``api.eu.example.com`` and ``login.example.com`` are of one owner."""
    fixed = host.rpartition("}}")[2].strip(".")
    return ".".join(fixed.lower().split(".")[-2:]) if fixed else host


def _check_open_host(root: Node, name: str, api: Node) -> None:
    for node in _addresses(api):
        match = _ADDRESS.match(str(node.data))
        host = match["host"] if match is not None else ""
        if host.rpartition("}}")[2].strip("."):
            continue
        for setting in re.findall(r"settings\.(\w+)", host):
            declared = root["settings"].get(setting) if "settings" in root else None
            if declared is not None and declared.value("type") == "text" and "pattern" not in declared:
                what = f"`settings.{setting}` may be any text: the credentials of `{name}` could be sent to any host"
                node.warn("open-host", what, "make it `type: host` with `allow`", offset=node.data.find("settings."))


def _addresses(api: Node) -> Iterator[Node]:
    base = api["base_url"]
    if isinstance(base.data, str):
        yield base
    elif "of" in base:
        yield from (node for _, node in base.items("of"))
