"""What is known, by samples and by the vendor's schemas, of what an expression is called with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from engine.errors import ExpressionError
from engine.manifest.build.call_nodes import judged_by, profile_of
from engine.manifest.build.node import Node, Use
from engine.manifest.language.expressions import compile_path
from engine.manifest.lint.samples import Samples
from engine.manifest.types import ANY, FREE_TEXT, NULL, SECRET, TEXT, Type, all_of, of_value, record, union
from engine.manifest.types.paths import follow
from engine.manifest.types.readings import AnswerOf, CallPath, Reading, given_to, readings, record_of
from engine.manifest.types.scope import as_type
from engine.model import Json

_STREAM = ("events", "poll", "streams")
_SECRET_TEXT = replace(TEXT, means=SECRET)


class Knowledge:
    """Types of answers, records and payloads of one manifest, made when they are asked for."""

    def __init__(self, root: Node, samples: Samples, documented: AnswerOf) -> None:
        self.root, self.samples = root, samples
        self._documented = documented
        self._answers: dict[CallPath, Type | None] = {}
        self._scopes: dict[int, Type] = {}

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────────────

    def answer_of(self, call: CallPath) -> Type | None:
        """The type of a call's good answers; None where nothing is known of it."""
        if call not in self._answers:
            name = self._sample_name(call)
            known = [_from_samples(self.samples.answers.get(name, ()), f"the samples of {name}")]
            described = self._documented(call)
            known.append(described.from_(f"what the OpenAPI says that {name} answers") if described else None)
            found = [type_ for type_ in known if type_ is not None]
            self._answers[call] = all_of(found)
        return self._answers[call]

    def _sample_name(self, call: CallPath) -> str:
        if call[0] == "operations":
            return str(call[1])
        step = self.root
        for key in call:
            step = step[key]
        return f"sign_in.{step.value('name')}"

    def records(self, name: str) -> list[Json]:
        """The records in the sample answers of an operation."""
        operation = self.root["operations"][name]
        expression = operation.value("records") or operation.value("record") or "@"
        found = [_evaluated(expression, answer) for answer in self.samples.answers.get(name, ())]
        return [one for given in found for one in (given if isinstance(given, list) else [given])]

    # ── payloads ─────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _payloads(self) -> Mapping[str, Type]:
        """The body of each of the ATS's events that a sample shows."""
        naming = self.root["events"]["webhook"].value("name")
        bodies: dict[str, list[Json]] = {}
        for event in self.samples.events:
            context = {
                "headers": _lower(event.get("headers")),
                "query": event.get("query", {}),
                "body": event["body"],
            }
            bodies.setdefault(str(_evaluated(naming, {**context, "received": ""})), []).append(event["body"])
        types = {name: _from_samples(found, f"the samples of {name}") for name, found in bodies.items()}
        return {name: type_ for name, type_ in types.items() if type_ is not None}

    def _payload(self, path: tuple[str | int, ...]) -> Type:
        if path[2] == "types":
            return self._payloads.get(str(path[3]), ANY)
        declared = self.root["events"]["webhook"].value("types", {})
        if path[2] == "name" or (path[2] == "dedupe" and all(name in self._payloads for name in declared)):
            return all_of(self._payloads.values()) or ANY
        return ANY

    # ── contexts ─────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def readings(self) -> Mapping[tuple[str | int, ...], Reading]:
        """The expressions over answers, by where they stand."""
        return {reading.node.path: reading for reading in readings(self.root)}

    def given(self, reading: Reading) -> Type:
        """What the expression is called with."""
        if reading.base == "error":
            return self._failures([str(reading.call[1])])
        if reading.node.key == "success":
            return self._all_answers([str(reading.call[1])], f"the samples of {reading.call[1]}")
        given = given_to(self.root, reading, self.answer_of)
        return self._streamed(reading, given) if reading.owner.path[:3] == _STREAM else given

    def _failures(self, operations: Iterable[str]) -> Type:
        """What is answered when calls of these operations fail."""
        found = [answer for name in operations for answer in self.samples.failures.get(name, ())]
        return _from_samples(found, "the samples of failed calls") or ANY

    def _all_answers(self, operations: Sequence[str], origin: str) -> Type:
        """What tells success from failure is read from both."""
        both = (self.samples.answers, self.samples.failures)
        found = [answer for answers in both for name in operations for answer in answers.get(name, ())]
        return _from_samples(found, origin) or ANY

    def _streamed(self, reading: Reading, given: Type) -> Type:
        """``given`` with what samples of the stream's records add."""
        shown = _from_samples(
            self.samples.records.get(reading.owner.key, ()), f"the sample records of {reading.owner.key}"
        )
        if shown is None:
            return given
        known = given.key("record") if reading.base == "named" else given
        each = shown if known.kinds is None else union(known, shown)
        if reading.base != "named":
            return each
        items = reading.owner.value("each")
        item = follow(compile_path(items), each).type.element.present if items else ANY
        return record({"record": each, "item": item}, open=True)

    @cached_property
    def _settings(self) -> Type:
        return as_type(self.root.report.settings)

    def context(self, use: Use) -> Type:
        """What the expression of ``use`` may read."""
        reading = self.readings.get(use.node.path)
        given = self.given(reading) if reading is not None else self._unnamed(use.node.path)
        if use.scope is None or (reading is not None and reading.base not in ("named", "error")):
            return given
        if id(use.scope) not in self._scopes:
            self._scopes[id(use.scope)] = as_type(use.scope)
        names = {**(self._scopes[id(use.scope)].keys or {}), "settings": self._settings}
        if "auth" in names:
            names["auth"] = record(dict.fromkeys(names["auth"].keys or (), _SECRET_TEXT))
        return record({**names, **(given.keys or {}), **self._by_place(use.node.path)})

    def _unnamed(self, path: tuple[str | int, ...]) -> Type:
        if path[0] == "apis" and path[2:] == ("errors", "success"):
            judged = list(judged_by(self.root, str(path[1])))
            return self._all_answers(judged, f"the samples of any call of {path[1]}")
        if path[0] != "apis" or path[2:] != ("errors", "code"):
            return ANY
        operations = self.root.items("operations")
        return self._failures(name for name, node in operations if profile_of(self.root, node) == path[1])

    def _by_place(self, path: tuple[str | int, ...]) -> Mapping[str, Type]:
        if path[:2] == ("objects", "resume") and path[-1] == "attachment":
            return {"record": self._record_of("candidate")}
        if path[0] == "objects" and path[2:3] == ("add",):
            return {"record": self._record_of(str(path[1]))}
        if path[0] == "operations" and path[1] in self._added_reads:
            return {"record": self._added_reads[str(path[1])]}
        if path == ("events", "webhook", "name"):
            shown = [_lower(event.get("headers")) for event in self.samples.events]
            headers = _from_samples((one for one in shown if one), "the headers of the sample events") or ANY
            return {"body": self._payload(path), "headers": headers}
        if path[:2] == ("events", "webhook") and len(path) > 2:
            return {"body": self._payload(path)}
        if path[:2] == ("write_back", "notes"):
            # Beside a mistake of form, an output may be there under a name that is misspelt.
            outputs = dict.fromkeys(self.root["write_back"].value("outputs", {}), FREE_TEXT)
            return {"outputs": record(outputs, open=bool(self.root.report.malformed))}
        return {}

    def _record_of(self, kind: str) -> Type:
        """The record that an object is made of."""
        read = self.root["objects"][kind].value("read")
        call: CallPath = ("operations", read)
        known = record_of(self.root, call, self.answer_of(call) or ANY)
        return (
            known if known.keys is None else replace(known, open=self.root["objects"][kind].value("add") is not None)
        )

    @cached_property
    def _added_reads(self) -> Mapping[str, Type]:
        """The operations that complete an object, and the record that their templates see."""
        found: dict[str, Type] = {}
        for kind, node in self.root.items("objects"):
            for _, added in node.items("add") if kind != "resume" else ():
                name = str(added.value("read"))
                found[name] = union(found[name], self._record_of(kind)) if name in found else self._record_of(kind)
        return found


def _from_samples(values: Iterable[Json], origin: str) -> Type | None:
    known = all_of(of_value(value) for value in values if value is not None)
    return None if known is None or known == NULL else known.from_(origin)


def _evaluated(expression: str, data: Json) -> Json:
    try:
        return compile_path(expression)(data)
    except ExpressionError:
        return None


def _lower(headers: Json) -> dict[str, Json]:
    return {str(name).lower(): value for name, value in headers.items()} if isinstance(headers, Mapping) else {}
