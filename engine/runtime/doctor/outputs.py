"""Where each output of a tenant goes now, found with a sample score: nothing is written.

In: a route, whose discovery asks the ATS what is there. Out: a report per output. Raises CallError where the ATS
cannot be asked now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.manifest.model import Manifest
from engine.model import Candidate, Cause, Education, Experience, Json, Reason, Score, as_plain
from engine.pipeline.route import Route
from engine.runtime.doctor.diagnosis import OutputReport
from engine.writeback.places import place_words
from engine.writeback.planner import Plan, plan
from engine.writeback.values import output_values

_SCORE = Score(
    match=80,
    exact=80.4,
    reasons=(Reason("a sample reason", quote="a sample quote", start=0, end=14),),
    skills_matched=("python",),
    skills_missing=("kafka",),
    skills_normalized=("python",),
    primary_experience=Experience(5.0, "Engineer", "software engineering"),
    education=(Education("Bachelor"),),
    resume_text="sample",
    tags=("sample",),
    scorer="sample",
    audit_id="fw-sample",
)


def output_reports(route: Route) -> tuple[OutputReport, ...]:
    """A report for each output of the manifest, in its order."""
    manifest = route.connection.manifest
    planned = _planned(route)
    going = {write.output: write for delivery in planned.deliveries for write in delivery.writes}
    nowhere = {lost.output: lost.causes for lost in planned.nowhere}
    held = {one.write.output: one.why for one in planned.held}
    reports = []
    for name, output in manifest.write_back.outputs.items():
        if not output.enabled:
            reports.append(OutputReport(name, None, ("switched off",), is_off=True))
        elif name in going:
            write = going[name]
            words = place_words(output.rungs[write.rung], write.value)
            reports.append(OutputReport(name, words, _told(write.causes)))
        elif name in held:
            reports.append(OutputReport(name, None, (held[name],), is_held=True))
        elif name in nowhere:
            reports.append(OutputReport(name, None, _told(nowhere[name])))
        else:
            reports.append(OutputReport(name, None, ("it has no value with this tenant's settings",), is_off=True))
    return tuple(reports)


def unfit_fields(route: Route, reports: Sequence[OutputReport]) -> tuple[str, ...]:
    """The custom fields that outputs would go to, and cannot, with the cause."""
    outputs = route.connection.manifest.write_back.outputs
    with_field = {name for name, output in outputs.items() if any(rung.place == "field" for rung in output.rungs)}
    told = (why for report in reports if report.output in with_field and not report.is_off for why in report.why)
    return tuple(dict.fromkeys(why for why in told if why.startswith("custom field")))


def _planned(route: Route) -> Plan:
    manifest = route.connection.manifest
    context = _context(route)
    values = output_values(manifest, context)
    known = replace(
        route.discovery.known(Candidate("sample"), "sample|sample", context), stage=_first_stage(manifest)
    )
    return plan(manifest, values, replace(known, written={}, tags=frozenset()), audit_id=_SCORE.audit_id)


def _first_stage(manifest: Manifest) -> str | None:
    place = manifest.write_back.places.get("stage")
    return place.order[0] if place is not None and place.order else None


def _context(route: Route) -> dict[str, Json]:
    connection = route.connection
    candidate: dict[str, Json] = {**as_plain(Candidate("sample")), "name": "sample"}
    return {
        "settings": connection.open_settings,
        "candidate": candidate,
        "application": {"candidate_id": "sample", "job_id": "sample", "id": "sample"},
        "job": {"id": "sample", "title": "sample"},
        "score": as_plain(_SCORE),
        "feedback": {"verdict": "👍", "comment": "a sample comment"},
        "shortlist": {"url": "https://shortlist.example/sample"} if connection.shortlist_url else {},
        "stage_move": connection.stage_move,
        "prospect": False,
    }


def _told(causes: Sequence[Cause]) -> tuple[str, ...]:
    return tuple(f"{cause.place}: {cause.why}" for cause in causes)
