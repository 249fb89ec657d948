"""A mapping test's text in, the text whose expectations hold out: those of failing cases are rewritten in place.

Comments and layout stay. An update is done in rounds: where lists of calls did not go together, the calls themselves
are compared in the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import SpecError
from engine.manifest.yaml.edit import paths_of, replaced
from engine.manifest.yaml.reader import PathKey
from engine.manifest.yaml.source import read
from engine.model import Json
from engine.rehearsal.checking import Failure, Fix
from engine.rehearsal.rehearse import Rehearsals
from engine.rehearsal.running import Result, run_suite
from engine.rehearsal.suite import Case, load_suite

_MOST_ROUNDS = 6
_LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update came to: the file's text before and after, the cases that were changed, what fails still."""

    file: Path
    before: str
    after: str
    changed: tuple[str, ...]
    left: tuple[Result, ...]


def updated(file: Path, rehearsals: Rehearsals, only: str | None = None) -> Updated:
    """The update of ``file`` (of the cases that hold ``only`` in their name). Nothing is written.

    Raises SpecError with the mistakes in it.
    """
    before = text = read(file).text
    changed: dict[str, None] = {}
    written: set[PathKey] = set()
    for _ in range(_MOST_ROUNDS):
        suite = load_suite(file, text)
        failed = [one for one in run_suite(suite, rehearsals, only) if not one.passed]
        fixes = [
            ((*result.case.path, "expect", *fix.path), _lasting(result.case, fix, written))
            for result in failed
            for fix in _usable(result.failures)
        ]
        if not fixes:
            break
        changed |= dict.fromkeys(result.case.name for result in failed if [*_usable(result.failures)])
        text, last = _fixed(text, fixes), text
        if not _is_good(file, text):
            text = last
            break
        written |= {path for path, value in fixes if not isinstance(value, list)}
    return Updated(file, before, text, tuple(changed), tuple(failed))


def _is_good(file: Path, text: str) -> bool:
    """Whether ``text`` is a mapping test still: what came may be nothing that an expectation can say."""
    try:
        load_suite(file, text)
    except SpecError:
        return False
    return True


def _usable(failures: Iterable[Failure]) -> Iterator[Fix]:
    """The fixes of failures; none where what came is too much to be written down."""
    fixes = (failure.fix for failure in failures)
    yield from (fix for fix in fixes if fix is not None and _size(fix.value) <= _LONGEST_TEXT)


def _lasting(case: Case, fix: Fix, written: set[PathKey]) -> Json:
    """The value of ``fix``; where what was written before does not hold again, what both have in common."""
    path: PathKey = (*case.path, "expect", *fix.path)
    if not any(path[:length] in written for length in range(len(path) + 1)):
        return fix.value
    earlier = _at(case.expect, fix.path)
    if not isinstance(fix.value, str) or not isinstance(earlier, str):
        return {"$any": True}
    lines = [line for line in earlier.splitlines() if line.strip() and line in fix.value.splitlines()]
    return {"$contains": lines} if lines else {"$any": True}


def _at(data: Json, path: PathKey) -> Json:
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _size(value: Json) -> int:
    if isinstance(value, Mapping):
        return sum(len(str(key)) + _size(item) for key, item in value.items())
    return sum(map(_size, value)) if isinstance(value, list) else len(str(value))


def _fixed(text: str, fixes: Sequence[tuple[PathKey, Json]]) -> str:
    """``text`` with every fix whose place is not inside that of another one."""
    done: list[PathKey] = []
    for path, value in fixes:
        place = _place(paths_of(text), path)
        if place is None or any(place[: len(other)] == other or other[: len(place)] == place for other in done):
            continue
        text = replaced(text, place, value)
        done.append(place)
    return text


def _place(known: frozenset[PathKey], path: PathKey) -> PathKey | None:
    """Where ``path`` stands in the file: names of headers in any case, the short form where the long one is not."""
    found: PathKey = ()
    for index, part in enumerate(path):
        below = [one for one in known if one[:-1] == found and len(one) == len(found) + 1]
        same = [one for one in below if one[-1] == part] or [one for one in below if _lower(one[-1]) == _lower(part)]
        nearest = same[0] if same else None
        if nearest is None:
            return found if path[index:] in (("kind",), ("place",)) else None
        found = nearest
    return found


def _lower(part: str | int) -> str | int:
    return part.lower() if isinstance(part, str) else part
