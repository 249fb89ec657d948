from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from collections import Counter
from pathlib import Path

import docx
import pypdfium2
import pytest

from engine.errors import InputError
from sandbox.people import CONTENT_TYPES, SampleApplicant, applicants, from_folder, jobs

DIGEST = (
    "import hashlib, time; from sandbox.people import applicants;"
    "print(hashlib.sha256(b''.join(a.resume_data for a in applicants())).hexdigest(), time.process_time())"
)


def kind_of(applicant: SampleApplicant) -> str:
    return applicant.resume_name.rsplit(".", 1)[1]


def pdf_text(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def docx_text(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    header = [paragraph.text for paragraph in document.sections[0].header.paragraphs]
    return "\n".join([*header, *(paragraph.text for paragraph in document.paragraphs), *cells])


def txt_text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def text_of(applicant: SampleApplicant) -> str:
    read = {"pdf": pdf_text, "docx": docx_text, "txt": txt_text}[kind_of(applicant)]
    return read(applicant.resume_data) if applicant.resume_data else ""


def named(last_name: str) -> SampleApplicant:
    return next(applicant for applicant in applicants() if applicant.last_name == last_name)


def test_four_jobs_have_duties_and_a_list_of_requirements():
    assert len({job.key for job in jobs()}) == 4
    for job in jobs():
        assert job.description_html.count("<li>") >= 6
        assert job.qualifications_html.count("<li>") >= 6
        assert len(job.description_html) + len(job.qualifications_html) > 1300


def test_fifty_applicants_in_three_formats_spread_over_all_jobs():
    assert len(applicants()) == 50
    assert Counter(map(kind_of, applicants())) == {"pdf": 25, "docx": 15, "txt": 10}
    assert set(Counter(applicant.applied_to for applicant in applicants()).values()) == {12, 13}
    assert all(applicant.resume_content_type == CONTENT_TYPES[kind_of(applicant)] for applicant in applicants())


def test_every_applicant_can_be_told_apart_and_none_can_be_reached():
    for values in (
        [applicant.email for applicant in applicants()],
        [applicant.phone for applicant in applicants()],
        [applicant.resume_name for applicant in applicants()],
        [applicant.resume_data for applicant in applicants()],
    ):
        assert len(set(values)) == 50
    assert all(applicant.email.endswith("@example.com") for applicant in applicants())
    assert all("555-01" in applicant.phone for applicant in applicants())


def test_exactly_the_scan_and_the_empty_file_hold_no_text():
    silent = [applicant for applicant in applicants() if not text_of(applicant).strip()]
    assert sorted(applicant.resume_name for applicant in silent) == ["resume.txt", "scan0007.pdf"]
    assert named("Pruitt").resume_data.startswith(b"%PDF")
    assert named("Delgado").resume_data == b""


def test_every_readable_resume_names_its_owner_and_how_to_reach_them_in_one_piece():
    for applicant in applicants():
        text = text_of(applicant)
        if text.strip():
            flat = " ".join(text.split()).lower()
            assert f"{applicant.first_name} {applicant.last_name}".lower() in flat
            assert applicant.email in flat
            assert applicant.phone in flat
            assert len(flat) > 300


@pytest.mark.parametrize(
    ("last_name", "in_order"),
    [
        (
            "López Figueroa",
            ["Skills", "PostgreSQL, Redis", "EXPERIENCE", "Kestrel Freight Systems", "EDUCATION", "Universidad"],
        ),
        ("Raman", ["EDUCATION", "Westlake", "EXPERIENCE", "January 2022", "July 2019", "TECHNICAL SKILLS"]),
        ("Whitcomb", ["Sep 2021 – today", "Data Engineer", "70 Airflow", "Reporting Analyst", "Education"]),
        ("Kowalczyk", ["OBJECTIVE", "Bluebonnet Title", "Waco Family", "SKILLS", "EDUCATION"]),
        ("Brandão", ["October 2021", "Hospital de São Brás", "EDUCATION", "QUALITY PROJECTS"]),
    ],
)
def test_text_extracted_from_a_pdf_keeps_the_reading_order(last_name: str, in_order: list[str]):
    text = pdf_text(named(last_name).resume_data)
    places = [text.find(words) for words in in_order]
    assert -1 not in places
    assert places == sorted(places)


def test_a_docx_keeps_its_text_in_page_header_and_table_cells():
    document = docx.Document(io.BytesIO(named("El Idrissi").resume_data))
    assert document.sections[0].header.paragraphs[0].text == "Fatima El Idrissi"
    assert "310 names" in document.tables[0].rows[0].cells[1].text
    assert "310 names" not in "\n".join(paragraph.text for paragraph in document.paragraphs)


def test_no_two_resumes_share_an_achievement():
    """Every bullet and sentence was written for one person."""
    lines = Counter(
        line.strip(" •–-*")
        for applicant in applicants()
        for line in set(text_of(applicant).splitlines())
        if len(line) > 60
    )
    assert [line for line, count in lines.items() if count > 1] == []


def test_another_process_makes_the_same_bytes_with_less_than_three_seconds_of_work():
    root = Path(__file__).parents[2]
    other = subprocess.run([sys.executable, "-c", DIGEST], cwd=root, capture_output=True, text=True, check=True)
    digest, seconds = other.stdout.split()
    assert digest == hashlib.sha256(b"".join(applicant.resume_data for applicant in applicants())).hexdigest()
    assert float(seconds) < 3


def test_own_files_become_applicants_named_after_their_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for name in ("ana-lópez_CV_2026.pdf", "O'HANLON, patrick.docx", "Resume (1).txt", "notes.xlsx", ".hidden"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "older.pdf").mkdir()
    found = from_folder(tmp_path, "backend-engineer")
    assert [(one.first_name, one.last_name, one.email) for one in found] == [
        ("O'Hanlon", "Patrick", "o.hanlon.patrick@example.com"),
        ("Applicant", "Resume (1)", "resume.1@example.com"),
        ("Ana", "López", "ana.lopez.cv.2026@example.com"),
    ]
    assert found[2].resume_data == "ana-lópez_CV_2026.pdf".encode()
    assert found[2].resume_content_type == "application/pdf"
    assert {one.applied_to for one in found} == {"backend-engineer"}
    said = capsys.readouterr().err
    assert "notes.xlsx" in said
    assert ".hidden" not in said


def test_own_files_of_one_name_get_different_addresses(tmp_path: Path):
    for name in ("mia.pdf", "mia.docx", "MIA.TXT"):
        (tmp_path / name).write_bytes(b"x")
    found = from_folder(tmp_path, "staff-accountant")
    assert len(found) == len({one.email for one in found}) == 3


def test_a_folder_that_is_missing_or_holds_no_resume_is_refused_with_what_to_do(tmp_path: Path):
    with pytest.raises(InputError, match="is not a folder"):
        from_folder(tmp_path / "gone", "backend-engineer")
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(InputError, match="holds no résumé") as refused:
        from_folder(tmp_path, "backend-engineer")
    assert ".docx" in str(refused.value.hint)


def test_an_unknown_job_is_refused_with_the_jobs_there_are(tmp_path: Path):
    with pytest.raises(InputError, match="no sample job 'plumber'") as refused:
        from_folder(tmp_path, "plumber")
    assert "registered-nurse" in str(refused.value.hint)
