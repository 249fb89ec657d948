"""A place in a checked document, with readers that compile what stands there and report what is wrong with it.

Building goes on after a mistake, so that all are found at once: a broken expression becomes a harmless one, and
the finished object is thrown away when there are findings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from engine.manifest.build.patterns import endless_repeat
from engine.manifest.durations import parse_duration, parse_rate
from engine.manifest.findings import Finding, did_you_mean
from engine.manifest.language.expressions import Chain, ExpressionSyntaxError, Path, compile_path, negates_too_early
from engine.manifest.language.template_problems import explained, offset_of
from engine.manifest.language.templates import Template, Tree, compile_template, compile_tree
from engine.manifest.model import At
from engine.manifest.types.scope import Scope, is_content, unknown_names
from engine.manifest.yaml.inside import position_inside
from engine.manifest.yaml.source import Source
from engine.model import Json

Parsed = TypeVar("Parsed")
TemplateKind = Literal["value", "text", "path", "address", "note"]


@dataclass(frozen=True, slots=True)
class Use:
    """An expression that stands at ``node`` and what it may read there; None: what it is called with has no names."""

    node: Node
    compiled: Path | Template
    scope: Scope | None


@dataclass(slots=True)
class Report:
    """Where findings gather while a document is built, and the names that references are checked against.

    ``uses`` are the expressions that were read, ``referred`` the names that were referred to, as (kind, name), each
    with the blocks of the document that do.
    """

    findings: list[Finding] = field(default_factory=list)
    names: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] | None = None
    secrets: frozenset[str] = frozenset()
    """Names of settings that are secret."""
    malformed: frozenset[int] = frozenset()
    """Lines with a mistake of form; the named parts that hold one are passed over."""
    uses: list[Use] = field(default_factory=list)
    referred: dict[tuple[str, str], set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """The value at ``path`` of a source. Readers take a key of it; a missing key reads as the default."""

    source: Source
    path: tuple[str | int, ...]
    data: Json
    report: Report

    @property
    def at(self) -> At:
        line, column = self.source.mark(self.path, key=bool(self.path and isinstance(self.path[-1], str)))
        return At(self.source.file, line, column)

    @property
    def key(self) -> str:
        return str(self.path[-1])

    def __contains__(self, key: str) -> bool:
        return isinstance(self.data, Mapping) and key in self.data

    def __getitem__(self, key: str | int) -> Node:
        return Node(self.source, (*self.path, key), self.data[key], self.report)

    def get(self, key: str) -> Node | None:
        return self[key] if key in self else None  # noqa: SIM401

    def value(self, key: str, default: Json = None) -> Json:
        return self.data.get(key, default) if isinstance(self.data, Mapping) else default

    def items(self, key: str) -> Iterator[tuple[str, Node]]:
        """The named nodes of the mapping at ``key``."""
        node = self.get(key)
        for name in node.data if node else ():
            entry = node[name]  # type: ignore[index]
            if not entry.is_malformed:
                yield name, entry

    def elements(self, key: str) -> Iterator[Node]:
        """The nodes of the list at ``key``."""
        node = self.get(key)
        for index in range(len(node.data) if node and isinstance(node.data, list) else 0):
            entry = node[index]  # type: ignore[index]
            if not entry.is_malformed:
                yield entry

    @property
    def is_malformed(self) -> bool:
        """Whether a mistake of form stands in here: its meaning is not looked at then."""
        return bool(self.report.malformed) and not self.report.malformed.isdisjoint(self._lines())

    def _lines(self) -> range:
        depth = len(self.path)
        inside = [place for path, place in self.source.places.items() if path[:depth] == self.path]
        first = min((min(place.line, place.key_line or place.line) for place in inside), default=0)
        return range(first, max((place.line for place in inside), default=0) + 1)

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(self.value(key, ()))

    def fail(
        self, code: str, message: str, hint: str = "", *, offset: int | None = None, at_key: bool = False
    ) -> None:
        """Reports a mistake here, or at the key; ``offset`` counts characters into the scalar."""
        place = self.position(offset, at_key=at_key)
        self.report.findings.append(Finding(self.source.file, *place, code, message, hint))

    def position(self, offset: int | None = None, *, at_key: bool = False) -> tuple[int, int]:
        """Line and column of what stands here, of its key, or of a character of the scalar."""
        place = self.source.mark(self.path, at_key)
        if offset is None:
            return place
        return position_inside(self.source.text, place, self.source.raw(self.path) or "", offset)

    def warn(self, code: str, message: str, hint: str = "", *, offset: int | None = None) -> None:
        """Reports a warning at the key here, or at a character of the scalar."""
        at = self.at
        place = (at.line, at.column) if offset is None else self.position(offset)
        self.report.findings.append(Finding(self.source.file, *place, code, message, hint, "warning"))

    # ── readers ──────────────────────────────────────────────────────────────────────────────────────────────

    def seconds(self, key: str, default: str | None = None) -> float | None:
        """The duration at ``key`` in seconds."""
        return self._parsed(key, default, parse_duration)

    def rate(self, key: str) -> tuple[int, float] | None:
        """The rate at ``key``: (calls, per seconds)."""
        return self._parsed(key, None, parse_rate)

    def _parsed(self, key: str, default: str | None, parse: Callable[[str], Parsed]) -> Parsed | None:
        text = self.value(key, default)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            # Its form was told where the document's form was looked at.
            if not self[key].is_malformed:
                self[key].fail("wrong-form", f"{error}, found `{text}`")
            return None

    def expression(self, key: str, scope: Scope | None = None) -> Path | None:
        """The JMESPath at ``key``; its names are checked against ``scope`` where one is known."""
        node = self.get(key)
        return None if node is None else node.as_expression(scope)

    def as_expression(self, scope: Scope | None = None) -> Path:
        try:
            path = compile_path(self.data)
        except ExpressionSyntaxError as error:
            self.fail("bad-jmespath", error.message, error.hint or "", offset=error.offset)
            return compile_path("@")
        if "!" in path.text and negates_too_early(path):
            what = "`!` takes the first name only: `!a.b` is `(!a).b`, which is never true"
            self.fail("early-not", what, "write `!(a.b)`", offset=path.text.find("!"))
        self._check_names(path.references, scope, path.offset_of)
        self.report.uses.append(Use(self, path, scope))
        return path

    def template(self, key: str, kind: TemplateKind, scope: Scope) -> Template | None:
        node = self.get(key)
        return None if node is None else node.as_template(kind, scope)

    def as_template(self, kind: TemplateKind, scope: Scope) -> Template:
        return self._compiled(lambda: compile_template(str(self.data), kind), scope, compile_template("", kind))

    def tree(self, key: str, scope: Scope) -> Tree | None:
        node = self.get(key)
        return None if node is None else node.as_tree(scope)

    def as_tree(self, scope: Scope) -> Tree:
        """The nested templates here; each leaf is checked at its own place."""
        before = len(self.report.findings)
        for leaf in self.leaves():
            leaf.as_template("value", scope)
        for key in self.composed_keys():
            hint = "a name that is composed: {{ {field.id: field.value} }}, or the filter `keyed` for a list"
            key.fail("bad-jinja", "a key is taken as it stands; templates stand in values", hint, at_key=True)
        broken = len(self.report.findings) > before
        return compile_tree({} if broken else self.data, "value")

    def leaves(self) -> Iterator[Node]:
        """Every text below here."""
        if isinstance(self.data, str):
            yield self
        elif isinstance(self.data, (Mapping, list)):
            for key in self.data if isinstance(self.data, Mapping) else range(len(self.data)):
                yield from self[key].leaves()

    def composed_keys(self) -> Iterator[Node]:
        """Every value below here whose key looks like a template."""
        if isinstance(self.data, (Mapping, list)):
            for key in self.data if isinstance(self.data, Mapping) else range(len(self.data)):
                if isinstance(key, str) and "{{" in key:
                    yield self[key]
                yield from self[key].composed_keys()

    def refer(self, key: str, kind: str) -> str:
        """The name at ``key``, which must be one of the known names of ``kind`` (operation, api, …)."""
        node = self.get(key)
        return "" if node is None else node.as_reference(kind)

    def as_reference(self, kind: str) -> str:
        known = self.report.names.get(kind, {})
        self.report.referred.setdefault((kind, str(self.data)), set()).add(str(self.path[0]))
        if self.data not in known:
            self.fail(f"unknown-{kind}", f"there is no {kind} `{self.data}`", did_you_mean(self.data, known))
        return str(self.data)

    def pattern(self, key: str) -> str | None:
        node = self.get(key)
        if node is not None:
            try:
                re.compile(node.data)
            except re.error as error:
                node.fail("bad-pattern", f"the regular expression cannot be read: {error.msg}", offset=error.pos)
                return None
            place = endless_repeat(node.data)
            if place is not None:
                what = "a group is repeated that repeats or chooses inside: on some texts it would be tried for ever"
                node.fail("bad-pattern", what, "such as `[a-z0-9-]+` instead of `([a-z0-9]+-?)+`", offset=place)
        return node.data if node else None

    def _compiled(self, compile_it: Callable[[], Template], scope: Scope, harmless: Template) -> Template:
        try:
            template = compile_it()
        except ExpressionSyntaxError as error:
            message, hint, offset = explained(error, str(self.data))
            self.fail("bad-jinja", message, hint, offset=offset)
            return harmless
        self._check_names(template.references, scope, lambda chain: offset_of(template.text, chain))
        self.report.uses.append(Use(self, template, scope))
        return template

    def _check_names(self, references: tuple[Chain, ...], scope: Scope | None, place: Callable[[Chain], int]) -> None:
        if scope is None:
            return
        settings = {"settings": self.report.settings} if self.report.settings is not None else {}
        for chain, hint in unknown_names(references, {**scope, **settings}):
            self.fail("unknown-name", f"`{'.'.join(chain)}` is not known here", hint, offset=place(chain))
        for chain in references if is_content(scope) else ():
            if chain[0] == "settings" and chain[1:2] and chain[1] in self.report.secrets:
                what = f"`{'.'.join(chain[:2])}` is a secret: what people read may not hold it"
                self.fail("secret-in-text", what, "a secret is for `apis` and `operations` only", offset=place(chain))
