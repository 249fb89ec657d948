"""Résumé files made for the tests: good ones and every kind of bad one. Deterministic bytes."""

from __future__ import annotations

import io
import random
import zipfile

import docx
import fpdf
from PIL import Image

WORDS = (
    "Experience\nStore Supervisor at Northwind Grocery, March 2019 - June 2023\n"
    "Led a team of eight sales associates and ran the point of sale tills every day of the week.\n"
    "Counted stock each month and trained new staff in cash handling and customer service.\n"
)
PICTURE = "a picture"
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)


def pdf(text: str = WORDS, pages: int = 1, *, password: str | None = None) -> bytes:
    document = fpdf.FPDF()
    document.set_font("Helvetica", size=11)
    if password:
        document.set_encryption(owner_password="fake-owner", user_password=password)
    for _ in range(pages):
        document.add_page()
        document.multi_cell(0, 6, text)
    return bytes(document.output())


def scanned_pdf(pages: int = 1) -> bytes:
    document = fpdf.FPDF()
    for page in range(pages):
        document.add_page()
        document.image(Image.new("L", (600, 800), 200 + page), 0, 0, 210)
    return bytes(document.output())


def word(paragraphs: str = WORDS, *, table: str = "", header: str = "") -> bytes:
    document = docx.Document()
    for line in paragraphs.splitlines():
        document.add_paragraph(line)
    if table:
        cells = document.add_table(rows=1, cols=2).rows[0].cells
        cells[0].text, cells[1].text = "In a table", table
    if header:
        document.sections[0].header.paragraphs[0].text = header
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def word_with_body(body: str, *extra: tuple[str, bytes], level: int = 9) -> bytes:
    """A real DOCX whose ``w:body`` holds ``body``, with ``extra`` archive entries."""
    source, target = zipfile.ZipFile(io.BytesIO(word("x"))), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "word/document.xml":
                data = f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>".encode()
            archive.writestr(entry.filename, data)
        for name, data in extra:
            archive.writestr(name, data)
    return target.getvalue()


def text_box(text: str) -> str:
    inner = f"<w:txbxContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:txbxContent>"
    return (
        "<w:p><w:r><mc:AlternateContent>"
        f'<mc:Choice Requires="wps"><w:drawing>{inner}</w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict><v:textbox>{inner}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )


def noisy_paragraphs(count: int) -> str:
    """Empty paragraphs with ids that hardly compress: below every ratio, and heavy once parsed."""
    dice = random.Random(7)
    return "".join(f'<w:p w:rsidR="{dice.getrandbits(32):08X}"/>' for _ in range(count))


def with_lying_size(data: bytes, name: bytes = b"word/document.xml") -> bytes:
    """``data`` whose central directory understates the inflated size of ``name``."""
    changed = bytearray(data)
    start = changed.rindex(name) - 46
    changed[start + 24 : start + 28] = (10).to_bytes(4, "little")
    return bytes(changed)


def mutants(data: bytes, count: int, seed: int = 1) -> list[bytes]:
    """``count`` damaged copies: bytes flipped, a piece cut out, doubled or dropped at the end."""
    dice, made = random.Random(seed), []
    for _ in range(count):
        changed = bytearray(data)
        for _ in range(dice.choice((1, 10, 100))):
            changed[dice.randrange(8, len(changed))] = dice.randrange(256)
        first, second = sorted(dice.sample(range(8, len(changed)), 2))
        way = dice.randrange(4)
        if way == 1:
            del changed[first:second]
        elif way == 2:
            changed[second:second] = changed[first:second]
        elif way == 3:
            del changed[second:]
        made.append(bytes(changed))
    return made
