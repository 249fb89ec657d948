"""The text that the pretend TrackerRMS's own parser reads out of a résumé: PDF, DOCX or plain text.

In: a file's name and bytes. Out: its text, empty when none can be had; it never raises, as the real parser does not.
"""

from __future__ import annotations

import io
import logging


def read(name: str, data: bytes) -> str:
    """The text of a file, by its extension."""
    suffix = name.rpartition(".")[2].lower()
    try:
        if suffix == "pdf":
            return _pdf(data)
        return _docx(data) if suffix == "docx" else _plain(data)
    except Exception:
        return ""


def _pdf(data: bytes) -> str:
    from pdfminer.high_level import extract_text

    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    return str(extract_text(io.BytesIO(data))).replace("\x0c", "\n").strip()


def _docx(data: bytes) -> str:
    import docx

    document = docx.Document(io.BytesIO(data))
    lines = [paragraph.text for paragraph in document.paragraphs]
    lines += ["\t".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
    return "\n".join(lines).strip()


def _plain(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace").strip()
