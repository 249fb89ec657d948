"""The recruiter's pages of a pretend ATS: what people see after the engine has written.

In: a PretendAts. Out: Starlette routes: ``/`` (all candidates), ``/candidates-page/{id}`` (one), and its files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.contract import AttachmentView, CandidateView, PretendAts

_TITLES = {"smartrecruiters": "SmartRecruiters", "trackerrms": "TrackerRMS"}
_OPENED_IN_PLACE = ("application/pdf", "text/plain", "image/png", "image/jpeg")
_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
}

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _size(size_bytes: int) -> str:
    return f"{size_bytes} B" if size_bytes < 1024 else f"{size_bytes / 1024:.0f} KB"


def _when(timestamp: str) -> str:
    return timestamp[:16].replace("T", " ")


_ENVIRONMENT.filters.update(size=_size, when=_when)


def routes(ats: PretendAts) -> list[Route]:
    """The pages' routes, for the pretend ATS's own Starlette app."""
    pages = _Pages(ats)
    return [
        Route("/", pages.listing),
        Route("/candidates-page/{id}", pages.candidate),
        Route("/candidates-page/{id}/files/{file}", pages.file),
    ]


class _Pages:
    def __init__(self, ats: PretendAts) -> None:
        self._ats = ats

    async def listing(self, _request: Request) -> Response:
        rows = [row for candidate in self._ats.candidates() for row in _rows(candidate)]
        labels = list(dict.fromkeys(label for row in rows for label in row["numbers"]))
        rows.sort(key=lambda row: _first_number(row, labels), reverse=True)
        return self._html("candidates.html", rows=rows, labels=labels)

    async def candidate(self, request: Request) -> Response:
        candidate = self._view(request)
        return self._html("candidate.html", candidate=candidate) if candidate else _missing()

    async def file(self, request: Request) -> Response:
        candidate = self._view(request)
        wanted = request.path_params["file"]
        found = next((item for item in candidate.attachments if item.id == wanted), None) if candidate else None
        return _download(found) if found else _missing()

    def _view(self, request: Request) -> CandidateView | None:
        try:
            return self._ats.candidate_view(request.path_params["id"])
        except KeyError:
            return None

    def _html(self, template: str, **values: Any) -> Response:
        title = _TITLES.get(self._ats.name, self._ats.name)
        text = _ENVIRONMENT.get_template(template).render(ats=title, **values)
        return HTMLResponse(text, headers=_HEADERS)


def _rows(candidate: CandidateView) -> list[dict[str, Any]]:
    """One row per application, or one for a person without any."""
    applications = candidate.applications or (None,)
    rows = []
    for application in applications:
        fields = (application.fields if application else ()) + candidate.fields
        numbers = {item.label: item.value for item in fields if item.kind.upper() in ("NUMBER", "PERCENT")}
        rows.append({"candidate": candidate, "application": application, "numbers": numbers})
    return rows


def _first_number(row: dict[str, Any], labels: list[str]) -> float:
    """What the list is sorted by: the first numeric field; rows without one come last, in their own order."""
    try:
        return float(row["numbers"][labels[0]])
    except (IndexError, KeyError, ValueError):
        return float("-inf")


def _missing() -> Response:
    return HTMLResponse("<h1>No such candidate or file</h1>", status_code=404, headers=_HEADERS)


def _download(attachment: AttachmentView) -> Response:
    plain = attachment.content_type.split(";")[0].strip().lower()
    how = "inline" if plain in _OPENED_IN_PLACE else "attachment"
    name = attachment.name.encode("ascii", "replace").decode().replace('"', "'").replace("\r", "").replace("\n", "")
    headers = {"content-disposition": f'{how}; filename="{name}"', "x-content-type-options": "nosniff"}
    media_type = plain if how == "inline" else "application/octet-stream"
    return Response(attachment.data, media_type=media_type, headers=headers)
