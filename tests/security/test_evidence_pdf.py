"""The evidence PDF shows what it should, and whatever a candidate writes stays text."""

from __future__ import annotations

import ctypes
import dataclasses
import re

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model import Cause, Education, Experience, Reason, Score
from engine.writeback.evidence import Evidence, evidence_pdf

SCORE = Score(
    match=86,
    exact=86.2,
    reasons=(
        Reason("Five years of SQL", "reports in SQL for five years"),
        Reason("Has led a team", "led a team of six in Kraków and Αθήνα"),
    ),
    skills_matched=("SQL", "Python"),
    skills_missing=("Rust",),
    primary_experience=Experience(7.5, "Analyst", "retail"),
    education=(Education("MSc Statistics", "Universidade do Porto", 2014),),
    scorer="builtin 1.0",
    audit_id="A1",
)
EVIDENCE = Evidence(
    candidate_name="Łucja Żółć-Ферейра",
    job_title="Data Analyst",
    ats_name="Test ATS",
    score=SCORE,
    when="2026-01-31T09:30:00.000Z",
    audit_id="A1",
    outputs=(("Feedback", "👍🏽"),),
    causes=(Cause("custom field “Score”", "403 PERMISSION_DENIED"),),
)
ACTIVE = (
    b"/JS",
    b"/JavaScript",
    b"/Launch",
    b"/EmbeddedFile",
    b"/URI",
    b"/Annots",
    b"/GoToR",
    b"/SubmitForm",
    b"/AA",
)
HOSTILE = (
    "<img src=file:///etc/passwd>",
    "<link rel=attachment href='file:///etc/passwd'>",
    "<iframe src='https://evil.example/'></iframe>",
    ") /URI (https://evil.example/) \\",
    "\\) >> /JS (app.alert(1)) /S /JavaScript",
    "https://evil.example/?q=<script>alert(1)</script>",
    "[click](https://evil.example/)",
    "**bold** __under__ --struck--",
    "{pages}{nb}{{ 7*7 }}",
    "\u202egnp.exe\u2066 hidden\u2069",
    "\x00\x01\x1b]0;title\x07",
    "endstream endobj trailer << /Root 1 0 R >>",
    "x" * 20_000,
    "W" * 20_000,
    "日" * 2_000,
    "WWWWWWW " * 900,
    "word " * 20_000,
    "👍👎🎉 中文 العربية עברית हिन्दी 🏳️‍🌈",
    "e" + "\u0301" * 500,
    "\ud800\udfff",
)


def pages(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    return [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in document]


def outside_streams(data: bytes) -> bytes:
    return re.sub(rb"stream\r?\n.*?endstream", b"", data, flags=re.DOTALL)


def filled_with(text: str) -> Evidence:
    score = dataclasses.replace(
        SCORE,
        reasons=(Reason(text, text),) * 12,
        skills_matched=(text,) * 60,
        skills_missing=(text,) * 60,
        primary_experience=Experience(3.0, text, text),
        education=(Education(text, text, 2020),) * 20,
        scorer=text,
        problem=text,
    )
    pairs, causes = ((text, text),) * 20, (Cause(text, text),) * 20
    return Evidence(text, text, text, score, EVIDENCE.when, text, pairs, causes)


def check_is_only_text(data: bytes) -> None:
    assert 1 <= len(pypdfium2.PdfDocument(data)) <= 3
    for word in ACTIVE:
        assert word not in outside_streams(data)
    document = pypdfium2.PdfDocument(data)
    assert all(pdfium.FPDFPage_GetAnnotCount(page) == 0 for page in document)
    assert pdfium.FPDFDoc_GetAttachmentCount(document) == 0
    assert pdfium.FPDFDoc_GetJavaScriptActionCount(document) == 0


def test_the_sheet_tells_what_a_recruiter_needs_on_one_page():
    (text,) = pages(evidence_pdf(EVIDENCE))
    for told in (
        "Łucja Żółć-Ферейра",
        "for Data Analyst",
        "Test ATS",
        "86",
        "Strong match",
        "Five years of SQL",
        "“reports in SQL for five years”",
        "“led a team of six in Kraków and Αθήνα”",
        "Found in the résumé",
        "Rust",
        "7.5 years, Analyst (retail)",
        "MSc Statistics, Universidade do Porto, 2014",
        "Thumbs up",
        "custom field “Score”: 403 PERMISSION_DENIED",
        "it rejects nobody",
        "31 January 2026, 09:30 UTC",
        "Scorer builtin 1.0",
        "Audit id A1",
        "Page 1 of 1",
    ):
        assert told in text


def test_a_resume_without_a_score_says_why():
    score = Score(match=None, exact=None, problem="The résumé could not be read.", scorer="builtin 1.0")
    (text,) = pages(evidence_pdf(dataclasses.replace(EVIDENCE, score=score)))
    assert "No score" in text
    assert "The résumé could not be read." in text


def test_a_sheet_without_scoring_can_be_made():
    (text,) = pages(evidence_pdf(dataclasses.replace(EVIDENCE, score=None)))
    assert "Thumbs up" in text


@pytest.mark.parametrize(
    ("match", "words"), [(100, "Strong"), (80, "Strong"), (79, "Good"), (40, "Partial"), (0, "Little")]
)
def test_a_score_is_put_in_words(match, words):
    assert (
        words in pages(evidence_pdf(dataclasses.replace(EVIDENCE, score=dataclasses.replace(SCORE, match=match))))[0]
    )


def test_the_same_evidence_gives_the_same_bytes():
    assert evidence_pdf(EVIDENCE) == evidence_pdf(dataclasses.replace(EVIDENCE))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_a_candidate_writes_stays_text_and_within_three_pages(text):
    check_is_only_text(evidence_pdf(filled_with(text)))


def test_direction_overrides_are_gone():
    data = evidence_pdf(dataclasses.replace(EVIDENCE, candidate_name="Ana\u202e\u2066 López"))
    assert "Ana López" in pages(data)[0]


def test_letters_the_fonts_lack_become_question_marks():
    text = pages(evidence_pdf(dataclasses.replace(EVIDENCE, candidate_name="Li 李小龍")))[0]
    assert "Li ???" in text


def test_the_files_own_data_names_nobody():
    data = evidence_pdf(EVIDENCE)
    document = pypdfium2.PdfDocument(data)
    assert document.get_metadata_dict()["Title"] == "Candidate evidence"
    size = pdfium.FPDF_GetMetaText(document, b"Author", ctypes.create_string_buffer(2), 0)
    assert size <= 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=300))
def test_any_text_makes_a_readable_file(text):
    check_is_only_text(evidence_pdf(filled_with(text)))
