"""A case and what its rehearsal came to in, what is not as expected out, each with its place in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from engine.manifest.model import At
from engine.manifest.yaml.edit import Kept
from engine.manifest.yaml.reader import PathKey
from engine.model import Json, as_plain
from engine.rehearsal.answers import Exchanged
from engine.rehearsal.composed import composed
from engine.rehearsal.matching import MISSING, differences, is_matcher
from engine.rehearsal.placing import Placed
from engine.rehearsal.rehearse import Rehearsal
from engine.rehearsal.staging import Way
from engine.rehearsal.suite import Case

_KINDS = {"requests": "write", "reads": "read", "sign_in": "sign_in"}


@dataclass(frozen=True, slots=True)
class Fix:
    """What the expectation at ``path`` would have to be. In a list, ``Kept`` elements stay as they are written."""

    path: PathKey
    value: Json


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that does not hold: where it stands, what it is about, what was expected and what came.

    ``fix`` is None where no other expectation would hold either.
    """

    at: At
    what: str
    expected: str
    came: str
    fix: Fix | None = None


def failures_of(case: Case, rehearsal: Rehearsal) -> list[Failure]:
    """Everything of ``rehearsal`` that is not as ``case`` expects, in the order of the file."""
    found = [
        *_ways(case, "canonical", rehearsal.ways),
        *_ways(case, "split", rehearsal.split),
        *_outcomes(case, rehearsal),
        *_requests(case, rehearsal),
        *_places(case, rehearsal.placed),
        *_absent(case, rehearsal),
    ]
    return sorted(found, key=lambda failure: (failure.at.line, failure.at.column))


def _compared(case: Case, path: PathKey, expected: Json, came: object) -> Iterator[Failure]:
    for found in differences(expected, came, path):
        fix = Fix(_without_matcher(found.path), _as_expectation(found.actual))
        yield Failure(case.at("expect", *found.path), dotted(found.path), found.expected, found.came, fix)


def _without_matcher(path: PathKey) -> PathKey:
    return path[:-1] if path and str(path[-1]).startswith("$") else path


def _as_expectation(actual: object) -> Json:
    return {"$absent": True} if actual is MISSING else actual


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────


def _ways(case: Case, name: str, ways: Sequence[Way]) -> Iterator[Failure]:
    if name not in case.expect:
        return
    given = case.expect[name]
    wanted = given if isinstance(given, list) else [given]
    came = [_way(way) for way in ways if way.canonical is not None]
    if len(wanted) != len(came):
        expected_lines, lines = ([_event_line(one) for one in given] for given in (wanted, came))
        yield _lines(case, (name,), expected_lines, lines, [_short_event(one) for one in came])
        return
    for number, expected in enumerate(wanted):
        path: PathKey = (name, number) if isinstance(given, list) else (name,)
        normal = {**expected, "outcome": _outcome(expected["outcome"])} if "outcome" in expected else expected
        yield from _compared(case, path, normal, came[number])


def _way(way: Way) -> dict[str, Json]:
    canonical = as_plain(way.canonical)
    outcome = {"kind": way.outcome.kind.value, "why": way.outcome.why} if way.outcome else None
    return {**canonical, "event": canonical["type"], "outcome": outcome}


def _event_line(plain: Mapping[str, Json]) -> str:
    ids = ", ".join(f"{name} {value}" for name, value in (plain.get("ids") or {}).items() if value is not None)
    return f"{plain['event']} ({ids})" if ids else str(plain["event"])


def _short_event(plain: Mapping[str, Json]) -> Json:
    ids = {name: value for name, value in (plain.get("ids") or {}).items() if value is not None}
    return {"event": str(plain["event"]), "ids": ids}


def _outcomes(case: Case, rehearsal: Rehearsal) -> Iterator[Failure]:
    if "outcome" not in case.expect:
        return
    given = case.expect["outcome"]
    wanted = given if isinstance(given, list) else [given]
    came = [{"kind": way.outcome.kind.value, "why": way.outcome.why} for way in rehearsal.ways if way.outcome]
    if rehearsal.duplicate:
        came = [{"kind": "duplicate", "why": "it was accepted before"}]
    if len(wanted) != len(came):
        expected = [str(_outcome(one)["kind"]) for one in wanted]
        told = [f"{one['kind']}: {one['why']}" for one in came]
        yield _lines(case, ("outcome",), expected, told, [one["kind"] for one in came])
        return
    for number, expected_one in enumerate(wanted):
        path: PathKey = ("outcome", number) if isinstance(given, list) else ("outcome",)
        yield from _told_outcome(case, path, _outcome(expected_one), came[number])


def _told_outcome(
    case: Case, path: PathKey, wanted: Mapping[str, Json], came: Mapping[str, str]
) -> Iterator[Failure]:
    if wanted["kind"] != came["kind"]:
        at = case.at("expect", *path, "kind") if isinstance(wanted, dict) else case.at("expect", *path)
        right: Json = {**came, "why": came["why"]} if "why" in wanted else came["kind"]
        yield Failure(at, dotted(path), str(wanted["kind"]), f"{came['kind']}: {came['why']}", Fix(path, right))
        return
    yield from _compared(case, path, wanted, came)


def _outcome(given: Json) -> dict[str, Json]:
    """An expected outcome in its long form; a plain ``why`` is a part of the whole."""
    long = {"kind": given} if isinstance(given, str) else dict(given)
    if isinstance(long.get("why"), str):
        long["why"] = {"$contains": long["why"]}
    return long


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────


def _requests(case: Case, rehearsal: Rehearsal) -> Iterator[Failure]:
    for name, kind in _KINDS.items():
        if name in case.expect:
            made = [one for one in rehearsal.exchanged if one.kind == kind]
            yield from _calls(case, name, case.expect[name], made)


def _calls(case: Case, name: str, wanted: Sequence[Json], made: Sequence[Exchanged]) -> Iterator[Failure]:
    expected = [call if isinstance(call, str) else call["operation"] for call in wanted]
    if expected != [one.request.operation for one in made]:
        called = [one.request.operation for one in made]
        yield _lines(case, (name,), expected, called, _aligned(expected, called))
        return
    for number, call in enumerate(wanted):
        if isinstance(call, Mapping):
            normal = dict(call)
            if isinstance(call.get("headers"), Mapping) and not is_matcher(call["headers"]):
                normal["headers"] = {key.lower(): value for key, value in call["headers"].items()}
            yield from _compared(case, (name, number), normal, composed(made[number].request))


def _aligned(expected: Sequence[str], called: Sequence[str]) -> list[Json]:
    """The list of calls as it would have to be: those that were expected stay as they are written."""
    found: list[Json] = []
    for kind, first, last, start, end in SequenceMatcher(None, expected, called, autojunk=False).get_opcodes():
        found += [Kept(index) for index in range(first, last)] if kind == "equal" else called[start:end]
    return found


def _absent(case: Case, rehearsal: Rehearsal) -> Iterator[Failure]:
    made = [one.request.operation for one in rehearsal.exchanged]
    uncalled = [Kept(index) for index, one in enumerate(case.expect.get("absent", ())) if one not in made]
    for number, operation in enumerate(case.expect.get("absent", ())):
        if operation in made:
            at = case.at("expect", "absent", number)
            fix = Fix(("absent",), uncalled)
            yield Failure(at, "absent", f"no call of {operation}", f"called {made.count(operation)} ×", fix)


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────


def _places(case: Case, placed: Sequence[Placed]) -> Iterator[Failure]:
    for output, given in case.expect.get("places", {}).items():
        wanted = {"place": given} if isinstance(given, str) else given
        here = [one for one in placed if one.output == output]
        if not here and wanted["place"] != "nothing":
            yield _misplaced(case, output, given, "nothing", "nothing: it had no value")
        for one in here:
            yield from _place(case, output, given, wanted, one)


def _place(case: Case, output: str, given: Json, wanted: Mapping[str, Json], one: Placed) -> Iterator[Failure]:
    causes = "; ".join(f"{cause.place}: {cause.why}" for cause in one.causes)
    if one.where != wanted["place"]:
        came = f"{one.where} ({causes})" if causes else one.where
        yield _misplaced(case, output, given, one.where, came)
        return
    if "cause" in wanted:
        cause = wanted["cause"] if isinstance(wanted["cause"], Mapping) else {"$contains": wanted["cause"]}
        yield from _compared(case, ("places", output, "cause"), cause, causes or MISSING)
    if "rung" in wanted:
        yield from _compared(case, ("places", output, "rung"), wanted["rung"], one.rung)


def _misplaced(case: Case, output: str, given: Json, where: str, came: str) -> Failure:
    path: PathKey = ("places", output, *(() if isinstance(given, str) else ("place",)))
    wanted = given if isinstance(given, str) else given["place"]
    return Failure(case.at("expect", *path), f"places.{output}", wanted, came, Fix(path, where))


# ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(case: Case, path: PathKey, expected: Sequence[str], came: Sequence[str], right: list[Json]) -> Failure:
    """One failure for two lists that do not go together, laid side by side; ``right`` is what would hold."""
    value = right[0] if len(right) == 1 and not isinstance(case.expect[str(path[0])], list) else right
    fix = Fix(path, value)
    return Failure(case.at("expect", *path), dotted(path), _numbered(expected), _numbered(came), fix)


def _numbered(lines: Sequence[str]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1)) or "none"


def dotted(path: PathKey) -> str:
    """A path as people write it, such as ``requests[0].json``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")
