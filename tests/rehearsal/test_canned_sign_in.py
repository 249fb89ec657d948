"""Signing in needs no answers in a rehearsal, wherever it says that calls go."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from connectors.calls import Caller
from engine.clock import ManualClock
from engine.manifest.connection import Connection
from engine.redaction import Secret
from engine.rehearsal.answers import CannedAnswer, CannedTransport
from tests.conformance.acme import manifest

DISCOVERED = """
    settings: {api_key: {type: secret, required: true}}
    apis:
      main:
        base_url: "%s"
        hosts: ["*.acme.example"]
        auth:
          - steps:
              - {name: find, get: "https://rest.acme.example/info", capture: {oauth_url: urls.oauth}}
              - name: login
                post: "{{ auth.oauth_url }}/login"
                form: {key: "{{ settings.api_key }}"}
                capture: {session: token, rest_url: urls.rest}
            headers: {X-Session: "{{ auth.session }}"}
    operations:
      me: {get: /me}
"""


@pytest.mark.parametrize(
    ("base_url", "host"),
    [("{{ auth.rest_url }}", "placeholder-rest-url.acme.example"), ("https://api.acme.example", "api.acme.example")],
)
def test_an_address_that_signing_in_gives_is_a_placeholder_on_a_declared_host(base_url: str, host: str) -> None:
    made = manifest(DISCOVERED % base_url)
    transport = CannedTransport(made, {"me": [CannedAnswer(200, body=b"{}")]})
    connection = Connection("tenant", made, {"api_key": Secret("not-a-real-key")})
    with Caller(connection, transport=transport, clock=ManualClock()) as caller:
        caller.call("me", {})
    made_to = [(one.request.operation, urlsplit(one.request.url).hostname) for one in transport.exchanged]
    assert made_to[0] == ("sign_in.find", "rest.acme.example")
    assert made_to[1] == ("sign_in.login", "placeholder-oauth-url.acme.example")
    assert made_to[2] == ("me", host)
    assert transport.exchanged[2].request.headers["X-Session"] == "placeholder-session"
