"""A résumé file ends as its text or as one short reason, whatever its bytes are."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import ResumeUnreadable
from engine.model import ResumeFile, ResumeText
from engine.scoring.plain_text import LIMIT_CHARACTERS, tidied
from engine.scoring.resume_text import ResumeReader
from tests.scoring import resume_files as files


@pytest.fixture(scope="module")
def reader() -> Iterator[ResumeReader]:
    with ResumeReader() as reader:
        yield reader


def outcome(reader: ResumeReader, data: bytes, name: str = "resume.pdf") -> str:
    """The problem's reason, or ``text`` when there is one."""
    try:
        return "text" if reader.read(ResumeFile(data, name)).text else "nothing"
    except ResumeUnreadable as unreadable:
        return unreadable.message


def text(reader: ResumeReader, data: bytes) -> str:
    return reader.read(ResumeFile(data)).text


def test_a_pdf_gives_its_words_and_pages(reader: ResumeReader) -> None:
    read = reader.read(ResumeFile(files.pdf(pages=3)))
    assert (read.method, read.pages) == ("pypdfium2", 3)
    assert read.text.count("Northwind Grocery") == 3


def test_the_type_is_decided_by_bytes_not_by_name(reader: ResumeReader) -> None:
    read = reader.read(ResumeFile(files.word(), "resume.pdf", "application/pdf"))
    assert read.method == "python-docx"
    assert "Store Supervisor" in read.text


def test_docx_tables_headers_and_text_boxes_are_read_once_each(reader: ResumeReader) -> None:
    both = text(reader, files.word(table="Forklift licence", header="Set in the header"))
    boxed = text(reader, files.word_with_body(files.text_box("Set in a box")))
    assert "Forklift licence" in both
    assert both.index("Set in the header") < both.index("Store Supervisor")
    assert boxed == "Set in a box"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_files_are_read_in_their_own_encoding(reader: ResumeReader, encoding: str) -> None:
    assert text(reader, "Zoë Müller – café\r\nSales".encode(encoding)) == "Zoë Müller – café\nSales"


def test_the_hash_is_that_of_the_text(reader: ResumeReader) -> None:
    from_text, again = (reader.read(ResumeFile(b"One page")) for _ in range(2))
    assert from_text == again
    assert len(from_text.sha256) == 64


def docx_bomb() -> bytes:
    return files.word_with_body("", ("word/media/image1.bin", b"\0" * 30_000_000))


def nested_bomb() -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0", b"\0" * 40_000_000)
    return files.word_with_body("", ("word/embeddings/0.zip", inner.getvalue()))


UNREADABLE = {
    "empty": (lambda: b"", "empty file"),
    "blanks only": (lambda: b" \r\n\t ", "empty file"),
    "scanned": (lambda: files.scanned_pdf(2), "scanned image: needs OCR"),
    "encrypted PDF": (lambda: files.pdf(password="fake-password"), "encrypted PDF"),
    "cut PDF": (lambda: b"%PDF-1.7\n%%EOF", "damaged PDF"),
    "not a document": (lambda: random.Random(3).randbytes(4000), "not a PDF, DOCX or text file"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a PDF, DOCX or text file"),
    "old Word": (
        lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600),
        "not a PDF, DOCX or text file (an old .doc)",
    ),
    "encrypted Word": (
        lambda: bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
        "encrypted document",
    ),
    "rich text": (lambda: b"{\\rtf1 hello}", "not a PDF, DOCX or text file (RTF)"),
    "web page": (lambda: b"<!DOCTYPE html><html>Sign in</html>", "not a PDF, DOCX or text file (a web page)"),
    "another archive": (lambda: word_less_archive(), "not a PDF, DOCX or text file"),
    "cut DOCX": (lambda: files.word()[:3000], "damaged DOCX"),
    "too large": (lambda: b"a" * (10 * 1024 * 1024 + 1), "too large (10.0 MiB, the limit is 10 MiB)"),
    "bomb": (docx_bomb, "compressed beyond reason (more than 100:1)"),
    "2 million paragraphs": (
        lambda: files.word_with_body("<w:p/>" * 2_000_000),
        "compressed beyond reason (more than 100:1)",
    ),
    "inflates beyond 50 MiB": (
        lambda: files.word_with_body("", *((f"word/{n}", b"ab\n" * 400_000 + os.urandom(15_000)) for n in range(48))),
        "too large (more than 50 MiB once unpacked)",
    ),
    "1,001 parts": (
        lambda: files.word_with_body("", *((f"word/{n}", b"") for n in range(1_001))),
        "too many parts (more than 1000 in the archive)",
    ),
    "lying size": (lambda: files.with_lying_size(files.word()), "damaged DOCX"),
    "only pictures": (lambda: files.word_with_body("<w:p/>"), "no text: only images or drawings, needs OCR"),
}


def word_less_archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "hello")
    return buffer.getvalue()


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_file_ends_with_its_reason(reader: ResumeReader, case: str) -> None:
    make, reason = UNREADABLE[case]
    assert outcome(reader, make()) == reason
    assert outcome(reader, files.pdf()) == "text"


def test_a_docx_heavy_in_memory_meets_the_limit_and_the_service_lives(reader: ResumeReader) -> None:
    heavy = files.word_with_body(files.noisy_paragraphs(1_200_000), level=1)
    assert len(heavy) < 10 * 1024 * 1024
    assert outcome(reader, heavy).startswith(("too large", "damaged"))
    assert outcome(reader, files.word()) == "text"


def test_a_nested_archive_is_never_opened(reader: ResumeReader) -> None:
    assert outcome(reader, nested_bomb()) == "no text: only images or drawings, needs OCR"


def test_an_external_entity_is_not_followed(reader: ResumeReader, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("fake-secret")
    body = "<w:p><w:r><w:t>seen &outside;</w:t></w:r></w:p>"
    data = files.word_with_body(body)
    hostile = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(hostile, "w") as archive:
        for entry in source.infolist():
            part = source.read(entry)
            if entry.filename == "word/document.xml":
                part = f'<!DOCTYPE d [<!ENTITY outside SYSTEM "{secret.as_uri()}">]>'.encode() + part
            archive.writestr(entry.filename, part)
    try:
        read = text(reader, hostile.getvalue())
    except ResumeUnreadable as unreadable:
        read = unreadable.message
    assert "fake-secret" not in read


def test_500_pages_give_the_first_50_quickly(reader: ResumeReader) -> None:
    data = files.pdf(pages=500)
    started = time.monotonic()
    read = reader.read(ResumeFile(data))
    assert (read.pages, read.text.count("Northwind")) == (500, 50)
    assert time.monotonic() - started < 5


def test_text_is_cut_at_its_limit(reader: ResumeReader) -> None:
    assert len(text(reader, b"word " * 200_000)) <= LIMIT_CHARACTERS


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    with ResumeReader(processes=1, limit_s=0.02) as reader:
        assert outcome(reader, files.pdf()) == "text"
        slow = files.pdf("many words on a page " * 300, pages=60)
        assert outcome(reader, slow) == "took longer than 10 s to read"
        reader._limit_s = 10.0
        assert outcome(reader, files.pdf()) == "text"


def test_100_mutants_of_a_pdf_and_60_of_a_docx_have_one_outcome_each(reader: ResumeReader) -> None:
    outcomes = [outcome(reader, data) for data in files.mutants(files.pdf(), 100)]
    outcomes += [outcome(reader, data) for data in files.mutants(files.word(), 60)]
    known = ("text", "damaged", "scanned", "no text", "encrypted", "not a PDF", "compressed", "too ")
    assert all(found.startswith(known) for found in outcomes), set(outcomes)
    assert outcome(reader, files.pdf()) == "text"


def test_many_threads_share_one_reader() -> None:
    data = [files.pdf(f"{files.WORDS}\nmarker{n}") for n in range(24)]
    with ResumeReader() as reader, ThreadPoolExecutor(8) as threads:
        texts = list(threads.map(lambda one: reader.read(ResumeFile(one)).text, data))
    assert all(f"marker{n}" in text for n, text in enumerate(texts))


def test_a_child_killed_from_outside_costs_one_file_at_most() -> None:
    with ResumeReader(processes=1) as reader:
        assert outcome(reader, files.pdf()) == "text"
        child = reader._children.get()
        assert child is not None
        child._process.kill()
        child._process.wait()
        reader._children.put(child)
        assert outcome(reader, files.pdf()) == "damaged file: its reader crashed"
        assert outcome(reader, files.pdf()) == "text"


def test_closing_ends_the_child_processes_and_leaves_no_thread() -> None:
    before = threading.active_count()
    with ResumeReader(processes=1) as reader:
        read: ResumeText = reader.read(ResumeFile(files.pdf()))
        assert read.text
        child = reader._children.get()
        reader._children.put(child)
    assert child is not None
    assert child._process.poll() is not None
    assert threading.active_count() <= before + 1


def test_a_reading_process_can_open_neither_file_nor_socket_nor_program() -> None:
    tried = (
        "import os, socket, subprocess, sys\n"
        "from engine.scoring.resume_child import _limit_process\n"
        "_limit_process(highest_descriptor=2)\n"
        "for action in (lambda: open('/etc/hostname'), socket.socket, lambda: subprocess.run(['true'])):\n"
        "    try: action()\n"
        "    except OSError: print('refused')\n"
        "    else: print('done')\n"
    )
    ran = subprocess.run([sys.executable, "-c", tried], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["refused"] * 3


def test_tidied_text_stays_as_it_is_when_tidied_again() -> None:
    once = tidied("A\u00a0b \ue001 ﬁne\r\n\r\n\r\n\x00c  d\u2028e soft\u00ad\nhyphen")
    assert once == "A b fine\n\nc d\ne softhyphen"
    assert tidied(once) == once
