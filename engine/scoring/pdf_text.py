"""A PDF's bytes → its text and number of pages. Runs in the limited child process only.

pypdfium2 reads first; text that fails a sanity check is read again by pdfminer.six, and the better one is kept.
A file without any text needs OCR, which is said and never scored.
"""

from __future__ import annotations

import io
import re

import pypdfium2
from pdfminer.high_level import extract_text
from pypdfium2 import raw

from engine.errors import ResumeUnreadable
from engine.scoring.plain_text import LIMIT_CHARACTERS, tidied

LIMIT_PAGES = 50
_SECOND_LIMIT_PAGES = 10
_SECOND_LIMIT_PAGES_EMPTY = 2
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def text_of_pdf(data: bytes) -> tuple[str, str, int]:
    """(text, what read it, pages in the file). Raises ResumeUnreadable."""
    text, pages = _by_pdfium(data)
    if not _sane(text):
        second = _by_pdfminer(data, _SECOND_LIMIT_PAGES if text else _SECOND_LIMIT_PAGES_EMPTY)
        if _sane(second) or len(_LETTERS.findall(second)) > len(_LETTERS.findall(text)):
            return second, "pdfminer.six", pages
    if not _LETTERS.search(text):
        raise ResumeUnreadable("scanned image: needs OCR")
    return text, "pypdfium2", pages


def _by_pdfium(data: bytes) -> tuple[str, int]:
    document = _opened(data)
    try:
        pages, parts, length = len(document), [], 0
        for index in range(min(pages, LIMIT_PAGES)):
            parts.append(_page_text(document, index))
            length += len(parts[-1])
            if length > LIMIT_CHARACTERS:
                break
        return tidied("\n".join(parts)), pages
    finally:
        document.close()


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = {raw.FPDF_ERR_PASSWORD: "encrypted PDF", raw.FPDF_ERR_SECURITY: "encrypted PDF"}
        code = getattr(error, "err_code", None)
        raise ResumeUnreadable(locked.get(code, "damaged PDF")) from None


def _page_text(document: pypdfium2.PdfDocument, index: int) -> str:
    try:
        page = document[index]
        try:
            textpage = page.get_textpage()
            try:
                return str(textpage.get_text_bounded())
            finally:
                textpage.close()
        finally:
            page.close()
    except pypdfium2.PdfiumError:
        return ""


def _by_pdfminer(data: bytes, pages: int) -> str:
    try:
        return tidied(extract_text(io.BytesIO(data), maxpages=pages))
    except MemoryError:
        raise
    except Exception:
        # Its parser raises almost anything on a damaged file; the first reader's answer stands.
        return ""


def _sane(text: str) -> bool:
    """Whether ``text`` reads like words: enough of them, of usual length, with blanks between."""
    words = _LETTERS.findall(text)
    if len(words) < 20:
        return False
    mean_length = sum(map(len, words)) / len(words)
    return mean_length <= 12 and text.count(" ") >= len(words) / 4
