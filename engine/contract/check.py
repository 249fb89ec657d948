"""A manifest's document and an OpenAPI in; where they do not agree, and which operations it does not know, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.contract.address import Address, addresses, matches, nearest_path
from engine.contract.answering import error_answer, good_answer, status_problems
from engine.contract.calls import Call, call_of
from engine.contract.openapi import OpenApi
from engine.contract.problems import Problem
from engine.contract.reading import Answers, reading_problems
from engine.contract.sending import Beside, sent_problems
from engine.contract.values import Values
from engine.manifest.build.call_nodes import method_of, profile_of, success_of
from engine.manifest.build.node import Node, Report
from engine.manifest.findings import Finding, did_you_mean
from engine.manifest.types.readings import AnswerOf
from engine.manifest.yaml.source import Source

PathKey = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """What came of the comparison. ``operations``: each operation's endpoint, None where the OpenAPI knows none.

    ``elsewhere``: operations whose whole address comes from an answer, which no OpenAPI has a path for.
    """

    findings: tuple[Finding, ...]
    operations: Mapping[str, str | None]
    elsewhere: tuple[str, ...] = ()


def compare(source: Source, openapi: OpenApi) -> Contract:
    """The manifest in ``source``, which has no mistakes of its own, against ``openapi``; findings follow the file."""
    root = Node(source, (), source.data, Report())
    values = Values(openapi, root)
    calls, problems = _calls(root, openapi)
    for path, call in calls.items():
        node = _at(root, path)
        problems += sent_problems(openapi, call, node, values, _beside(root, path))
        problems += status_problems(call, node)
    problems += reading_problems(root, _answers(root, calls, openapi))
    found = {problem.finding() for problem in problems}
    elsewhere = tuple(name for name, node in root.items("operations") if _is_elsewhere(node))
    names = {name: calls.get(("operations", name)) for name, _ in root.items("operations") if name not in elsewhere}
    return Contract(
        tuple(sorted(found | set(openapi.findings))),
        {name: call.endpoint.name if call else None for name, call in names.items()},
        elsewhere,
    )


def documented(source: Source, openapi: OpenApi) -> AnswerOf:
    """The types of good answers of the manifest's operations and sign-in steps, as ``openapi`` describes them."""
    root = Node(source, (), source.data, Report())
    return _answers(root, _calls(root, openapi)[0], openapi).good.get


def _answers(root: Node, calls: Mapping[PathKey, Call], openapi: OpenApi) -> Answers:
    good = {path: good_answer(openapi, call, _at(root, path)) for path, call in calls.items()}
    judged = {path for path in calls if path[0] == "operations" and success_of(root, _at(root, path))}
    bad = {path: error_answer(openapi, call, in_good=path in judged) for path, call in calls.items()}
    return Answers(calls, good, bad)


def _calls(root: Node, openapi: OpenApi) -> tuple[dict[PathKey, Call], list[Problem]]:
    """The documented call of each operation and sign-in step, and what is wrong with their addresses."""
    found: dict[PathKey, Call] = {}
    problems: list[Problem] = []
    for node in _callers(root):
        method = method_of(node) or "get"
        wanted = addresses(_bases(root, node.path), str(node[method].data))
        at_path = matches(openapi.endpoints, wanted)
        endpoint = next((other for other in at_path if other.method == method.upper()), None)
        if endpoint is not None:
            found[node.path] = call_of(openapi, endpoint)
        elif node.path[0] == "operations":
            others = [other.method.lower() for other in at_path]
            problems.append(
                _wrong_method(node, method, others, at_path[0].path)
                if at_path
                else _unknown(node, method, wanted, openapi)
            )
    return found, problems


def _callers(root: Node) -> Iterator[Node]:
    for _, api in root.items("apis"):
        for way in api.elements("auth"):
            yield from (step for step in way.elements("steps") if method_of(step))
    for _, operation in root.items("operations"):
        if not _is_elsewhere(operation):
            yield operation


def _is_elsewhere(operation: Node) -> bool:
    return str(operation.value(method_of(operation) or "", "")).startswith("{{")


def _wrong_method(node: Node, method: str, others: list[str], path: str) -> Problem:
    message = f"the OpenAPI knows no {method.upper()} of {path}"
    hint = did_you_mean(method, others) if len(others) > 1 else f"did you mean `{others[0]}`?"
    return Problem(node[method], "contract-method", message, hint, at_key=True)


def _unknown(node: Node, method: str, wanted: list[Address], openapi: OpenApi) -> Problem:
    confirmed = node.value("verified") == "spec"
    near = nearest_path(openapi.endpoints, wanted[0])
    message = f"the OpenAPI does not know {method.upper()} {wanted[0].shown}"
    if confirmed:
        message += ", though `verified: spec` says so"
    problem = Problem(node[method], "contract-unknown", message, f"did you mean `{near}`?" if near else "")
    return problem if confirmed else replace(problem, severity="note")


def _at(root: Node, path: PathKey) -> Node:
    for key in path:
        root = root[key]
    return root


def _api(root: Node, path: PathKey) -> Node | None:
    apis = root.get("apis")
    if apis is None:
        return None
    call = _at(root, path)
    name = call.value("api", path[1]) if path[0] == "apis" else profile_of(root, call)
    return apis.get(str(name))


def _bases(root: Node, path: PathKey) -> list[str]:
    api = _api(root, path)
    base = api.value("base_url", "") if api is not None else ""
    if isinstance(base, dict):
        return [str(address) for address in base.get("of", {}).values()]
    return [str(base)]


def _beside(root: Node, path: PathKey) -> Beside:
    api = _api(root, path)
    if api is None:
        return Beside()
    ways = list(api.elements("auth"))
    owners = [api, *ways, *(way["sign"] for way in ways if "sign" in way)]
    headers = {name.lower() for owner in owners for name in owner.value("headers", {})}
    query = {name for owner in owners for name in owner.value("query", {})}
    return Beside(frozenset(headers), frozenset(query))
