"""The sample jobs and applicants of every pretend ATS, and applicants made from the user's own files.

In: the YAML files in people_data, or a folder of résumés. Out: ``SampleJob`` and ``SampleApplicant``. All people and
employers are invented. The résumé files are drawn on first use and are the same bytes on every run.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from engine.errors import InputError
from sandbox.resumes.content import Resume, plain_ascii, section

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "txt": "text/plain",
}

_NAMELESS_WORDS = {"cv", "resume", "lebenslauf", "curriculum", "vitae", "final", "new", "copy", "updated"}


@dataclass(frozen=True, slots=True)
class SampleJob:
    """A job as an ATS keeps it; description (duties) and qualifications (requirements) are HTML."""

    key: str
    title: str
    department: str
    city: str
    country_code: str
    description_html: str
    qualifications_html: str


@dataclass(frozen=True, slots=True)
class SampleApplicant:
    """A person with one application and one résumé file. ``applied_to`` is a ``SampleJob.key``."""

    first_name: str
    last_name: str
    email: str
    phone: str
    city: str
    country_code: str
    applied_to: str
    source: str
    resume_name: str
    resume_content_type: str
    resume_data: bytes


@functools.cache
def jobs() -> tuple[SampleJob, ...]:
    """The four sample jobs."""
    return tuple(SampleJob(**item) for item in _read("jobs.yaml"))


@functools.cache
def applicants() -> tuple[SampleApplicant, ...]:
    """The fifty sample applicants, in the order in which they apply (the jobs take turns)."""
    by_job = {job.key: _read(f"{job.key}.yaml") for job in jobs()}
    longest = max(map(len, by_job.values()))
    people = [(key, people[turn]) for turn in range(longest) for key, people in by_job.items() if turn < len(people)]
    return tuple(_applicant(number, key, item) for number, (key, item) in enumerate(people))


def from_folder(folder: Path, job: str) -> tuple[SampleApplicant, ...]:
    """The résumé files (pdf, docx, txt) directly in ``folder`` as applicants to ``job``, in order of their names.

    Says on standard error which files it leaves out. Raises InputError when the job is unknown, or the folder is
    missing or holds no résumé.
    """
    known = [sample.key for sample in jobs()]
    if job not in known:
        raise InputError(f"There is no sample job '{job}'.", hint=f"The sample jobs are: {', '.join(known)}.")
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder.", hint="Give a folder that holds PDF, DOCX or TXT résumés.")
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    usable = [path for path in files if _suffix(path) in CONTENT_TYPES]
    if not usable:
        raise InputError(f"{folder} holds no résumé.", hint="Put .pdf, .docx or .txt files directly into the folder.")
    left_out = [path.name for path in files if path not in usable]
    if left_out:
        print(f"Left out, not PDF, DOCX or TXT: {', '.join(left_out)}", file=sys.stderr)
    emails = _emails([path.stem for path in usable])
    return tuple(_from_file(number, path, job, emails[number]) for number, path in enumerate(usable))


def _read(name: str) -> list[dict[str, Any]]:
    content = resources.files("sandbox").joinpath("people_data", name).read_bytes()
    people: list[dict[str, Any]] = yaml.safe_load(content)
    return people


def _applicant(number: int, job: str, item: Mapping[str, Any]) -> SampleApplicant:
    first, last, city, country_code, source = item["who"]
    kind, layout = item["as"].split()
    folded = [re.sub(r"[^a-z]+", "-", plain_ascii(part).lower()).strip("-") for part in (first, last)]
    email = f"{'.'.join(folded)}@example.com"
    phone = f"({item['area']}) 555-01{number:02d}" if "area" in item else f"+1 555-01{number:02d}"
    resume = Resume(
        name=f"{first} {last}",
        headline=item.get("headline", ""),
        contact=(email, phone, item.get("place", city)),
        sections=tuple(section(heading, value) for heading, value in item.get("resume", {}).items()),
    )
    return SampleApplicant(
        first_name=first,
        last_name=last,
        email=email,
        phone=phone,
        city=city,
        country_code=country_code,
        applied_to=job,
        source=source,
        resume_name=item.get("file", f"{'-'.join(folded)}.{kind}"),
        resume_content_type=CONTENT_TYPES[kind],
        resume_data=_file(kind, layout, resume),
    )


def _file(kind: str, layout: str, resume: Resume) -> bytes:
    from sandbox.resumes import pdf, scan, text, word  # drawing libraries load slowly and are not always needed

    if layout == "empty":
        return b""
    if layout == "scan":
        return scan.draw(resume)
    return {"pdf": pdf.draw, "docx": word.draw, "txt": text.draw}[kind](resume, layout)


def _suffix(path: Path) -> str:
    return path.suffix.lower().lstrip(".")


def _emails(stems: Sequence[str]) -> list[str]:
    """One address per file name, all different."""
    given: dict[str, int] = {}
    emails = []
    for stem in stems:
        local = re.sub(r"[^a-z0-9]+", ".", plain_ascii(stem).lower()).strip(".")[:60].strip(".") or "applicant"
        given[local] = given.get(local, 0) + 1
        emails.append(f"{local}+{given[local]}@example.com" if given[local] > 1 else f"{local}@example.com")
    return emails


def _from_file(number: int, path: Path, job: str, email: str) -> SampleApplicant:
    first, last = _name(path.stem)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", hint="Check the file's permissions.") from error
    return SampleApplicant(
        first_name=first,
        last_name=last,
        email=email,
        phone=f"+1 555-01{number % 100:02d}",
        city="",
        country_code="",
        applied_to=job,
        source="Own files",
        resume_name=path.name,
        resume_content_type=CONTENT_TYPES[_suffix(path)],
        resume_data=data,
    )


def _name(stem: str) -> tuple[str, str]:
    """First and last name as the file name has them; ``Applicant`` stands in for a missing first name."""
    found = re.findall(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", stem)
    words = [word for word in found if plain_ascii(word).lower() not in _NAMELESS_WORDS]
    words = [word.title() if word.islower() or word.isupper() else word for word in words]
    if len(words) > 1:
        return words[0], " ".join(words[1:])
    return "Applicant", words[0] if words else stem
