"""The YAML parser's complaints, in words for the person who wrote the file."""

from __future__ import annotations

import re

import yaml

_UNCLOSED_QUOTE = ("the quote that is opened here is not closed", "end the text with the same quote")
_EXPLANATIONS: tuple[tuple[str, str, str], ...] = (
    (
        r"mapping values are not allowed",
        "a colon is not expected here",
        "a text that holds `: ` needs quotes; else look at this line's indentation",
    ),
    (
        r"could not find expected ':'",
        "a `key: value` is expected here",
        "is a colon missing, or the indentation off?",
    ),
    (r"cannot start any token", "a text cannot begin with this character", "put the text in quotes"),
    (r"escape", "an unknown escape in a text with double quotes", "for a backslash write two"),
    (
        r"expected alphabetic",
        "a text that begins with `*`, `&` or `!` needs quotes",
        "put the text in quotes",
    ),
    (r"flow sequence", "the list that begins here with `[` is not closed", "is a `,` or the `]` missing?"),
    (
        r"flow mapping",
        "the mapping that begins here with `{` is not closed",
        "is a `,` or the `}` missing? a template needs quotes",
    ),
    (r"quoted scalar", *_UNCLOSED_QUOTE),
    (r"tag", "tags (`!…`) are not allowed", "a text that begins with `!` needs quotes"),
    (
        r"directive",
        "directives (lines that begin with `%`) are not allowed",
        "a text that begins with `%` needs quotes",
    ),
    (
        r"block end|expected key|block collection|block mapping|block entry|sequence entries|indent|block scalar",
        "this line does not fit the ones before it",
        "is its indentation the same as its neighbours'?",
    ),
    (r"document start", "the text goes on where the document should end", "is the indentation off?"),
)
_UNCLOSED = re.compile(r"flow (sequence|mapping)|quoted scalar.*end of stream|quoted scalar.*document indicator")


def explained(
    error: yaml.MarkedYAMLError, text: str, last_quoted: yaml.ScalarEvent | None = None
) -> tuple[int, int, str, str]:
    """Line and column from 1, what is wrong, and what to do, of a parser's ``error`` in ``text``.

    ``last_quoted`` is the last text in quotes before it.
    """
    problem = f"{error.context or ''} {error.problem or ''}"
    runaway = _runaway_start(last_quoted, error)
    if runaway:
        return *runaway, *_UNCLOSED_QUOTE
    mark = error.context_mark if _UNCLOSED.search(problem) else error.problem_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if _is_tab(text, line, column):
        return line, column, "a tab is not allowed here", "indent with spaces"
    for pattern, message, hint in _EXPLANATIONS:
        if re.search(pattern, problem):
            return line, column, message, hint
    return line, column, "this is not readable as YAML", ""


def _runaway_start(quoted: yaml.ScalarEvent | None, error: yaml.MarkedYAMLError) -> tuple[int, int] | None:
    """Where a text in quotes begins that went on to the next quote, lines below, with the trouble right there."""
    begin, end, trouble = (quoted and quoted.start_mark), (quoted and quoted.end_mark), error.problem_mark
    if begin and end and trouble and begin.line < end.line == trouble.line:
        return begin.line + 1, begin.column + 1
    return None


def _is_tab(text: str, line: int, column: int) -> bool:
    lines = text.split("\n")
    return line <= len(lines) and lines[line - 1][column - 1 : column] == "\t"
