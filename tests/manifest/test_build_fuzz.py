"""Whatever is done to a good file, reading it ends with a manifest or with findings, never with a traceback."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.cli.lint_files import lint_file
from engine.errors import SpecError
from engine.manifest.build import examine
from engine.manifest.findings import Finding
from engine.manifest.lint.check import lint
from engine.manifest.schema.files import data_folder
from engine.manifest.yaml.inside import position_inside
from engine.manifest.yaml.source import read_text
from tests.manifest.planting import SHIPPED

NAMES = st.sampled_from(sorted(SHIPPED))
MANY = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
_TOKEN = re.compile(r"[\w.]+|[^\w\s]")
_STRANGE = [
    "",
    "0",
    "-1",
    "null",
    "true",
    "[]",
    "{}",
    "{{ x",
    "}}",
    "`",
    "'",
    '"',
    "*",
    "&a",
    "|",
    "é",
    "9" * 30,
    "0/s",
    "[a",
]
TENANT = """\
tenant: acme
extends: smartrecruiters
settings: {api_key: "${env:ACME_KEY}", test_candidate: 12}
fields: {match_score: AI Fit}
outputs: {hm_comment: off}
rungs: {reasons: [note, attachment]}
texts: {screened: "Seen {{ job.title }}"}
when: {match_score: "score.match >= `50`"}
notes:
  evaluation: |
    Score {{ outputs.match_score }}
events: {webhook: off, poll: {every: 15m, full_pass: 12h}}
limits: {rate: 5/s, concurrency: 2}
jobs: {only: [a]}
stage_move: {to: INTERVIEW, when: score.match}
shortlist: {url: "https://s.example/{{ job.id }}"}
"""


def findings(text: str, name: str = "smartrecruiters") -> list[Finding]:
    """What lint finds in ``text`` in the place of the shipped manifest, its samples beside it."""
    try:
        return list(lint(read_text(text, str(data_folder("mappings") / f"{name}.yaml"))).findings)
    except SpecError as error:
        return list(error.findings)


def assert_told(found: list[Finding], text: str) -> None:
    lines = text.count("\n") + 2
    for finding in found:
        assert 1 <= finding.line <= lines
        assert finding.column >= 1
        assert finding.code
        assert finding.message
        assert "\n" not in finding.message


@MANY
@given(st.data(), NAMES)
def test_deleting_lines_gives_findings_or_a_manifest(data: st.DataObject, name: str) -> None:
    lines = SHIPPED[name].splitlines(keepends=True)
    gone = data.draw(st.sets(st.integers(0, len(lines) - 1), min_size=1, max_size=4))
    text = "".join(line for index, line in enumerate(lines) if index not in gone)
    assert_told(findings(text, name), text)


@MANY
@given(st.data(), NAMES)
def test_replacing_tokens_gives_findings_or_a_manifest(data: st.DataObject, name: str) -> None:
    text = SHIPPED[name]
    tokens = list(_TOKEN.finditer(text))
    for _ in range(data.draw(st.integers(1, 3))):
        token = data.draw(st.sampled_from(tokens))
        other = data.draw(st.sampled_from([*_STRANGE, data.draw(st.sampled_from(tokens)).group()]))
        text = (
            text.replace(token.group(), other, 1)
            if data.draw(st.booleans())
            else (text[: token.start()] + other + text[token.end() :])
        )
    assert_told(findings(text, name), text)


@MANY
@given(st.data(), NAMES)
def test_swapping_blocks_of_lines_gives_findings_or_a_manifest(data: st.DataObject, name: str) -> None:
    lines = SHIPPED[name].splitlines(keepends=True)
    start, other = sorted(data.draw(st.tuples(*[st.integers(0, len(lines) - 1)] * 2)))
    size = data.draw(st.integers(1, 3))
    moved, rest = lines[start : start + size], lines[:start] + lines[start + size :]
    text = "".join(rest[:other] + moved + rest[other:])
    assert_told(findings(text, name), text)


@MANY
@given(st.data())
def test_a_broken_overlay_gives_findings_or_an_overlay(data: st.DataObject) -> None:
    tokens = list(_TOKEN.finditer(TENANT))
    token = data.draw(st.sampled_from(tokens))
    other = data.draw(st.sampled_from([*_STRANGE, data.draw(st.sampled_from(tokens)).group()]))
    text = TENANT[: token.start()] + other + TENANT[token.end() :]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "acme.yaml"
        file.write_text(text, "utf-8")
        assert_told(list(lint_file(file).findings), text)


@MANY
@given(st.text(max_size=300))
def test_any_text_at_all_gives_findings(text: str) -> None:
    assert findings(text)


@given(
    st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=30),
    st.sampled_from(["double", "single", "block"]),
    st.data(),
)
def test_a_place_inside_a_quoted_text_or_block_is_exact(value: str, style: str, data: st.DataObject) -> None:
    value = f"x{value}"
    offset = data.draw(st.integers(0, len(value) - 1))
    if style == "double":
        written = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    elif style == "single":
        written = "'" + value.replace("'", "''") + "'"
    else:
        written = f"|\n      first\n      {value}"
        offset += len("first\n")
    text = f"a:\n  b: {written}\n"
    source = read_text(text, "f.yaml")
    raw = source.raw(("a", "b")) or ""
    line, column = position_inside(text, source.mark(("a", "b")), raw, offset)
    told = text.split("\n")[line - 1][column - 1]
    assert told == raw[offset] or (told == "\\" and raw[offset] in '\\"')


def test_the_same_file_gives_the_same_manifest_and_nothing_is_shared() -> None:
    first, _ = examine(read_text(SHIPPED["trackerrms"], "trackerrms.yaml"))
    second, _ = examine(read_text(SHIPPED["trackerrms"], "trackerrms.yaml"))
    assert first is not None
    assert second is not None
    assert first.digest == second.digest
    assert first.operations == second.operations
