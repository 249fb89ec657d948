"""A subscription made for other event types than the manifest has now is made anew, for it cannot be changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.intake.registration import Registrar
from engine.intake.subscriptions import STATE
from tests.pipeline.line import open_line
from tests.sandbox.smartrecruiters_tenant import open_receiver


@pytest.mark.parametrize(("permissions", "is_new"), [("all", True), ("all,-webhooks_delete,-webhooks_manage", False)])
def test_event_types_that_were_added_are_subscribed_to(tmp_path: Path, permissions: str, is_new: bool) -> None:
    with open_line(tmp_path, permissions=permissions) as line, open_receiver() as receiver:
        public_url = receiver.url.rsplit("/hooks", 1)[0]
        registrar = Registrar(line.route.connection, line.route.caller, line.store, line.clock, public_url)
        assert registrar.ensure().state == "created"
        made = line.store.connections.get("trial", STATE)
        assert made is not None
        assert registrar.ensure().state == "active"
        line.store.connections.put("trial", STATE, {**made, "events": made["events"][:3]})
        assert registrar.ensure().state == ("created" if is_new else "active")
        (subscription,) = line.ats.state()["subscriptions"]
        assert subscription["active"]
        kept = line.store.connections.get("trial", STATE)
        assert kept is not None
        assert kept["secret"]
        assert (kept["id"] != made["id"]) is is_new
