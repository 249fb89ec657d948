"""The types of what an endpoint answers, and what the manifest says of its statuses: an endpoint in, both out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.contract.calls import Call, Contents
from engine.contract.openapi import OpenApi
from engine.contract.problems import Problem
from engine.contract.schema_types import type_of
from engine.manifest.build.node import Node
from engine.manifest.findings import Severity
from engine.manifest.types import Type
from engine.model import Json


def good_answer(openapi: OpenApi, call: Call, node: Node) -> Type | None:
    """The type of a good answer that holds something; None where no JSON is documented."""
    ok = [status for status in node.value("ok", ()) if status not in node.value("empty", ())]
    wanted = [key for status in ok for key in (str(status), f"{status // 100}XX") if key in call.answers]
    if not wanted:
        wanted = [key for key in call.answers if key.startswith("2")] or ["default"]
    return _either(openapi, (call.answers.get(key, {}) for key in wanted))


def error_answer(openapi: OpenApi, call: Call, *, in_good: bool) -> Type | None:
    """The type of an answer that tells of a failure, with good statuses too if ``in_good``."""
    failing = [contents for key, contents in call.answers.items() if not key.startswith(("1", "2", "3"))]
    good = [contents for key, contents in call.answers.items() if key.startswith("2")] if in_good else []
    return _either(openapi, [*failing, *good])


def _either(openapi: OpenApi, answers: Iterable[Contents]) -> Type | None:
    schemas = [schema for contents in answers for schema in _json_schemas(contents)]
    return type_of(openapi, schemas) if schemas else None


def _json_schemas(contents: Contents) -> Iterator[Json]:
    """The schemas of the media types that are JSON."""
    for name, schema in contents.items():
        if name == "*/*" or name.endswith(("/json", "+json")):
            yield schema


def status_problems(call: Call, node: Node) -> Iterator[Problem]:
    """Statuses that the manifest counts on and the OpenAPI does not know, and good ones that it leaves out."""
    ok, empty = node.value("ok", ()), node.value("empty", ())
    good = call.good()
    if not good or "default" in call.answers:
        return
    documented = f"the OpenAPI has: {', '.join(map(str, good))}"
    severity: Severity = "warning" if not ok or set(ok) & set(good) else "error"
    for key in ("ok", "empty"):
        for index, status in enumerate(node.value(key, ())):
            if not call.documented(status):
                message = f"{call.endpoint.name} is not documented to answer {status}"
                yield Problem(node[key][index], "contract-status", message, documented, severity)
    for status in good if set(ok) & set(good) else ():
        if status not in ok and status not in empty:
            message = f"{call.endpoint.name} may answer {status}, which counts as a failure here"
            yield Problem(node["ok"], "contract-status", message, documented, "warning")
    statuses = (node.get("errors") or node).get("status")
    for status in statuses.data if statuses is not None and "errors" in node else ():
        if status.isdigit() and not call.documented(int(status)):
            others = ", ".join(key for key in call.answers if not key.startswith("2"))
            message = f"{call.endpoint.name} is not documented to answer {status}"
            yield Problem(statuses[status], "contract-status", message, f"the OpenAPI has: {others}", "warning", True)  # type: ignore[index]
