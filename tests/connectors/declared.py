"""Small manifests declared in Python: what the connectors' tests call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.manifest.connection import Connection
from engine.manifest.language.expressions import Path, compile_path
from engine.manifest.language.templates import Tree, compile_template, compile_tree
from engine.manifest.model import (
    Api,
    At,
    Ats,
    Authenticator,
    AuthStep,
    ErrorReading,
    Events,
    Limits,
    Manifest,
    Method,
    Multipart,
    Operation,
    Paging,
    Request,
    WriteBack,
)

AT = At("acme.yaml", 1, 1)
HOST = "https://api.acme-ats.example"


def path(text: str | None) -> Path | None:
    return None if text is None else compile_path(text)


def tree(node: Any) -> Tree | None:
    return None if node is None else compile_tree(node, "value")


def request(method: Method, target: str, **body: Any) -> Request:
    multipart = body.pop("multipart", None)
    if multipart is not None:
        fields = tree(multipart["fields"])
        assert fields is not None
        multipart = Multipart(fields, multipart["file"])
    return Request(
        method,
        compile_template(target, "address" if target.startswith("{{") else "path"),
        multipart=multipart,
        **{name: tree(node) for name, node in body.items()},
    )


_COMPOSED = ("query", "headers", "json", "form", "multipart")
_PATHS = ("success", "records", "record", "key")


def operation(name: str, method: Method, target: str, *, api: str = "main", **given: Any) -> Operation:
    composed = {part: given.pop(part) for part in _COMPOSED if part in given}
    for part in _PATHS:
        if part in given:
            given[part] = path(given[part])
    given.setdefault("idempotent", method in ("GET", "PUT", "DELETE"))
    given.setdefault("writes", method != "GET")
    for part in ("ok", "empty"):
        given[part] = frozenset(given.get(part, ()))
    return Operation(name=name, api=api, request=request(method, target, **composed), at=AT, **given)


def paging(kind: Any, source: str | None = None, *, more: str | None = None, **given: Any) -> Paging:
    return Paging(kind=kind, at=AT, source=path(source), more=path(more), **given)


def errors(code: str | None = None, status: Mapping[str, Any] = {}, codes: Mapping[str, Any] = {}) -> ErrorReading:
    return ErrorReading(path(code), dict(status), dict(codes))


def sign_in(
    *steps: AuthStep,
    headers: Any = None,
    query: Any = None,
    renew_on: tuple[int, ...] = (),
    when: str | None = None,
    **given: Any,
) -> Authenticator:
    return Authenticator(path(when), tuple(steps), tree(headers), tree(query), frozenset(renew_on), AT, **given)


def step(
    name: str, requested: Request, capture: Mapping[str, str], *, expiry: Any = None, keep: Any = ()
) -> AuthStep:
    return AuthStep(
        name, requested, {key: compile_path(text) for key, text in capture.items()}, expiry, AT, tuple(keep)
    )


KEY = sign_in(headers={"X-Key": "{{ settings.key }}"})


def api(name: str = "main", *, base_url: str = HOST, auth: tuple[Authenticator, ...] = (KEY,), **given: Any) -> Api:
    given.setdefault("limits", Limits())
    given.setdefault("errors", ErrorReading())
    given.setdefault("check", None)
    return Api(
        name=name,
        base_url=compile_template(base_url, "text"),
        headers=tree(given.pop("headers", None)),
        auth=auth,
        at=AT,
        **given,
    )


def connection(
    *operations: Operation, apis: tuple[Api, ...] = (), settings: Mapping[str, Any] | None = None
) -> Connection:
    manifest = Manifest(
        file="acme.yaml",
        digest="0" * 64,
        ats=Ats("acme", "Acme"),
        settings={},
        apis={each.name: each for each in apis or (api(),)},
        operations={each.name: each for each in operations},
        objects={},
        resume=(),
        application_list=None,
        events=Events("poll", 0.0, None, None),
        capabilities={},
        write_back=WriteBack({}, {}, {}),
        actions={},
        setup=(),
    )
    return Connection("tenant", manifest, settings if settings is not None else {"key": "not-a-real-key"})
