"""A scoring service's reply, as JSON of unknown making → a Score's parts, or ReplyUnusable.

The reply is checked against ``schemas/scoring-reply.schema.json``; one that does not fit is repaired once (a number
written as text, reasons that are plain strings) and checked again. No value of it ever stands in an error.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from referencing import Registry

from engine.manifest.schema.files import schema
from engine.model import Education, Experience, Json, Reason
from engine.scoring.plain_text import tidied

MOST_REASONS = 5
_LONGEST_REASON = 300
_LONGEST_NAME = 80
_MOST_NAMES = 50
_NUMBER = re.compile(r"\s*(-?\d{1,6}(?:\.\d{1,12})?)\s*(?:%|/\s*100)?\s*$")


class ReplyUnusable(Exception):
    """The reply does not fit its schema, not even after one repair; the message says where, never what."""


def checked(reply: Json) -> Mapping[str, Any]:
    """``reply`` as the schema wants it. Raises ReplyUnusable."""
    if _problem(reply) is None:
        return dict(reply)
    repaired = _repaired(reply)
    problem = _problem(repaired)
    if problem is not None:
        raise ReplyUnusable(problem)
    return dict(repaired)


def match_of(reply: Mapping[str, Any]) -> float:
    """The score, within 0–100."""
    return min(100.0, max(0.0, float(reply["match"])))


def reasons_of(reply: Mapping[str, Any], resume: str) -> tuple[Reason, ...]:
    """The first five reasons; a quote that the résumé does not hold is dropped."""
    return tuple(_reason(item, resume) for item in reply.get("reasons", [])[:MOST_REASONS])


def names_of(reply: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list of short names, each once."""
    names = (_line(name, _LONGEST_NAME) for name in reply.get(key, []))
    return tuple(dict.fromkeys(name for name in names if name))[:_MOST_NAMES]


def experience_of(reply: Mapping[str, Any]) -> Experience | None:
    found = reply.get("primary_experience")
    if not found:
        return None
    return Experience(float(found["years"]), _optional(found.get("title")), _optional(found.get("domain")))


def education_of(reply: Mapping[str, Any]) -> tuple[Education, ...]:
    return tuple(
        Education(_line(item["degree"], _LONGEST_NAME), _optional(item.get("school")), item.get("year"))
        for item in reply.get("education", [])[:10]
    )


def version_of(reply: Mapping[str, Any]) -> str:
    """Which model answered, or an empty text."""
    return _line(reply.get("version", ""), _LONGEST_NAME)


def _reason(item: Mapping[str, Any], resume: str) -> Reason:
    start, end = _located(item.get("quote", ""), resume)
    points = float(item.get("points", 0.0))
    points = points if math.isfinite(points) else 0.0
    return Reason(_line(item["text"], _LONGEST_REASON), resume[start:end], start, end, "remote", points)


def _located(quote: str, resume: str) -> tuple[int, int]:
    """Where ``quote`` stands in ``resume``, blanks and line ends aside, or (0, 0)."""
    words = quote.split()
    if not words or len(words) > 200:
        return 0, 0
    found = re.search(r"\s+".join(map(re.escape, words)), resume) or re.search(
        r"\s+".join(map(re.escape, words)), resume, re.IGNORECASE
    )
    return found.span() if found else (0, 0)


def _repaired(reply: Json) -> Json:
    """The one repair: what a model often gets wrong and what can be put right without guessing."""
    if isinstance(reply, str):
        try:
            reply = json.loads(reply)
        except ValueError:
            return reply
    if not isinstance(reply, Mapping):
        return reply
    fixed = {key: value for key, value in reply.items() if value is not None}
    if isinstance(number := fixed.get("match"), str) and (found := _NUMBER.match(number)):
        fixed["match"] = float(found[1])
    if isinstance(text := fixed.get("reasons"), str):
        fixed["reasons"] = [line for line in (line.strip(" -*•\t") for line in text.splitlines()) if line]
    if isinstance(reasons := fixed.get("reasons"), list):
        fixed["reasons"] = [{"text": item} if isinstance(item, str) else item for item in reasons if item][:20]
    return fixed


def _problem(reply: Json) -> str | None:
    """Where the reply does not fit, without a value of it; None when it fits."""
    error = next(iter(_validator().iter_errors(reply)), None)
    if error is not None:
        # The path holds the schema's own keys and numbers only, for unknown keys are not checked.
        return f"at /{'/'.join(str(part) for part in error.absolute_path)}: breaks “{error.validator}”"
    return None if math.isfinite(reply["match"]) else "at /match: not a finite number"


@cache
def _validator() -> Validator:
    return Draft202012Validator(schema("scoring-reply"), registry=Registry())


def _optional(text: str | None) -> str | None:
    return _line(text, _LONGEST_NAME) or None if text else None


def _line(text: str, limit: int) -> str:
    plain = " ".join(tidied(text).split())
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"
