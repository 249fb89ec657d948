"""A résumé as a scanned page: a PDF with one grey image, slightly askew and speckled, and no text at all.

In: ``Resume``. Out: PDF bytes in which text extraction finds nothing.
"""

from __future__ import annotations

import random
import textwrap

from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from sandbox.resumes.content import Resume, Section
from sandbox.resumes.pdf import finish

_PAGE_PX = (1240, 1754)  # A4 at 150 dpi
_MARGIN_PX = 130
_SKEW_DEGREES = 0.8
_SPECKS = 900


def draw(resume: Resume) -> bytes:
    pdf = FPDF()
    pdf.add_page()
    pdf.image(_page(resume), x=0, y=0, w=pdf.w, h=pdf.h)
    return finish(pdf, resume.name)


def _page(resume: Resume) -> Image.Image:
    image = Image.new("L", _PAGE_PX, 244)
    pen = ImageDraw.Draw(image)
    pen.text((_MARGIN_PX, 110), resume.name, font=ImageFont.load_default(44), fill=40)
    pen.text((_MARGIN_PX, 170), "   ".join(resume.contact), font=ImageFont.load_default(20), fill=60)
    top = 240
    for section in resume.sections:
        pen.text((_MARGIN_PX, top), section.heading.upper(), font=ImageFont.load_default(26), fill=40)
        top += 42
        for line in _lines(section):
            pen.text((_MARGIN_PX, top), line, font=ImageFont.load_default(21), fill=50)
            top += 30
        top += 24
    askew = image.rotate(_SKEW_DEGREES, fillcolor=228, resample=Image.Resampling.BILINEAR)
    _speckle(askew)
    return askew


def _lines(section: Section) -> list[str]:
    lines = textwrap.wrap(section.text, 92) + list(section.lines)
    for entry in section.entries:
        lines.append(", ".join(part for part in (entry.title, entry.at, entry.when) if part))
        lines += textwrap.wrap(entry.text, 92)
        for bullet in entry.did:
            lines += textwrap.wrap(bullet, 92, initial_indent="   - ", subsequent_indent="     ")
    return lines


def _speckle(image: Image.Image) -> None:
    dust = random.Random(7)  # fixed, so that the file is the same on every run
    pen = ImageDraw.Draw(image)
    for _ in range(_SPECKS):
        pen.point((dust.randrange(_PAGE_PX[0]), dust.randrange(_PAGE_PX[1])), fill=dust.randrange(90, 200))
