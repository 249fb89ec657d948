"""A DOCX's bytes → its text. Runs in the limited child process only.

The archive is measured by inflating it, before python-docx sees it; a declared size is never believed.
The text is walked in reading order: headers, then the body with tables and text boxes, then footers.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from engine.errors import ResumeUnreadable
from engine.scoring.plain_text import LIMIT_CHARACTERS, tidied
from engine.scoring.resume_kind import NOT_A_RESUME

LIMIT_ENTRIES = 1_000
LIMIT_INFLATED_BYTES = 50 * 1024 * 1024
LIMIT_RATIO = 100
_RATIO_FROM_BYTES = 256 * 1024
_CHUNK_BYTES = 256 * 1024

_TEXT, _TAB, _BREAK, _CARRIAGE = qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:cr")
_PARAGRAPH, _CELL = qn("w:p"), qn("w:tc")
# Word writes a text box twice, as drawing and as its fallback for old readers; tabs in w:pPr are settings.
_SKIPPED = {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
    qn("w:pPr"),
    qn("w:rPr"),
    qn("w:sectPr"),
    qn("w:del"),
}


def text_of_docx(data: bytes) -> tuple[str, str, int | None]:
    """(text, what read it, None: a DOCX has no pages). Raises ResumeUnreadable."""
    _check_archive(data)
    document = docx.Document(io.BytesIO(data))
    text = tidied("".join(_limited(_document_text(document))))
    if not text:
        raise ResumeUnreadable("no text: only images or drawings, needs OCR")
    return text, "python-docx", None


def _check_archive(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            inflated = 0
            for entry in entries:
                size = _inflated_bytes(archive, entry, LIMIT_INFLATED_BYTES - inflated)
                if size > _RATIO_FROM_BYTES and size > LIMIT_RATIO * max(1, entry.compress_size):
                    raise ResumeUnreadable("compressed beyond reason (more than 100:1)")
                inflated += size
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, KeyError):
        raise ResumeUnreadable("damaged DOCX") from None


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > LIMIT_ENTRIES:
        raise ResumeUnreadable(f"too many parts (more than {LIMIT_ENTRIES} in the archive)")
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names or not any(name.startswith("word/") for name in names):
        raise ResumeUnreadable(NOT_A_RESUME)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise ResumeUnreadable("encrypted document")


def _inflated_bytes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, allowed: int) -> int:
    size = 0
    with archive.open(entry) as part:
        while chunk := part.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > allowed:
                raise ResumeUnreadable("too large (more than 50 MiB once unpacked)")
    return size


def _document_text(document: Any) -> Iterator[str]:
    parts = [section.header for section in document.sections], [section.footer for section in document.sections]
    for header in parts[0]:
        if not header.is_linked_to_previous:
            yield from _element_text(header._element)
    yield from _element_text(document.element.body)
    for footer in parts[1]:
        if not footer.is_linked_to_previous:
            yield from _element_text(footer._element)


def _element_text(root: Any) -> Iterator[str]:
    """All text under ``root`` in document order, with an explicit stack: nesting may be deep on purpose."""
    stack: list[Any] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
            continue
        tag = item.tag
        if tag in _SKIPPED:
            continue
        if tag == _TEXT:
            yield item.text or ""
        elif tag == _TAB:
            yield "\t"
        elif tag in (_BREAK, _CARRIAGE):
            yield "\n"
        else:
            # A text box sits inside a paragraph's run: its paragraphs start on a line of their own.
            if tag == _PARAGRAPH:
                yield "\n" if _nested(item) else ""
                stack.append("\n")
            elif tag == _CELL:
                stack.append("\t")
            stack.extend(reversed(item))


def _nested(paragraph: Any) -> bool:
    return str(paragraph.getparent().tag) == qn("w:txbxContent")


def _limited(parts: Iterator[str]) -> Iterator[str]:
    length = 0
    for part in parts:
        length += len(part)
        yield part
        if length > LIMIT_CHARACTERS * 2:
            return
