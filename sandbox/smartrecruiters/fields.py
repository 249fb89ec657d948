"""The custom fields of a pretend tenant, read from the ``fields`` switch: ``A:NUMBER,B:SINGLE_SELECT(x|y)``.

``A>Z:NUMBER`` is the field that was made as A and is called Z now: a field keeps its id when it is renamed.
"""

from __future__ import annotations

import re
import uuid

from engine.errors import InputError
from sandbox.smartrecruiters.records import Property

DEFAULT_FIELDS = (
    "Skima Match Score:NUMBER,Skima Reasons:TEXT,Shortlist Link:TEXT,"
    "HM Feedback:SINGLE_SELECT(👍|👎|Maybe),HM Comment:TEXT"
)
TYPES = frozenset(
    ["BOOLEAN", "COUNTRY", "CURRENCY", "DATE", "NUMBER", "PERCENT", "REGION", "TEXT", "USER", "SINGLE_SELECT"]
)
IDS = uuid.UUID("6f1d2c1e-0000-4000-8000-000000000000")
_FIELD = re.compile(r"\s*([^:(),]+?)\s*:\s*([A-Z_]+)\s*(?:\(([^)]*)\))?\s*(?:,|$)")


def read_fields(text: str) -> dict[str, Property]:
    """The custom fields that the ``fields`` switch names. Raises InputError when it cannot be read."""
    if text.strip().lower() in ("none", ""):
        return {}
    text = DEFAULT_FIELDS if text.strip().lower() == "default" else text
    found: dict[str, Property] = {}
    position = 0
    while position < len(text):
        match = _FIELD.match(text, position)
        if match is None or match[2] not in TYPES:
            raise InputError(
                f"fields cannot be read at {text[position:]!r}", hint="Like: 'A:NUMBER,B:SINGLE_SELECT(x|y)'"
            )
        definition = _field(match[1], match[2], match[3] or "")
        found[definition.id] = definition
        position = match.end()
    return found


def _field(text: str, kind: str, options: str) -> Property:
    made_as, _, renamed = (part.strip() for part in text.partition(">"))
    label = renamed or made_as
    labels = [part.strip() for part in options.split("|") if part.strip()]
    ids = {str(uuid.uuid5(IDS, f"option-{made_as}-{option}")): option for option in labels}
    return Property(str(uuid.uuid5(IDS, f"field-{made_as}")), label, kind, ids)
