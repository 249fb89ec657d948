"""A planned request and its event's context in; what its operation is called with out. Pure: time is passed in."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from engine.clock import iso
from engine.manifest.model import Manifest
from engine.manifest.templates import UNSET
from engine.model import Cause, Education, Experience, Json, Reason, Score, as_plain
from engine.redaction import Secret
from engine.writeback.evidence import Evidence, evidence_pdf
from engine.writeback.grouping import Planned
from engine.writeback.places import missing_tags
from engine.writeback.text import ELLIPSIS, display, harmless, shorten

LABELS: Mapping[str, str] = {
    "match_score": "Match score",
    "reasons": "Reasons",
    "screened": "Tag",
    "shortlist_link": "Shortlist",
    "hm_feedback": "Hiring manager’s feedback",
    "hm_comment": "Hiring manager’s comment",
    "skills_normalized": "Skills",
    "primary_experience": "Experience",
    "parsed_education": "Education",
    "source_channel": "Source",
    "audit_log_id": "Audit log",
    "automated_tags": "Tags",
    "stage": "Stage",
}
"""Outputs as people call them."""

_DRAWN = frozenset(
    {"match_score", "reasons", "primary_experience", "parsed_education", "audit_log_id", "resume_text"}
)
"""What the sheet shows of itself, or (the résumé's own text) not at all."""


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file to upload."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class CallInput:
    """What to call: the operation's name, what its templates see beside the event's context, a file if any."""

    operation: str
    additions: Mapping[str, Json]
    file: EvidenceFile | None = field(default=None, repr=False)


def compose(
    manifest: Manifest,
    planned: Planned,
    context: Mapping[str, Json],
    *,
    now: float,
    current_tags: Sequence[str] | None = None,
) -> CallInput:
    """What ``planned.operation`` is called with.

    ``context`` is the plain data that values were made from; ``now`` is UTC seconds. ``current_tags`` are the
    candidate's tags where writing replaces them: they come first in the merged list. Raises ExpressionError.
    """
    file, additions = None, dict[str, Json]()
    if planned.place == "field":
        additions = {"fields": _fields(manifest, planned, context)}
    elif planned.place == "tag":
        additions = {"tags": _tags(planned, current_tags or ())}
    elif planned.place == "stage":
        additions = {"stage": planned.target}
    elif planned.place == "note":
        additions = {"note": _note(manifest, planned, context, now)}
    else:
        file = _file(manifest, planned, context, now)
        encoded = base64.b64encode(file.data).decode("ascii")
        additions = {"file": {"name": file.name, "content_type": file.content_type, "base64": encoded}}
    return CallInput(planned.operation, additions, file)


def _fields(manifest: Manifest, planned: Planned, context: Mapping[str, Json]) -> list[Json]:
    item = manifest.write_back.places["field"].item
    if item is None:
        return [as_plain(value) for value in planned.fields]
    rendered = (item.render({**context, "field": as_plain(value)}) for value in planned.fields)
    return [value for value in rendered if value is not UNSET]


def _tags(planned: Planned, current: Sequence[str]) -> list[str]:
    wanted = [tag for write in planned.writes for tag in missing_tags(write.value, current)]
    return [*current, *missing_tags(wanted, ())]


def _note(manifest: Manifest, planned: Planned, context: Mapping[str, Json], now: float) -> Json:
    note = manifest.write_back.notes[planned.target]
    outputs = {write.output: display(write.output, write.value) for write in planned.writes}
    shown = harmless({key: value for key, value in context.items() if key != "settings"})
    shown |= {
        "settings": _open_settings(context.get("settings") or {}),
        "outputs": harmless(outputs),
        "causes": [as_plain(cause) for cause in told_causes(planned)],
        "audit_id": planned.marker,
        "when": iso(now),
    }
    longest = manifest.write_back.places["note"].longest
    composed = {"text": with_reference(str(note.text.render(shown)).strip(), planned.marker, longest)}
    if note.subject is not None:
        composed["subject"] = " ".join(str(note.subject.render(shown)).split())
    return composed


def _open_settings(settings: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in settings.items() if not isinstance(value, Secret)}


def with_reference(text: str, reference: str, longest: int | None) -> str:
    """``text`` in at most ``longest`` characters with ``reference`` in it: cut at a line's end, and said so."""
    if reference not in text:
        text = f"{text}\nReference: {reference}"
    if longest is None or len(text) <= longest:
        return text
    tail = f"\nReference: {reference}"
    head = shorten(text.removesuffix(tail), max(len(ELLIPSIS), longest - len(tail)))
    return head if reference in head else head + tail


def told_causes(planned: Planned) -> tuple[Cause, ...]:
    """Why the outputs of a request are not in better places; places with the same cause are told together."""
    places: dict[str, list[str]] = {}
    for write in planned.writes:
        for cause in write.causes:
            known = places.setdefault(cause.why, [])
            if cause.place not in known:
                known.append(cause.place)
    return tuple(Cause(_together(named), why) for why, named in places.items())


def _together(places: list[str]) -> str:
    prefix = "custom field “"
    if len(places) > 1 and all(place.startswith(prefix) for place in places):
        return "custom fields " + ", ".join(place.removeprefix("custom field ") for place in places)
    return ", ".join(places)


def _file(manifest: Manifest, planned: Planned, context: Mapping[str, Json], now: float) -> EvidenceFile:
    also = [(LABELS.get(write.output, write.output), write) for write in planned.writes if write.output not in _DRAWN]
    candidate, job = context.get("candidate") or {}, context.get("job") or {}
    evidence = Evidence(
        candidate_name=_name(candidate),
        job_title=str(job.get("title") or ""),
        ats_name=manifest.ats.name,
        score=score_of(context["score"]) if context.get("score") else None,
        when=iso(now),
        audit_id=str((context.get("score") or {}).get("audit_id") or planned.marker),
        outputs=tuple((label, display(write.output, write.value)) for label, write in also),
        causes=told_causes(planned),
    )
    return EvidenceFile(f"Candidate evidence {planned.marker}.pdf", "application/pdf", evidence_pdf(evidence))


def _name(candidate: Mapping[str, Json]) -> str:
    parts = (candidate.get("first_name"), candidate.get("last_name"))
    whole = candidate.get("full_name") or candidate.get("id") or ""
    return " ".join(str(part) for part in parts if part) or str(whole)


def score_of(plain: Mapping[str, Json]) -> Score:
    """The Score that ``as_plain`` made plain; keys that a score does not have are left out."""
    known = {item.name: plain[item.name] for item in fields(Score) if item.name in plain}
    known |= {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
    experience = known.get("primary_experience")
    return Score(
        **{
            **known,
            "reasons": tuple(Reason(**reason) for reason in known.get("reasons", ())),
            "education": tuple(Education(**degree) for degree in known.get("education", ())),
            "primary_experience": Experience(**experience) if experience else None,
        }
    )
