"""The scoring step: a résumé's file → its text → a Score with evidence, by built-in rules or a customer's model.

Names are loaded at first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.scoring.background import Background
    from engine.scoring.builtin import BuiltinScorer
    from engine.scoring.remote import RemoteScorer
    from engine.scoring.resume_text import ResumeReader
    from engine.scoring.skills import Skills

_MODULES = {
    "Background": "background",
    "BuiltinScorer": "builtin",
    "RemoteScorer": "remote",
    "ResumeReader": "resume_text",
    "Skills": "skills",
}
__all__ = ["Background", "BuiltinScorer", "RemoteScorer", "ResumeReader", "Skills"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"engine.scoring.{_MODULES[name]}"), name)
