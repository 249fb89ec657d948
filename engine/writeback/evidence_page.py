"""The sheet the evidence PDF is drawn on: fonts, colours, and the few shapes it is made of. Lengths are in mm.

Text is drawn as text: no markup is read, no link is made, characters that the fonts lack become ``?``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import MethodReturnValue
from fpdf.fonts import TTFFont

from engine.writeback.text import ELLIPSIS, clean

Colour = tuple[int, int, int]

INK: Colour = (24, 34, 48)
MUTED: Colour = (98, 110, 126)
FAINT: Colour = (222, 227, 233)
PANEL: Colour = (245, 247, 250)
ACCENT: Colour = (21, 94, 117)
EDGE: Colour = (186, 194, 204)
TINT: Colour = (224, 240, 244)
WHITE: Colour = (255, 255, 255)

MARGIN = 17.0
LABEL = 46.0
"""The width of the column of labels."""
_PAGES = "{pages}"
_FONTS = Path(__file__).parent / "fonts"
_FILES = {"": "DejaVuSansCondensed.ttf", "B": "DejaVuSansCondensed-Bold.ttf"}
_SPOKEN = {"\N{THUMBS UP SIGN}": "Thumbs up", "\N{THUMBS DOWN SIGN}": "Thumbs down"}
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")


@lru_cache(maxsize=1)
def _drawable() -> frozenset[int]:
    reader = FPDF()
    for style, file in _FILES.items():
        reader.add_font("Text", style, _FONTS / file)
    covered = [frozenset(getattr(font, "cmap", {})) for font in reader.fonts.values()]
    _close_fonts(reader)
    return frozenset.intersection(*covered)


def plain(text: str, longest: int = 400) -> str:
    """``text`` as one line that can be drawn, in at most ``longest`` characters. Thumbs become words."""
    text = _SKIN.sub("", unicodedata.normalize("NFC", clean(text[: longest * 8])))
    for sign, words in _SPOKEN.items():
        text = text.replace(sign, words)
    text = " ".join(text.replace(_PAGES, "").split())
    seen = (character for character in text if unicodedata.category(character) not in ("Cf", "Me"))
    text = "".join(character if ord(character) in _drawable() else "?" for character in seen)
    return text if len(text) <= longest else text[: longest - 1].rstrip() + ELLIPSIS


def _close_fonts(reader: FPDF) -> None:
    for font in reader.fonts.values():
        if isinstance(font, TTFFont):
            font.close()


class Sheet(FPDF):
    """A4 pages with a foot; every shape draws at the current height. To be closed.

    ``foot`` are the foot's two lines. ``share`` (0–1) of their usual lengths is what texts may have.
    """

    def __init__(self, foot: tuple[str, str], share: float = 1.0) -> None:
        super().__init__(format="A4")
        self._foot, self._share = foot, share
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.c_margin = 0.0
        self.set_auto_page_break(True, 20)
        self.alias_nb_pages(_PAGES)
        for style, file in _FILES.items():
            self.add_font("Text", style, _FONTS / file)
        self.set_lang("en")
        self.add_page()

    def close(self) -> None:
        """Lets go of the fonts' files."""
        _close_fonts(self)

    def fit(self, text: str, longest: int) -> str:
        """``text`` as one line that can be drawn, in at most the sheet's share of ``longest`` characters."""
        return plain(text, int(longest * self._share))

    def footer(self) -> None:
        left, right = self._foot
        self.set_y(-16)
        self._rule(FAINT)
        self.ln(1.6)
        self.write_line(left, 7.2, MUTED)
        self.write_line(right, 7.2, MUTED)
        # The number of pages is put in for _PAGES at the end: room is left for one digit.
        self.set_xy(self.w - self.r_margin - self.get_string_width(f"Page {self.page_no()} of 0"), self.get_y() - 3.6)
        self.cell(0, 3.6, f"Page {self.page_no()} of {_PAGES}")

    def pen(self, size: float, colour: Colour, *, bold: bool = False) -> None:
        """Sets how text is written; ``size`` in points."""
        self.set_font("Text", "B" if bold else "", size)
        self.set_text_color(*colour)

    def write_line(self, text: str, size: float, colour: Colour = INK, *, bold: bool = False) -> None:
        """One line, cut where the page ends."""
        self.pen(size, colour, bold=bold)
        self.cell(self.epw, size * 0.5, self._fitted(text, self.epw), new_x="LMARGIN", new_y="NEXT")

    def _fitted(self, text: str, width: float) -> str:
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(text + ELLIPSIS) > width:
            text = text[:-1]
        return text.rstrip() + ELLIPSIS

    def paragraph(
        self, text: str, size: float, colour: Colour = INK, *, bold: bool = False, indent: float = 0.0
    ) -> None:
        """Text over as many lines as it needs."""
        self.pen(size, colour, bold=bold)
        self.set_x(self.l_margin + indent)
        self.multi_cell(self.epw - indent, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")

    def label(self, text: str, height: float = 4.6) -> None:
        """A text in the column of labels; the height stays."""
        self.pen(9.2, MUTED)
        self.cell(LABEL, height, self._fitted(text, LABEL - 3))
        self.set_x(self.l_margin)

    def section(self, title: str) -> None:
        """A heading with a rule, kept together with what follows."""
        if self.will_page_break(24):
            self.add_page()
        self.ln(4.2)
        self.write_line(title, 10.5, ACCENT, bold=True)
        self.ln(0.6)
        self._rule(FAINT)
        self.ln(2.0)

    def _rule(self, colour: Colour) -> None:
        self.set_draw_color(*colour)
        self.set_line_width(0.25)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())

    def box(self, x: float, y: float, width: float, height: float, fill: Colour, edge: Colour | None = None) -> None:
        """A rectangle with round corners."""
        self.set_fill_color(*fill)
        self.set_draw_color(*(edge or fill))
        self.set_line_width(0.25)
        self.rect(x, y, width, height, style="DF", round_corners=True, corner_radius=min(2.2, height / 2))

    def gauge(self, x: float, y: float, width: float, share: float) -> None:
        """A bar from 0 to 100, filled up to ``share`` (0–1), with a tick at each quarter."""
        self.box(x, y, width, 4.4, FAINT)
        if share > 0:
            self.box(x, y, max(4.4, width * share), 4.4, ACCENT)
        self.pen(7, MUTED)
        for mark in (0, 25, 50, 75, 100):
            self.set_xy(x + width * mark / 100 - 6, y + 5.4)
            self.cell(12, 3, str(mark), align="C")

    def number(self, value: int) -> None:
        """A number in a small disc at the left margin; what follows is written beside it."""
        x, y = self.l_margin, self.get_y()
        self.set_fill_color(*TINT)
        self.circle(x + 2.6, y + 2.6, 2.6, style="F")
        self.pen(8, ACCENT, bold=True)
        self.set_xy(x, y)
        self.cell(5.2, 5.3, str(value), align="C")
        self.set_xy(x, y)

    def quotation(self, text: str, indent: float) -> None:
        """A quotation beside a vertical rule."""
        top, page = self.get_y(), self.page_no()
        self.paragraph(f"“{text}”", 9, MUTED, indent=indent + 3)
        start = top if page == self.page_no() else self.t_margin
        self.set_fill_color(*ACCENT)
        self.rect(self.l_margin + indent, start + 0.5, 0.7, self.get_y() - start - 1, style="F")

    def chips(self, label: str, texts: Iterable[str], *, filled: bool) -> None:
        """Short texts in rounded boxes beside a label, flowing over lines."""
        left, right, height = self.l_margin + LABEL, self.w - self.r_margin, 5.8
        if self.will_page_break(height):
            self.add_page()
        self.label(label, height)
        self.pen(8.6, INK)
        x = left
        for text in texts:
            text = self._fitted(text, 70)
            width = self.get_string_width(text) + 5.6
            if x + width > right:
                x = left
                self.ln(height + 1.5)
            if self.will_page_break(height):
                self.add_page()
            self.box(x, self.get_y(), width, height, TINT if filled else WHITE, None if filled else EDGE)
            self.pen(8.6, ACCENT if filled else MUTED)
            self.set_x(x)
            self.cell(width, height, text, align="C")
            x += width + 1.8
        self.ln(height + 2)

    def keep(self, *texts: tuple[str, float, float]) -> None:
        """Starts a new page where the paragraphs (text, size, indent) would not stand together on this one."""
        if self.will_page_break(sum(self._height(*text) for text in texts) + 2):
            self.add_page()

    def _height(self, text: str, size: float, indent: float) -> float:
        self.pen(size, INK)
        height = self.multi_cell(
            self.epw - indent, size * 0.5, text, align="L", dry_run=True, output=MethodReturnValue.HEIGHT
        )
        return float(height)  # type: ignore[arg-type]
