"""What kind of file a résumé is, decided by its bytes alone: a name or declared type is never believed.

In: the file's bytes. Out: a ResumeKind, or ResumeUnreadable with a short reason.
"""

from __future__ import annotations

import codecs
import re
from enum import IntEnum

from engine.errors import ResumeUnreadable

LIMIT_BYTES = 10 * 1024 * 1024
NOT_A_RESUME = "not a PDF, DOCX or text file"

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class ResumeKind(IntEnum):
    """The kinds that can be read; the number is what travels to the reading process."""

    PDF = 1
    DOCX = 2
    TEXT = 3


def resume_kind(data: bytes) -> ResumeKind:
    """The kind of ``data``. Raises ResumeUnreadable for what cannot be read by any means here."""
    if not data:
        raise ResumeUnreadable("empty file")
    if len(data) > LIMIT_BYTES:
        raise ResumeUnreadable(f"too large ({len(data) / 1024 / 1024:.1f} MiB, the limit is 10 MiB)")
    if b"%PDF-" in data[:1024]:
        return ResumeKind.PDF
    if data.startswith(b"PK"):
        return ResumeKind.DOCX
    _refuse_other_formats(data)
    return ResumeKind.TEXT


def _refuse_other_formats(data: bytes) -> None:
    if data.startswith(_OLE):
        encrypted = _ENCRYPTED_PACKAGE in data
        raise ResumeUnreadable("encrypted document" if encrypted else f"{NOT_A_RESUME} (an old .doc)")
    if data.startswith(b"{\\rtf"):
        raise ResumeUnreadable(f"{NOT_A_RESUME} (RTF)")
    if _HTML.match(data[:4096]):
        raise ResumeUnreadable(f"{NOT_A_RESUME} (a web page)")
    if not data.startswith(_BOMS) and _looks_binary(data[:65536]):
        raise ResumeUnreadable(NOT_A_RESUME)


def _looks_binary(sample: bytes) -> bool:
    return b"\0" in sample or len(_CONTROL.findall(sample)) > len(sample) / 200
