"""Secrets, persons' data and ids are made up; the form of the data stays, and what goes together goes together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.manifest.build import load
from engine.manifest.connection import Connection
from engine.manifest.schema.files import data_folder
from engine.rehearsal.cassettes import suspected_in
from engine.rehearsal.replacing import Replacer
from engine.rehearsal.subjects import Subjects, subjects_of

_MANIFEST = load(data_folder("mappings") / "smartrecruiters.yaml")
_SUBJECTS = subjects_of(Connection("acme", _MANIFEST, {}))
_SECRET = "s3cr3t-of-acme"


def replacer(subjects: Subjects = _SUBJECTS) -> Replacer:
    return Replacer(subjects, frozenset({_SECRET}), frozenset({"api.acme.example"}))


def replaced(data: Any, *, personal: bool = True) -> Any:
    return replacer().replaced(data, personal=personal)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("firstName", "Ana"),
        ("lastName", "Smith-Jones"),
        ("email", "ana@acme-corp.com"),
        ("phoneNumber", "+44 (0)20 7946 1234"),
        ("city", "Leeds"),
        ("linkedin", "https://www.linkedin.com/in/ana-smith"),
        ("linkedin", "linkedin.com/in/ana-smith"),
        ("anything", "worked at Acme in Leeds"),
        ("anything", "07946123456"),
        ("anything", "https://ana-smith.dev/cv"),
        ("birthDate", "1990-05-04"),
        ("startDate", "2015-09-01"),
        ("gender", "female"),
        ("name", "Ana_Smith_CV.pdf"),
        ("token", "short"),
        ("anything", f"x {_SECRET} y"),
        ("anything", "Zx8Qw3Rt7Yu1Op5As9Df2G"),
        ("id", "24001"),
    ],
)
def test_of_a_person_it_is_made_up(key: str, value: str) -> None:
    made = replaced({key: value})[key]
    assert isinstance(made, str)
    assert made != value
    assert not [word for word in value.replace("-", " ").split() if len(word) > 3 and word in made.split()]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("status", "IN_REVIEW"),
        ("contentType", "application/pdf"),
        ("updatedOn", "2026-06-08T17:20:29.000Z"),
        ("updated", 1781112029000),
        ("type", "RESUME"),
        ("count", 12),
        ("active", True),
        ("nothing", None),
        ("empty", ""),
        ("activeRecord", "y"),
        ("list", []),
    ],
)
def test_what_tells_of_nobody_stays(key: str, value: Any) -> None:
    assert replaced({key: value}) == {key: value}


def test_of_a_job_short_texts_stay_and_the_people_in_it_do_not() -> None:
    job = {
        "title": "Senior Nurse",
        "location": {"city": "Leeds"},
        "creator": {"firstName": "Ana", "role": "Lead"},
        "hiringManager": "Ana Smith",
        "contact_email": "ana@acme-corp.com",
        "text": "Ask for Ana Smith, who has led the ward since 2015 and knows everybody there.",
    }
    made = replaced(job, personal=False)
    assert (made["title"], made["location"]) == (job["title"], job["location"])
    assert "Ana" not in str(made)
    assert made["contact_email"].endswith("@example.com")


def test_a_form_is_kept() -> None:
    made = replaced(
        {
            "phone": "+44 (0)20 7946-1234",
            "id": "d86ec58d-905c-5f59-815c-59d180f8b02e",
            "note": "<p>Dear <a href='https://x.dev'>Ana</a>,</p>\nsee you",
            "resumeId": 24001,
            "file": "Ana Smith.docx",
        }
    )
    assert made["phone"].startswith("+55 (5)55 5")
    assert made["id"] == "00000000-0000-4000-8000-00000000000" + made["id"][-1]
    assert made["note"].startswith("<p>")
    assert "<a>" in made["note"]
    assert "\n" in made["note"]
    assert isinstance(made["resumeId"], int)
    assert len(str(made["resumeId"])) == 5
    assert made["file"].endswith(".docx")


def test_the_same_id_is_the_same_as_number_as_text_and_in_a_path() -> None:
    replacing = replacer()
    made = replacing.replaced({"id": 24001, "other": {"candidateId": "24001"}}, personal=True)
    assert made["other"]["candidateId"] == str(made["id"])
    assert replacing.path("/candidates/24001/jobs/9") == f"/candidates/{made['id']}/jobs/{replacing.made.id('9')}"


def test_first_and_last_and_whole_name_go_together_and_are_found_in_other_texts() -> None:
    replacing = replacer()
    made = replacing.replaced({"firstName": "Ana", "fullName": "Ana Smith"}, personal=True)
    assert made["fullName"].split()[0] == made["firstName"]
    assert "Smith" not in replacing.without_known({"label": "Reviewed by Smith"})["label"]


def test_an_address_of_the_ats_keeps_its_host_and_the_mark_of_a_page_stays_a_mark() -> None:
    made = replaced(
        {"next_url": "https://api.acme.example/candidates?limit=100&pageId=abc", "nextPageId": "abc", "pageId": "7"}
    )
    assert made["next_url"].startswith("https://api.acme.example/candidates?limit=100&pageId=made-up-token-")
    assert made["next_url"].endswith(made["nextPageId"])
    assert made["pageId"] == "7"
    link = replacer().link('<https://api.acme.example/candidates?pageId=abc>; rel="next"')
    assert link.endswith('>; rel="next"')
    assert "abc" not in link


def test_the_words_of_a_configuration_stay_in_what_is_said_of_persons() -> None:
    replacing = replacer(replace(_SUBJECTS, words=frozenset()))
    replacing.learn_words([{"label": "Skima Match Score"}])
    assert replacing.replaced({"a": "Skima Match Score"}, personal=True) == {"a": "Skima Match Score"}


_REAL = st.sampled_from(
    ["ana.smith@acme-corp.com", "+44 20 7946 1234", "https://github.com/anasmith", _SECRET, "Zx8Qw3Rt7Yu1Op5As9Df2G"]
)
_LEAF = (
    _REAL | st.text(max_size=12) | st.integers() | st.booleans() | st.none() | st.builds("{} {}".format, _REAL, _REAL)
)
_KEYS = st.sampled_from(["a", "email", "name", "id", "status", "note", "url", "nextPageId", "date", "location"])
_RECORDS = st.recursive(
    _LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=15
)


@settings(max_examples=150, deadline=None)
@given(_RECORDS, st.booleans())
def test_nothing_suspicious_is_left_and_kinds_and_keys_stay(data: Any, personal: bool) -> None:
    replacing = replacer()
    made = replacing.without_known(replacing.replaced(data, personal=personal))
    assert [*suspected_in(made)] == []
    assert _SECRET not in str(made)
    assert _shape(made) == _shape(data)


def _shape(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _shape(value) for key, value in data.items()}
    return [_shape(value) for value in data] if isinstance(data, list) else type(data).__name__
