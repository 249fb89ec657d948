"""A recruiter's administrator renames and removes a field while applications come in, all over real HTTP."""

from __future__ import annotations

from pathlib import Path

import httpx

from engine.model import OutcomeKind
from engine.runtime.rebinding import accept, let_go
from tests.e2e.service import Running, running, until

SCORE = "Skima Match Score"
FIELDS = f"{SCORE}:NUMBER,Skima Reasons:TEXT"
RENAMED = FIELDS.replace(f"{SCORE}:", f"{SCORE}>AI Fit:")
REMOVED = "Skima Reasons:TEXT"
PATIENT = "  signature_tolerance: 30d\nevents: {poll: {every: 30d, full_pass: 30d}}\n"


def switched(service: Running, fields: str) -> None:
    answer = httpx.post(f"{service.ats_url}/_sandbox/switches", json={"fields": fields}, timeout=10)
    assert answer.status_code == 200


def settled(service: Running, written: int, held: int) -> None:
    """Moves the clock until ``written`` applications have their reasons and all ended but what is ``held``."""

    def done() -> bool:
        service.clock.advance(3)
        waiting = [event for event in service.events() if event.outcome is None]
        held_now = {delivery.event_id for delivery in service.store.held.list("trial")}
        is_there = len(values(service, "Skima Reasons")) == written and len(held_now) == held
        return is_there and {event.id for event in waiting} == held_now

    until(done, f"{written} applications written, {held} held")


def values(service: Running, label: str) -> list[str]:
    candidates = list(service.ats.tenant.candidates)  # type: ignore[attr-defined]
    views = [service.ats.candidate_view(one) for one in candidates]
    return [found for view in views for one in view.applications if (found := one.field(label))]


def test_applications_pass_while_a_field_is_renamed_and_none_loses_its_score(tmp_path: Path) -> None:
    with running(tmp_path, more=PATIENT, fields=FIELDS) as service:
        until(lambda: service.subscription().get("secret"), "a subscription")
        service.apply(0)
        settled(service, 1, held=0)
        switched(service, RENAMED)
        service.clock.advance(3601)
        for number in (1, 2):
            service.apply(number)
        settled(service, 3, held=2)
        assert len(values(service, "Skima Reasons")) == 3
        assert len(values(service, "AI Fit")) == 1
        accept(service.service.routes["trial"], "match_score")
        let_go(service.service.routes["trial"], service.store)
        settled(service, 3, held=0)
        assert len(values(service, "AI Fit")) == 3
        switched(service, REMOVED)
        service.apply(3)
        settled(service, 4, held=1)
        switched(service, RENAMED)
        service.clock.advance(3601)
        settled(service, 4, held=0)
        assert len(values(service, "AI Fit")) == 4
        outcomes = service.outcomes()
        assert outcomes.count(OutcomeKind.DELIVERED) == 4
        assert {OutcomeKind.DEAD, OutcomeKind.QUARANTINED}.isdisjoint(outcomes)
        pushed = [row for row in service.store.audit.list(limit=2000) if row.operation == "set_properties"]
        assert sum(row.status == 204 for row in pushed) == 1 + 2 + 2 + 2
        for candidate in service.ats.tenant.candidates:  # type: ignore[attr-defined]
            assert not service.ats.candidate_view(candidate).notes
