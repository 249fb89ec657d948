"""What came of each application, read from the store: score, first reason, where each output was written and why.

In: the event that ended each application. Out: ``Result`` objects with ``Placed`` in them; no I/O but the store's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.cli.demo_run import Applied
from engine.cli.demo_stage import Stage
from engine.model import Json, Outcome, OutcomeKind, Score
from engine.store.events import StoredEvent
from engine.store.steps import Step

_MOST_ROWS = 100_000
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Placed:
    """One output and where it was written. ``passed`` holds (place, why) of each better place passed over."""

    output: str
    place: str
    target: str
    passed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """How one application ended. ``event`` and ``outcome`` are None when it was still open at the deadline."""

    applied: Applied
    event_id: str | None
    outcome: Outcome | None
    score: Score | None
    placed: tuple[Placed, ...]

    @property
    def match(self) -> int | None:
        return self.score.match if self.score else None

    @property
    def delivered(self) -> bool:
        return self.outcome is not None and self.outcome.kind is OutcomeKind.DELIVERED

    @property
    def first_reason(self) -> str:
        """The first reason in a line; what went wrong, where there is none."""
        if self.score and self.score.problem:
            return self.score.problem
        if self.score and self.score.reasons:
            return self.score.reasons[0].text
        if self.outcome is None:
            return "still open"
        return f"{self.outcome.kind.value}: {self.outcome.why}"

    @property
    def page(self) -> str:
        """Where a recruiter opens this candidate."""
        return self.applied.scene.page_of(self.applied.candidate_id)


@dataclass(frozen=True, slots=True)
class Counts:
    """What the whole run took: events by source and outcome, calls made, and which of them were throttled."""

    accepted: Mapping[str, int]
    outcomes: Mapping[str, int]
    requests: Mapping[str, int]
    throttled: int


def results_of(ended: Mapping[Applied, StoredEvent | None], stage: Stage) -> list[Result]:
    """A result for each application: by tenant in their order, the best score first, those without one last."""
    found = [_result(applied, event, stage) for applied, event in ended.items()]
    order = [scene.tenant.name for scene in stage.scenes]
    found.sort(key=lambda one: (order.index(one.applied.tenant), one.match is None, -(one.match or 0)))
    return found


def _result(applied: Applied, event: StoredEvent | None, stage: Stage) -> Result:
    stored = stage.store.scores.latest(applied.tenant, applied.candidate_id, applied.job_id)
    score = stored.score if stored else None
    if event is None:
        return Result(applied, None, None, score, ())
    passed = _passed(stage.store.steps.of(event.id))
    written = stage.store.written.last(applied.tenant, applied.subject)
    outputs = stage.connections[applied.tenant].manifest.write_back.outputs
    placed = tuple(
        Placed(output, written[output].place, written[output].target, passed.get(output, ()))
        for output in outputs
        if output in written
    )
    return Result(applied, event.id, event.outcome, score, placed)


def _passed(steps: Sequence[Step]) -> dict[str, tuple[tuple[str, str], ...]]:
    """By output, the places passed over with their causes: as planned, or as refusals later made it."""
    passed = {}
    for step in steps:
        for row in _rows(step):
            passed[row["output"]] = tuple((cause["place"], cause["why"]) for cause in row.get("causes") or ())
    return passed


def _rows(step: Step) -> Iterator[Mapping[str, Json]]:
    if step.stage == "planned":
        yield from step.detail.get("going") or ()
    elif step.stage == "rung":
        yield step.detail


def counts_of(stage: Stage) -> Counts:
    """What was counted over all tenants."""
    accepted: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    throttled = 0
    for name in stage.connections:
        for event in stage.store.inbox.list(name, limit=_MOST_ROWS):
            accepted[event.source] += event.parent_id is None
            outcomes[event.outcome.kind.value if event.outcome else "under way"] += 1
        for entry in stage.store.audit.list(connection=name, limit=_MOST_ROWS):
            requests[name] += 1
            throttled += entry.status == _TOO_MANY
    return Counts(accepted, outcomes, requests, throttled)
