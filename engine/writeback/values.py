"""A manifest and what is known of one application in; the value of each output out.

``digest`` identifies a value, so that one that is already written is not written again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from engine.manifest.language.expressions import holds
from engine.manifest.language.templates import UNSET
from engine.manifest.model import Manifest, Output
from engine.model import Json


def output_values(manifest: Manifest, context: Mapping[str, Json]) -> dict[str, Json]:
    """The value of each output that has one, in the manifest's order.

    ``context`` is plain data: score, candidate, application, job, settings; feedback, shortlist and stage_move
    may be missing. An output that is off, whose ``when`` does not hold, or whose value is undefined, null or
    empty has none. Raises ExpressionError.
    """
    values: dict[str, Json] = {}
    for name, output in manifest.write_back.outputs.items():
        value = output_value(output, context)
        if value is not None:
            values[name] = value
    return values


def output_value(output: Output, context: Mapping[str, Json]) -> Json:
    """The value of one output, None where it has none. Raises ExpressionError."""
    if not output.enabled:
        return None
    if output.when is not None and not holds(output.when(context)):
        return None
    value = output.value.render(context)
    return None if _is_empty(value) else value


def _is_empty(value: Json) -> bool:
    if value is None or value is UNSET:
        return True
    return not value.strip() if isinstance(value, str) else value in ([], {})


def digest(value: Json) -> str:
    """The sha256 hex of ``value`` as canonical JSON: sorted keys, and 86.0 the same as 86."""
    text = json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _canonical(value: Json) -> Json:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    return value
