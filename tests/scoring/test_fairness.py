"""Who a person is changes nothing: the same bits under another name, contact, address, gender, age or century."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import Score
from engine.scoring import BuiltinScorer
from engine.scoring.masking import masked
from tests.scoring import cases

SCORER = BuiltinScorer()

FIRST = [
    "Jane",
    "Lakisha",
    "Mohammed",
    "Wei",
    "Nguyen",
    "José",
    "Zoë",
    "Anne-Marie",
    "D'Shawn",
    "Will",
    "Grant",
    "Ruby",
    "Jordan",
    "Olga",
    "Siobhán",
    "Bo",
    "Иван",
]
LAST = [
    "Doe",
    "Washington",
    "O'Connell",
    "Cook",
    "Baker",
    "Young",
    "Price",
    "van der Berg",
    "García-López",
    "Al Masri",
    "Li",
    "Schröder",
    "Smith",
    "Mason",
    "Петров",
]

TEMPLATE = """{name}
Retail Supervisor
{address} | {phone} | {email} | {link}
Date of birth: {born}

Summary
{full} is a retail supervisor who has led shifts in busy stores. {Subject} enjoys coaching people, and {possessive}
teams like {object_} for it. {honorific} {last} is {age} years old.

Experience
Shift Supervisor - Northwind Grocery
March 2019 - Present
- Supervise a team of nine sales associates; plan the staff rota and train new staff
- "{full} opens and closes the store, operates the point of sale tills and handles cash", says the manager
- Monthly inventory counts and visual merchandising; {subject} resolved customer complaints
{job_held} - Bluebird Books
June 2016 - February 2019
- Customer service on the sales floor, POS, returns and refunds

Education
High School Diploma, Oak Hill School, 2016

Skills
POS systems, inventory control, scheduling, merchandising, cash handling, forklift licence
Profile: {link}
"""
PRONOUNS = {
    "woman": {"Subject": "She", "subject": "she", "object_": "her", "possessive": "her", "job_held": "Saleswoman"},
    "man": {"Subject": "He", "subject": "he", "object_": "him", "possessive": "his", "job_held": "Salesman"},
    "other": {
        "Subject": "They",
        "subject": "they",
        "object_": "them",
        "possessive": "their",
        "job_held": "Salesperson",
    },
}

people = st.fixed_dictionaries(
    {
        "first": st.sampled_from(FIRST),
        "last": st.sampled_from(LAST),
        "upper": st.booleans(),
        "gender": st.sampled_from(sorted(PRONOUNS)),
        "honorific": st.sampled_from(["Mr.", "Ms.", "Mrs", "Mx."]),
        "address": st.sampled_from(
            ["14 Elm Street, Leeds LS1 4AB", "221B Baker Street, London", "9 Rue de Lyon, Paris", "Hauptstraße 5, Köln",
             "77 Python Road, Boston, MA 02110", "Lagos, Nigeria"]
        ),
        "phone": st.sampled_from(
            ["+44 20 7946 0018", "(555) 010-0199", "555-010-2019", "06 12 34 56 78", "+49 2015 2019 77", "5550102030"]
        ),
        "email": st.sampled_from(["jane.doe@example.com", "sql.python@retail.example.org", "x_9@example.co.uk"]),
        "link": st.sampled_from(
            ["linkedin.com/in/jane-doe", "https://github.com/inventory-control", "www.example.com/kubernetes"]
        ),
        "born": st.sampled_from(["1 May 1961", "12/12/2003", "1988-02-29"]),
        "age": st.integers(19, 70),
    }
)  # fmt: skip


def written(person: dict[str, object]) -> str:
    name = f"{person['first']} {person['last']}"
    return TEMPLATE.format(
        name=name.upper() if person["upper"] else name,
        full=name,
        **{key: person[key] for key in ("last", "honorific", "address", "phone", "email", "link", "born", "age")},
        **PRONOUNS[str(person["gender"])],
    )


def judged(text: str, job: str = "retail") -> tuple[object, ...]:
    score = SCORER.score(cases.resume(text), cases.JOBS[job])
    return (score.match, score.exact, *visible(score))


def visible(score: Score) -> tuple[object, ...]:
    reasons = tuple((reason.text, reason.signal, reason.points) for reason in score.reasons)
    return reasons, score.skills_matched, score.skills_missing, score.skills_normalized, score.primary_experience


SOMEBODY = written(
    {"first": "Jane", "last": "Doe", "upper": False, "gender": "woman", "honorific": "Ms.", "born": "1 May 1990",
     "address": "14 Elm Street, Leeds LS1 4AB", "phone": "+44 20 7946 0018", "email": "j@example.com",
     "link": "linkedin.com/in/jane", "age": 30}
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(people)
def test_another_person_with_the_same_work_gets_the_same_bits(person: dict[str, object]) -> None:
    assert judged(written(person)) == judged(SOMEBODY)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(FIRST), st.sampled_from(LAST), st.sampled_from(sorted(cases.JOBS)))
def test_the_name_on_top_of_any_resume_changes_nothing(first: str, last: str, job: str) -> None:
    for text in cases.STRONG.values():
        renamed = f"{first} {last}\n" + text.split("\n", 1)[1]
        assert judged(renamed, job) == judged(text, job)


@pytest.mark.parametrize("years", [-40, -20, 20, 40])
@pytest.mark.parametrize("job", sorted(cases.JOBS))
def test_years_moved_with_equal_lengths_change_nothing(job: str, years: int) -> None:
    text = cases.STRONG[job]
    moved = re.sub(r"\b(?:19|20)\d\d\b", lambda year: str(int(year.group()) + years), text)
    assert moved != text
    assert judged(moved, job) == judged(text, job)


def test_a_masked_text_is_as_long_as_the_original_with_blanks_for_the_person() -> None:
    blanked = masked(SOMEBODY, lambda key: key in {"retail"}, lambda key: key in {"supervisor"})
    assert len(blanked) == len(SOMEBODY)
    assert all(new in (old, " ") for new, old in zip(blanked, SOMEBODY, strict=True))
    for hidden in (
        "Jane",
        "Doe",
        "example.com",
        "7946",
        "Elm Street",
        "1990",
        "She",
        " her ",
        "30 years",
        "linkedin",
    ):
        assert hidden not in blanked
    assert "Retail Supervisor" in blanked
    assert "March 2019 - Present" in blanked


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("- Maintained ASP.NET and Node.js services, 2015 - 2019", "- Maintained ASP.NET and Node.js services, 2015 - 2019"),
        ("- Grew sales from 12 reps to drive growth in 2019-2020", "- Grew sales from 12 reps to drive growth in 2019-2020"),
        ("- MS Office, MS Excel", "- MS Office, MS Excel"),
    ],
)  # fmt: skip
def test_words_of_work_are_not_taken_for_personal_ones(line: str, kept: str) -> None:
    assert masked(f"Experience\n{line}", lambda key: False, lambda key: False).endswith(kept)


def test_a_name_of_the_working_world_is_hidden_in_the_name_and_kept_in_the_work() -> None:
    cook = cases.COOK.replace("Tom Brown", "Will Cook")
    job = replace(cases.RETAIL, title="Line Cook", requirements="- Line cook experience\n- Recipes and food hygiene")
    named, other = (SCORER.score(cases.resume(text), job) for text in (cook, cases.COOK))
    assert (named.match, visible(named)) == (other.match, visible(other))
    assert named.match is not None
    assert named.match > 50
