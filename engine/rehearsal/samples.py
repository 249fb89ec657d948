"""Sample answers of a manifest, turned to be about the ids of one event: what ``plan`` reads by default."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from engine.manifest.language.expressions import Path
from engine.manifest.model import Manifest
from engine.model import Ids, Json
from engine.rehearsal.answers import Answers, CannedAnswer

_NAMES = {
    "candidate": {"id": "candidate"},
    "job": {"id": "job"},
    "application": {"id": "application", "candidate_id": "candidate", "job_id": "job"},
}


def answers_about(manifest: Manifest, answers: Answers, ids: Ids) -> Answers:
    """``answers`` in which the records of candidate, job and application carry ``ids``, where those are known."""
    changed = dict(answers)
    for kind, names in _NAMES.items():
        rule = manifest.objects.get(kind)
        if rule is None:
            continue
        wanted = {rule.fields[field]: getattr(ids, name) for field, name in names.items() if field in rule.fields}
        known = {path: value for path, value in wanted.items() if value is not None}
        changed[rule.read] = tuple(_about(answer, known) for answer in changed.get(rule.read, ()))
    return {operation: given for operation, given in changed.items() if given}


def _about(answer: CannedAnswer, known: Mapping[Path, str]) -> CannedAnswer:
    try:
        record = json.loads(answer.body)
    except ValueError:
        return answer
    for path, value in known.items():
        for chain in path.references:
            if _put(record, chain, value):
                break
    return replace(answer, body=json.dumps(record).encode())


def _put(record: Json, chain: tuple[str, ...], value: str) -> bool:
    """Puts ``value`` where ``chain`` leads in ``record``, in the form it has there; False where nothing stands."""
    for key in chain[:-1]:
        record = record.get(key) if isinstance(record, dict) else None
    if not isinstance(record, dict) or chain[-1] not in record:
        return False
    is_number = isinstance(record[chain[-1]], int) and value.isdecimal()
    record[chain[-1]] = int(value) if is_number else value
    return True
