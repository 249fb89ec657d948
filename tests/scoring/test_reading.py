"""What is read from a text before anything is measured: words, skills, dates, degrees, titles, the job's asks."""

from __future__ import annotations

import pytest

from engine.model import Job
from engine.scoring import Background, Skills
from engine.scoring.dates import covered_months, spans
from engine.scoring.degrees import Level, degrees, level_of, lowest_level_of
from engine.scoring.job_reading import read_job
from engine.scoring.resume_reading import read_resume
from engine.scoring.sections import lines
from engine.scoring.skills import slug
from engine.scoring.words import neutral, stem, word_key, words

SKILLS, BACKGROUND = Skills.load(), Background.load()


def skills(text: str) -> list[str]:
    return [mention.skill for mention in SKILLS.mentions(text, words(text))]


def months(text: str) -> list[int]:
    return [span.months for span in spans(lines(text))]


def test_skills_are_known_by_their_short_names() -> None:
    text = "Python, R, SQL, Go, C++; .NET, Node.js, CI/CD, T-SQL, REST APIs, POS systems, K8s, JS, AWS EKS"
    found = skills(text)
    assert found[:6] == ["python", "r", "sql", "go", "c++", ".net"]
    assert found[6:12] == ["node.js", "ci/cd", "microsoft sql server", "rest", "point of sale", "kubernetes"]
    assert found[12:] == ["javascript", "aws eks", "aws", "kubernetes"]


@pytest.mark.parametrize("text", ["We go to R & D", "can lead and rest", "I see C", "Let's go"])
def test_ordinary_words_are_not_taken_for_languages(text: str) -> None:
    assert not {"go", "r", "c"} & set(skills(text))


def test_a_skill_is_not_put_together_across_paragraphs() -> None:
    assert skills("good machine\n\nlearning") == []
    assert skills("machine\nlearning") == ["machine learning"]


def test_the_mention_spans_the_words_as_written() -> None:
    text = "Used the Point-of-Sale daily"
    [mention] = SKILLS.mentions(text, words(text))
    assert text[mention.start : mention.end] == "Point-of-Sale"
    assert slug(mention.skill) == "point-of-sale"


def test_words_have_one_form_for_number_and_gender() -> None:
    assert word_key("Systems") == "system"
    assert word_key("entries") == "entry"
    assert word_key("driver's") == "driver"
    assert word_key("Saleswomen") == word_key("salesmen") == word_key("salesperson")
    assert neutral("SALESWOMAN and Waitress") == "SALESPERSON and Waiter"
    assert len({stem(word) for word in ("manager", "managed", "managing", "management")}) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("January 2019 - March 2020", [15]),
        ("Jan. 2019 – Mar 2020", [15]),
        ("01/2019 - 03/2020", [15]),
        ("2019-01 to 2020-03", [15]),
        ("2018 - 2020", [24]),
        ("2019 - 2019", [6]),
        ("enero 2019 – marzo 2020", [15]),
        ("2020 - Present", [12]),
        ("2020 - Present\nUpdated May 2024", [60]),
        ("since 2021\nCertificate (2022)", [24]),
        ("2018 - настоящее время", [12]),
        ("2020 - 2018", []),
        ("call 2019 2020", []),
        ("sold 2018-2019 pieces of 12.2019", [12]),
    ],
)
def test_times_are_read_without_a_clock(text: str, expected: list[int]) -> None:
    assert months(text) == expected


def test_overlapping_times_count_once() -> None:
    assert covered_months(spans(lines("2015 - 2018\n2017 - 2020\n2022 - 2023"))) == 72


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Ph.D. in Physics", Level.DOCTORATE),
        ("Master's degree or MBA", Level.MASTER),
        ("MS in Statistics", Level.MASTER),
        ("MS Office", None),
        ("Boston, MA", None),
        ("B.S., Nursing", Level.BACHELOR),
        ("BA in History", Level.BACHELOR),
        ("Sales Associate", None),
        ("Associate degree", Level.VOCATIONAL),
        ("high school diploma", Level.VOCATIONAL),
        ("GED", Level.SCHOOL),
        ("master data management", None),
    ],
)
def test_degrees_are_told_from_other_words(text: str, level: Level | None) -> None:
    assert level_of(text) == level or (level is Level.VOCATIONAL and level_of(text) is Level.SCHOOL)


def test_the_lowest_degree_named_is_the_one_asked() -> None:
    assert lowest_level_of("Bachelor's or Master's degree in finance") is Level.BACHELOR


def test_a_degree_has_its_school_and_year_from_the_lines_around() -> None:
    [found] = degrees(lines("Education\nBachelor of Arts in Music 2014\nLakeside University"))
    assert (found.text, found.school, found.year) == ("Bachelor of Arts in Music", "Lakeside University", 2014)


def test_roles_have_their_title_wherever_it_stands() -> None:
    text = (
        "Experience\nStore Manager | Acme | 2019 - 2021\n- Led shops\n\nGlobex\nSales Associate\n2017 - 2019\n"
        "- Served\n\n2015 - 2017\nCashier\n\n1) Clerk, Initech 2013 - 2015\n\nEducation\nB.S. in Law, 2009 - 2013"
    )
    found = read_resume(text, SKILLS, BACKGROUND)
    assert [role.title.text if role.title else None for role in found.roles] == [
        "Store Manager",
        "Sales Associate",
        "Cashier",
        "Clerk",
    ]


def test_a_job_is_read_into_what_it_asks() -> None:
    asks = read_job(
        Job(
            id="1",
            title="Senior Accountant (m/f/d)",
            requirements="<ul><li>Three to five years in accounting</li><li>Bachelor's degree required, MBA a plus</li>"
            "<li>QuickBooks is a plus</li><li>Health insurance and a pension</li></ul>",
        ),
        SKILLS,
        BACKGROUND,
    )
    assert asks.years == 3
    assert asks.degree is Level.BACHELOR
    assert asks.title_words == ("account",)
    assert asks.skills == ("accounting", "mba", "quickbooks")
    assert asks.wished_skills == {"mba", "quickbooks"}
    assert asks.domain == "accounting"
    assert not any("pension" in line.text for line in asks.lines)


def test_years_of_the_company_are_not_years_asked() -> None:
    asks = read_job(Job(id="1", title="Cook", description="For 10 years we cook."), SKILLS, BACKGROUND)
    assert asks.years is None


def test_bm25_is_that_of_rank_bm25_and_long_texts_are_not_punished() -> None:
    query = ("nurs", "patient", "unheardof")
    short, long, job = BACKGROUND.bm25(query, ["nurs", "patient"], ["nurs", "patient", *["other"] * 500], list(query))
    assert 0 < short == long < job
    assert BACKGROUND.domain(["nurs", "patient"]) == "nursing"
    assert BACKGROUND.domain([]) is None
