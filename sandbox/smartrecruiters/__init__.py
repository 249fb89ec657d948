"""The pretend SmartRecruiters. ``SmartRecruiters`` is loaded when asked for, so that its switches alone load fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.smartrecruiters.service import SmartRecruiters

__all__ = ["SmartRecruiters"]


def __getattr__(name: str) -> Any:
    if name == "SmartRecruiters":
        from sandbox.smartrecruiters.service import SmartRecruiters

        return SmartRecruiters
    raise AttributeError(name)
