"""Requests leave for public https hosts of the manifest only, and credentials never leave the ATS's own origin."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from connectors.addresses import is_public, parts, public_addresses, system_resolver, within
from connectors.calls import Caller
from connectors.messages import PreparedRequest
from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.errors import ExpressionError, InputError, Refused, Transient
from engine.manifest.language.templates import Template, compile_template, compile_tree
from engine.manifest.model import Basic, Signing
from tests.connectors.declared import HOST, api, connection, operation, paging, request, sign_in, step
from tests.fake_server import FakeServer, Reply

BLOCKED_ADDRESSES = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "192.88.99.1", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "::1", "::", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:a9fe:a9fe::", "2001::1", "fe80::1", "fc00::1", "fec0::1"),
    *("ff02::1", "5f00::1", "fe80::1%eth0", "not an address", ""),
]
PUBLIC_ADDRESSES = ["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]

BLOCKED_URLS = [
    # another scheme
    *("http://api.acme.example/", "ftp://api.acme.example/", "file:///etc/passwd", "gopher://api.acme.example/"),
    *(
        "javascript:alert(1)",
        "data:text/plain,x",
        "//api.acme.example/",
        "/only/a/path",
        "",
        "https:/api.acme.example",
    ),
    *(
        "https:api.acme.example",
        "https:///api.acme.example",
        "https://",
        " https://api.acme.example/",
        "ws://a.example",
    ),
    # another port
    *("https://api.acme.example:80/", "https://api.acme.example:8443/", "https://api.acme.example:22/"),
    *("https://api.acme.example:0/", "https://api.acme.example:/", "https://api.acme.example:65536/"),
    *("https://api.acme.example:443443/", "https://api.acme.example:+443/", "https://api.acme.example:0443/"),
    # a user name
    *("https://user@api.acme.example/", "https://user:pass@api.acme.example/", "https://@api.acme.example/"),
    *("https://api.acme.example@evil.example/", "https://api.acme.example:443@evil.example/"),
    *("https://api.acme.example%40evil.example/", "https://api.acme.example\\@evil.example/"),
    # a number for a host
    *("https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/"),
    *("https://0/", "https://0x7f.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/"),
    *("https://169.254.169.254/latest/meta-data/", "https://127.0.0.1./", "https://1.1.1.1/", "https://a.0x7f/"),
    # characters that other readers take for something else
    *("https://①②⑦.⓪.⓪.①/", "https://api。acme.example/", "https://api.acme.example\\.evil.example/"),
    *(
        "https://api.acme.example\t/",
        "https://api.acme.example\n/",
        "https://api.acme.example/\r\nHost: evil.example",
    ),
    *(
        "https://api.acme.example/a b",
        "https://api.acme.example/é",
        "https://api acme.example/",
        "https://.acme.example/",
    ),
    *("https://-a.example\x00/", "https://api.acme.example/a\\b", "https://api.acme.example/#@evil.example"),
    # a way out of the path
    *("https://api.acme.example/a/../b", "https://api.acme.example/a/%2e%2e/b", "https://api.acme.example/.%2E"),
    *("https://api.acme.example/./a", "https://api.acme.example/" + "a" * 20_000),
]
RESOLVING_TO_LOOPBACK = ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0"]


def test_the_tables_are_as_long_as_required() -> None:
    assert len(BLOCKED_ADDRESSES) >= 27
    assert len(BLOCKED_URLS) >= 60


@pytest.mark.parametrize("address", BLOCKED_ADDRESSES)
def test_an_address_that_is_not_public_is_blocked(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_a_public_address_is_not_blocked(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", BLOCKED_URLS)
def test_a_url_that_is_not_plain_https_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(Refused) as caught:
        parts(url)
    assert (caught.value.kind, caught.value.stage) == ("invalid", "before")


def test_a_refusal_does_not_repeat_the_address() -> None:
    with pytest.raises(Refused) as caught:
        parts("https://user:canary-secret@api.acme.example/?token=canary-secret")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://api.acme.example", "HTTPS://API.acme.example:443/a?b=c%20d", "https://a_b.acme.example./x"]
)
def test_plain_https_is_taken(url: str) -> None:
    assert parts(url).origin.startswith("https://")
    assert parts(url).host == parts(url).host.lower().rstrip(".")


@pytest.mark.parametrize("host", RESOLVING_TO_LOOPBACK)
def test_names_that_the_resolver_turns_into_this_machine_are_blocked(host: str) -> None:
    with pytest.raises(Refused, match="not public"):
        public_addresses(host, 443, system_resolver, 5)


def sending(resolver: object, timeout_s: float = 5) -> None:
    with HttpTransport(resolver=resolver) as transport:  # type: ignore[arg-type]
        transport.send(PreparedRequest("get", "GET", "https://api.acme.example/", {}, timeout_s=timeout_s))


def test_one_bad_answer_among_good_ones_blocks_the_host() -> None:
    with pytest.raises(Refused, match="not public") as caught:
        sending(lambda host, port: ["93.184.215.14", "169.254.169.254"])
    assert caught.value.operation == "get"


def test_a_name_is_resolved_once_and_only_what_was_checked_is_connected_to() -> None:
    """A resolver that says something else the second time (rebinding) is never asked a second time."""
    answers = iter([["192.0.2.1"], ["127.0.0.1"]])
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    with pytest.raises(Refused, match="not public"):
        sending(rebinding)
    assert asked == ["api.acme.example"]


def test_the_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        monkeypatch.setenv("ALL_PROXY", proxy.origin)
        with pytest.raises(Refused, match="not public"):
            sending(lambda host, port: ["127.0.0.1"])
        assert proxy.connections == 0


def test_a_name_that_does_not_resolve_is_worth_another_try() -> None:
    def failing(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such name")

    with pytest.raises(Transient) as caught:
        sending(failing)
    assert caught.value.stage == "before"


@pytest.mark.parametrize(
    "origin",
    [
        "https://127.0.0.1:8000",
        "http://127.0.0.1",
        "http://192.168.1.1:80",
        "http://evil.example:80",
        "http://127.0.0.1:8000/path",
        "http://user@127.0.0.1:8000",
        "http://127.0.0.1.evil.example:80",
        "",
    ],
)
def test_a_sandbox_must_be_this_machine(origin: str) -> None:
    with pytest.raises(InputError):
        HttpTransport(sandbox_origin=origin)


# ── credentials stay home ────────────────────────────────────────────────────────────────────────────────────

LINKS_ELSEWHERE = [
    "https://evil.example/people?page=2",
    "http://api.acme-ats.example/people?page=2",
    "https://api.acme-ats.example:8443/people",
    "//evil.example/people",
    "///evil.example/people",
    "https://user@api.acme-ats.example/people",
    "https://api.acme-ats.example@evil.example/people",
    "https:\\\\evil.example/people",
    "/\\evil.example",
    "https://api.acme-ats.example.evil.example/people",
    "javascript:alert(1)",
    "/people\r\nX: y",
    "https://API.acme-ats.example:443:444/",
]


@pytest.mark.parametrize("link", LINKS_ELSEWHERE)
def test_a_link_that_leaves_the_origin_is_refused(link: str) -> None:
    with pytest.raises(Refused) as caught:
        within(link, f"{HOST}/people")
    assert caught.value.stage == "before"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/people?page=2", f"{HOST}/people?page=2"),
        ("?page=2", f"{HOST}/v1/people?page=2"),
        ("https://API.ACME-ATS.example:443/people?page=2#x", f"{HOST}/people?page=2"),
        ("more", f"{HOST}/v1/more"),
        ("/people?q=é", f"{HOST}/people?q=%C3%A9"),
    ],
)
def test_a_link_that_stays_is_followed_on_our_own_origin(link: str, expected: str) -> None:
    assert within(link, f"{HOST}/v1/people") == expected


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


@pytest.mark.parametrize("link", LINKS_ELSEWHERE[:6])
@pytest.mark.parametrize("kind", ["link", "next_url"])
def test_a_next_page_elsewhere_is_refused_and_nothing_is_sent(server: FakeServer, kind: str, link: str) -> None:
    server.on(
        "GET", "*", Reply(json={"content": [{"id": 1}], "next": link}, headers={"Link": f'<{link}>; rel="next"'})
    )
    people = operation(
        "people", "GET", "/people", records="content", paging=paging(kind, "next" if kind == "next_url" else None)
    )
    caller = Caller(connection(people), transport=HttpTransport(sandbox_origin=server.origin), clock=ManualClock())
    with caller, pytest.raises(Refused) as caught:
        caller.records("people", {})
    assert "origin" in caught.value.message
    assert len(server.requests) == 1


def test_a_redirect_is_not_followed(server: FakeServer) -> None:
    with FakeServer() as other:
        server.on("GET", "/people", Reply(302, headers={"Location": f"{other.origin}/people"}))
        people = operation("people", "GET", "/people")
        caller = Caller(connection(people), transport=HttpTransport(sandbox_origin=server.origin))
        with caller, pytest.raises(Refused, match="redirect") as caught:
            caller.call("people", {})
        assert (caught.value.kind, caught.value.status) == ("invalid", 302)
        assert other.requests == []


def test_an_absolute_path_out_of_data_cannot_leave_the_manifests_origins(server: FakeServer) -> None:
    away = operation("away", "GET", "https://evil.example/people")
    caller = Caller(connection(away), transport=HttpTransport(sandbox_origin=server.origin))
    with caller, pytest.raises(Refused, match="origin"):
        caller.call("away", {})
    assert server.requests == []


def test_signing_in_elsewhere_is_refused_unless_the_manifest_names_the_origin(server: FakeServer) -> None:
    token = step("token", request("POST", "https://login.acme-ats.example/token"), {"token": "t"})
    auth = sign_in(token, headers={"Authorization": "Bearer {{ auth.token }}"})
    people = operation("people", "GET", "/people")
    server.on("POST", "/token", Reply(json={"t": "fake-token"}))
    server.on("GET", "/people", Reply(json=[]))

    def calling(*apis: object) -> None:
        with Caller(connection(people, apis=apis), transport=HttpTransport(sandbox_origin=server.origin)) as caller:  # type: ignore[arg-type]
            caller.call("people", {})

    with pytest.raises(Refused, match="origin"):
        calling(api(auth=(auth,)))
    assert server.requests == []
    calling(api(auth=(auth,)), api("login", base_url="https://login.acme-ats.example"))
    assert [seen.path for seen in server.requests] == ["/token", "/people"]


def text(template: str) -> Template:
    return compile_template(template, "text")


EVERY_CREDENTIAL = sign_in(
    headers={"X-Key": "canary-1"},
    query={"key": "canary-2"},
    basic=Basic(text("canary-3"), text("canary-4")),
    sign=Signing(
        "hex", text("canary-5"), text("{{ request.path }}"), compile_tree({"X-Sign": "{{ signature }}"}, "value")
    ),
)


@pytest.mark.parametrize(
    ("url", "is_home"),
    [
        (f"{HOST}/own", True),
        ("https://one.files.example/own?a=1", False),
        ("https://other.acme-ats.example/own", False),
    ],
)
def test_whatever_signs_requests_in_goes_home_only(server: FakeServer, url: str, is_home: bool) -> None:
    """A file's address may come from data; neither the credential nor the profile's own headers go along."""
    server.on("GET", "/own", Reply(json=[]))
    file = operation("file", "GET", "{{ attachment.url }}", headers={"X-Mine": "m"})
    main = api(auth=(EVERY_CREDENTIAL,), hosts=("*.files.example",), headers={"X-Tenant": "canary-6"})
    other = api("other", base_url="https://other.acme-ats.example")
    with Caller(
        connection(file, apis=(main, other)), transport=HttpTransport(sandbox_origin=server.origin)
    ) as caller:
        caller.call("file", {"attachment": {"url": url}})
        shown = caller.prepare("file", {"attachment": {"url": url}}).shown()
    seen = server.requests[0]
    names = {"x-key", "authorization", "x-sign", "x-tenant"}
    assert names & set(seen.headers) == (names if is_home else set())
    assert ("key" in seen.query) == is_home
    assert seen.headers["x-mine"] == "m"
    assert [canary for canary in ("canary-1", "canary-2", "canary-5") if canary in shown] == []


HOSTS_ELSEWHERE = [
    "https://files.example/x",
    "https://files.example.evil.example/x",
    "https://evil.example/one.files.example/x",
    "https://evilfiles.example/x",
    "https://one.files.example:8443/x",
    "http://one.files.example/x",
    "https://user@one.files.example/x",
    "https://one.files.example@evil.example/x",
    "https://one.files.example\\@evil.example/x",
    "https://one.files.example/../x",
    "https://one.files.example/x#y",
    "https://-.files.example/x",
    "https://one..files.example/x",
    "https://127.0.0.1/x",
    "//one.files.example/x",
    "/x",
    "x",
    "",
]


@pytest.mark.parametrize("url", HOSTS_ELSEWHERE)
def test_an_address_out_of_data_leads_to_the_declared_hosts_only(server: FakeServer, url: str) -> None:
    file = operation("file", "GET", "{{ attachment.url }}")
    wired = connection(file, apis=(api(hosts=("*.files.example",)),))
    caller = Caller(wired, transport=HttpTransport(sandbox_origin=server.origin))
    with caller, pytest.raises((Refused, ExpressionError)):
        caller.call("file", {"attachment": {"url": url}})
    assert server.requests == []


def test_what_follows_an_address_out_of_data_stays_one_part_of_its_path(server: FakeServer) -> None:
    server.on("GET", "*", Reply(json=[]))
    file = operation("file", "GET", "{{ attachment.url }}/versions/{{ job.id }}")
    wired = connection(file, apis=(api(hosts=("one.files.example",)),))
    with Caller(wired, transport=HttpTransport(sandbox_origin=server.origin)) as caller:
        caller.call("file", {"attachment": {"url": "https://one.files.example/a%2Fb"}, "job": {"id": "../x?y"}})
    assert server.requests[0].target == "/a%2Fb/versions/..%2Fx%3Fy"


def test_a_host_out_of_data_is_checked_also_where_the_address_goes_on(server: FakeServer) -> None:
    file = operation("file", "GET", "{{ record.base }}.files.example/x")
    wired = connection(file, apis=(api(hosts=("*.files.example",)),))
    with Caller(wired, transport=HttpTransport(sandbox_origin=server.origin)) as caller:
        for base in ("https://evil.example/a", "https://evil.example/?", "https://evil.example/#", "https://a@evil"):
            with pytest.raises(Refused):
                caller.call("file", {"record": {"base": base}})
    assert server.requests == []


def test_a_credential_goes_to_its_own_profile_only(server: FakeServer) -> None:
    """An absolute path to another profile's origin is allowed, and goes there without the credential."""
    server.on("GET", "/other", Reply(json=[]))
    other = operation("other", "GET", "https://files.acme-ats.example/other")
    apis = (api(), api("files", base_url="https://files.acme-ats.example"))
    with Caller(connection(other, apis=apis), transport=HttpTransport(sandbox_origin=server.origin)) as caller:
        caller.call("other", {})
    assert "x-key" not in server.requests[0].headers
