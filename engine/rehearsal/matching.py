"""Expected data and what came in, their differences out: compared in part, with matchers for what varies.

Of a mapping only the expected keys are compared; a list must have the same length. A mapping of ``$`` keys holds
matchers: ``$contains``, ``$not_contains``, ``$matches``, ``$equals``, ``$absent`` and ``$any``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.manifest.yaml.reader import PathKey
from engine.model import Json

_SHOWN = 400


class _Missing:
    """The type of MISSING."""


MISSING: Final = _Missing()
"""Stands for what is not there at all, which is not null."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What was expected at ``path`` of the expectation and what came, as text for people; ``actual`` is what came."""

    path: PathKey
    expected: str
    came: str
    actual: object


def differences(expected: Json, came: object, path: PathKey = ()) -> Iterator[Difference]:
    """Where ``came`` (plain data, or MISSING) is not as ``expected``."""
    if is_matcher(expected):
        for name, wanted in expected.items():
            if not MATCHERS[name](wanted, came):
                yield Difference((*path, name), f"{_WORDS[name]} {shown(wanted)}".strip(), shown(came), came)
    elif isinstance(expected, Mapping) and isinstance(came, Mapping):
        for key, wanted in expected.items():
            yield from differences(wanted, came.get(key, MISSING), (*path, key))
    elif isinstance(expected, list) and isinstance(came, list) and len(expected) == len(came):
        for index, wanted in enumerate(expected):
            yield from differences(wanted, came[index], (*path, index))
    elif not _equal(expected, came):
        yield Difference(path, shown(expected), shown(came), came)


def is_matcher(value: Json) -> bool:
    """Whether ``value`` is a mapping of matchers."""
    return isinstance(value, Mapping) and bool(value) and all(str(key).startswith("$") for key in value)


def shown(value: object) -> str:
    """``value`` as one line of JSON, or as it is where it is long text."""
    if isinstance(value, _Missing):
        return "nothing"
    if isinstance(value, str) and "\n" in value:
        return value
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _equal(expected: Json, came: object) -> bool:
    return isinstance(expected, bool) == isinstance(came, bool) and expected == came


def _contains(wanted: Json, came: object) -> bool:
    wants = wanted if isinstance(wanted, list) else [wanted]
    if isinstance(came, str):
        return all(isinstance(want, str) and want in came for want in wants)
    if isinstance(came, list):
        return all(any(not [*differences(want, item)] for item in came) for want in wants)
    return False


def _contains_none(wanted: Json, came: object) -> bool:
    wants = wanted if isinstance(wanted, list) else [wanted]
    return isinstance(came, (str, list)) and not any(_contains(want, came) for want in wants)


def _matches(wanted: Json, came: object) -> bool:
    text = came if isinstance(came, str) else "" if isinstance(came, _Missing) else json.dumps(came)
    return not isinstance(came, _Missing) and re.search(wanted, text) is not None


MATCHERS: Mapping[str, Callable[[Json, object], bool]] = {
    "$contains": _contains,
    "$not_contains": _contains_none,
    "$matches": _matches,
    "$equals": _equal,
    "$absent": lambda wanted, came: isinstance(came, _Missing) == bool(wanted),
    "$any": lambda wanted, came: isinstance(came, _Missing) != bool(wanted),
}
_WORDS = {
    "$contains": "something with",
    "$not_contains": "something without",
    "$matches": "something that matches",
    "$equals": "exactly",
    "$absent": "not to be there:",
    "$any": "to be there:",
}
