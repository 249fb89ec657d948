"""Small files that are read once before a reading process gives up its right to open anything.

The libraries load codecs and modules on first use; after this, what an ordinary file needs is in memory.
"""

from __future__ import annotations

import codecs
import io
import zipfile

from engine.errors import ResumeUnreadable
from engine.scoring.docx_text import text_of_docx
from engine.scoring.pdf_text import text_of_pdf

_CODECS = ("ascii", "cp437", "cp1252", "latin-1", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "idna")
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONSHIPS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_DOCUMENT = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    "<w:p><w:r><w:t>word</w:t></w:r></w:p><w:sectPr/></w:body></w:document>"
)
_PAGE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
    b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>>>>>>>endobj\n"
    b"4 0 obj<</Length 30>>stream\nBT /F 9 Tf 9 9 Td (word) Tj ET\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)


def warm_up() -> None:
    """Read one small file of each kind, good and damaged."""
    for name in _CODECS:
        codecs.lookup(name)
    for read, data in (
        (text_of_docx, _docx()),
        (text_of_docx, b"PK"),
        (text_of_pdf, _PAGE),
        (text_of_pdf, b"%PDF-1"),
    ):
        try:
            read(data)
        except ResumeUnreadable:
            continue


def _docx() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        archive.writestr("_rels/.rels", _RELATIONSHIPS)
        archive.writestr("word/document.xml", _DOCUMENT)
    return buffer.getvalue()
