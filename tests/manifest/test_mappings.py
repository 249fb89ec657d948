"""The schemas explain every key and are sound; the shipped manifests fit them and say what they must."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.manifest.build import digest, examine, load
from engine.manifest.schema.files import data_folder, schema
from engine.manifest.schema.shape import check
from engine.manifest.yaml.source import read, read_text
from tests.manifest.planting import SHIPPED

SCHEMAS = sorted(file.name.removesuffix(".schema.json") for file in data_folder("schemas").glob("*.json"))
MAPPINGS = sorted(file for file in data_folder("mappings").glob("*.yaml") if not file.name.endswith(".test.yaml"))


def below(part: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in a schema, with where it stands."""
    if isinstance(part, list):
        for index, item in enumerate(part):
            yield from below(item, f"{place}/{index}")
    elif isinstance(part, dict):
        yield place, part
        for key, item in part.items():
            if key in ("properties", "patternProperties", "$defs"):
                for name, child in item.items():
                    yield from below(child, f"{place}/{key}/{name}")
            elif key not in ("examples", "default", "enum", "const"):
                yield from below(item, f"{place}/{key}")


def described(name: str) -> list[tuple[str, dict[str, Any]]]:
    """Every property with its schema, its reference followed."""
    root = schema(name)
    found = []
    for place, part in below(root):
        for key, child in part.get("properties", {}).items():
            target = child.get("$ref", "").removeprefix("#/")
            followed = dict(child)
            if target:
                pointed: Any = root
                for step in target.split("/"):
                    pointed = pointed[step]
                followed = {**pointed, **child}
            found.append((f"{place}/{key}", followed))
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid_and_names_its_draft(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema(name)["title"]
    assert schema(name)["description"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_is_described_for_the_editor(name: str) -> None:
    bare = [place for place, part in described(name) if len(part.get("description", "").strip()) < 6]
    assert not bare


@pytest.mark.parametrize("name", ["manifest", "tenant"])
def test_a_form_that_is_demanded_is_said_in_words(name: str) -> None:
    silent = [place for place, part in below(schema(name)) if "pattern" in part and "x-expected" not in part]
    assert not [place for place in silent if not place.endswith("/properties/pattern")]


@pytest.mark.parametrize("name", ["manifest", "tenant"])
def test_every_example_fits_where_it_stands(name: str) -> None:
    root = schema(name)
    examples = [(place, part, example) for place, part in below(root) for example in part.get("examples", ())]
    assert len(examples) >= 12
    for place, part, example in examples:
        wrapped = {**part, "$defs": root.get("$defs", {})}
        assert Draft202012Validator(wrapped).is_valid(example), f"{place}: {example}"


@pytest.mark.parametrize("file", MAPPINGS, ids=lambda file: file.stem)
def test_a_shipped_manifest_has_no_mistake_and_no_warning(file: Path) -> None:
    manifest, findings = examine(read(file))
    assert findings == []
    assert manifest is not None
    assert manifest.ats.id == file.stem


@pytest.mark.parametrize("file", MAPPINGS, ids=lambda file: file.stem)
def test_a_shipped_manifest_fits_its_schema_for_any_validator_too(file: Path) -> None:
    data, findings = check(read(file), schema("manifest"))
    assert findings == []
    assert Draft202012Validator(schema("manifest")).is_valid(data)


@pytest.mark.parametrize("file", MAPPINGS, ids=lambda file: file.stem)
def test_a_shipped_manifest_points_the_editor_to_the_schema(file: Path) -> None:
    assert file.read_text("utf-8").startswith("# yaml-language-server: $schema=../schemas/manifest.schema.json\n")


@pytest.mark.parametrize("file", MAPPINGS, ids=lambda file: file.stem)
def test_a_shipped_manifest_keeps_to_the_promises(file: Path) -> None:
    """Nobody is rejected or moved by itself; every secret is one; every failure has a place to go on to."""
    manifest = load(file)
    stage = manifest.write_back.outputs.get("stage")
    assert stage is None or not stage.enabled
    assert not {"REJECTED", "Rejected", "WITHDRAWN"} & set(manifest.write_back.places["stage"].order)
    for name, setting in manifest.settings.items():
        assert setting.description, name
        assert setting.type == "secret" or not name.endswith(("_key", "_token", "_secret")), name
    for output in ("match_score", "reasons"):
        assert len(manifest.write_back.outputs[output].rungs) >= 2
    assert manifest.setup


def test_the_digest_depends_on_the_content_and_not_on_the_layout() -> None:
    text = SHIPPED["smartrecruiters"]
    base, _ = examine(read_text(text, "smartrecruiters.yaml"))
    laid_out, _ = examine(read_text(f"# a comment\n\n{text}", "elsewhere/smartrecruiters.yaml"))
    changed, _ = examine(read_text(text.replace("batch: 100", "batch: 99"), "smartrecruiters.yaml"))
    assert base is not None
    assert laid_out is not None
    assert changed is not None
    assert base.digest == laid_out.digest != changed.digest
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_everything_in_a_built_manifest_knows_where_it_stands() -> None:
    manifest = load(data_folder("mappings") / "smartrecruiters.yaml")
    lines = (data_folder("mappings") / "smartrecruiters.yaml").read_text("utf-8").splitlines()
    for name, operation in manifest.operations.items():
        assert lines[operation.at.line - 1] == f"  {name}:"
        assert operation.at.column == 3


def test_the_schemas_are_written_the_same_way_they_are_read() -> None:
    for name in SCHEMAS:
        file = data_folder("schemas") / f"{name}.schema.json"
        assert json.loads(file.read_text("utf-8")) == schema(name)
        assert file.read_text("utf-8").endswith("}\n")
