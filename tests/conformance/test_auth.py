"""Mechanisms 1–13: every way of finding an ATS and signing in to it, over real HTTP, from a manifest's text."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.calls import Caller
from connectors.transport import HttpTransport
from engine.errors import CredentialRefused, InputError, Refused, Transient
from engine.redaction import Secret
from tests.conformance.acme import Acme
from tests.conformance.mechanisms import mechanism
from tests.fake_server import Reply, Script, Seen

KEY = "not-a-real-key"
TOKEN = Reply(json={"access_token": "fake-token", "expires_in": 3600})


def basic(seen: Seen) -> str:
    scheme, _, given = seen.headers["authorization"].partition(" ")
    assert scheme == "Basic"
    return base64.b64decode(given).decode()


def form(seen: Seen) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}


class Memory:
    """A keeper that outlives its caller."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def put(self, name: str, value: str) -> None:
        self.values[name] = value

    def change(self, name: str, to: Callable[[str | None], str]) -> str:
        value = to(self.get(name))
        self.put(name, value)
        return value


@mechanism(1)
def test_a_header_carries_the_key_in_the_atss_own_form(acme: Acme) -> None:
    acme.server.on("GET", "/me", Reply(json={}))
    caller = acme.caller("""
        apis:
          main:
            base_url: https://api.acme.example
            auth: [{headers: {Authorization: "Token token={{ settings.api_key }}"}}]
        operations:
          me: {get: /me}
    """)
    caller.call("me", {})
    assert acme.server.requests[0].headers["authorization"] == f"Token token={KEY}"
    assert KEY not in caller.prepare("me", {}).shown()


@mechanism(2)
def test_basic_authentication_takes_the_key_as_user_and_no_password(acme: Acme) -> None:
    acme.server.on("GET", "/me", Reply(json={}))
    caller = acme.caller("""
        apis:
          main:
            base_url: https://api.acme.example
            auth: [{basic: {username: "{{ settings.api_key }}", password: ""}}]
        operations:
          me: {get: /me}
    """)
    caller.call("me", {})
    assert basic(acme.server.requests[0]) == f"{KEY}:"
    shown = caller.prepare("me", {}).shown()
    assert acme.server.requests[0].headers["authorization"].partition(" ")[2] not in shown


@mechanism(3)
def test_a_key_in_the_query_goes_along_and_is_masked_where_it_is_shown(acme: Acme) -> None:
    acme.server.on("GET", "/me", Reply(json={}))
    caller = acme.caller("""
        apis:
          main:
            base_url: https://api.acme.example
            auth: [{query: {apikey: "{{ settings.api_key }}"}}]
        operations:
          me: {get: /me, query: {limit: 1}}
    """)
    caller.call("me", {})
    assert acme.server.requests[0].query == {"limit": ["1"], "apikey": [KEY]}
    assert KEY not in caller.prepare("me", {}).shown()


@mechanism(4)
def test_a_rotated_refresh_token_is_kept_over_a_restart_and_extra_fields_go_along(acme: Acme) -> None:
    acme.server.on("POST", "/token", Reply(json={"access_token": "fake-1", "refresh_token": "second"}))
    acme.server.on("GET", "/me", Reply(json={}))
    keeper = Memory()
    for _ in range(2):
        acme.caller(
            """
            apis:
              main:
                base_url: https://api.acme.example
                auth:
                  - steps:
                      - name: token
                        post: /token
                        form:
                          grant_type: refresh_token
                          refresh_token: "{{ auth.refresh_token | default(settings.api_key) }}"
                          audience: https://api.acme.example/v1/
                        capture: {access_token: access_token, refresh_token: refresh_token}
                        keep: [refresh_token]
                    headers: {Authorization: "Bearer {{ auth.access_token }}"}
            operations:
              me: {get: /me}
            """,
            keeper=keeper,
        ).call("me", {})
    asked = [form(seen) for seen in acme.server.seen("/token")]
    assert [one["refresh_token"] for one in asked] == [KEY, "second"]
    assert asked[0]["audience"] == "https://api.acme.example/v1/"


CLIENT_CREDENTIALS = """
    settings:
      client_id: {type: text, required: true}
      client_secret: {type: secret, required: true}
      user: {type: text}
    apis:
      main:
        base_url: https://api.acme.example
        hosts: [login.acme.example]
        auth:
          - steps:
              - name: token
                post: https://login.acme.example/token
                basic: {username: "{{ settings.client_id }}", password: "{{ settings.client_secret }}"}
                form: {grant_type: client_credentials, sub: "{{ settings.user }}"}
                capture: {access_token: access_token}
                expires: {after: expires_in, default: 1h}
            headers: {Authorization: "Bearer {{ auth.access_token }}"}
    operations:
      me: {get: /me}
"""


@mechanism(5)
def test_client_credentials_sign_in_by_basic_authentication_with_fields_beside_the_grant(acme: Acme) -> None:
    acme.server.on("POST", "/token", TOKEN).on("GET", "/me", Reply(json={}))
    settings = {"client_id": "client", "client_secret": Secret("fake:secret"), "user": "u-1"}
    acme.caller(CLIENT_CREDENTIALS, settings).call("me", {})
    token, me = acme.server.requests
    assert basic(token) == "client:fake:secret"
    assert form(token) == {"grant_type": "client_credentials", "sub": "u-1"}
    assert me.headers["authorization"] == "Bearer fake-token"


@mechanism(5)
def test_a_field_of_the_grant_that_is_not_set_is_left_out(acme: Acme) -> None:
    acme.server.on("POST", "/token", TOKEN).on("GET", "/me", Reply(json={}))
    acme.caller(CLIENT_CREDENTIALS, {"client_id": "client", "client_secret": Secret("fake")}).call("me", {})
    assert form(acme.server.requests[0]) == {"grant_type": "client_credentials"}


DISCOVERED = """
    settings: {username: {type: text, required: true}, api_key: {type: secret, required: true}}
    apis:
      main:
        base_url: "{{ auth.rest_url }}"
        hosts: ["*.acme.example"]
        auth:
          - steps:
              - name: discover
                get: https://rest.acme.example/loginInfo
                query: {username: "{{ settings.username }}"}
                capture: {oauth_url: oauthUrl, login_url: restUrl}
                expires: {default: 24h}
              - name: token
                post: "{{ auth.oauth_url }}/token"
                form: {refresh_token: "{{ auth.refresh_token | default(settings.api_key) }}"}
                capture: {access_token: access_token, refresh_token: refresh_token}
                expires: {after: expires_in, default: 10m}
                keep: [refresh_token]
              - name: login
                post: "{{ auth.login_url }}login"
                query: {version: "*", access_token: "{{ auth.access_token }}"}
                capture: {session: BhRestToken, rest_url: restUrl}
                expires: {default: 9m}
            headers: {BhRestToken: "{{ auth.session }}"}
            renew_on: [401, 412]
    operations:
      me: {get: /ping}
      create: {put: /entity/Note, json: {comments: hello}}
"""
REST = "https://rest9.acme.example/rest-services/e9/"
HERE = {"username": "ana", "api_key": Secret(KEY)}


def alive_with(session: str) -> Script:
    return lambda seen: Reply(json={}) if seen.headers["bhresttoken"] == session else Reply(401)


def discovering(acme: Acme, rest_url: str = REST) -> None:
    info = {"oauthUrl": "https://auth9.acme.example/oauth", "restUrl": "https://rest9.acme.example/rest-services/"}
    acme.server.on("GET", "/loginInfo", Reply(json=info))
    acme.server.on(
        "POST", "/oauth/token", Reply(json={"access_token": "fake+1", "refresh_token": "r2", "expires_in": 600})
    )
    acme.server.on("POST", "/rest-services/login", Reply(json={"BhRestToken": "fake-session", "restUrl": rest_url}))
    acme.server.on("GET", "/rest-services/e9/ping", Reply(json={}))


@mechanism(6, 7)
def test_each_step_feeds_the_next_and_the_last_says_where_calls_go(acme: Acme) -> None:
    discovering(acme)
    acme.caller(DISCOVERED, HERE).call("me", {})
    assert [seen.path for seen in acme.server.requests] == [
        *("/loginInfo", "/oauth/token", "/rest-services/login", "/rest-services/e9/ping"),
    ]
    info, _, login, ping = acme.server.requests
    assert info.query == {"username": ["ana"]}
    assert login.query == {"version": ["*"], "access_token": ["fake+1"]}
    assert ping.headers["bhresttoken"] == "fake-session"
    assert ping.headers["host"] == acme.server.origin.removeprefix("http://")


ELSEWHERE = [
    "https://rest9.evil.example/rest-services/e9/",
    "http://rest9.acme.example/",
    "https://rest9.acme.example:8443/",
    "https://acme.example.evil.example/",
    "https://user@rest9.acme.example/",
    "https://rest9.acme.example/x?y=",
    "https://127.0.0.1/",
    "/rest-services/",
]


@mechanism(7)
@pytest.mark.parametrize("rest_url", ELSEWHERE)
def test_a_base_url_off_the_declared_hosts_gets_nothing(acme: Acme, rest_url: str) -> None:
    discovering(acme, rest_url)
    with pytest.raises(Refused) as caught:
        acme.caller(DISCOVERED, HERE).call("me", {})
    assert caught.value.stage == "before"
    assert "evil" not in str(caught.value)
    assert acme.server.requests[-1].path == "/rest-services/login"


@mechanism(7)
def test_a_step_is_not_made_at_an_address_off_the_declared_hosts(acme: Acme) -> None:
    discovering(acme)
    acme.server.on("GET", "/loginInfo", Reply(json={"oauthUrl": "https://evil.example", "restUrl": "x"}))
    with pytest.raises(Refused):
        acme.caller(DISCOVERED, HERE).call("me", {})
    assert [seen.path for seen in acme.server.requests] == ["/loginInfo"]


@mechanism(7)
def test_a_request_is_shown_before_anyone_signed_in(acme: Acme) -> None:
    shown = acme.caller(DISCOVERED, HERE).prepare("create", {}).shown()
    assert shown.startswith("PUT https://not-signed-in.acme.example/entity/Note")
    assert acme.server.requests == []


REGIONS = """
    settings:
      region: {type: choice, of: [eu, us, ap]}
      api_key: {type: secret, required: true}
    apis:
      main:
        base_url:
          by: settings.region
          of: {eu: https://eu.acme.example/eu, us: https://us.acme.example/us, ap: https://ap.acme.example/ap}
          probe: true
        auth: [{headers: {X-Key: "{{ settings.api_key }}"}}]
        check: me
    operations:
      me: {get: /me}
      people: {get: /people}
"""


def in_region_us(acme: Acme) -> None:
    for region in ("eu", "us", "ap"):
        good = Reply(json={}) if region == "us" else Reply(401)
        acme.server.on("GET", f"/{region}/me", good).on("GET", f"/{region}/people", good)


@mechanism(8)
def test_a_setting_chooses_the_region(acme: Acme) -> None:
    in_region_us(acme)
    acme.caller(REGIONS, {"region": "us", "api_key": Secret(KEY)}).call("people", {})
    assert [seen.path for seen in acme.server.requests] == ["/us/people"]


@mechanism(8)
def test_without_the_setting_the_region_that_accepts_the_credential_is_found_once_and_kept(acme: Acme) -> None:
    in_region_us(acme)
    keeper = Memory()
    for _ in range(2):
        caller = acme.caller(REGIONS, keeper=keeper)
        caller.call("people", {})
        caller.call("people", {})
    paths = [seen.path for seen in acme.server.requests]
    assert paths == ["/eu/me", "/us/me", *["/us/people"] * 4]
    assert KEY not in str(keeper.values)


@mechanism(8)
def test_a_region_that_was_found_is_known_to_the_profile_where_signing_in_happens(acme: Acme) -> None:
    """One table for the API and one for the accounts, as with data centres."""
    for region in ("eu", "us"):
        acme.server.on("POST", f"/{region}/token", TOKEN if region == "us" else Reply(400))
        acme.server.on("GET", f"/{region}-api/me", Reply(json={}))
    acme.caller("""
        settings: {region: {type: text}, api_key: {type: secret, required: true}}
        apis:
          accounts:
            base_url: {by: settings.region, of: {eu: https://a.acme.example/eu, us: https://a.acme.example/us}}
            auth: [{headers: {}}]
          main:
            base_url:
              by: settings.region
              of: {eu: https://eu.acme.example/eu-api, us: https://us.acme.example/us-api}
              probe: true
            auth:
              - steps:
                  - name: token
                    api: accounts
                    post: /token
                    form: {refresh_token: "{{ settings.api_key }}"}
                    capture: {access_token: access_token}
                headers: {Authorization: "Zoho-oauthtoken {{ auth.access_token }}"}
            check: me
        operations:
          acme_candidate: {api: main, get: /x}
          acme_job: {api: main, get: /x}
          acme_changed: {api: main, get: /x, query: {since: "{{ since }}"}, records: "@", key: id}
          acme_note: {api: main, post: /x, json: {text: "{{ note.text }}"}}
          me: {api: main, get: /me}
    """).call("me", {})
    paths = [seen.path for seen in acme.server.requests]
    assert paths == ["/eu/token", "/us/token", "/us-api/me", "/us-api/me"]
    assert acme.server.requests[-1].headers["authorization"] == "Zoho-oauthtoken fake-token"


@mechanism(8)
def test_another_credential_is_looked_for_anew(acme: Acme) -> None:
    in_region_us(acme)
    keeper = Memory()
    acme.caller(REGIONS, keeper=keeper).call("people", {})
    acme.caller(REGIONS, {"api_key": Secret("another")}, keeper=keeper).call("people", {})
    assert [seen.path for seen in acme.server.requests].count("/eu/me") == 2


@mechanism(8)
def test_a_credential_that_no_region_accepts_is_refused_and_not_hammered(acme: Acme) -> None:
    acme.server.on("GET", "*", Reply(403))
    caller = acme.caller(REGIONS)
    for _ in range(3):
        with pytest.raises(CredentialRefused, match="eu, us, ap"):
            caller.call("people", {})
    assert len(acme.server.requests) == 3


@mechanism(8)
def test_nothing_is_kept_while_a_region_cannot_answer(acme: Acme) -> None:
    acme.server.on("GET", "/eu/me", Reply(503))
    keeper = Memory()
    with pytest.raises(Transient):
        acme.caller(REGIONS, keeper=keeper).call("people", {})
    assert keeper.values == {}


@mechanism(8)
def test_without_a_probe_the_missing_region_is_named(acme: Acme) -> None:
    text = REGIONS.replace("probe: true", "probe: false")
    with pytest.raises(InputError, match=r"settings\.region") as caught:
        acme.caller(text).call("people", {})
    assert "eu, us, ap" in (caught.value.hint or "")


@mechanism(9)
def test_a_credential_may_stand_in_the_body_and_is_masked_when_shown(acme: Acme) -> None:
    acme.server.on("POST", "/widget", Reply(json={}))
    caller = acme.caller("""
        operations:
          find: {post: /widget, json: {acme: {op: find, credentials: {apikey: "{{ settings.api_key }}"}}}}
    """)
    caller.call("find", {})
    assert acme.server.requests[0].json == {"acme": {"op": "find", "credentials": {"apikey": KEY}}}
    assert KEY not in caller.prepare("find", {}).shown([KEY])


TWO = """
    settings: {api_key: {type: secret, required: true}, partner_key: {type: secret, required: true}}
    apis:
      main:
        base_url: https://api.acme.example
        headers: {X-Tenant: t-1}
        auth: [{headers: {X-Key: "{{ settings.api_key }}"}}]
        hosts: ["*.files.example"]
      partner:
        base_url: https://partner.acme.example/v2
        auth: [{headers: {X-Partner: "{{ settings.partner_key }}"}}]
    operations:
      acme_candidate: {api: main, get: /x}
      acme_job: {api: main, get: /x}
      acme_changed: {api: main, get: /x, query: {since: "{{ since }}"}, records: "@", key: id}
      acme_note: {api: main, post: /x, json: {text: "{{ note.text }}"}}
      me: {api: main, get: /me}
      put_result: {api: partner, put: /results}
      file: {api: main, get: "{{ attachment.url }}", binary: true}
"""
BOTH = {"api_key": Secret(KEY), "partner_key": Secret("fake-partner")}


@mechanism(10)
def test_an_operation_names_the_profile_whose_address_and_credential_it_takes(acme: Acme) -> None:
    acme.server.on("GET", "/me", Reply(json={})).on("PUT", "/v2/results", Reply(204))
    caller = acme.caller(TWO, BOTH)
    caller.call("me", {})
    caller.call("put_result", {})
    mine, partner = (seen.headers for seen in acme.server.requests)
    assert ("x-key" in mine, "x-partner" in mine) == (True, False)
    assert ("x-key" in partner, "x-partner" in partner) == (False, True)


@mechanism(7, 10)
def test_an_address_out_of_data_is_taken_as_it_is_and_without_the_credential(acme: Acme) -> None:
    acme.server.on("GET", "/a/b%2Fc.pdf", Reply(body=b"%PDF"))
    url = "https://eu-1.files.example/a/b%2Fc.pdf?signature=x%3D%3D&e=1"
    answer = acme.caller(TWO, BOTH).call("file", {"attachment": {"url": url}})
    assert answer.data == b"%PDF"
    seen = acme.server.requests[0]
    assert seen.target == "/a/b%2Fc.pdf?signature=x%3D%3D&e=1"
    assert not {"x-key", "x-tenant", "x-partner"} & set(seen.headers)


@mechanism(7)
@pytest.mark.parametrize("url", ["https://files.example.evil.example/a", "http://a.files.example/a", "/a", "a"])
def test_an_address_out_of_data_stays_on_the_declared_hosts(acme: Acme, url: str) -> None:
    with pytest.raises(Refused):
        acme.caller(TWO, BOTH).call("file", {"attachment": {"url": url}})
    assert acme.server.requests == []


@mechanism(11)
@pytest.mark.parametrize(
    ("moment", "lives_s"),
    [
        (1_750_000_000 + 7200, 7170.0),
        ((1_750_000_000 + 7200) * 1000, 7170.0),
        (str(1_750_000_000 + 7200), 7170.0),
        ("2025-06-15T17:06:40Z", 7170.0),
        ("soon", 570.0),
    ],
)
def test_an_expiry_is_a_moment_in_any_usual_form(acme: Acme, moment: Any, lives_s: float) -> None:
    acme.server.on("POST", "/token", Reply(json={"t": "fake", "until": moment})).on("GET", "/me", Reply(json={}))
    caller = acme.caller("""
        apis:
          main:
            base_url: https://api.acme.example
            auth:
              - steps:
                  - name: token
                    post: /token
                    form: {key: "{{ settings.api_key }}"}
                    capture: {t: t}
                    expires: {at: until, default: 10m}
                headers: {X-Token: "{{ auth.t }}"}
        operations:
          me: {get: /me}
    """)
    caller.call("me", {})
    acme.clock.advance(lives_s - 1)
    caller.call("me", {})
    assert len(acme.server.seen("/token")) == 1
    acme.clock.advance(2)
    caller.call("me", {})
    assert len(acme.server.seen("/token")) == 2


@mechanism(11)
@pytest.mark.parametrize("status", [401, 412])
def test_a_status_of_the_list_signs_in_anew_once(acme: Acme, status: int) -> None:
    discovering(acme)
    caller = acme.caller(DISCOVERED, HERE, keeper=Memory())
    caller.call("me", {})
    acme.server.on("GET", "/rest-services/e9/ping", Reply(status), Reply(json={}))
    caller.call("me", {})
    assert len(acme.server.seen("/rest-services/login")) == 2
    assert [form(seen)["refresh_token"] for seen in acme.server.seen("/oauth/token")] == [KEY, "r2"]


@mechanism(11)
def test_calls_that_find_the_session_dead_together_sign_in_once(acme: Acme) -> None:
    discovering(acme)
    caller = acme.caller(DISCOVERED, HERE, keeper=Memory())
    caller.call("me", {})
    acme.server.on("POST", "/rest-services/login", Reply(json={"BhRestToken": "fake-new", "restUrl": REST}))
    acme.server.on("GET", "/rest-services/e9/ping", alive_with("fake-new"))
    together = threading.Barrier(8)

    def call() -> None:
        together.wait(10)
        caller.call("me", {})

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(call) for _ in range(8)]:
            done.result(30)
    assert len(acme.server.seen("/rest-services/login")) == 2


@mechanism(12)
def test_constant_headers_and_the_acting_user_go_along(acme: Acme) -> None:
    acme.server.on("POST", "/notes", Reply(json={}))
    caller = acme.caller(
        """
        settings: {api_key: {type: secret, required: true}, author: {type: text}}
        apis:
          main:
            base_url: https://api.acme.example
            headers: {X-Api-Version: "20240404", On-Behalf-Of: "{{ settings.author }}"}
            auth: [{headers: {X-Key: "{{ settings.api_key }}"}}]
        operations:
          note: {post: /notes, query: {perform_as: "{{ settings.author }}"}, json: {user_id: "{{ settings.author }}"}}
        """,
        {"api_key": Secret(KEY), "author": "u-7"},
    )
    caller.call("note", {})
    seen = acme.server.requests[0]
    assert (seen.headers["x-api-version"], seen.headers["on-behalf-of"]) == ("20240404", "u-7")
    assert (seen.query, seen.json) == ({"perform_as": ["u-7"]}, {"user_id": "u-7"})


@mechanism(13)
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_each_request_carries_a_signature_over_itself(acme: Acme, encoding: str) -> None:
    acme.server.on("POST", "/people", Reply(json={}))
    caller = acme.caller(f"""
        apis:
          main:
            base_url: https://api.acme.example
            auth:
              - sign:
                  scheme: hmac_sha256
                  encoding: {encoding}
                  key: "{{{{ settings.api_key }}}}"
                  over: "{{{{ request.method }}}}\\n{{{{ request.path }}}}?{{{{ request.query }}}}\\n{{{{ request.date }}}}\\n{{{{ request.body_sha256 }}}}"
                  headers: {{X-Date: "{{{{ request.date }}}}", Authorization: "V1 {{{{ signature }}}}"}}
        operations:
          add: {{post: /people, query: {{a: "b c"}}, json: {{name: Ana}}}}
    """)
    caller.call("add", {})
    seen = acme.server.requests[0]
    assert seen.headers["x-date"] == "Sun, 15 Jun 2025 15:06:40 GMT"
    over = f"POST\n/people?a=b%20c\n{seen.headers['x-date']}\n{hashlib.sha256(seen.body).hexdigest()}"
    digest = hmac.new(KEY.encode(), over.encode(), hashlib.sha256).digest()
    expected = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    assert seen.headers["authorization"] == f"V1 {expected}"


ASSERTED = """
    settings: {api_key: {type: secret, required: true}}
    apis:
      main:
        base_url: https://api.acme.example
        auth:
          - steps:
              - name: assertion
                jwt:
                  algorithm: %s
                  key: "{{ settings.api_key }}"
                  claims: {iss: client, sub: user, aud: wd}
                  headers: {kid: k-1}
                  lifetime: 5m
              - name: token
                post: /token
                form: {assertion: "{{ auth.assertion }}"}
                capture: {access_token: access_token}
                expires: {after: expires_in, default: 1h}
            headers: {Authorization: "Bearer {{ auth.access_token }}"}
    operations:
      me: {get: /me}
"""


@mechanism(13)
def test_an_assertion_is_signed_by_our_own_private_key(acme: Acme) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    acme.server.on("POST", "/token", TOKEN).on("GET", "/me", Reply(json={}))
    acme.caller(ASSERTED % "RS256", {"api_key": Secret(pem)}).call("me", {})
    token = form(acme.server.requests[0])["assertion"]
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(token, private.public_key(), ["RS256"], audience="wd", options=options)
    now = 1_750_000_000
    assert claims == {"iss": "client", "sub": "user", "aud": "wd", "iat": now, "exp": now + 300}
    assert jwt.get_unverified_header(token)["kid"] == "k-1"


@mechanism(13)
def test_an_assertion_that_has_ended_is_made_anew_only_when_someone_signs_in(acme: Acme) -> None:
    acme.server.on("POST", "/token", TOKEN).on("GET", "/me", Reply(json={}))
    secret = Secret("a-shared-secret-of-thirty-two-bytes")
    caller = acme.caller(ASSERTED % "HS256", {"api_key": secret})
    caller.call("me", {})
    acme.clock.advance(1800)
    caller.call("me", {})
    assert len(acme.server.seen("/token")) == 1
    acme.clock.advance(1800)
    caller.call("me", {})
    options: Any = {"verify_exp": False, "verify_iat": False}
    made = [
        jwt.decode(form(seen)["assertion"], secret, ["HS256"], audience="wd", options=options)["iat"]
        for seen in acme.server.seen("/token")
    ]
    assert made == [1_750_000_000, 1_750_003_600]


@mechanism(13)
def test_a_key_that_does_not_fit_is_told_and_never_shown(acme: Acme) -> None:
    with pytest.raises(InputError, match="sign-in step `assertion`") as caught:
        acme.caller(ASSERTED % "RS256").call("me", {})
    assert KEY not in str(caught.value)


@mechanism(7)
def test_signing_in_goes_nowhere_without_a_sandbox_but_to_public_hosts(acme: Acme) -> None:
    """What an answer names is resolved and checked like any other address."""
    transport = HttpTransport(resolver=lambda host, port: ["169.254.169.254"])
    with Caller(acme.connection(DISCOVERED, HERE), transport=transport) as caller, pytest.raises(Refused) as caught:
        caller.call("me", {})
    assert "not public" in caught.value.message
