"""Which names stand in scope where, and of which types: what an expression in a given place of a manifest may read.

A scope is a tree of names. A dict lists all names known below it, a ``Type`` says what a value is, ``ANYTHING``
means that what stands below is the ATS's own and not known here.
"""

from __future__ import annotations

import dataclasses
import types as python_types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from engine.manifest.findings import did_you_mean, nearest
from engine.manifest.language.expressions import Chain
from engine.manifest.types import (
    ANY,
    BOOLEAN,
    FREE_TEXT,
    INTEGER,
    MOMENT,
    NUMBER,
    SECRET,
    TEXT,
    Type,
    list_of,
    or_null,
    record,
)
from engine.model import Application, Attachment, Candidate, Cause, EventType, Ids, Job, Json, Score

ANYTHING: Type | None = None
Scope = Mapping[str, Any]

_SCALARS: Mapping[object, Type] = {str: TEXT, int: INTEGER, float: NUMBER, bool: BOOLEAN}
_SETTINGS: Mapping[str, Type] = {
    **dict.fromkeys(("text", "host", "duration"), FREE_TEXT),
    "secret": replace(TEXT, means=SECRET),
    "boolean": BOOLEAN,
    "integer": INTEGER,
}
PERSON = ("first_name", "last_name", "full_name", "name", "email", "phone", "location", "links")
"""The canonical fields that say who somebody is."""
_IDS = ("candidate", "job", "application", "attachment")


@cache
def plain(kind: type[Any]) -> Type:
    """The type of a canonical object as expressions see it."""
    hints = typing.get_type_hints(kind)
    fields = {
        item.name: _field(kind.__name__.lower(), item.name, hints[item.name]) for item in dataclasses.fields(kind)
    }
    return record(fields)


def _field(owner: str, name: str, hint: Any) -> Type:
    type_ = _hinted(hint)
    if name == "id" and owner in _IDS:
        return replace(type_, means=f"{owner}.id")
    if name.removesuffix("_id") in _IDS and name.endswith("_id"):
        return replace(type_, means=f"{name.removesuffix('_id')}.id")
    if owner == "ids":
        return replace(type_, means=f"{name}.id")
    if owner == "candidate" and name in PERSON:
        return replace(type_, means="person")
    return replace(type_, means="moment") if name.endswith("_at") else type_


def _hinted(hint: Any) -> Type:
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return list_of(_hinted(arguments[0]))
    if origin is python_types.UnionType and len(arguments) == 2:
        return or_null(_hinted(next(one for one in arguments if one is not type(None))))
    return plain(hint) if isinstance(hint, type) and dataclasses.is_dataclass(hint) else ANY


def _more(type_: Type, **more: Type) -> Type:
    return record({**(type_.keys or {}), **more})


CANDIDATE = _more(plain(Candidate), name=replace(TEXT, means="person"))
APPLICATION = plain(Application)
JOB = _more(plain(Job), text=TEXT)
ATTACHMENT = plain(Attachment)
SCORE = plain(Score)
FEEDBACK = record({"verdict": TEXT, "comment": or_null(TEXT), "by": or_null(TEXT), "at": ANY})
OBJECTS: Scope = {"candidate": CANDIDATE, "application": APPLICATION, "job": JOB}

_KIND = replace(TEXT, one_of=("number", "text", "option", "boolean", "date"))
_STAGE = {"id": or_null(TEXT), "name": or_null(TEXT)}
EVENT = {
    "type": replace(TEXT, one_of=tuple(str(type_) for type_ in EventType)),
    "source": replace(TEXT, one_of=("webhook", "poll", "queue", "backfill", "engine")),
    "ids": plain(Ids),
    "version": or_null(FREE_TEXT),
    "data": ANYTHING,
}
_SECRET = replace(TEXT, means=SECRET)

REQUEST: Scope = {
    **OBJECTS,
    "event": EVENT,
    "attachment": ATTACHMENT,
    "record": ANYTHING,
    "id": ANYTHING,
    "ids": list_of(ANY),
    "page": {"cursor": ANYTHING, "number": INTEGER, "offset": INTEGER},
    "since": MOMENT,
    "until": MOMENT,
    "sync": {"token": ANYTHING},
    "queue": {"request_id": ANYTHING, "committed": ANYTHING, "keys": list_of(TEXT), "types": list_of(TEXT)},
    "fields": list_of(ANY),
    "field": {"id": ANYTHING, "name": TEXT, "type": or_null(TEXT), "kind": _KIND, "value": ANYTHING},
    "tags": list_of(TEXT),
    "tag": {"id": TEXT, "name": TEXT},
    "name": TEXT,
    "note": {"text": TEXT, "subject": TEXT},
    "file": {"name": TEXT, "content_type": TEXT, "size": INTEGER, "base64": TEXT, "url": TEXT},
    "outputs": ANYTHING,
    "score": SCORE,
    "stage": {**_STAGE, "from": _STAGE},
    "webhook": {"url": TEXT, "events": list_of(TEXT), "event": TEXT, "secret": _SECRET},
    "subscription": {"id": ANYTHING, "secret": _SECRET, "secrets": list_of(_SECRET)},
}
TRANSLATED: Scope = {"headers": ANYTHING, "body": ANYTHING, "received": MOMENT}
DELIVERY: Scope = {**TRANSLATED, "query": ANYTHING}
QUEUED: Scope = {"record": ANYTHING, "received": MOMENT}
KNOCK: Scope = {"headers": ANYTHING, "query": ANYTHING, "body": ANYTHING}
SIGNED: Scope = {"headers": ANYTHING, "parsed": ANYTHING}
SIGNED_REQUEST: Scope = {
    "request": {
        **dict.fromkeys(("method", "host", "path", "query", "date", "body_sha256"), TEXT),
        "timestamp": MOMENT,
    }
}
RECORD: Scope = {"record": ANYTHING, "item": ANYTHING}
WRITTEN: Scope = {**REQUEST, "marker": TEXT, "value": ANYTHING}
LOOKED_UP: Scope = {"record": ANYTHING}
PRESENT: Scope = {"application": APPLICATION}
ENGINE: Scope = {"prospect": BOOLEAN, "engine": {"public_url": or_null(TEXT)}}
FILTER: Scope = {**OBJECTS, "event": EVENT, "prospect": BOOLEAN}
KNOWN: Scope = {**FILTER, "record": ANYTHING}
VALUE: Scope = {
    **OBJECTS,
    "event": EVENT,
    "score": SCORE,
    "feedback": FEEDBACK,
    "shortlist": {"url": TEXT},
    "stage_move": {"to": TEXT},
}
NOTE: Scope = {**VALUE, "outputs": ANYTHING, "causes": list_of(plain(Cause)), "audit_id": TEXT, "when": MOMENT}
FIELD_ITEM: Scope = {"field": REQUEST["field"]}


def setting_type(declared: Json) -> Type:
    """What a setting's value is, by its declaration."""
    kind = declared.get("type") if isinstance(declared, Mapping) else None
    if kind == "choice" and isinstance(declared.get("of"), list):
        return replace(TEXT, one_of=tuple(map(str, declared["of"])))
    return _SETTINGS.get(str(kind), ANY)


def as_type(names: Scope | Type | None) -> Type:
    """What an expression sees in a scope, or in a part of one."""
    if isinstance(names, Type):
        return names
    return ANY if names is None else record({name: as_type(below) for name, below in names.items()})


def is_content(scope: Scope) -> bool:
    """Whether what is composed in ``scope`` is written into the ATS for people to read."""
    return "score" in scope and "page" not in scope


def unknown_names(references: Iterable[Chain], scope: Scope) -> list[tuple[Chain, str]]:
    """(the part of the chain that is unknown, what to do instead) of each that ``scope`` does not hold, once each."""
    problems: dict[Chain, str] = {}
    for chain in references:
        level: Any = scope
        for depth, name in enumerate(chain):
            names = _names(level)
            if names is None:
                break
            if name not in names:
                problems.setdefault(chain[: depth + 1], _instead(chain[:depth], name, names))
                break
            level = names[name]
    return list(problems.items())


def _names(level: Scope | Type | None) -> Mapping[str, Any] | None:
    """All names known below ``level``; None where there may be others."""
    if isinstance(level, Type):
        return None if level.open else level.keys
    return level


def _instead(above: Chain, name: str, level: Mapping[str, Any]) -> str:
    near = nearest(name, level)
    return f"did you mean `{'.'.join((*above, near))}`?" if near else did_you_mean(name, level)
