"""Applicants in, through their tenants' ATSs; out: how each application ended, once all have.

Waiting is by condition: an application is done when an event about it has ended in an outcome.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.cli.demo_stage import Scene, Stage
from engine.intake.translate import subject_of
from engine.model import Ids, OutcomeKind
from engine.store.events import StoredEvent
from sandbox.people import SampleApplicant

_LOOK_S = 0.25
_MOST_EVENTS = 20_000
_PASSING = frozenset({OutcomeKind.SUPERSEDED, OutcomeKind.FILTERED, OutcomeKind.UNCHANGED})


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """An application that was made: at which tenant, by whom, and the provider's ids."""

    scene: Scene
    name: str
    job: str
    candidate_id: str
    job_id: str

    @property
    def tenant(self) -> str:
        return self.scene.tenant.name

    @property
    def subject(self) -> str:
        """Under which the engine's events about this application are found."""
        return subject_of(Ids(self.candidate_id, self.job_id))


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the demo is: applications done per tenant, and events accepted so far."""

    done: Mapping[str, int]
    accepted: int


def apply_all(assignment: Mapping[str, Sequence[SampleApplicant]], stage: Stage) -> list[Applied]:
    """Lets everyone apply, the tenants taking turns."""
    scenes = {scene.tenant.name: scene for scene in stage.scenes}
    longest = max(map(len, assignment.values()), default=0)
    turns = [(name, people[n]) for n in range(longest) for name, people in assignment.items() if n < len(people)]
    applied = []
    for tenant, person in turns:
        scene = scenes[tenant]
        job_id = scene.jobs[person.applied_to]
        candidate_id = scene.tenant.ats.apply(person, job_id)
        name = f"{person.first_name} {person.last_name}"
        applied.append(Applied(scene, name, person.applied_to, candidate_id, job_id))
    return applied


def wait_for_all(
    applied: Sequence[Applied], stage: Stage, within_s: float, told: Callable[[Standing], None] = lambda _: None
) -> dict[Applied, StoredEvent | None]:
    """The event that ended each application, None for those still open after ``within_s`` seconds."""
    deadline = time.monotonic() + within_s
    while True:
        ended, accepted = _ended(applied, stage)
        told(Standing(_per_tenant(ended), accepted))
        if len(ended) == len(applied) or time.monotonic() >= deadline:
            return {one: ended.get(one) for one in applied}
        time.sleep(_LOOK_S)


def _ended(applied: Sequence[Applied], stage: Stage) -> tuple[dict[Applied, StoredEvent], int]:
    ended: dict[Applied, StoredEvent] = {}
    accepted = 0
    for scene in stage.scenes:
        events = stage.store.inbox.list(scene.tenant.name, limit=_MOST_EVENTS)
        accepted += sum(event.parent_id is None for event in events)
        by_subject: dict[str, list[StoredEvent]] = {}
        for event in reversed(events):
            by_subject.setdefault(event.subject or "", []).append(event)
        for one in applied:
            if one.scene is scene and (end := _end_of(by_subject.get(one.subject, []))) is not None:
                ended[one] = end
    return ended, accepted


def _end_of(events: Sequence[StoredEvent]) -> StoredEvent | None:
    """The event that wrote the results or failed to; without one, the last when all of them have ended."""
    telling = [event for event in events if event.outcome and event.outcome.kind not in _PASSING]
    if telling:
        return telling[0]
    quiet = [event for event in events if event.outcome and event.outcome.kind is not OutcomeKind.SUPERSEDED]
    return quiet[-1] if quiet and all(event.outcome for event in events) else None


def _per_tenant(ended: Mapping[Applied, StoredEvent]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in ended:
        counts[one.tenant] = counts.get(one.tenant, 0) + 1
    return counts
