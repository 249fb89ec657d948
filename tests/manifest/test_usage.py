"""What a manifest's operations are called for, and the least privileges that follow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.manifest.build import load
from engine.manifest.model import Manifest
from engine.manifest.schema.files import data_folder
from engine.manifest.usage import purposes
from engine.runtime.doctor.scopes import least_privileges

MANIFEST = load(data_folder("mappings") / "smartrecruiters.yaml")


def without(manifest: Manifest, *places: str) -> Manifest:
    """``manifest`` with every output switched off that goes to one of ``places`` anywhere."""
    outputs = {
        name: replace(one, enabled=one.enabled and not {rung.place for rung in one.rungs} & set(places))
        for name, one in manifest.write_back.outputs.items()
    }
    return replace(manifest, write_back=replace(manifest.write_back, outputs=outputs))


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        ("get_candidate", {"reading"}),
        ("list_candidates", {"events"}),
        ("create_subscription", {"events"}),
        ("delete_subscription", {"unsubscribing"}),
        ("get_company", {"checking"}),
        ("set_properties", {"writing"}),
        ("list_property_values", {"writing"}),
        ("list_attachments", {"reading", "writing"}),
        ("set_status", {"switched off"}),
        ("move_status", {"action"}),
    ],
)
def test_an_operation_is_called_for(operation: str, why: set[str]) -> None:
    assert purposes(MANIFEST)[operation] == why


def test_without_webhooks_nothing_is_subscribed() -> None:
    assert "create_subscription" not in purposes(MANIFEST, webhook=False)


def test_what_only_switched_off_outputs_write_needs_no_privilege() -> None:
    everything = least_privileges(MANIFEST, webhook=True)
    little = least_privileges(without(MANIFEST, "note", "field", "attachment"), webhook=False)
    needed = {need.scope: need.operations for need in everything.needed}
    assert needed["candidates_manage"] == ("add_tags", "set_properties")
    assert "webhooks_delete" in {need.scope for need in everything.apart}
    left = {need.scope for need in little.needed}
    assert not {"messages_write", "messages_read", "candidates_manage", "webhooks_write"} & left
    assert {"candidates_manage", "messages_write"} <= {need.scope for need in little.apart}
    assert not {need.scope for need in little.apart} & left


def test_a_scope_that_is_needed_anyway_is_not_listed_apart() -> None:
    apart = {need.scope for need in least_privileges(MANIFEST, webhook=True).apart}
    assert not apart & {"candidates_read", "candidates_manage", "candidates_create"}
