"""The alerts in docs/operations.md: rules that Prometheus can load, on metrics that there are, each explained."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.runtime.gauges import StoreReadings
from engine.store import Store
from engine.telemetry.exposition import exposition

DOCS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
RULES: list[dict[str, Any]] = yaml.safe_load(re.search(r"<!-- alerts -->\n```yaml\n(.*?)```", DOCS, re.DOTALL)[1])[  # type: ignore[index]
    "groups"
][0]["rules"]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every name that a sample may have, of a process that has done nothing yet."""
    with Store.open(tmp_path_factory.mktemp("alerts") / "store.db") as store:
        text = exposition(StoreReadings(store)()).decode()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    buckets = {f"{name}_bucket" for name, kind in kinds.items() if kind == "histogram"}
    return set(kinds) | buckets


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_is_on_a_metric_that_there_is(rule: dict[str, Any], names: set[str]) -> None:
    used = set(re.findall(r"fieldwright_\w+", rule["expr"]))
    assert used
    assert used <= names


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_says_what_it_means_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    rows = [line for line in DOCS.splitlines() if line.startswith("| ") and line.count("|") == 4]
    assert [row for row in rows if rule["alert"].removeprefix("Fieldwright") in row.split("|")[1]]


def test_what_was_asked_for_has_an_alert() -> None:
    expressions = " ".join(rule["expr"] for rule in RULES)
    for name in (
        "ledger_missing",
        "oldest_open",
        "dead_letters",
        "store_unavailable",
        "breaker",
        "leader",
        "store_up",
    ):
        assert f"fieldwright_{name}" in expressions
    assert "limiter_wait" in expressions
    assert "wakeups_lost" in expressions
