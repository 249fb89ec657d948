"""A résumé's lines, each with its place, its kind of section and whether it is a heading or a bullet."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Section = Literal["top", "summary", "experience", "education", "skills", "other"]

_HEADINGS: dict[Section, str] = {
    "summary": (
        "summary;profile;objective;about;about me;professional summary;executive summary;career summary;personal "
        "statement;professional profile;career objective;overview;highlights;resumen;perfil;profil;zusammenfassung"
    ),
    "experience": (
        "experience;work experience;professional experience;employment;employment history;work history;career "
        "history;relevant experience;career;positions;professional background;experience summary;job experience;"
        "experiencia;experiencia laboral;experiencia profesional;berufserfahrung;expérience;expérience "
        "professionnelle;expériences professionnelles;опыт работы;опыт;esperienza;esperienze lavorative;experiência"
    ),
    "education": (
        "education;academic background;education and training;qualifications;academic qualifications;studies;"
        "educational background;educación;formación;formación académica;ausbildung;bildung;formation;образование;"
        "istruzione;formação;education background;degrees"
    ),
    "skills": (
        "skills;technical skills;key skills;core skills;professional skills;competencies;core competencies;"
        "technologies;tools;areas of expertise;expertise;technical proficiencies;skills and tools;habilidades;"
        "competencias;kenntnisse;fähigkeiten;compétences;навыки;competenze;languages and technologies"
    ),
    "other": (
        "projects;personal projects;languages;certifications;certificates;licenses;awards;honors;honours;"
        "publications;references;interests;hobbies;volunteering;volunteer experience;activities;courses;training;"
        "memberships;extracurricular activities;patents;achievements;additional information;leadership;service;"
        "contact;contacts;contact information;personal details;personal information;details;links;social;idiomas;"
        "sprachen;langues;языки"
    ),
}
_SECTION_OF: dict[str, Section] = {name: section for section, names in _HEADINGS.items() for name in names.split(";")}
_LINE = re.compile(r"[^\n]+")
_EDGE_SIGNS = re.compile(r"^[\W_\d]+|[\W_]+$")
_BULLET = re.compile(r"\s*[-*•▪◦‣·–—●○■]\s+\S")


class Line(NamedTuple):
    """A line of a text that is not blank: ``text`` is ``whole[start:end]``."""

    text: str
    start: int
    end: int
    section: Section
    heading: bool
    bullet: bool


def lines(text: str) -> list[Line]:
    """The lines of ``text`` with the section that the last heading before them opened."""
    found: list[Line] = []
    section: Section = "top"
    for match in _LINE.finditer(text):
        line = match.group()
        if not line.strip():
            continue
        opened = heading(line)
        section = opened or section
        found.append(Line(line, match.start(), match.end(), section, opened is not None, is_bullet(line)))
    return found


def heading(line: str) -> Section | None:
    """The section that ``line`` opens, if it is a heading."""
    if len(line) > 60:
        return None
    plain = _EDGE_SIGNS.sub("", line).lower().replace("&", "and")
    return _SECTION_OF.get(" ".join(plain.split()))


def is_bullet(line: str) -> bool:
    return _BULLET.match(line.replace("**", "")) is not None
