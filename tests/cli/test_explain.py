"""``fieldwright explain``: what a code means, the nearest right one, and all of them."""

from __future__ import annotations

from engine.manifest.codes import codes
from tests.cli.running import fieldwright


def test_a_code_is_explained_with_what_why_how_and_an_example() -> None:
    ended = fieldwright("explain", "never-matched")
    code = codes()["never-matched"]
    assert ended.code == 0
    assert ended.out.startswith("never-matched (error)\n")
    for part in (code.what, code.why, code.mend, code.example):
        assert part
        assert part in ended.out
    assert fieldwright("explain", "never-matched", "--json").json["mend"] == code.mend


def test_an_unknown_code_is_answered_with_the_nearest() -> None:
    ended = fieldwright("explain", "never-macthed")
    assert ended.code == 2
    assert "did you mean `never-matched`?" in ended.err
    assert "lists them all" in fieldwright("explain", "xyz").err


def test_without_a_code_all_are_listed() -> None:
    ended = fieldwright("explain")
    assert ended.code == 0
    assert len(ended.out.splitlines()) == len(codes()) + 1
    assert len(fieldwright("explain", "--json").json) == len(codes())


def test_every_code_says_what_why_and_how_in_sentences() -> None:
    for code in codes().values():
        assert code.severity in ("error", "warning", "note")
        for text in (code.what, code.why, code.mend):
            assert text[0].isupper() or text[0] == "`", code.name
            assert text[-1] in ".)", code.name
