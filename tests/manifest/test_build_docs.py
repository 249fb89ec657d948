"""What the guides show is true: their manifest and their tenant's file are free of mistakes."""

from __future__ import annotations

import re
from pathlib import Path

from engine.manifest.language.template_filters import FILTERS
from engine.manifest.overlay import load_overlay
from engine.model import EventType
from tests.cli.running import fieldwright
from tests.manifest.planting import findings

DOCS = Path(__file__).resolve().parents[2] / "docs"
KEYS = ("manifest: 1", "answers:")


def blocks(name: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", (DOCS / name).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_the_manifest_of_the_guide_has_no_mistake() -> None:
    whole = next(block for block in blocks("writing-a-manifest.md") if block.startswith("manifest: 1"))
    assert [str(finding) for finding in findings(whole, "greenjobs")] == []


def test_the_mapping_test_of_the_guide_passes_with_its_manifest(tmp_path: Path) -> None:
    manifest, cases = (next(one for one in blocks("writing-a-manifest.md") if one.startswith(key)) for key in KEYS)
    (tmp_path / "greenjobs.yaml").write_text(manifest, "utf-8")
    (tmp_path / "greenjobs.test.yaml").write_text(cases, "utf-8")
    ran = fieldwright("test", tmp_path)
    assert ran.code == 0, ran.out


def test_the_guide_names_every_filter() -> None:
    text = (DOCS / "writing-a-manifest.md").read_text("utf-8")
    assert [name for name in FILTERS if f"`{name}`" not in text] == []


def test_the_tenants_file_of_the_guide_has_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(blocks("tenant.md")[0], "utf-8")
    overlay = load_overlay(file)
    assert overlay.tenant == "acme"
    assert all(change.has_effect for change in overlay.changes)


def test_the_guide_names_every_block_of_the_language() -> None:
    text = (DOCS / "writing-a-manifest.md").read_text("utf-8")
    for block in (
        "ats",
        "settings",
        "apis",
        "operations",
        "objects",
        "events",
        "capabilities",
        "write_back",
        "actions",
    ):
        assert f"| `{block}` |" in text
    assert EventType.APPLICATION_CREATED.value in text
