"""What a manifest cannot say is refused when it is loaded: once, at its place, with what to do instead."""

from __future__ import annotations

import pytest

from engine.manifest.build.unsupported import TABLE
from tests.manifest.planting import SHIPPED, findings, planted

SR = SHIPPED["smartrecruiters"]


@pytest.mark.parametrize(
    ("old", "new", "says", "instead"),
    [
        ("  get_company:\n", "  get_company:\n    «xml: <a/>\n", "`xml` is not supported", "REST or JSON"),
        ("  get_company:\n", "  get_company:\n    «soap: {body: <a/>}\n", "`soap` is not supported", "rungs"),
        ("events:\n", "events:\n  «token_endpoint: {path: /token}\n", "`token_endpoint`", "signature"),
        ("acknowledge: 202", "acknowledge: «303", "redirect", "2xx"),
        ("reply: {status: 200", "reply: {status: «302", "redirect", "2xx"),
        ("\nevents:\n", "\n«endpoints:\n  list_tests: {get: /list_tests}\n\nevents:\n", "contract", "write_back"),
        ("\nevents:\n", "\n«assessments: {start: {}}\n\nevents:\n", "contract", "write_back"),
    ],
)
def test_it_is_refused_at_its_place_with_the_reason_and_what_to_do(
    old: str, new: str, says: str, instead: str
) -> None:
    mistake = planted(SR, old, new)
    found = findings(mistake.text)
    assert [(one.code, one.line, one.column) for one in found] == [("unsupported", *mistake.place)]
    assert says in found[0].message
    assert instead in found[0].hint


def test_every_entry_says_why_and_what_instead() -> None:
    assert all(entry.why and entry.instead and entry.place for entry in TABLE)
