"""A planned request and its event's context in; what its operation is called with out. Pure: time is passed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

from connectors.messages import UploadFile
from engine.clock import iso
from engine.manifest.language.templates import UNSET
from engine.manifest.model import Manifest
from engine.model import Cause, Education, Experience, Json, Reason, Score, as_plain
from engine.redaction import Secret
from engine.writeback.evidence import Evidence, evidence_pdf
from engine.writeback.field_values import FieldValue
from engine.writeback.grouping import Planned
from engine.writeback.html_text import as_html
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
class Found:
    """What was looked up for one request: its ``fields`` with their ids, ids of ``tags`` by name, ``current_tags``
    where writing replaces them, and the ``stage`` as {id, name, from}."""

    fields: tuple[FieldValue, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    current_tags: Sequence[str] | None = None
    stage: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """A request, composed. ``rounds`` is what its calls see beside the event's context: several where the ATS takes
    one thing at a time, none where all is there. ``file`` is what they upload, if anything."""

    rounds: tuple[Mapping[str, Json], ...]
    file: UploadFile | None = field(default=None, repr=False)


def compose(
    manifest: Manifest, planned: Planned, context: Mapping[str, Json], *, now: float, found: Found | None = None
) -> Composed:
    """What ``planned`` is written with.

    ``context`` is the plain data that values were made from; ``now`` is UTC seconds. Raises ExpressionError.
    """
    found = found or Found()
    if planned.place == "field":
        return Composed((_fields(manifest, context, found.fields or planned.fields),))
    if planned.place == "tag":
        return Composed(tuple(_tags(planned, found, manifest.write_back.places["tag"].batch)))
    if planned.place == "slot":
        return Composed(({"outputs": harmless({write.output: write.value for write in planned.writes})},))
    if planned.place == "stage":
        return Composed(({"stage": found.stage or {}},))
    if planned.place == "note":
        return Composed(({"note": _note(manifest, planned, context, now)},))
    return Composed(({},), _file(manifest, planned, context, now))


def _fields(manifest: Manifest, context: Mapping[str, Json], values: tuple[FieldValue, ...]) -> dict[str, Json]:
    place = manifest.write_back.places["field"]
    plain = [
        {"id": one.id, "name": one.name, "type": one.type, "kind": one.kind, "value": one.value} for one in values
    ]
    items: list[Json] = plain
    if place.item is not None:
        rendered = (place.item.render({**context, "field": value}) for value in plain)
        items = [value for value in rendered if value is not UNSET]
    return {"fields": items, **({"field": plain[0]} if place.batch == 1 else {})}


def _tags(planned: Planned, found: Found, batch: int) -> Iterator[dict[str, Json]]:
    current, replaces = found.current_tags or (), found.current_tags is not None
    wanted = missing_tags([tag for write in planned.writes for tag in missing_tags(write.value, current)], ())
    ids = [(found.tags.get(tag, tag), tag) for tag in wanted]
    added = [(id_, name) for id_, name in ids if id_ not in current]
    for start in range(0, len(added), batch):
        part = added[start : start + batch]
        one = {"tag": {"id": part[0][0], "name": part[0][1]}} if batch == 1 else {}
        # A list that is replaced holds what the calls before this one added, too.
        sent = added[: start + batch] if replaces else part
        yield {"tags": [*current, *(id_ for id_, _ in sent)], **one}


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
    place = manifest.write_back.places["note"]
    text = str(note.text.render(shown)).strip()
    written = html_with_reference if place.is_html else with_reference
    composed = {"text": written(text, planned.marker, place.longest)}
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


def html_with_reference(text: str, reference: str, longest: int | None) -> str:
    """As ``with_reference``, in HTML: ``longest`` counts its tags too."""
    whole, limit = as_html(with_reference(text, reference, longest)), longest or 0
    while longest is not None and len(whole) > longest and limit > len(reference):
        limit = min(limit - 1, limit * longest // len(whole))
        whole = as_html(with_reference(text, reference, limit))
    return whole


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


def _file(manifest: Manifest, planned: Planned, context: Mapping[str, Json], now: float) -> UploadFile:
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
    return UploadFile(f"Candidate evidence {planned.marker}.pdf", "application/pdf", evidence_pdf(evidence))


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
