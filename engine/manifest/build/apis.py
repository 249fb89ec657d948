"""API profiles: checked nodes → typed objects, with their base URLs, ways of signing in, and limits."""

from __future__ import annotations

from collections.abc import Iterator

from engine.manifest.build.call_nodes import method_of, usual_profile
from engine.manifest.build.calls import check_host, errors, request, unreachable
from engine.manifest.build.limits import limits
from engine.manifest.build.node import Node
from engine.manifest.language.templates import Template, compile_template
from engine.manifest.model import (
    Api,
    Assertion,
    AssertionStep,
    Authenticator,
    AuthStep,
    Basic,
    Expiry,
    Regions,
    Signing,
    Step,
)
from engine.manifest.types import TEXT
from engine.manifest.types.scope import SIGNED_REQUEST, Scope

_MIB = 1024 * 1024
_OF_A_CALL = ("capture", "expires", "keep", "api", "basic", "query", "headers", "json", "form", "multipart")


def api(name: str, node: Node) -> Api:
    limits_node = node.get("limits")
    made = Api(
        name=name,
        base_url=_base_url(node),
        headers=node.tree("headers", {}),
        auth=tuple(_authenticator(element, node) for element in node.elements("auth")),
        limits=limits(limits_node),
        errors=errors(node.get("errors")),
        check=node.refer("check", "operation") or None,
        at=node.at,
        hosts=node.texts("hosts"),
        timeout_s=node.seconds("timeout", "30s") or 30.0,
        largest_answer_bytes=node.value("largest_answer_mb", 10) * _MIB,
    )
    _check_addresses(node, made)
    return made


def captured(node: Node) -> dict[str, None]:
    """The names that signing in to the profile at ``node`` gives: what templates see as ``auth``."""
    names: dict[str, None] = {}
    for way in node.elements("auth"):
        for step in way.elements("steps"):
            names |= dict.fromkeys([step.value("name")] if "jwt" in step else step.value("capture", {}))
    return names


def check_kept(root: Node) -> None:
    """Reports a capture that two profiles keep. It is kept by its name: one would send the other's token."""
    owners: dict[str, str] = {}
    for name, api in root.items("apis"):
        for kept in (element for way in api.elements("auth") for element in _kept(way)):
            owner = owners.setdefault(kept.data, name)
            if owner != name:
                what = f"`{owner}` keeps a `{kept.data}` already: each would be given the other's"
                kept.fail("kept-twice", what, f"capture it under another name, such as `{name}_{kept.data}`")


def _kept(way: Node) -> Iterator[Node]:
    for step in way.elements("steps"):
        yield from step.elements("keep")


# ── base URLs ────────────────────────────────────────────────────────────────────────────────────────────────────


def _base_url(node: Node) -> Template | Regions:
    base_url = node["base_url"]
    if isinstance(base_url.data, str):
        template = base_url.as_template("text", {"auth": captured(node)})
        from_auth = any(chain[0] == "auth" for chain in template.references)
        if not base_url.data.startswith("https://") and not (from_auth and base_url.data.startswith("{{")):
            base_url.fail("wrong-form", "the base_url must begin with `https://`: secrets are sent there")
        return template
    for _, address in base_url.items("of"):
        if not address.data.startswith("https://"):
            address.fail("wrong-form", "the base_url must begin with `https://`: secrets are sent there")
    _check_regions(base_url)
    if base_url.value("probe"):
        _check_probe(node)
    return Regions(
        by=base_url.expression("by", {}) or unreachable(),
        of={name: address.as_template("text", {}) for name, address in base_url.items("of")},
        probe=base_url.value("probe", False),
    )


def _check_probe(node: Node) -> None:
    """Addresses are tried with a call of this very profile."""
    check = node.report.names["operation"].get(node.value("check"))
    usual = usual_profile(node.report.names["api"])
    elsewhere = isinstance(check, dict) and check.get("api", usual) != node.key
    if "check" not in node or elsewhere:
        node["base_url"]["probe"].fail(
            "probe-without-check",
            "the addresses are tried with the profile's `check`: a call on this profile",
            "name a cheap call in `check` that any live credential may make",
        )


def _check_regions(node: Node) -> None:
    """Where the region is a setting with declared values: each needs an address, and each address a value."""
    setting = node.report.names["setting"].get(str(node.value("by")).removeprefix("settings."))
    values = setting.get("of") if isinstance(setting, dict) else None
    if not isinstance(values, list):
        return
    for value in values:
        if value not in node["of"].data:
            node["of"].fail("region-without-address", f"`{value}` has no address here", at_key=True)
    for name, address in node.items("of"):
        if name not in values:
            hint = f"its values: {', '.join(map(str, values))}"
            address.fail("unknown-region", f"`{name}` is no value of {node.value('by')}", hint, at_key=True)


def _check_addresses(node: Node, made: Api) -> None:
    """Addresses that come from answers need ``hosts``; a path needs a base URL that is known when it is called."""
    if not made.hosts and made.address_captures:
        node["base_url"].fail(
            "missing-hosts",
            "an address here comes from an answer: `hosts` must say where it may lead",
            "such as `hosts: ['*.example.com']`",
            at_key=True,
        )
    templates = [made.base_url] if isinstance(made.base_url, Template) else []
    needed = {chain[1] for template in templates for chain in template.references if chain[0] == "auth" and chain[1:]}
    for way in node.elements("auth"):
        known: set[str] = set()
        for step in way.elements("steps"):
            method = method_of(step)
            path = step[method] if method is not None else None
            if path is not None:
                check_host(path, node.data)
            if path is not None and path.data.startswith("/") and "api" not in step and not needed <= known:
                path.fail(
                    "address-unknown", "the base URL is not known yet when this step is made", "write a whole address"
                )
            known |= set(step.value("capture", {}))


# ── signing in ───────────────────────────────────────────────────────────────────────────────────────────────────


def _authenticator(node: Node, profile: Node) -> Authenticator:
    known: Scope = {"auth": captured(profile)}
    sign = node.get("sign")
    return Authenticator(
        when=node.expression("when", {}),
        steps=tuple(_step(step, known) for step in node.elements("steps")),
        headers=node.tree("headers", known),
        query=node.tree("query", known),
        renew_on=frozenset(node.value("renew_on", ())),
        at=node.at,
        basic=_basic(node.get("basic"), known),
        sign=_signing(sign, known) if sign else None,
    )


def _basic(node: Node | None, known: Scope) -> Basic | None:
    if node is None:
        return None
    username = node.template("username", "text", known) or unreachable()
    return Basic(username, node.template("password", "text", known) or compile_template("", "text"))


def _signing(node: Node, known: Scope) -> Signing:
    seen: Scope = {**known, **SIGNED_REQUEST}
    return Signing(
        encoding=node.value("encoding"),
        key=node.template("key", "text", known) or unreachable(),
        over=node.template("over", "text", seen) or unreachable(),
        headers=node.tree("headers", {**seen, "signature": TEXT}) or unreachable(),
    )


def _step(node: Node, known: Scope) -> Step:
    if "jwt" in node:
        for key in _OF_A_CALL:
            if key in node:
                node[key].fail("key-of-a-call", f"a step that makes a token has no `{key}`", at_key=True)
        return AssertionStep(node.value("name"), _assertion(node["jwt"], known), node.at)
    if "capture" not in node:
        node.fail("missing-key", "the key `capture` is missing: what the step is made for")
    for element in node.elements("keep"):
        if element.data not in node.value("capture", {}):
            element.fail("unknown-capture", f"`{element.data}` is not captured by this step")
    expires = node.get("expires")
    return AuthStep(
        name=node.value("name"),
        request=request(node, known),
        capture={name: path.as_expression() for name, path in node.items("capture")},
        expiry=_expiry(expires) if expires else None,
        at=node.at,
        keep=node.texts("keep"),
        api=node.refer("api", "api") or None,
        basic=_basic(node.get("basic"), known),
    )


def _assertion(node: Node, known: Scope) -> Assertion:
    return Assertion(
        algorithm=node.value("algorithm"),
        key=node.template("key", "text", known) or unreachable(),
        claims=node.tree("claims", known) or unreachable(),
        headers=node.tree("headers", known),
        lifetime_s=node.seconds("lifetime", "5m") or 300.0,
    )


def _expiry(node: Node) -> Expiry:
    return Expiry(node.seconds("default") or 0.0, node.expression("after"), node.expression("at"))
