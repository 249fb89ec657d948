"""What a template gives by the types of the names it reads, and what in it cannot be right."""

from __future__ import annotations

import pytest

from engine.manifest.language.template_checks import Kind
from engine.manifest.language.template_filters import FILTERS
from engine.manifest.language.templates import compile_template
from engine.manifest.types import describe
from engine.manifest.types.paths import Followed
from engine.manifest.types.scope import FILTER, NOTE, REQUEST, as_type
from engine.manifest.types.template_results import FILTER_RESULTS
from engine.manifest.types.templates import follow_template

SCOPE = as_type({**FILTER, **NOTE, **REQUEST})


def followed(text: str, kind: Kind = "value") -> Followed:
    return follow_template(compile_template(text, kind), SCOPE)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("{{ score.match }}", "a whole number"),
        ("{{ job.id }}", "a job's id"),
        ("{{ candidate.id | int }}", "a candidate's id"),
        ("{{ candidate.tags }}", "a list of texts"),
        ("{{ candidate.tags | join(', ') }}", "text"),
        ("{{ candidate.tags | first }}", "text"),
        ("{{ candidate['tags'][0] }}", "text"),
        ("{{ score.reasons | length }}", "a whole number"),
        ("{{ since | epoch_ms }}", "a whole number"),
        ("{{ since }}", "a moment"),
        ("{{ score.match if prospect else job.title }}", "text or a whole number"),
        ("{{ score.match + 1 }}", "a number"),
        ("{{ job.title ~ '!' }}", "text"),
        ("{{ [1, 2] }}", "a list of whole numbers"),
        ("{{ {'a': 1} }}", "an object"),
        ("{{ true }}", "true or false"),
        ("{{ fields | keyed }}", "an object"),
        ("{{ not prospect }}", "true or false"),
        ("Score {{ score.match }}", "text"),
        ("Score", "text"),
        ("{{ record.anything }}", "anything"),
    ],
)
def test_a_template_gives_what_its_expression_gives_or_text(text: str, given: str) -> None:
    found = followed(text)
    assert (describe(found.type), found.absent, found.clashes) == (given, (), ())


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("{{ job.title | bullets }}", "`bullets` expects a list, and this is text", "bullets"),
        ("{{ candidate.tags | upper }}", "`upper` expects", "upper"),
        ("{{ candidate.tags | date }}", "`date` expects text or a number", "date"),
        ("{{ job.title | date }}", "`date` expects a moment", "date"),
        ("Tags: {{ candidate.tags }}", "a list of texts cannot stand in a text", "candidate.tags"),
        ("{{ 'x' ~ score.education }}", "a list of objects cannot stand in a text", "score.education"),
        ("{{ candidate.tags + 1 }}", "`+` expects numbers, and this is a list of texts", "candidate.tags"),
        ("{{ 'a' if candidate.tags > 1 }}", "a list of texts is compared with a whole number", "candidate.tags"),
        ("{{ 'a' if candidate.id == job.id }}", "a candidate's id is compared with a job's id", "candidate.id"),
        ("{{ 'a' if event.source == 'hook' }}", "it is never `hook`", "event.source"),
        ("{{ 'a' if event.source in ['hook', 'pole'] }}", "it is never `hook`", "event.source"),
    ],
)
def test_what_cannot_be_right_is_told_at_its_place(text: str, message: str, at: str) -> None:
    (clash,) = followed(text).clashes
    assert message in clash.message
    assert text[clash.at :].startswith(at)


def test_a_loop_s_name_is_an_item_of_its_list() -> None:
    note = "{% for cause in causes %}{{ loop.index }} {{ cause.place }}: {{ cause.whi }}{% endfor %}"
    (absent,) = followed(note, "note").absent
    assert absent.chain == ("cause", "whi")
    assert "why" in absent.known
    (clash,) = followed("{% for letter in job.title %}{{ letter }}{% endfor %}", "note").clashes
    assert clash.message == "a loop goes through a list, and this is text"


def test_a_name_that_is_only_asked_for_may_be_absent() -> None:
    assert [one.optional for one in followed("{{ 'a' if candidate.nickname is defined }}").absent] == [True]
    assert [one.optional for one in followed("{{ candidate.nickname }}").absent] == [False]


def test_what_every_filter_gives_is_known() -> None:
    assert set(FILTER_RESULTS) == set(FILTERS)
