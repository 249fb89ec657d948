"""The control endpoints of every sandbox, under ``/_sandbox/``: JSON in, JSON out.

``GET state`` · ``POST switches {name: value}`` · ``POST faults {name: value} | {"clear": true}`` ·
``POST clock/advance {"seconds": 60}`` · ``POST apply {first_name, …, job_id, resume_base64}``: without
``job_id``, the person comes without an application.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.errors import InputError

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.contract import PretendAts
    from sandbox.people import SampleApplicant

_TEXTS = ("first_name", "last_name", "email", "phone", "city", "country_code", "applied_to", "source")
_Handler = Callable[[dict[str, Any]], dict[str, Any]]


def routes(ats: PretendAts) -> list[Route]:
    """The control endpoints' routes, for the pretend ATS's own Starlette app."""
    control = _Control(ats)
    return [
        Route("/_sandbox/state", control.state),
        Route("/_sandbox/switches", _posted(control.switches), methods=["POST"]),
        Route("/_sandbox/faults", _posted(control.faults), methods=["POST"]),
        Route("/_sandbox/clock/advance", _posted(control.advance), methods=["POST"]),
        Route("/_sandbox/apply", _posted(control.apply), methods=["POST"]),
    ]


class _Control:
    def __init__(self, ats: PretendAts) -> None:
        self._ats = ats

    async def state(self, _request: Request) -> Response:
        shown = {"name": self._ats.name, "switches": dict(self._ats.switches), "faults": self._ats.faults.as_dict()}
        return JSONResponse({**shown, **self._ats.state()})

    def switches(self, body: dict[str, Any]) -> dict[str, Any]:
        self._ats.switches.update(body)
        return dict(self._ats.switches)

    def faults(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.pop("clear", False):
            self._ats.faults.clear()
        self._ats.faults.set(**body)
        return self._ats.faults.as_dict()

    def advance(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            seconds = float(body.get("seconds", 0))
        except (TypeError, ValueError):
            raise InputError("seconds must be a number") from None
        self._ats.advance(seconds)
        return {"advanced_s": seconds}

    def apply(self, body: dict[str, Any]) -> dict[str, Any]:
        applicant, job_id = _applicant(body), str(body.get("job_id") or "")
        try:
            added = self._ats.apply(applicant, job_id) if job_id else self._ats.add_prospect(applicant)
            return {"candidate_id": added}
        except KeyError:
            raise InputError(f"No job {job_id!r}", hint="job_id is the pretend ATS's own id of the job.") from None


def _applicant(body: dict[str, Any]) -> SampleApplicant:
    from sandbox.people import SampleApplicant

    missing = [name for name in ("first_name", "last_name", "email") if not body.get(name)]
    if missing:
        raise InputError(f"Missing: {', '.join(missing)}")
    try:
        resume = base64.b64decode(body.get("resume_base64", ""), validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise InputError("resume_base64 is not base64") from None
    return SampleApplicant(
        **{name: str(body.get(name, "")) for name in _TEXTS},
        resume_name=str(body.get("resume_name", "resume.txt")),
        resume_content_type=str(body.get("resume_content_type", "text/plain")),
        resume_data=resume,
    )


def _posted(handle: _Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            return JSONResponse({"message": "The body is not JSON"}, status_code=400)
        if not isinstance(body, dict):
            return JSONResponse({"message": "The body must be a JSON object"}, status_code=400)
        try:
            return JSONResponse(handle(body))
        except InputError as error:
            return JSONResponse({"message": error.message, "hint": error.hint}, status_code=400)

    return endpoint
