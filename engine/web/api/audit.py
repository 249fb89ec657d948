"""``/audit``: calls to ATSs and what operators did. Of what concerns all tenants only keys for all see."""

from __future__ import annotations

from dataclasses import asdict

from engine.clock import iso
from engine.model import Json
from engine.web.api.declared import PAGE, TENANT, Asked, Endpoint, Parameter, page_of


def endpoints() -> list[Endpoint]:
    """The routes of this resource."""
    filters = (
        TENANT,
        Parameter("event", "query", "Only what was done for this event."),
        Parameter("actor", "query", "Only what they did, such as `engine` or `key:key_…`."),
        Parameter("operation", "query", "Only this, such as `replay`."),
    )
    return [Endpoint("GET", "/audit", "admin", "The audit's rows, newest first.", _list, (*filters, *PAGE))]


def _list(asked: Asked) -> Json:
    found = asked.browse.audit(
        asked.text("tenant"),
        asked.text("event"),
        asked.text("actor"),
        asked.text("operation"),
        behind=asked.behind,
        limit=asked.limit,
    )
    last = (found[-1].at, found[-1].id) if found else None
    return page_of("audit", [{**asdict(entry), "at": iso(entry.at)} for entry in found], last, asked.limit)
