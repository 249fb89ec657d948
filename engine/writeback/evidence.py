"""The evidence PDF: a score with its reasons, as a sheet for a recruiter. An Evidence in, the file's bytes out.

The same Evidence gives the same bytes. Text of candidates is text and nothing else; its length is bounded, so the
file has at most three pages.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.clock import parse_iso
from engine.model import Cause, Education, Experience, Reason, Score
from engine.writeback.evidence_page import ACCENT, INK, LABEL, MUTED, PANEL, Sheet, plain
from engine.writeback.text import display

LIMIT_PAGES = 3

_REASONS, _CHIPS, _DEGREES, _OTHERS, _CAUSES = 6, 24, 6, 8, 6
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_BANDS = (
    (80, "Strong match", "Most of what the job asks for is in the résumé."),
    (60, "Good match", "Much of what the job asks for is in the résumé."),
    (40, "Partial match", "Some of what the job asks for is in the résumé."),
    (0, "Little found", "Little of what the job asks for could be found in the résumé."),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the sheet shows. ``when`` is ISO 8601; ``outputs`` are further (label, text) pairs to record;
    ``causes`` say why this is a file and not in better places."""

    candidate_name: str
    job_title: str
    ats_name: str
    score: Score | None
    when: str
    audit_id: str
    outputs: tuple[tuple[str, str], ...] = ()
    causes: tuple[Cause, ...] = ()


def band(match: int) -> tuple[str, str]:
    """A score (0–100) in words: its name, and what it means in one sentence."""
    return next((name, meaning) for least, name, meaning in _BANDS if match >= least)


def evidence_pdf(evidence: Evidence) -> bytes:
    """The sheet as a PDF file. Texts are cut shorter where it would have more than three pages."""
    for share in (1.0, 0.6, 0.35, 0.2):
        data, pages = _drawn(evidence, share)
        if pages <= LIMIT_PAGES:
            break
    return data


def _drawn(evidence: Evidence, share: float) -> tuple[bytes, int]:
    moment = datetime.fromtimestamp(parse_iso(evidence.when), UTC)
    with closing(Sheet(_foot(evidence, moment), share)) as sheet:
        sheet.set_title("Candidate evidence")
        sheet.set_creator("Fieldwright")
        sheet.set_producer("Fieldwright")
        sheet.set_creation_date(moment)
        _content(sheet, evidence)
        return bytes(sheet.output()), sheet.pages_count


def _foot(evidence: Evidence, moment: datetime) -> tuple[str, str]:
    scorer = plain(evidence.score.scorer, 60) if evidence.score else ""
    when = f"Written {moment.day} {_MONTHS[moment.month - 1]} {moment:%Y, %H:%M} UTC"
    return f"{when}   ·   Scorer {scorer}" if scorer else when, f"Audit id {plain(evidence.audit_id, 90)}"


def _content(sheet: Sheet, evidence: Evidence) -> None:
    score = evidence.score
    _head(sheet, evidence)
    if score is not None:
        _score(sheet, score)
        _reasons(sheet, score.reasons)
        _skills(sheet, score)
        _background(sheet, score.primary_experience, score.education)
    _others(sheet, evidence)
    _reading(sheet)


def _head(sheet: Sheet, evidence: Evidence) -> None:
    sheet.set_fill_color(*ACCENT)
    sheet.rect(0, 0, sheet.w, 3, style="F")
    sheet.set_y(13)
    sheet.pen(8, MUTED)
    sheet.cell(sheet.epw, 4, plain(evidence.ats_name, 60), align="R")
    sheet.set_x(sheet.l_margin)
    sheet.write_line("CANDIDATE EVIDENCE", 8, ACCENT, bold=True)
    sheet.ln(1.6)
    sheet.write_line(plain(evidence.candidate_name, 80) or "Candidate", 21, INK, bold=True)
    sheet.ln(0.6)
    job = plain(evidence.job_title, 120)
    sheet.write_line(f"for {job}" if job else "", 11.5, MUTED)
    sheet.ln(3.4)


def _score(sheet: Sheet, score: Score) -> None:
    x, y, width, height = sheet.l_margin, sheet.get_y(), sheet.epw, 33.0
    sheet.box(x, y, width, height, PANEL)
    if score.match is None:
        _no_score(sheet, score, y)
    else:
        _match(sheet, score.match, x, y, width)
    sheet.set_xy(x, y + height)


def _no_score(sheet: Sheet, score: Score, y: float) -> None:
    sheet.set_y(y + 9)
    sheet.paragraph("No score", 16, INK, bold=True, indent=8)
    sheet.paragraph(sheet.fit(score.problem or "There was nothing to score.", 160), 10, MUTED, indent=8)


def _match(sheet: Sheet, match: int, x: float, y: float, width: float) -> None:
    name, meaning = band(match)
    sheet.pen(44, ACCENT, bold=True)
    sheet.set_xy(x + 4, y + 6)
    sheet.cell(40, 15, str(match), align="C")
    sheet.pen(8.5, MUTED)
    sheet.set_xy(x + 4, y + 23)
    sheet.cell(40, 4, "match score, of 100", align="C")
    sheet.pen(13, INK, bold=True)
    sheet.set_xy(x + 53, y + 5)
    sheet.cell(width - 60, 6.5, name)
    sheet.pen(9.5, MUTED)
    sheet.set_xy(x + 53, y + 11.4)
    sheet.cell(width - 60, 5, meaning)
    sheet.gauge(x + 53, y + 19.2, width - 64, match / 100)


def _reasons(sheet: Sheet, reasons: tuple[Reason, ...]) -> None:
    if not reasons:
        return
    sheet.section("Why: what the résumé shows")
    for number, reason in enumerate(reasons[:_REASONS], 1):
        if number > 1:
            sheet.ln(2.4)
        text, quote = sheet.fit(reason.text, 260), sheet.fit(reason.quote, 320)
        sheet.keep((text, 10.4, 8), (quote, 9, 11))
        sheet.number(number)
        sheet.paragraph(text, 10.2, INK, bold=True, indent=8)
        if quote:
            sheet.ln(0.8)
            sheet.quotation(quote, 8)


def _skills(sheet: Sheet, score: Score) -> None:
    if score.skills_matched or score.skills_missing:
        sheet.section("Skills the job asks for")
    if score.skills_matched:
        sheet.chips("Found in the résumé", _some(sheet, score.skills_matched), filled=True)
    if score.skills_missing:
        sheet.chips("Not found", _some(sheet, score.skills_missing), filled=False)


def _some(sheet: Sheet, texts: tuple[str, ...]) -> list[str]:
    shown = [text for text in (sheet.fit(text, 48) for text in texts[:_CHIPS]) if text]
    return [*shown, f"and {len(texts) - _CHIPS} more"] if len(texts) > _CHIPS else shown


def _background(sheet: Sheet, experience: Experience | None, education: tuple[Education, ...]) -> None:
    lines = []
    if experience is not None:
        lines.append(("Experience", display("primary_experience", _plain(experience))))
    for number, degree in enumerate(education[:_DEGREES]):
        lines.append(("" if number else "Education", display("parsed_education", _plain(degree))))
    if lines:
        sheet.section("Experience and education, as the résumé tells")
        _table(sheet, lines)


def _plain(item: Experience | Education) -> dict[str, object]:
    if isinstance(item, Experience):
        return {"years": item.years, "title": item.title, "domain": item.domain}
    return {"degree": item.degree, "school": item.school, "year": item.year}


def _others(sheet: Sheet, evidence: Evidence) -> None:
    if evidence.outputs:
        sheet.section("Recorded with it")
        _table(sheet, evidence.outputs[:_OTHERS])
    if evidence.causes:
        sheet.section("Why this is a file")
        for cause in evidence.causes[:_CAUSES]:
            sheet.paragraph(f"{sheet.fit(cause.place, 160)}: {sheet.fit(cause.why, 120)}", 9, MUTED)


def _table(sheet: Sheet, lines: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> None:
    for label, text in lines:
        text = sheet.fit(text, 500)
        sheet.keep((text, 9.6, LABEL))
        sheet.label(sheet.fit(label, 40))
        sheet.paragraph(text, 9.6, INK, indent=LABEL)
        sheet.ln(0.7)


def _reading(sheet: Sheet) -> None:
    sheet.section("How to read this")
    sheet.paragraph(
        "The score sorts applications; it rejects nobody. It compares the résumé’s text with the job’s text and"
        " knows nothing else of the person. A low number can mean that a résumé says little, or says it in other"
        " words: read the quotations, then decide. The decision is a person’s.",
        9,
        MUTED,
    )
