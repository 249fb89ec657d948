"""The demo's results for machines."""

from __future__ import annotations

from collections.abc import Sequence

from engine.cli.demo_results import Counts, Result
from engine.cli.demo_stage import Stage
from engine.model import Json, as_plain


def as_json_report(stage: Stage, results: Sequence[Result], counts: Counts, seconds: float) -> Json:
    """Everything that the text says, as plain data. ``seconds`` is rounded to a tenth."""
    return {
        "seconds": round(seconds, 1),
        "engine": stage.url,
        "database": str(stage.settings.database),
        "tenants_folder": str(stage.settings.tenants),
        "counts": as_plain(counts),
        "tenants": [
            {
                "tenant": scene.tenant.name,
                "says": scene.tenant.says,
                "page": f"{scene.url}/",
                "applications": [_application(one) for one in results if one.applied.scene is scene],
            }
            for scene in stage.scenes
        ],
    }


def _application(result: Result) -> Json:
    return {
        "applicant": result.applied.name,
        "job": result.applied.job,
        "candidate_id": result.applied.candidate_id,
        "job_id": result.applied.job_id,
        "event": result.event_id,
        "outcome": result.outcome.kind.value if result.outcome else None,
        "why": result.outcome.why if result.outcome else None,
        "score": result.match,
        "problem": result.score.problem if result.score else None,
        "reasons": [reason.text for reason in result.score.reasons] if result.score else [],
        "written": [
            {
                "output": one.output,
                "place": one.place,
                "target": one.target,
                "passed_over": [{"place": place, "why": why} for place, why in one.passed],
            }
            for one in result.placed
        ],
        "page": result.page,
    }
