"""Résumés as DOCX in three layouts: paragraphs, a two-column table of dates, and a page header with table cells.

In: ``Resume`` and a layout name. Out: DOCX bytes, the same on every run.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Inches, Pt, RGBColor

from sandbox.resumes.content import Entry, Resume, Section

_CREATED = datetime(2026, 1, 15, 9, 0)
_ZIP_TIME = (2026, 1, 15, 9, 0, 0)
_FONTS = {"paragraphs": "Calibri", "table": "Georgia", "cells": "Arial"}


def draw(resume: Resume, layout: str) -> bytes:
    document = Document()
    _set_up(document, resume, layout)
    {"paragraphs": _draw_paragraphs, "table": _draw_table, "cells": _draw_cells}[layout](document, resume)
    raw = io.BytesIO()
    document.save(raw)
    return _with_fixed_times(raw)


def _set_up(document: Any, resume: Resume, layout: str) -> None:
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _FONTS[layout], Pt(10.5)
    normal.paragraph_format.space_after = Pt(3)
    for page in document.sections:
        page.left_margin = page.right_margin = Inches(0.9)
        page.top_margin = page.bottom_margin = Inches(0.8)
    properties = document.core_properties
    properties.author = properties.last_modified_by = resume.name
    properties.title, properties.comments = f"{resume.name} resume", ""
    properties.created = properties.modified = _CREATED


def _with_fixed_times(raw: io.BytesIO) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, _ZIP_TIME), source.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _draw_paragraphs(document: Any, resume: Resume) -> None:
    document.add_heading(resume.name, 0)
    document.add_paragraph().add_run(resume.headline).bold = True
    document.add_paragraph(" · ".join(resume.contact))
    for section in resume.sections:
        document.add_heading(section.heading, 1)
        _plain_parts(document, section)
        for entry in section.entries:
            paragraph = document.add_paragraph()
            paragraph.add_run(entry.title).bold = True
            paragraph.add_run(f", {entry.at}" if entry.at else "")
            if entry.when:
                paragraph.add_run(f"\t{entry.when}").italic = True
            _entry_body(document, entry)


def _draw_table(document: Any, resume: Resume) -> None:
    top = document.add_paragraph()
    top.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _coloured(top.add_run(resume.name.upper()), 20)
    for text in (resume.headline, "  |  ".join(resume.contact)):
        document.add_paragraph(text).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for section in resume.sections:
        _coloured(document.add_paragraph().add_run(section.heading), 13)
        _plain_parts(document, section)
        if section.entries:
            _dates_table(document, section)


def _dates_table(document: Any, section: Section) -> None:
    table = document.add_table(rows=0, cols=2)
    table.autofit = False
    for entry in section.entries:
        dates, content = table.add_row().cells
        dates.width, content.width = Inches(1.5), Inches(5.2)
        dates.paragraphs[0].add_run(entry.when).italic = True
        content.paragraphs[0].add_run(entry.title).bold = True
        if entry.at:
            content.add_paragraph(entry.at)
        _entry_body(content, entry)


def _draw_cells(document: Any, resume: Resume) -> None:
    header = document.sections[0].header
    _coloured(header.paragraphs[0].add_run(resume.name), 16)
    header.add_paragraph(" | ".join(resume.contact))
    document.add_paragraph().add_run(resume.headline).bold = True
    table = document.add_table(rows=0, cols=2)
    table.style, table.autofit = "Table Grid", False
    for section in resume.sections:
        label, content = table.add_row().cells
        label.width, content.width = Inches(1.4), Inches(5.3)
        label.paragraphs[0].add_run(section.heading).bold = True
        _plain_parts(content, section)
        for entry in section.entries:
            content.add_paragraph().add_run(entry.title).bold = True
            content.add_paragraph(" / ".join(part for part in (entry.at, entry.when) if part))
            _entry_body(content, entry)
        blank = content.paragraphs[0]._element  # every new cell starts with an empty paragraph
        blank.getparent().remove(blank)


def _plain_parts(place: Any, section: Section) -> None:
    for text in filter(None, (section.text, *section.lines)):
        place.add_paragraph(text)


def _entry_body(place: Any, entry: Entry) -> None:
    if entry.text:
        place.add_paragraph(entry.text)
    for bullet in entry.did:
        place.add_paragraph(bullet, style="List Bullet")


def _coloured(run: Any, size_pt: float) -> None:
    run.bold, run.font.size = True, Pt(size_pt)
    run.font.color.rgb = RGBColor(0x1F, 0x3A, 0x5F)
