"""Deliveries at the served door of a shipped manifest: those of its mapping tests, signed or with a token."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from connectors.signatures import Signed, sign
from engine.clock import ManualClock
from engine.intake.subscriptions import STATE
from engine.manifest.connection import Connection
from engine.manifest.language.expressions import holds
from engine.manifest.model import WebhookDoor
from engine.redaction import Secret
from tests.conformance.doors import KEY, Hook, serve_hook
from tests.conformance.shipped import NOW, Shipped, put

_FEW = 3


def knock(subject: Shipped, folder: Path) -> None:
    """What is signed gets in; changed, unsigned or old it does not; a handshake is answered before that."""
    door = subject.manifest.events.webhook
    if door is None:
        return
    tenant = replace(subject.connections[0], name="tenant", webhook=True)
    tenant = replace(tenant, settings={**_asked(door), **tenant.settings})
    clock = ManualClock(NOW)
    with serve_hook(tenant, folder, clock) as hook:
        hook.store.connections.put("tenant", STATE, {"id": "s1", "secret": KEY, "secrets": [KEY]})
        path = f"/{tenant.address_secret}" if tenant.address_secret else ""
        for headers, body in list(_deliveries(subject))[:_FEW]:
            _check_delivery(hook, door, tenant, headers, body, path)
        # Some are the same delivery to the manifest, and are kept once.
        assert 0 < len(hook.store.inbox.list()) <= _FEW
        if door.handshake is not None:
            _check_handshake(hook, door, path)


def _deliveries(subject: Shipped) -> Iterator[tuple[dict[str, str], Any]]:
    for case in subject.suite.cases:
        if "body" in case.event:
            headers = {str(name).lower(): str(value) for name, value in case.event.get("headers", {}).items()}
            yield headers, case.event["body"]


def _check_delivery(
    hook: Hook, door: WebhookDoor, tenant: Connection, headers: Mapping[str, str], body: Any, path: str
) -> None:
    token = door.token
    if token is not None and (token.when is None or holds(token.when({"headers": headers, "body": body}))):
        without, headers = headers, {**headers, token.header: token.prefix + tenant.caller_tokens[0]}
        assert hook.post(body, without, path) == 401
        assert hook.post(body, {**headers, token.header: f"{headers[token.header]}x"}, path) == 401
        if token.when is not None:
            assert hook.post(body, headers, path) == door.acknowledge
            return
    if door.signature is None:
        assert hook.post(body, headers, path) == door.acknowledge
        if path:
            assert hook.post(body, headers, f"{path}x") in (401, 404)
        return
    signed = _signed(door, tenant, headers, body, NOW)
    if signed is None:
        return
    given, content = signed
    assert hook.post(content, given, path) == door.acknowledge
    kept = {event.id for event in hook.store.inbox.list()}
    assert hook.post(content.replace(b"}", b', "x-changed": 1}', 1), given, path) == 401
    name = door.signature.header
    if name is not None:
        assert hook.post(content, {key: value for key, value in given.items() if key != name}, path) == 401
    if door.signature.timestamp is not None:
        old = _signed(door, tenant, headers, body, NOW - 366 * 86400)
        assert old is not None
        assert hook.post(old[1], old[0], path) == 401
    assert {event.id for event in hook.store.inbox.list()} == kept


def _signed(
    door: WebhookDoor, tenant: Connection, headers: Mapping[str, str], body: Any, at: float
) -> tuple[dict[str, str], bytes] | None:
    """The headers and body of a delivery signed at ``at``; None where the signature stands in the body itself."""
    rule = door.signature
    assert rule is not None
    given, parts, changed = dict(headers), {}, copy.deepcopy(body)
    stamp = str(int(at * 1000) if rule.timestamp_unit == "milliseconds" else int(at))
    for chain in rule.timestamp.references if rule.timestamp is not None else ():
        if chain[0] == "headers":
            given[chain[1]] = stamp
        elif chain[0] == "parts":
            parts[chain[1]] = stamp
        else:
            put(changed, chain[1:], stamp)
    if rule.header is None:
        return None
    content = json.dumps(changed).encode()
    context = {"settings": dict(tenant.settings), "subscription": {"secret": KEY, "secrets": [KEY]}}
    value = sign(rule, Signed(given, content, {}, changed), context=context, parts=parts)
    return {**given, rule.header: value, "content-type": "application/json"}, content


def _asked(door: WebhookDoor) -> dict[str, Any]:
    """A value for each setting that lets a delivery in."""
    keys = door.signature.keys if door.signature is not None else ()
    basic = (door.basic.username, door.basic.password) if door.basic is not None else ()
    tokens = door.token.keys if door.token is not None else ()
    templates = [one for one in (door.url_secret, *keys, *basic, *tokens) if one is not None]
    chains = [chain for template in templates for chain in template.references if chain[0] == "settings"]
    return {chain[1]: Secret(f"placeholder-{chain[1]}") for chain in chains}


def _check_handshake(hook: Hook, door: WebhookDoor, path: str) -> None:
    """An unsigned delivery that is the handshake, made of what its condition reads."""
    assert door.handshake is not None
    when = door.handshake.when
    for tried in ("a-secret", *re.findall(r"'([^']*)'", when.text), True):
        made: dict[str, Any] = {"headers": {}, "body": {}}
        for chain in when.references:
            put(made, chain, str(tried) if chain[0] == "headers" else tried)
        if holds(when(made)):
            assert hook.post(made["body"], made["headers"], path) == door.handshake.reply.status
            return
    raise AssertionError(f"no delivery fits the handshake's condition {when.text}")
