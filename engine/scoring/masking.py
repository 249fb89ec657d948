"""Who a person is, blanked out of a résumé before anything is measured.

In: a résumé's text. Out: a text of the same length, so that places in one are places in the other, with blanks
for the header block, names, e-mails, phones, links, addresses, dates of birth, ages, pronouns and gendered words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from engine.scoring.sections import Line, lines
from engine.scoring.words import STOP_WORDS, word_key

Known = Callable[[str], bool]
"""Says of a word's key whether it is a word of working life; such a word is blanked only inside a full name."""

_LABELS = (
    "full name|first name|last name|surname|family name|name|home address|address|telephone|phone number|phone|tel|"
    "mobile|cell|e-?mails?|date of birth|d\\.?o\\.?b|born|birthday|birth date|place of birth|age|gender|sex|pronouns|"
    "nationality|citizenship|ethnicity|race|religion|marital status|family status|children|photo|linked-?in|git-?hub|"
    "website|web|portfolio|skype|telegram|whatsapp|twitter|location|residence|city|country|zip|postcode|visa|"
    "имя|фамилия|фио|телефон|местоположение|адрес|дата рождения|пол|возраст|гражданство|"
    "nombre|apellidos?|correo|teléfono|dirección|fecha de nacimiento|nacionalidad|edad|"
    "vorname|nachname|adresse|anschrift|telefon|geburtsdatum|geburtsort|staatsangehörigkeit|familienstand|"
    "nom|prénom|téléphone|courriel|date de naissance|nationalité"
)
_LABELLED = re.compile(rf"(?im)(?:^|[|•·;])[^\w\n|]{{0,8}}(?P<label>{_LABELS})[*_ \t]*:(?P<value>[^\n|]*)")
_NAME_LABEL = re.compile(
    r"(?i)(?:full |first |last |sur|family )?name$|имя|фамилия|фио|nombre|nom|prénom"
    r"|(?:vor|nach)name"
)

_STREET = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Terrace|Parkway|"
    "Pkwy|Highway|Hwy|Close|Crescent|Row|Gardens|Apt|Suite"
)
_CONTACT = tuple(
    re.compile(pattern)
    for pattern in (
        r"[\w.+'%-]+@[\w-]+(?:\.[\w-]+)+",
        r"(?i)\b(?:https?://|www\.)[^\s|,;)>\]]+",
        r"(?i)\b(?!(?:asp|ado|vb|socket|draw|monday|booking|salesforce)\.)(?:[\w-]+\.)+(?:com|org|net|io|dev|me|co|edu|"
        r"gov|info|app|ru|de|fr|es|uk|pl|nl|ch|ai)(?:/[^\s|,;)>\]]*)?(?![\w#])",
        r"(?i)\b(?:linkedin|github|gitlab|facebook|instagram|twitter|skype)(?:\.com)?\s*[:/@]\s*\S+",
        r"(?<![\w@.])@\w{2,}",
        r"(?i)\b(?:born|date of birth|d\.o\.b\.?|dob)\b[^\n|,;]{0,40}",
        r"(?i)\b(?:aged?|age:)\s*\d{1,2}\b|\b\d{2}[- ](?:years?|yrs?)[- ](?:old|of age)\b|\b\d{2}\s?y/?o\b",
        rf"(?<![\w.])\d{{1,5}}[A-Za-z]?,?\s+(?:[A-ZÀ-Ý][\w.'’-]*\s+){{1,4}}(?:{_STREET})\b\.?[^\n|•]{{0,60}}",
        r"(?i)\b(?:rue|calle|avenida|rua|piazza)\s+[^\n|,]{2,40},?\s*\d{1,4}[^\n|•]{0,40}",
        r"(?i)\b[\w-]+(?:straße|strasse|str\.|weg|platz|gasse)\s*\d{1,4}[^\n|•]{0,40}",
        r"\b[A-Z]{2},?\s+\d{5}(?:-\d{4})?\b",
        r"\b[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}\b",
    )
)
_PHONE = re.compile(r"(?<![\w.])(?:\+|\()?\d[\d \t().\-–/]{5,18}\d(?!\w)")
_YEAR = re.compile(r"(?:19[5-9]|20[0-7])\d$")
_DIGITS = re.compile(r"\d+")

_PERSONAL = re.compile(
    r"\b(?:he|him|his|himself|she|her|hers|herself|they|them|their|theirs|themselves|themself|xe|xem|ze|zir|"
    r"(?:he|she|they)/(?:him|her|them)(?:/(?:his|hers|theirs))?|"
    r"male|female|man|woman|men|women|boys?|girls?|gentlem[ae]n|lad(?:y|ies)|father|mother|mum|mom|dad|husband|wife|"
    r"spouse|married|unmarried|divorced|widow(?:er|ed)?|sons?|daughters?|maternity|paternity|transgender|"
    r"non-?binary|girlfriend|boyfriend|fianc[ée]e?|fraternity|sorority|mr|mrs|miss|mx)\b(?:['’]s)?",
    re.IGNORECASE,
)
_HONORIFIC = re.compile(
    r"\b(?:Mrs?|Miss|Mx|Ms|Herr|Frau|Mme)\.?\s+(?!Office|Excel|Word|Access|Project|Teams|Power|SQL|Outlook|Dynamics)"
    r"[A-ZÀ-Ý][\w'’-]+(?:\s+[A-ZÀ-Ý][\w'’-]+)?"
)

_DOCUMENT_TITLE = re.compile(r"(?i)^[\W_]*(?:resume|résumé|curriculum vitae|cv|curriculum|lebenslauf|резюме)[\W_]*$")
_DATES = re.compile(r"\b(?:19[5-9]|20[0-7])\d\b")
_SEPARATORS = re.compile(r"[|•·,;/()\t]|\s[-–—]\s|:")
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_PARTICLE_LIST = "de da do dos del der den van von bin ibn al el la le di du of the and jr sr ii iii iv "
_PARTICLES = frozenset(_PARTICLE_LIST.split())
_HEADER_LINES = 10
_PROSE_WORDS = 9


def masked(text: str, known: Known, role: Known) -> str:
    """``text`` with everything personal blanked. ``role`` says of a word's key whether it names a job."""
    mask = _Mask(text)
    for pattern in _CONTACT:
        mask.all(pattern)
    mask.phones()
    names = mask.labels()
    names += mask.header(role) or []
    mask.names(names, known)
    mask.all(_HONORIFIC)
    mask.all(_PERSONAL)
    return str(mask)


class _Mask:
    def __init__(self, text: str) -> None:
        self._text = text
        self._hidden = bytearray(len(text))

    def hide(self, start: int, end: int) -> None:
        self._hidden[start:end] = b"\1" * (end - start)

    def all(self, pattern: re.Pattern[str]) -> None:
        for match in pattern.finditer(self._text):
            self.hide(match.start(), match.end())

    def phones(self) -> None:
        for match in _PHONE.finditer(self._text):
            groups = _DIGITS.findall(match.group())
            dates = all(len(group) <= 2 or _YEAR.match(group) for group in groups) and any(map(_YEAR.match, groups))
            if sum(map(len, groups)) >= 7 and (not dates or match.group().startswith("+")):
                self.hide(match.start(), match.end())

    def labels(self) -> list[str]:
        """Hide the values of personal labels; the words of those that are names."""
        names: list[str] = []
        for match in _LABELLED.finditer(self._text):
            if _NAME_LABEL.search(match["label"]):
                names += _NAME_WORD.findall(match["value"])[:6]
            self.hide(match.start("label"), match.end())
        return names

    def header(self, role: Known) -> list[str]:
        """Hide the header block but for the job titles and sentences in it; the words of the name on its top."""
        name: list[str] | None = None
        for line in _header_lines(self._text):
            if _DOCUMENT_TITLE.match(line.text):
                continue
            words = _NAME_WORD.findall(line.text)
            visible = self._visible(line)
            if name is None and words and visible.strip():
                name = _leading_name(line.text)
                if len(words) < _PROSE_WORDS:
                    self.hide(line.start, line.end)
                continue
            if len(words) < _PROSE_WORDS:
                self._hide_but_titles(line, role)
        return name or []

    def _visible(self, line: Line) -> str:
        hidden = self._hidden[line.start : line.end]
        return "".join(" " if gone else sign for sign, gone in zip(line.text, hidden, strict=True))

    def _hide_but_titles(self, line: Line, role: Known) -> None:
        for start, end in _segments(line.text):
            segment = line.text[start:end]
            titled = any(role(word_key(word)) for word in _NAME_WORD.findall(segment))
            if not titled or any(sign.isdigit() for sign in segment):
                self.hide(line.start + start, line.start + end)

    def names(self, names: list[str], known: Known) -> None:
        """Hide a person's name wherever it stands: two of its words together, or one that is no other word."""
        pieces = {piece for name in names for piece in (name, *re.split(r"['’.-]", name))}
        parts = sorted((piece for piece in pieces if len(piece) > 1), key=lambda piece: (len(piece), piece))
        if not parts:
            return
        either = "|".join(re.escape(part) for part in reversed(parts))
        self.all(re.compile(rf"(?i)(?<!\w)(?:{either})(?:[ ,.'’-]{{1,3}}(?:\w\.? )?(?:{either}))+(?!\w)"))
        single = [part for part in reversed(parts) if _tells_a_person(part, known)]
        if single:
            forms = {form for part in single for form in (part, part.capitalize(), part.upper()) if len(form) > 2}
            forms |= {part.capitalize() for part in single}
            alone = "|".join(re.escape(form) for form in sorted(forms, key=lambda form: (-len(form), form)))
            self.all(re.compile(rf"(?<!\w)(?:{alone})(?:['’]s)?(?!\w)"))

    def __str__(self) -> str:
        if 1 not in self._hidden:
            return self._text
        return "".join(
            " " if gone and sign != "\n" else sign for sign, gone in zip(self._text, self._hidden, strict=True)
        )


def _header_lines(text: str) -> Iterator[Line]:
    """The lines above the first heading, bullet or date, at most ten."""
    for line in lines(text[:4000])[:_HEADER_LINES]:
        if line.heading or line.bullet or _DATES.search(line.text):
            return
        yield line


def _leading_name(line: str) -> list[str]:
    before = _SEPARATORS.split(line.strip(" *_#-"), maxsplit=1)[0]
    words = _NAME_WORD.findall(before)
    return words if len(words) <= 6 else []


def _tells_a_person(part: str, known: Known) -> bool:
    lower = part.lower()
    return lower not in _PARTICLES and lower not in STOP_WORDS and not known(word_key(part))


def _segments(line: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _SEPARATORS.finditer(line):
        yield start, match.start()
        start = match.end()
    yield start, len(line)
