"""Where applications come from: source types, subtypes and values (SmartRecruiters facts, 3.5)."""

from __future__ import annotations

import hashlib

from sandbox.smartrecruiters.records import SourceRef
from sandbox.smartrecruiters.wire import ApiError

# type id → (label, subtypes)
TYPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "API": ("API", ("API",)),
    "CAREER_SITE": ("Career site", ("CAREER_SITE",)),
    "JOB_BOARD": ("Job board", ("STANDARD_JOB_BOARD", "CUSTOM_JOB_BOARD")),
    "REFERRALS": ("Referrals", ("EMPLOYEE_REFERRAL",)),
    "SOCIAL_NETWORK": ("Social network", ("SOCIAL_NETWORK",)),
    "AGENCY": ("Agency", ("AGENCY",)),
    "CUSTOM": ("Custom", ("CUSTOM",)),
}


def _reference(type_id: str, subtype_id: str, label: str) -> SourceRef:
    value_id = hashlib.sha256(f"{type_id}/{label}".encode()).hexdigest()[:24]
    return SourceRef(type_id, subtype_id, value_id, label)


API = _reference("API", "API", "API")
_KNOWN = (
    API,
    _reference("CAREER_SITE", "CAREER_SITE", "Company website"),
    _reference("JOB_BOARD", "STANDARD_JOB_BOARD", "Indeed"),
    _reference("JOB_BOARD", "CUSTOM_JOB_BOARD", "University board"),
    _reference("REFERRALS", "EMPLOYEE_REFERRAL", "Referral"),
    _reference("SOCIAL_NETWORK", "SOCIAL_NETWORK", "LinkedIn"),
    _reference("AGENCY", "AGENCY", "Example Agency"),
    _reference("CUSTOM", "CUSTOM", "Skima AI"),
)


class Sources:
    """The tenant's source values."""

    def __init__(self) -> None:
        self.values: dict[str, SourceRef] = {source.value_id: source for source in _KNOWN}

    def labelled(self, label: str) -> SourceRef:
        """The source with this label; an unknown one becomes a custom source, as an administrator would add it."""
        for source in self.values.values():
            if source.label.lower() == label.lower():
                return source
        added = _reference("CUSTOM", "CUSTOM", label) if label else API
        self.values[added.value_id] = added
        return added

    def chosen(self, details: dict[str, object], *, unknown: tuple[int, str], missing: str) -> SourceRef:
        """The source that a request names. ``unknown`` is the answer for a type, ``missing`` the code for a value."""
        type_id, value_id = str(details.get("sourceTypeId") or ""), str(details.get("sourceId") or "")
        subtype_id = str(details.get("sourceSubTypeId") or "")
        if type_id not in TYPES:
            raise ApiError(*unknown, "Unknown source type")
        if len(TYPES[type_id][1]) > 1 and not subtype_id:
            raise ApiError(400, "SUBTYPE_REQUIRED", f"{type_id} needs a sourceSubTypeId")
        found = self.values.get(value_id)
        if found is None or found.type_id != type_id or (subtype_id and found.subtype_id != subtype_id):
            raise ApiError(400, missing, "Unknown source")
        return found
