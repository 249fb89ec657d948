"""OAuth of the pretend TrackerRMS, on its legacy host: consent, then tokens (TrackerRMS facts, A3).

``GET /oAuth2/Authorize`` sends the browser straight back with a code (nobody is asked); redirects stay on loopback.
``POST /oAuth2/Token`` takes a form with ``authorization_code`` or ``refresh_token``.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from engine.errors import InputError
from sandbox.trackerrms.credentials import CLIENT_ID, Credentials
from sandbox.trackerrms.webhook_url import check_loopback


def routes(credentials: Credentials) -> list[Route]:
    async def authorize(request: Request) -> Response:
        query = request.query_params
        try:
            redirect_uri = check_loopback(query.get("redirect_uri", ""))
        except InputError as error:
            return JSONResponse({"error": "invalid_request", "error_description": error.message}, 400)
        if query.get("client_id") != CLIENT_ID or query.get("response_type", "code") != "code":
            return JSONResponse({"error": "unauthorized_client"}, 400)
        back = {"code": credentials.authorize(redirect_uri)}
        if "state" in query:
            back["state"] = query["state"]
        joint = "&" if "?" in redirect_uri else "?"
        return RedirectResponse(f"{redirect_uri}{joint}{urlencode(back)}", 302)

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        answer, error = credentials.token(form)
        return JSONResponse({"error": error}, 400) if answer is None else JSONResponse(answer)

    return [
        Route("/oAuth2/Authorize", authorize, methods=["GET"]),
        Route("/oAuth2/Token", token, methods=["POST"]),
    ]
