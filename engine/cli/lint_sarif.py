"""Findings as SARIF 2.1.0: the form in which code hosts and editors take what a linter found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from engine import __version__
from engine.manifest.codes import Code, codes
from engine.manifest.findings import Finding
from engine.model import Json

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(found: Sequence[Finding]) -> Json:
    """The log of one run. Files in the working folder are named from there, others by their whole address."""
    used = sorted({finding.code for finding in found})
    known = codes()
    rules = [_rule(known[name]) for name in used]
    driver = {"name": "fieldwright lint", "version": __version__, "rules": rules}
    results = [_result(finding, used.index(finding.code)) for finding in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: Code) -> Json:
    example = f"\n\n    {code.example}" if code.example else ""
    return {
        "id": code.name,
        "shortDescription": {"text": code.what},
        "fullDescription": {"text": f"{code.what} {code.why}"},
        "help": {"text": f"{code.mend}{example}"},
        "defaultConfiguration": {"level": code.severity},
    }


def _result(finding: Finding, rule: int) -> Json:
    text = f"{finding.message}\n{finding.hint}" if finding.hint else finding.message
    region = {"startLine": finding.line, "startColumn": finding.column}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(finding.file)}, "region": region}}],
    }


def _uri(file: str) -> str:
    path = Path(file)
    if not path.is_absolute():
        return quote(path.as_posix())
    here = Path.cwd()
    return quote(path.relative_to(here).as_posix()) if path.is_relative_to(here) else path.as_uri()
