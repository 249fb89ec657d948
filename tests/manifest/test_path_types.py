"""What a JMESPath gives by the types of its data, and what in it cannot be right."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ExpressionError
from engine.manifest.language.expressions import compile_path
from engine.manifest.types import describe, of_value, union
from engine.manifest.types.paths import Followed, follow
from engine.manifest.types.scope import FILTER, as_type
from tests.manifest.test_types import JSON

ANSWER = {
    "content": [
        {"id": 7, "title": "Nurse", "tags": ["a"], "updatedOn": "2026-06-08T17:20:29Z", "owner": {"email": "a@b.c"}},
        {"id": 8, "title": None, "tags": [], "updatedOn": "2026-06-09T17:20:29Z", "location": {"city": "Leeds"}},
    ],
    "next": None,
    "total": 2,
}


def followed(text: str, data: object = ANSWER) -> Followed:
    return follow(compile_path(text), of_value(data))


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("content[].id", "a list of whole numbers"),
        ("content[0].title", "text"),
        ("content[].tags[]", "a list of texts"),
        ("content[?id > `7`].location.city", "a list of texts"),
        ("content[].{id: id, when: updatedOn} | [0].when", "a moment"),
        ("length(content)", "a whole number"),
        ("max_by(content, &id).title", "text"),
        ("map(&title, content)", "a list of texts"),
        ("next", "anything"),
        ("total || 'none'", "text or a whole number"),
        ("keys(@)", "a list of texts"),
        ("content[*].owner.email | join(', ', @)", "text"),
        ("!total", "true or false"),
    ],
)
def test_an_expression_gives_what_its_parts_give(text: str, given: str) -> None:
    found = followed(text)
    assert (describe(found.type), found.absent, found.clashes) == (given, (), ())


@pytest.mark.parametrize(
    ("text", "name", "known"),
    [
        ("contnt[].id", "contnt", "content"),
        ("content[].idd", "idd", "id"),
        ("content[].owner.mail", "owner.mail", "email"),
        ("content[?titel == 'x'].id", "titel", "title"),
        ("content[].{a: id, b: tilte}", "tilte", "title"),
        ("sort_by(content, &ide)[0].id", "ide", "id"),
        ("contnt || totl", "contnt", "content"),
        ("[contnt, totl][?@]", "contnt", "content"),
        ("not_null(contnt, totl)", "contnt", "content"),
    ],
)
def test_a_name_that_is_never_there_is_told_once_with_its_place_and_what_is_there(
    text: str, name: str, known: str
) -> None:
    (absent,) = followed(text).absent
    assert ".".join(absent.chain) == name
    assert known in absent.known
    assert text[absent.at :].startswith(absent.chain[-1])
    assert not absent.optional


@pytest.mark.parametrize("text", ["content || data", "data || content", "not_null(data, content)", "[a, total][?@]"])
def test_a_name_that_is_not_there_beside_one_that_is_there_is_optional(text: str) -> None:
    assert [absent.optional for absent in followed(text).absent] == [True]


def test_a_list_has_no_names() -> None:
    (absent,) = followed("content.id").absent
    assert absent.instead == {"list"}


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("content[?id == '7']", "never-true", "id =="),
        ("content[?updatedOn > `5`]", "never-true", "updatedOn"),
        ("content[?updatedOn > 'yesterday']", "never-true", "updatedOn"),
        ("content[?tags > tags]", "wrong-kind", "tags >"),
        ("length(total)", "wrong-kind", "total)"),
        ("join(', ', content[].id)", "wrong-kind", "content"),
        ("type(content) == 'list'", "never-true", "type"),
    ],
)
def test_what_cannot_be_right_is_told_at_its_place(text: str, code: str, at: str) -> None:
    (clash,) = followed(text).clashes
    assert clash.code == code
    assert text[clash.at :].startswith(at)


def test_ids_of_different_things_are_not_compared() -> None:
    (clash,) = follow(compile_path("candidate.id == job.id"), as_type(FILTER)).clashes
    assert (clash.code, clash.message) == ("wrong-id", "a candidate's id is compared with a job's id")


def test_a_word_that_is_none_of_those_there_are_is_told_with_the_nearest() -> None:
    (clash,) = follow(compile_path("event.type == 'stage.changd'"), as_type(FILTER)).clashes
    assert (clash.code, clash.hint) == ("never-true", "did you mean `stage.changed`?")


@pytest.mark.parametrize(
    "text",
    [
        "content[?id == `7`]",
        "content[?updatedOn > '2026-01-01']",
        "content[?title == 'x']",
        "next.anything[0].at.all",
        "next == 'x'",
        "contains(content[0].title, 'x')",
        "to_string(total) == '2'",
    ],
)
def test_what_may_be_right_is_not_told(text: str) -> None:
    found = followed(text)
    assert (found.absent, found.clashes) == ((), ())


PARTS = st.sampled_from(["a", "b", "c", "a.b", "b[0]", "c[]", "@", "a[*].b", "values(@)[0]", "b[?a]", "b[1:]", "*.a"])
EXPRESSIONS = st.one_of(
    PARTS,
    st.builds("{} || {}".format, PARTS, PARTS),
    st.builds("{} && {}".format, PARTS, PARTS),
    st.builds("[{}, {}]".format, PARTS, PARTS),
    st.builds("{{x: {}}}".format, PARTS),
    st.builds("{} | [0]".format, PARTS),
    st.builds("not_null({}, {})".format, PARTS, PARTS),
    st.builds("{} == {}".format, PARTS, PARTS),
    st.builds("to_array({})".format, PARTS),
    st.builds("map(&a, to_array({}))".format, PARTS),
)


@settings(max_examples=200)
@given(JSON, EXPRESSIONS)
def test_what_is_told_of_an_expression_holds_for_every_data_of_the_type(data: object, text: str) -> None:
    """Its result is of the type; a name that is told absent gives nothing."""
    found = follow(compile_path(text), of_value(data))
    try:
        result = compile_path(text)(data)
    except ExpressionError:
        return
    if found.type.kinds is not None and result is not None:
        given = of_value(result)
        assert union(found.type, given).kinds == found.type.kinds
