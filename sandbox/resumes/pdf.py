"""Résumés as PDF in five layouts, with the standard fonts (Windows-1252 characters only, no font file).

In: ``Resume`` and a layout name. Out: PDF bytes, the same on every run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from sandbox.resumes.content import Entry, Resume, Section

Colour = tuple[int, int, int]

CREATED = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
_SIDE_MM = 64.0
_BLACK: Colour = (25, 25, 25)
_KEEP_TOGETHER_MM = 26.0


@dataclass(frozen=True, slots=True)
class Style:
    """How a layout looks. ``indent_mm`` is the width of a date column at the left, 0 for none."""

    family: Literal["Times", "Helvetica", "Courier"]
    text_pt: float
    colour: Colour
    header: Literal["centred", "left", "band"]
    heading: Literal["rule", "plain", "filled"]
    indent_mm: float = 0.0
    margin_mm: float = 20.0
    bullet: str = "\u2022"
    capitals: bool = True

    @property
    def line_mm(self) -> float:
        return self.text_pt * 0.49


STYLES = {
    "classic": Style("Times", 11, _BLACK, "centred", "rule", margin_mm=24),
    "banner": Style("Helvetica", 10.2, (22, 84, 110), "band", "plain", margin_mm=18, bullet="\u2013"),
    "timeline": Style("Helvetica", 10.2, (120, 52, 30), "left", "rule", indent_mm=36, capitals=False),
    "typed": Style("Courier", 10, _BLACK, "left", "plain", margin_mm=22, bullet="-"),
    "office": Style("Times", 11, (40, 60, 120), "left", "filled", margin_mm=25, capitals=False),
    "sidebar": Style("Helvetica", 9.8, (38, 50, 72), "left", "rule", margin_mm=12),
}


class _Page(FPDF):
    """A page that repeats the sidebar's ground on every sheet."""

    ground: Colour | None = None

    def header(self) -> None:
        if self.ground:
            self.set_fill_color(*self.ground)
            self.rect(0, 0, _SIDE_MM, self.h, style="F")


def draw(resume: Resume, layout: str) -> bytes:
    style = STYLES[layout]
    pdf = _Page(format="A4" if layout in ("classic", "sidebar") else "Letter")
    pdf.core_fonts_encoding = "cp1252"
    pdf.c_margin = 0
    pdf.set_margins(style.margin_mm, 18, style.margin_mm)
    pdf.set_auto_page_break(True, margin=18)
    if layout == "sidebar":
        _draw_sidebar(pdf, resume, style)
    else:
        pdf.add_page()
        _header(pdf, resume, style)
        _sections(pdf, resume.sections, style)
    return finish(pdf, resume.name)


def finish(pdf: FPDF, title: str) -> bytes:
    """The document's bytes with a fixed date and producer."""
    pdf.set_title(f"{title} - CV")
    pdf.set_author(title)
    pdf.set_creation_date(CREATED)
    pdf.set_producer("sample resume")
    return bytes(pdf.output())


def _font(pdf: FPDF, style: Style, shape: str = "", scale: float = 1.0, colour: Colour = _BLACK) -> None:
    pdf.set_font(style.family, shape, style.text_pt * scale)
    pdf.set_text_color(*colour)


def _line(pdf: FPDF, text: str, height_mm: float, align: str = "L") -> None:
    pdf.multi_cell(0, height_mm, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _header(pdf: FPDF, resume: Resume, style: Style) -> None:
    align = "C" if style.header == "centred" else "L"
    ink = (255, 255, 255) if style.header == "band" else style.colour
    if style.header == "band":
        pdf.set_fill_color(*style.colour)
        pdf.rect(0, 0, pdf.w, 42, style="F")
        pdf.set_y(12)
    _font(pdf, style, "B", 2.1, ink)
    _line(pdf, resume.name, style.line_mm * 2.1, align)
    small = ink if style.header == "band" else _BLACK
    _font(pdf, style, "I" if style.header == "centred" else "", 1.1, small)
    _line(pdf, resume.headline, style.line_mm * 1.2, align)
    _font(pdf, style, "", 0.95, small)
    _line(pdf, "  |  ".join(resume.contact), style.line_mm * 1.1, align)
    pdf.set_y(50 if style.header == "band" else pdf.get_y() + 2)


def _sections(pdf: FPDF, sections: tuple[Section, ...], style: Style) -> None:
    for section in sections:
        _heading(pdf, section.heading, style)
        if section.text:
            _paragraph(pdf, section.text, style)
        for line in section.lines:
            _paragraph(pdf, line, style)
        for entry in section.entries:
            _entry(pdf, entry, style)


def _heading(pdf: FPDF, heading: str, style: Style) -> None:
    if pdf.will_page_break(_KEEP_TOGETHER_MM):
        pdf.add_page()
    pdf.ln(style.line_mm * 0.7)
    _font(pdf, style, "B", 1.12, style.colour)
    text = heading.upper() if style.capitals else heading
    if style.heading == "filled":
        pdf.set_fill_color(226, 230, 240)
        pdf.cell(0, style.line_mm * 1.4, f" {text}", fill=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    else:
        _line(pdf, text, style.line_mm * 1.25)
    if style.heading == "rule":
        pdf.set_draw_color(*style.colour)
        pdf.set_line_width(0.25)
        pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
    pdf.ln(style.line_mm * 0.3)


def _paragraph(pdf: FPDF, text: str, style: Style, lead: str = "") -> None:
    _font(pdf, style)
    left = pdf.l_margin + style.indent_mm
    pdf.set_x(left)
    if lead:
        pdf.cell(4.5, style.line_mm, lead)
    pdf.multi_cell(
        0, style.line_mm, text, align="J" if style.header == "centred" else "L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
    )


def _entry(pdf: FPDF, entry: Entry, style: Style) -> None:
    if pdf.will_page_break(_KEEP_TOGETHER_MM * 0.7):
        pdf.add_page()
    (_entry_dates_left if style.indent_mm else _entry_dates_right)(pdf, entry, style)
    if entry.text:
        _paragraph(pdf, entry.text, style)
    for bullet in entry.did:
        _paragraph(pdf, bullet, style, style.bullet)
    pdf.ln(style.line_mm * 0.5)


def _entry_dates_left(pdf: FPDF, entry: Entry, style: Style) -> None:
    _font(pdf, style, "", 0.92, style.colour)
    pdf.cell(style.indent_mm, style.line_mm, entry.when)
    _font(pdf, style, "B")
    _line(pdf, entry.title, style.line_mm)
    if entry.at:
        _font(pdf, style, "I")
        pdf.set_x(pdf.l_margin + style.indent_mm)
        _line(pdf, entry.at, style.line_mm)


def _entry_dates_right(pdf: FPDF, entry: Entry, style: Style) -> None:
    _font(pdf, style, "", 0.95)
    dates_mm = pdf.get_string_width(entry.when) + 1
    _font(pdf, style, "B")
    room_mm = pdf.w - pdf.r_margin - pdf.l_margin
    if pdf.get_string_width(entry.title) + dates_mm + 3 > room_mm:
        _line(pdf, entry.title, style.line_mm)
    else:
        pdf.cell(room_mm - dates_mm, style.line_mm, entry.title)
    _font(pdf, style, "", 0.95)
    pdf.cell(0, style.line_mm, entry.when, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    if entry.at:
        _font(pdf, style, "I", 1.0, style.colour)
        _line(pdf, entry.at, style.line_mm)


def _draw_sidebar(pdf: _Page, resume: Resume, style: Style) -> None:
    pdf.ground = style.colour
    pdf.add_page()
    aside = tuple(section for section in resume.sections if section.lines)
    pdf.set_margins(9, 18, pdf.w - _SIDE_MM + 6)
    pdf.set_y(20)
    white: Colour = (255, 255, 255)
    first, _, last = resume.name.partition(" ")
    _font(pdf, style, "B", _fitting_scale(pdf, style, max(first, last, key=len), 2.0), white)
    _line(pdf, f"{first}\n{last}", style.line_mm * 1.8)
    _font(pdf, style, "", 1.05, (200, 210, 225))
    _line(pdf, resume.headline, style.line_mm * 1.1)
    for section in (Section("Contact", lines=resume.contact), *aside):
        pdf.ln(5)
        _font(pdf, style, "B", 1.1, white)
        _line(pdf, section.heading, style.line_mm * 1.3)
        for line in section.lines:
            whole = line if " " not in line else ""
            _font(pdf, style, "", _fitting_scale(pdf, style, whole, 0.95), (225, 230, 240))
            _line(pdf, line, style.line_mm * 1.1)
    pdf.set_margins(_SIDE_MM + 9, 18, style.margin_mm)
    pdf.set_xy(_SIDE_MM + 9, 18)
    _sections(pdf, tuple(section for section in resume.sections if not section.lines), style)


def _fitting_scale(pdf: FPDF, style: Style, text: str, scale: float) -> float:
    """``scale``, or less where ``text`` would not fit on one line of the column."""
    _font(pdf, style, "B", scale)
    room_mm = pdf.w - pdf.l_margin - pdf.r_margin - 1
    return scale * min(1.0, room_mm / max(pdf.get_string_width(text), 1.0))
