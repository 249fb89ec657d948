"""A JSON Schema validator's errors in, findings for people out: one for each mistake, the branch that was meant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from jsonschema import ValidationError

from engine.manifest.findings import Finding, did_you_mean, nearest
from engine.manifest.schema.places import Schema, accepted_types, contradictions, resolved, type_of
from engine.manifest.schema.shape_mistakes import Mistake, expected_words, extra_keys, listed, only_missing, options
from engine.manifest.yaml.reader import PathKey
from engine.manifest.yaml.source import Source
from engine.model import Json

_SHOWN = 40
_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "nothing",
}
_YES_NO = frozenset({"yes", "no", "on", "off", "true", "false", "y", "n"})
_RANK = {"type": 0, "enum": 1, "const": 1, "oneOf": 2, "anyOf": 2, "pattern": 3}


class Explainer:
    """Collects findings from validation errors. ``secret`` holds the paths whose values must not be shown."""

    def __init__(self, source: Source, root: Schema, secret: Collection[PathKey]) -> None:
        self._source = source
        self._root = root
        self._secret = secret
        self._found: set[Finding] = set()
        self._of_value: dict[PathKey, tuple[int, Finding]] = {}

    def findings(self) -> list[Finding]:
        """What was found, sorted by position; of several about one value, the most telling."""
        return sorted(self._found | {finding for _, finding in self._of_value.values()})

    def take(self, error: ValidationError) -> None:
        """Adds what ``error`` means."""
        self._take(Mistake.of(error))

    def _take(self, error: Mistake) -> None:
        word = error.word
        if error.of_name:
            self._name(error)
        elif word in ("oneOf", "anyOf"):
            self._branches(error)
        elif word in _KEY_EXPLAINERS:
            _KEY_EXPLAINERS[word](self, error)
        else:
            self._value(error, *_VALUE_EXPLAINERS.get(word, _other)(self, error))

    def _add(self, path: PathKey, code: str, message: str, hint: str = "", key: bool = False) -> None:
        self._found.add(Finding(self._source.file, *self._source.mark(path, key), code, message, hint))

    def _value(self, error: Mistake, code: str, message: str, hint: str = "") -> None:
        path, rank = error.path, _RANK.get(error.word, 4)
        finding = Finding(self._source.file, *self._source.mark(path), code, message, hint)
        if path not in self._of_value or rank < self._of_value[path][0]:
            self._of_value[path] = (rank, finding)

    def shown(self, path: PathKey, value: Json) -> str:
        """``value`` for a message: its kind, and the value itself where it is short and no secret."""
        kind = _WORDS["number" if isinstance(value, float) else type_of(value)]
        hidden = any(path[:length] in self._secret for length in range(len(path) + 1))
        if hidden or isinstance(value, (dict, list)) or value is None:
            return kind
        text = self._source.raw(path) or str(value)
        if isinstance(value, bool):
            return f"`{text}`"
        return f"{kind} `{text}`" if text and len(text) <= _SHOWN and "\n" not in text else kind

    def _unknown_keys(self, error: Mistake) -> None:
        allowed = list(error.schema.get("properties", {}))
        unused = [name for name in allowed if name not in error.instance]
        for key in extra_keys(error):
            hint = did_you_mean(key, unused) if nearest(key, unused) else did_you_mean(key, allowed)
            self._add((*error.path, key), "unknown-key", f"unknown key `{key[:_SHOWN]}`", hint, key=True)

    def _missing_keys(self, error: Mistake) -> None:
        mistyped = {nearest(key, error.schema.get("properties", {})) for key in extra_keys(error)}
        for name in error.wanted:
            if name not in error.instance and name not in mistyped:
                self._add(error.path, "missing-key", f"the key `{name}` is missing{self._in(error)}", key=True)

    def _one_of_keys(self, error: Mistake) -> None:
        keys = error.wanted
        given = [key for key in keys if key in error.instance]
        if given:
            message = f"{listed(given, 'and')} exclude each other{self._in(error)}"
            self._add((*error.path, given[1]), "exclusive-keys", message, "keep one of them", key=True)
        elif not {nearest(key, error.schema.get("properties", {})) for key in extra_keys(error)} & set(keys):
            message = f"one of these keys is missing{self._in(error)}: {', '.join(keys)}"
            self._add(error.path, "missing-key", message, key=True)

    def _dependent(self, error: Mistake) -> None:
        for key, needed in error.wanted.items():
            for name in needed if key in error.instance else ():
                if name not in error.instance:
                    message = f"with `{key}`, the key `{name}` is needed too"
                    self._add((*error.path, key), "missing-key", message, key=True)

    def _in(self, error: Mistake) -> str:
        path = error.path
        return f" in `{path[-1]}`" if path and isinstance(path[-1], str) else ""

    def _name(self, error: Mistake) -> None:
        key = str(error.instance)
        message = f"the name `{key[:_SHOWN]}` is not allowed here"
        hint = f"expected {expected_words(error) or 'another form'}"
        if error.word == "enum":
            hint = did_you_mean(key, error.wanted) or options(error.wanted)
        self._add((*error.path, key), "wrong-name", message, hint, key=True)

    def _branches(self, error: Mistake) -> None:
        branches = [resolved(branch, self._root) for branch in error.wanted]
        scores = [contradictions(error.instance, branch, self._root) for branch in branches]
        if not error.causes:
            self._value(error, "ambiguous", "more than one form fits here", expected_words(error))
        elif min(scores) >= 1000:
            types = [accepted_types(branch, self._root) or () for branch in branches]
            self._value(
                error, *self._wrong_type(error, dict.fromkeys(name for some in types for name in sorted(some)))
            )
        elif min(scores) >= 100 and self._discriminator(error, branches):
            return
        else:
            self._best(error, branches, scores)

    def _best(self, error: Mistake, branches: list[Schema], scores: list[int]) -> None:
        best = [index for index, score in enumerate(scores) if score == min(scores)]
        groups = [[item for item in error.causes if item.branch == index] for index in best]
        choices = [only_missing(group) for group in groups]
        if len(groups) > 1 and all(choices):
            names = dict.fromkeys(name for choice in choices for name in choice or ())
            message = f"one of these keys is missing{self._in(error)}: {', '.join(names)}"
            self._add(error.path, "missing-key", message, key=True)
            return
        if len(groups) > 1 and all(item.word == "enum" and not item.below for group in groups for item in group):
            values = [value for index in best for value in branches[index].get("enum", [])]
            self._value(error, *self._wrong_choice(error, values))
            return
        for item in min(groups, key=len):
            self._take(item)

    def _discriminator(self, error: Mistake, branches: list[Schema]) -> bool:
        """Whether a key's value decides between the branches and fits none; if so, says which values would."""
        for key, value in error.instance.items() if isinstance(error.instance, dict) else ():
            values: list[Json] = []
            for branch in branches:
                schema = resolved(branch.get("properties", {}).get(key, {}), self._root)
                values.extend([schema["const"]] if "const" in schema else schema.get("enum", []))
            if values and value not in values:
                path = (*error.path, key)
                message = f"`{key}` has no such value: {self.shown(path, value)}"
                hint = did_you_mean(str(value), map(str, values)) or options(values)
                self._of_value[path] = (
                    0,
                    Finding(self._source.file, *self._source.mark(path), "unknown-value", message, hint),
                )
                return True
        return False

    def _wrong_type(self, error: Mistake, types: Iterable[str]) -> tuple[str, str, str]:
        names = list(types)
        expected = listed([_WORDS[name] for name in names], "or", mark="")
        hint = ""
        if isinstance(error.instance, str) and "boolean" in names and error.instance.casefold() in _YES_NO:
            hint = "write true or false, in small letters and without quotes"
        elif isinstance(error.instance, str) and {"integer", "number"} & set(names):
            hint = (
                "write the number without quotes" if error.instance.strip("+-").replace(".", "", 1).isdigit() else ""
            )
        elif names == ["array"] and not isinstance(error.instance, dict) and error.instance is not None:
            hint = "a list of one: [ … ]"
        described = expected_words(error, declared_only=True)
        message = f"expected {described or expected}, found {self.shown(error.path, error.instance)}"
        return "wrong-type", message, hint

    def _wrong_choice(self, error: Mistake, values: list[Json]) -> tuple[str, str, str]:
        shown = self.shown(error.path, error.instance)
        hint = ""
        if isinstance(error.instance, str) and shown != _WORDS["string"]:
            near = nearest(error.instance, [value for value in values if isinstance(value, str)])
            hint = f"did you mean `{near}`?" if near else ""
        hint = hint or (expected_words(error, declared_only=True) if len(values) == 1 else "")
        return "unknown-value", f"expected {options(values)}, found {shown}", hint

    def _by_type(self, error: Mistake) -> tuple[str, str, str]:
        declared = error.wanted
        return self._wrong_type(error, [declared] if isinstance(declared, str) else declared)

    def _by_enum(self, error: Mistake) -> tuple[str, str, str]:
        return self._wrong_choice(error, list(error.wanted))

    def _by_const(self, error: Mistake) -> tuple[str, str, str]:
        return self._wrong_choice(error, [error.wanted])

    def _by_pattern(self, error: Mistake) -> tuple[str, str, str]:
        shown = self.shown(error.path, error.instance)
        return "wrong-form", f"expected {expected_words(error) or 'another form'}, found {shown}", ""

    def _by_bound(self, error: Mistake) -> tuple[str, str, str]:
        expected = f"{_BOUNDS[error.word]} {error.wanted}"
        return "out-of-range", f"expected {expected}, found {self.shown(error.path, error.instance)}", ""

    def _by_size(self, error: Mistake) -> tuple[str, str, str]:
        what, unit = _SIZES[error.word]
        if error.wanted == 1 and what == "at least" and not error.instance:
            return "empty", f"{_WORDS[type_of(error.instance)]} must not be empty here", expected_words(error)
        return "wrong-size", f"expected {what} {error.wanted} {unit}, found {len(error.instance)}", ""


def _other(_: Explainer, error: Mistake) -> tuple[str, str, str]:
    expected = expected_words(error)
    return "not-allowed", f"expected {expected}" if expected else "this is not allowed here", ""


_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
}
_SIZES = {
    "minLength": ("at least", "characters"),
    "maxLength": ("at most", "characters"),
    "minItems": ("at least", "items"),
    "maxItems": ("at most", "items"),
    "minProperties": ("at least", "keys"),
    "maxProperties": ("at most", "keys"),
}
_KEY_EXPLAINERS: Mapping[str, Callable[[Explainer, Mistake], None]] = {
    "additionalProperties": Explainer._unknown_keys,
    "required": Explainer._missing_keys,
    "dependentRequired": Explainer._dependent,
    "x-one-of-keys": Explainer._one_of_keys,
}
_VALUE_EXPLAINERS: Mapping[str, Callable[[Explainer, Mistake], tuple[str, str, str]]] = {
    "type": Explainer._by_type,
    "enum": Explainer._by_enum,
    "const": Explainer._by_const,
    "pattern": Explainer._by_pattern,
    **dict.fromkeys(_BOUNDS, Explainer._by_bound),
    **dict.fromkeys(_SIZES, Explainer._by_size),
}
