"""Résumés as plain text: how people type them into an editor or paste them from a form.

In: ``Resume`` and a layout name. Out: the file's bytes. ``capitals`` is UTF-8, ``underlined`` is Windows-1252 with
CRLF as old editors save it, ``pasted`` is UTF-8 with a byte order mark and no wrapping.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from sandbox.resumes.content import Entry, Resume, Section

_WIDTH = 78
_ENCODINGS = {"capitals": "utf-8", "underlined": "cp1252", "pasted": "utf-8-sig"}


def draw(resume: Resume, layout: str) -> bytes:
    text = "\n".join(_lines(resume, layout)).strip() + "\n"
    if layout == "underlined":
        text = text.replace("\n", "\r\n")
    return text.encode(_ENCODINGS[layout])


def _lines(resume: Resume, layout: str) -> Iterator[str]:
    yield resume.name.upper() if layout == "capitals" else resume.name
    yield resume.headline
    if layout == "pasted":
        yield from resume.contact
    else:
        yield " | ".join(resume.contact)
    for section in resume.sections:
        yield ""
        yield from _heading(section.heading, layout)
        yield from _body(section, layout)


def _heading(heading: str, layout: str) -> Iterator[str]:
    if layout == "capitals":
        yield heading.upper()
    elif layout == "underlined":
        yield heading
        yield "-" * len(heading)
    else:
        yield f"{heading}:"


def _body(section: Section, layout: str) -> Iterator[str]:
    if section.text:
        yield from _wrapped(section.text, layout)
    for line in section.lines:
        yield from _wrapped(line, layout, "* " if layout == "underlined" else "")
    for number, entry in enumerate(section.entries):
        if number and layout != "pasted":
            yield ""
        yield from _entry(entry, layout)


def _entry(entry: Entry, layout: str) -> Iterator[str]:
    if layout == "underlined":
        yield f"{entry.when:<24}{entry.title}".strip()
        if entry.at:
            yield " " * 24 + entry.at
    elif layout == "capitals":
        yield ", ".join(part for part in (entry.title, entry.at) if part)
        yield entry.when
    else:
        yield " - ".join(part for part in (entry.at, entry.title, entry.when) if part)
    if entry.text:
        yield from _wrapped(entry.text, layout)
    for bullet in entry.did:
        yield from _wrapped(bullet, layout, {"capitals": "- ", "underlined": "  * ", "pasted": "• "}[layout])


def _wrapped(text: str, layout: str, lead: str = "") -> Iterator[str]:
    if layout == "pasted":
        yield lead + text
    else:
        yield from textwrap.wrap(text, _WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))
