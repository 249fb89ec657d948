"""Which names stand in scope where: what an expression in a given place of a manifest may read.

A scope is a tree of names: a dict lists all names known below it, ``ANYTHING`` means that what stands below is
the ATS's own and not known here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from engine.manifest.expressions import Chain
from engine.manifest.findings import did_you_mean, nearest
from engine.model import Application, Attachment, Candidate, Education, Experience, Ids, Job, Score

ANYTHING: Mapping[str, Any] | None = None
Scope = Mapping[str, Any]


def names_of(kind: type[Any], **nested: Scope) -> dict[str, Any]:
    """The field names of a canonical object, each a leaf unless ``nested`` says what is below."""
    return {item.name: nested.get(item.name) for item in dataclasses.fields(kind)}


CANDIDATE = {**names_of(Candidate), "name": None}
APPLICATION = names_of(Application)
JOB = {**names_of(Job), "text": None}
ATTACHMENT = names_of(Attachment)
SCORE = names_of(Score, primary_experience=names_of(Experience), education=names_of(Education))
FEEDBACK = {"verdict": None, "comment": None, "by": None, "at": None}
OBJECTS: Scope = {"candidate": CANDIDATE, "application": APPLICATION, "job": JOB}

REQUEST: Scope = {
    **OBJECTS,
    "attachment": ATTACHMENT,
    "record": ANYTHING,
    "page": {"cursor": None, "number": None, "offset": None},
    "since": None,
    "fields": None,
    "field": {"id": None, "name": None, "type": None, "value": None},
    "tags": None,
    "note": {"text": None, "subject": None},
    "file": {"name": None, "content_type": None, "size": None, "base64": None},
    "stage": None,
    "webhook": {"url": None, "events": None},
    "subscription": {"id": None, "secret": None},
}
TRANSLATED: Scope = {"headers": ANYTHING, "body": ANYTHING, "received": None}
DELIVERY: Scope = {**TRANSLATED, "query": ANYTHING}
SIGNED: Scope = {"headers": ANYTHING}
RECORD: Scope = {"record": ANYTHING, "item": ANYTHING}
WRITTEN: Scope = {"record": ANYTHING, "marker": None, "value": None}
EVENT = {"type": None, "source": None, "ids": names_of(Ids), "version": None, "data": ANYTHING}
FILTER: Scope = {**OBJECTS, "event": EVENT, "prospect": None}
KNOWN: Scope = {**FILTER, "record": ANYTHING}
VALUE: Scope = {
    **OBJECTS,
    "score": SCORE,
    "feedback": FEEDBACK,
    "shortlist": {"url": None},
    "stage_move": {"to": None},
}
NOTE: Scope = {**VALUE, "outputs": ANYTHING, "causes": ANYTHING, "audit_id": None, "when": None}
FIELD_ITEM: Scope = {"field": REQUEST["field"]}


def is_content(scope: Scope) -> bool:
    """Whether what is composed in ``scope`` is written into the ATS for people to read."""
    return "score" in scope


def unknown_names(references: Iterable[Chain], scope: Scope) -> list[tuple[Chain, str]]:
    """(the part of the chain that is unknown, what to do instead) of each that ``scope`` does not hold, once each."""
    problems: dict[Chain, str] = {}
    for chain in references:
        level: Any = scope
        for depth, name in enumerate(chain):
            if level is None:
                break
            if name not in level:
                problems.setdefault(chain[: depth + 1], _instead(chain[:depth], name, level))
                break
            level = level[name]
    return list(problems.items())


def _instead(above: Chain, name: str, level: Mapping[str, Any]) -> str:
    near = nearest(name, level)
    return f"did you mean `{'.'.join((*above, near))}`?" if near else did_you_mean(name, level)
