"""A validation error as read: what was wanted of what and where; and the words to tell it with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import ValidationError

from engine.manifest.schema.places import Schema
from engine.manifest.yaml.reader import PathKey
from engine.model import Json

_FEW = 8


@dataclass(frozen=True, slots=True)
class Mistake:
    """A validation error, read: ``word`` of the schema wanted ``wanted`` of ``instance``.

    ``of_name`` says that the instance is a key of the mapping at ``path``; ``branch`` and ``below`` tell which
    branch of a choice it belongs to and whether it lies deeper than the choice itself.
    """

    word: str
    wanted: Any
    instance: Json
    schema: Schema
    path: PathKey
    of_name: bool
    branch: int | str | None
    below: bool
    causes: tuple[Mistake, ...]

    @classmethod
    def of(cls, error: ValidationError) -> Mistake:
        places = list(error.relative_schema_path)
        return cls(
            word=str(error.validator),
            wanted=error.validator_value,
            instance=error.instance,
            schema=error.schema if isinstance(error.schema, Mapping) else {},
            path=tuple(error.absolute_path),
            of_name="propertyNames" in places,
            branch=places[0] if places else None,
            below=bool(error.relative_path),
            causes=tuple(map(cls.of, error.context or ())),
        )


def extra_keys(error: Mistake) -> list[str]:
    """The keys of the mapping that its schema does not know, where it allows no others."""
    if error.schema.get("additionalProperties") is not False:
        return []
    return [key for key in error.instance if key not in error.schema.get("properties", {})]


def only_missing(group: list[Mistake]) -> list[str] | None:
    """The keys that are missing, if nothing else is wrong."""
    if not group or any(item.word not in ("required", "x-one-of-keys") or item.below for item in group):
        return None
    return [name for item in group for name in item.wanted if name not in item.instance]


def expected_words(error: Mistake, declared_only: bool = False) -> str:
    """What the schema says for people about what it expects; with ``declared_only``, by ``x-expected`` alone."""
    text = error.schema.get("x-expected") or ("" if declared_only else error.schema.get("description", ""))
    return str(text).rstrip(".")


def options(values: Collection[Json]) -> str:
    """``values`` as a choice; the first few of many."""
    texts = [f"`{_as_written(value)}`" for value in values]
    if len(texts) == 1:
        return texts[0]
    return f"one of {', '.join(texts[:_FEW])}" + (" …" if len(texts) > _FEW else "")


def _as_written(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)


def listed(texts: list[str], word: str, mark: str = "`") -> str:
    """``texts`` as prose, the last two joined by ``word``, each between ``mark``."""
    marked = [f"{mark}{text}{mark}" for text in texts]
    return marked[0] if len(marked) == 1 else f"{', '.join(marked[:-1])} {word} {marked[-1]}"
