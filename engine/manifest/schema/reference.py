"""The manifest's JSON Schema in, its reference for people out: every key with its type, meaning and example.

``docs/manifest.md`` is this page; nothing in it is written by hand but the examples of ``schemas/mechanisms.yaml``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.manifest.findings import did_you_mean
from engine.manifest.schema.files import data_folder, schema
from engine.manifest.types import Type, describe, scope
from engine.manifest.yaml.source import read

_HEAD = """# The manifest, key by key

<!-- Made by `make docs` of schemas/manifest.schema.json and schemas/mechanisms.yaml: change those, not this. -->

Every key of a manifest, with what it means and an example. [writing-a-manifest.md](writing-a-manifest.md) builds one
step by step and says which names stand in scope where; `fieldwright reference KEY` shows a part of this page in a
terminal. JMESPath and Jinja say of a key in which language its text is written.
"""
_NAMES = """What expressions and templates see. [writing-a-manifest.md](writing-a-manifest.md) says which stand
where. Ids are texts: where a body wants a number, write `{{ candidate.id | int }}`.
"""
_LANGUAGES = {"jmespath": "JMESPath", "jinja": "Jinja"}
_LANGUAGE_NOTE = re.compile(r"\s*\((JMESPath|Jinja|the name of an? \w+)\)")
_LONGEST_EXAMPLE = 110


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its path in a manifest (``apis.*.limits.rate``), what stands there, and which mechanisms it says."""

    path: str
    type: str
    required: bool
    description: str
    example: str
    mechanisms: tuple[int, ...]

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping of the manifest with all its keys."""

    path: str
    description: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A way in which some ATS works, with the other words people have for it and the YAML that says it."""

    number: int
    name: str
    words: str
    says: str
    example: str


def sections() -> list[Section]:
    """All mappings of the manifest, in the order of a file; what several places share stands at the first."""
    root = schema("manifest")
    return [found for found in _sections("", root, root, set()) if found.keys]


def mechanisms() -> list[Mechanism]:
    """The mechanisms of ``schemas/mechanisms.yaml``, by number."""
    entries = read(data_folder("schemas") / "mechanisms.yaml").data
    return [Mechanism(**{"words": "", **entry}) for entry in entries]


def _sections(path: str, node: Mapping[str, Any], root: Mapping[str, Any], seen: set[str]) -> Iterator[Section]:
    node, name = _followed(node, root)
    if name in seen:
        return
    if name:
        seen.add(name)
    inner = list(_inner(path, node))
    properties = node.get("properties", {})
    if properties:
        needed = set(node.get("required", ()))
        keys = (_key(_joined(path, key), value, root, key in needed) for key, value in properties.items())
        yield Section(path, str(node.get("description", "")), tuple(keys))
    for below, value in inner:
        yield from _sections(below, value, root, seen)


def _inner(path: str, node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, value in node.get("properties", {}).items():
        yield _joined(path, key), value
    if isinstance(node.get("additionalProperties"), Mapping):
        yield _joined(path, "*"), node["additionalProperties"]
    if isinstance(node.get("items"), Mapping):
        yield f"{path}[]", node["items"]
    for word in ("oneOf", "anyOf"):
        for branch in node.get(word, ()):
            yield path, branch


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _followed(node: Mapping[str, Any], root: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """``node`` with its reference followed, its own words first; and the name of what it refers to."""
    reference = str(node.get("$ref", ""))
    if not reference:
        return node, ""
    name = reference.rpartition("/")[2]
    return {**root["$defs"][name], **{key: value for key, value in node.items() if key != "$ref"}}, name


def _key(path: str, written: Mapping[str, Any], root: Mapping[str, Any], required: bool) -> Key:
    node, _ = _followed(written, root)
    return Key(
        path,
        _type(written, root),
        required,
        _LANGUAGE_NOTE.sub("", str(node.get("description", ""))),
        next((_example(one) for one in node.get("examples", ())), ""),
        tuple(number for one in (node, *node.get("oneOf", ())) for number in one.get("x-mechanisms", ())),
    )


def _type(node: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    node, name = _followed(node, root)
    if "const" in node or "enum" in node:
        return " · ".join(f"`{value}`" for value in node.get("enum", [node.get("const")]))
    for word in ("oneOf", "anyOf"):
        if word in node:
            return " or ".join(dict.fromkeys(_type(branch, root) for branch in node[word]))
    if name in ("tree", "tree_object"):
        return "templates"
    language = _LANGUAGES.get(str(node.get("x-language", "")))
    if language:
        return language
    kinds = node.get("type", "anything")
    words = [_word(kind, node, root) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return " or ".join(words)


def _word(kind: str, node: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    if kind == "array":
        return f"list of {_type(node.get('items', {}), root)}"
    if kind == "string" and node.get("x-refers"):
        return f"name of an {node['x-refers']}" if node["x-refers"][0] in "ao" else f"name of a {node['x-refers']}"
    plain = {"object": "mapping", "string": "text", "boolean": "true or false", "integer": "whole number"}
    return plain.get(kind, kind)


def _example(value: Any) -> str:
    """``value`` in YAML's flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_example(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_example, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    return value if _is_plain(value) else json.dumps(value, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    safe = all(character.isalnum() or character in " _-./+" for character in text)
    return safe and bool(text) and not text[0].isdigit() and text == text.strip() and text[0] not in "-."


# ── Markdown ─────────────────────────────────────────────────────────────────────────────────────────────────────


def page() -> str:
    """The whole reference, as Markdown."""
    found = sections()
    parts = [_HEAD, _mechanism_table(found), *(_mechanism_text(one) for one in mechanisms())]
    return "\n".join([*parts, _names_text(), "## All keys\n", *(_section_text(one) for one in found)])


def part(name: str) -> str:
    """What the keys called ``name`` mean, or those at the path ``name``, else the mechanisms with this word.

    Raises LookupError with a hint where there is nothing.
    """
    hits = [one for found in sections() for one in found.keys if name in (one.name, one.path)]
    below = [found for found in sections() if found.path and found.path.replace(".*", "").endswith(name)]
    if not hits and not below:
        asked = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
        worded = [one for one in mechanisms() if asked.search(f"{one.number} {one.name} {one.words}")]
        if worded:
            return "\n".join(map(_mechanism_text, worded))
        known = {one.name for found in sections() for one in found.keys}
        raise LookupError(did_you_mean(name.rpartition(".")[2], known))
    rows = [f"`{one.path}`: {one.description}\n  {one.type}{_shown(one.example)}" for one in hits]
    return "\n".join([*rows, *(_section_text(one) for one in below)])


def _shown(example: str) -> str:
    return f", such as {example}" if example else ""


def _mechanism_table(found: list[Section]) -> str:
    keys = [key for section in found for key in section.keys]
    rows = []
    for one in mechanisms():
        by = ", ".join(f"`{key.path}`" for key in keys if one.number in key.mechanisms)
        rows.append(f"| {one.number} | [{one.name}](#{_anchor(one)}) | {by} |")
    return "\n".join(["## Mechanisms\n", "| | mechanism | said by |", "| --- | --- | --- |", *rows, ""])


def _anchor(one: Mechanism) -> str:
    kept = "".join(character for character in one.name.lower() if character.isalnum() or character in " -")
    return f"{one.number}-{kept.replace(' ', '-')}"


def _mechanism_text(one: Mechanism) -> str:
    words = f" *Also: {one.words}.*" if one.words else ""
    return f"### {one.number} {one.name}\n\n{one.says}{words}\n\n```yaml\n{one.example.rstrip()}\n```\n"


def _names_text() -> str:
    """The names that expressions and templates see below each object: which stand in scope where, the guide says."""
    known = {**scope.NOTE, **scope.REQUEST}
    rows = [f"| `{name}` | {_members(known[name])} |" for name in known if _members(known[name])]
    return "\n".join(["## Names\n", _NAMES, "| name | what stands below it |", "| --- | --- |", *rows, ""])


def _members(names: Any) -> str:
    keys = names.keys if isinstance(names, Type) else names
    return ", ".join(f"`{name}` ({_kind(below)})" for name, below in (keys or {}).items())


def _kind(names: Any) -> str:
    type_ = scope.as_type(names)
    return "the ATS's own" if type_.kinds is None else describe(type_)


def _section_text(section: Section) -> str:
    title = f"`{section.path}`" if section.path else "The file"
    rows = [f"| {_row(key)} |" for key in section.keys]
    head = [
        f"### {title}\n",
        f"{section.description}\n",
        "| key | what stands there | meaning |",
        "| --- | --- | --- |",
    ]
    return "\n".join([*head, *rows, ""])


def _row(key: Key) -> str:
    needed = " (needed)" if key.required else ""
    example = f" Such as `{key.example}`." if key.example and len(key.example) <= _LONGEST_EXAMPLE else ""
    meaning = f"{key.description.rstrip('.')}.{example}".replace("|", "\\|")
    return f"`{key.name}`{needed} | {key.type} | {meaning}"
