"""What the manifest reads from answers, against the types of the answers: what cannot be there, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from engine.contract.calls import Call
from engine.contract.problems import Problem
from engine.manifest.build.call_nodes import judged_by, profile_of
from engine.manifest.build.node import Node
from engine.manifest.findings import nearest
from engine.manifest.language.expressions import Path, compile_path
from engine.manifest.types import Type, union
from engine.manifest.types.paths import Absent, follow
from engine.manifest.types.readings import Reading, given_to, readings

PathKey = tuple[str | int, ...]
_WORDS = {"text": "a text", "number": "a number", "integer": "a number", "boolean": "true or false", "list": "a list"}
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Answers:
    """The types of the answers, by the call's path in the document; None where no JSON is documented."""

    calls: Mapping[PathKey, Call]
    good: Mapping[PathKey, Type | None]
    bad: Mapping[PathKey, Type | None]


def reading_problems(root: Node, answers: Answers) -> Iterator[Problem]:
    """What the document at ``root`` reads from answers that the OpenAPI does not know to be there."""
    told: set[PathKey] = set()
    for reading in readings(root):
        if reading.call not in answers.calls:
            continue
        if reading.base != "error" and answers.good[reading.call] is None:
            if reading.call not in told:
                yield _no_answer(reading, answers.calls[reading.call])
            told.add(reading.call)
            continue
        given = given_to(root, reading, answers.good.get if reading.base != "error" else answers.bad.get)
        yield from _absent(reading.node, given, f"what {answers.calls[reading.call].endpoint.name} answers")
        if reading.node.key == "records":
            yield from _no_list(reading.node, given)
    for _, api in root.items("apis"):
        yield from _shared_code(root, api, answers)
        yield from _shared_success(root, api, answers)


def _no_answer(reading: Reading, call: Call) -> Problem:
    message = f"the OpenAPI describes no JSON answer of {call.endpoint.name}: what is read from it is not checked"
    return Problem(reading.node, "contract-answer", message, severity="note")


def _absent(node: Node, given: Type, where: str) -> Iterator[Problem]:
    path = compile_path(node.data)
    for absent in follow(path, given).absent:
        yield _problem(node, path, absent, where)


def _problem(node: Node, path: Path, absent: Absent, where: str) -> Problem:
    *above, name = absent.chain
    shown = ".".join(absent.chain)
    message = f"`{shown}` does not stand in {where}"
    if absent.instead:
        kinds = " or ".join(sorted({_WORDS[kind] for kind in absent.instead}))
        message += f": `{'.'.join(above) or 'it'}` is {kinds}"
    return Problem(
        node,
        "contract-answer",
        message,
        _instead(tuple(above), name, absent.known),
        "warning" if absent.optional else "error",
        offset=path.offset_of(absent.chain),
    )


def _instead(above: tuple[str, ...], name: str, known: tuple[str, ...]) -> str:
    near = nearest(name, known)
    if near:
        return f"did you mean `{'.'.join((*above, near))}`?"
    return f"there are: {', '.join(sorted(known)[:_SHOWN])}{', …' if len(known) > _SHOWN else ''}" if known else ""


def _no_list(node: Node, given: Type) -> Iterator[Problem]:
    kinds = follow(compile_path(node.data), given).type.kinds
    if kinds is not None and not kinds & {"list", "object"}:
        shown = " or ".join(sorted(_WORDS.get(kind, kind) for kind in kinds))
        yield Problem(node, "contract-answer", f"`{node.data}` gives {shown}; expected a list of records")


def _shared_code(root: Node, api: Node, answers: Answers) -> Iterator[Problem]:
    """The profile's ``errors.code`` must stand in what some of its operations answer."""
    code = (api.get("errors") or api).get("code") if "errors" in api else None
    if code is None:
        return
    found = [
        bad
        for path, bad in answers.bad.items()
        if path[0] == "operations" and bad is not None and profile_of(root, root["operations"][path[1]]) == api.key
    ]
    if found:
        yield from _absent(code, reduce(union, found), "any failed answer of this profile")


def _shared_success(root: Node, api: Node, answers: Answers) -> Iterator[Problem]:
    """The profile's ``errors.success`` must stand in what each operation answers that says none of its own."""
    success = (api.get("errors") or api).get("success") if "errors" in api else None
    for name in judged_by(root, str(api.key)) if success is not None else ():
        given = answers.good.get(("operations", name))
        if given is not None:
            where = f"what {answers.calls['operations', name].endpoint.name} answers"
            yield from _absent(success, given, where)  # type: ignore[arg-type]
