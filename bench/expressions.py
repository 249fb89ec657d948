"""What evaluating costs per record: a manifest's own expressions and templates, against plain jmespath and jinja2.

Both sides compile once and evaluate the same texts over the same sample data, in the same run
(``python -m bench.expressions``; goal: at least 3 times faster, each language by itself).
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jinja2
import jmespath

from engine.manifest.build import load
from engine.manifest.language.expressions import compile_path
from engine.manifest.language.template_filters import FILTERS
from engine.manifest.language.templates import compile_template
from engine.manifest.model import Manifest
from engine.manifest.yaml.source import read

GOAL = 3.0
ROUNDS = 7
REPEATS = 10
_MAPPINGS = Path(__file__).resolve().parent.parent / "mappings"
_PERSON = {
    "id": "c-1", "first_name": "Ana", "last_name": "Example", "name": "Ana Example", "email": "ana@example.com",
    "phone": "4105550100", "location": "Atlanta", "links": [], "tags": ["store-12"], "source": "web",
    "created_at": "2026-06-08T04:55:28Z", "updated_at": "2026-06-08T17:20:29Z",
}  # fmt: skip
_CONTEXT = {
    "settings": {"host": "api.example.com", "api_key": "fake-key", "region": "us", "signature_tolerance": "5m"},
    "candidate": _PERSON,
    "application": {"id": "a-1", "candidate_id": "c-1", "job_id": "j-1", "status": "NEW", "stage": "NEW"},
    "job": {"id": "j-1", "title": "Shift lead", "description": "Run a shift.", "status": "open"},
    "page": {"cursor": "abc", "number": 2, "offset": 50},
    "since": 1780000000.0,
    "fields": [{"id": "f-1", "value": 86}],
    "field": {"id": "f-1", "name": "Match Score", "type": "NUMBER", "kind": "number", "value": 86},
    "tags": ["Screened"],
    "note": {"text": "Match: 86 of 100", "subject": "Evaluation"},
    "score": {"match": 86, "reasons": ["3 years of retail sales"], "audit_id": "audit-1"},
}  # fmt: skip


def main() -> list[str]:
    """The lines of the report."""
    manifests = [load(file) for file in sorted(_MAPPINGS.glob("*.yaml")) if not file.stem.endswith(".test")]
    texts = sorted({text for manifest in manifests for text in _paths(manifest)})
    records = [sample for file in sorted(_MAPPINGS.glob("*.test.yaml")) for sample in _samples(file)]
    leaves = sorted({text for file in _manifest_files() for text in _templates(read(file).data)})
    leaves = [text for text in leaves if _renders(text)]
    calling = [text for text in texts if "(" in text]
    filtering = [text for text in leaves if re.search(r"[|~]| if | in ", text)]
    return [
        _report("JMESPath", texts, _jmespath_of(texts, records), len(records)),
        _told("  of these with functions", calling, _jmespath_of(calling, records), len(records)),
        _report("Jinja", leaves, _jinja_of(leaves), 1),
        _told("  of these with filters or conditions", filtering, _jinja_of(filtering), 1),
    ]


Pair = tuple[Callable[[], Any], Callable[[], Any]]


def _report(name: str, texts: list[str], pair: Pair, times: int) -> str:
    ratio, each_us = _measured(pair, len(texts) * times)
    verdict = "reached" if ratio >= GOAL else "MISSED"
    return f"{name}: {ratio:.1f}× plain, {len(texts)} texts, {each_us:.2f} µs each (goal {GOAL:.0f}×: {verdict})"


def _told(name: str, texts: list[str], pair: Pair, times: int) -> str:
    ratio, each_us = _measured(pair, len(texts) * times)
    return f"{name}: {ratio:.1f}× plain, {len(texts)} texts, {each_us:.2f} µs each"


def _measured(pair: Pair, evaluations: int) -> tuple[float, float]:
    """How many times faster ours is, and what one evaluation costs in µs: medians over the rounds."""
    ours, theirs = pair
    ratios, seconds = [], []
    for _ in range(ROUNDS):
        plain_s, our_s = _seconds(theirs), _seconds(ours)
        ratios.append(plain_s / our_s)
        seconds.append(our_s)
    return statistics.median(ratios), statistics.median(seconds) / evaluations * 1e6


def _seconds(run: Callable[[], Any]) -> float:
    started = time.process_time()
    for _ in range(REPEATS):
        run()
    return (time.process_time() - started) / REPEATS


def _jmespath_of(texts: list[str], records: list[Any]) -> Pair:
    """All expressions over all records: ours and jmespath's; a type error is an answer like any other."""
    ours = [compile_path(text) for text in texts]
    theirs = [jmespath.compile(text).search for text in texts]
    return lambda: _all(ours, records), lambda: _all(theirs, records)


def _all(evaluators: list[Any], records: list[Any]) -> None:
    for evaluate in evaluators:
        for record in records:
            try:
                evaluate(record)
            except Exception:
                continue


def _jinja_of(texts: list[str]) -> Pair:
    ours = [compile_template(text, "value").render for text in texts]
    environment = _plain_environment()
    theirs = [environment.from_string(text).render for text in texts]
    return lambda: [render(_CONTEXT) for render in ours], lambda: [render(_CONTEXT) for render in theirs]


def _plain_environment() -> jinja2.Environment:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.filters.update(FILTERS)
    return environment


def _paths(manifest: Manifest) -> Iterator[str]:
    """The expressions that run once per record or delivery."""
    for one in manifest.objects.values():
        yield from (path.text for path in one.fields.values())
    for operation in manifest.operations.values():
        yield from (path.text for path in (operation.records, operation.key, operation.success) if path)
    door, poll = manifest.events.webhook, manifest.events.poll
    for rule in door.types.values() if door else ():
        yield from (path.text for path in rule.ids.values())
    for stream in poll.streams.values() if poll else ():
        yield from (path.text for path in (*stream.ids.values(), stream.each, stream.watermark) if path)


def _samples(file: Path) -> Iterator[Any]:
    answers = read(file).data.get("answers", {})
    for answer in answers.values():
        for one in answer if isinstance(answer, list) else [answer]:
            if "json" in one:
                yield one["json"]


def _manifest_files() -> list[Path]:
    return [file for file in sorted(_MAPPINGS.glob("*.yaml")) if "." not in file.stem]


def _templates(data: Any) -> Iterator[str]:
    if isinstance(data, str) and "{{" in data and "{%" not in data:
        yield data
    elif isinstance(data, dict | list):
        for item in data.values() if isinstance(data, dict) else data:
            yield from _templates(item)


def _renders(text: str) -> bool:
    """Whether both sides give something for the sample context, so that both do the same work."""
    try:
        compile_template(text, "value").render(_CONTEXT)
        _plain_environment().from_string(text).render(_CONTEXT)
    except Exception:
        return False
    return True


if __name__ == "__main__":
    print("\n".join(main()))
