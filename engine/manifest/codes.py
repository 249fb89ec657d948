"""What each code of a finding means: ``schemas/codes.yaml``, read when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine.manifest.findings import Severity
from engine.manifest.schema.files import data_folder
from engine.manifest.yaml.source import read


@dataclass(frozen=True, slots=True)
class Code:
    """One code: what is wrong, why it matters, how to mend it, and how it looks when it is right ("": no example)."""

    name: str
    severity: Severity
    what: str
    why: str
    mend: str
    example: str = ""


@lru_cache(maxsize=1)
def codes() -> Mapping[str, Code]:
    """Every code by its name, in the order of the alphabet."""
    entries = read(data_folder("schemas") / "codes.yaml").data
    return {name: Code(name, **entries[name]) for name in sorted(entries)}
