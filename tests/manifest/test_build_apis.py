"""Profiles that cannot work as written are told when the manifest is loaded, at their place, with what to do."""

from __future__ import annotations

import pytest

from tests.conformance.acme import examined

KEYED = """
settings:
  api_key: {type: secret, required: true, description: The key.}
  region: {type: choice, of: [eu, us], description: Where the account lives.}
apis:
  main:
    base_url: https://api.acme.example
    auth: [{headers: {X-Key: "{{ settings.api_key }}"}}]
    check: me
operations:
  me: {get: /me}
"""
BASE = "base_url: https://api.acme.example"
AUTH = 'auth: [{headers: {X-Key: "{{ settings.api_key }}"}}]'
TABLE = "base_url: {by: settings.region, of: {eu: https://eu.acme.example, us: https://us.acme.example}}"
STEPS = """auth:
      - steps:
          - {name: token, post: /token, form: {k: "{{ settings.api_key }}"}, capture: {t: t, url: url}}
        headers: {X-Token: "{{ auth.t }}"}"""
JWT = 'jwt: {algorithm: HS256, key: "{{ settings.api_key }}", claims: {iss: me}}'

# (what stands there, what is written instead with the mistake marked, code, part of the message or hint)
MISTAKES = [
    # addresses
    (BASE, 'base_url: «"{{ settings.region }}"', "wrong-form", "https://"),
    (BASE, "base_url: {by: settings.region, of: {eu: «http://eu.acme.example, us: https://x.example}}", "wrong-form", "https://"),
    (BASE, "base_url: {by: settings.region, «of: {eu: https://eu.acme.example}}", "region-without-address", "`us` has no address"),
    (BASE, TABLE.replace("us:", "«ap: https://a.example, us:"), "unknown-region", "eu, us"),
    (f"{BASE}\n    {AUTH}\n    check: me", f"{TABLE[:-1]}, probe: «true}}\n    {AUTH}", "probe-without-check", "cheap call"),
    (BASE, TABLE.replace("by: settings.region", "by: «settings.regin"), "unknown-name", "`settings.region`"),
    (f"{BASE}\n    {AUTH}", f'«base_url: "{{{{ auth.url }}}}"\n    {STEPS.replace("/token", "https://a.example/token")}', "missing-hosts", "hosts: ["),
    (f"{BASE}\n    {AUTH}", f'base_url: "{{{{ auth.url }}}}"\n    hosts: ["*.acme.example"]\n    {STEPS.replace("/token", "«/token")}', "address-unknown", "a whole address"),
    (f"{BASE}\n    {AUTH}", f"{BASE}\n    {STEPS.replace('/token', '«https://a.example/token')}", "foreign-host", "hosts: [a.example]"),
    ("{get: /me}", '{get: «"{{ attachment.url }}"}', "missing-hosts", "`hosts` of `main`"),
    ("{get: /me}", "{get: «https://files.acme.example/me}", "foreign-host", "hosts: [files.acme.example]"),
    (BASE, f"{BASE}\n    hosts: [«'*']", "wrong-form", "*.example.com"),
    (BASE, f"{BASE}\n    hosts: [«'*.com']", "wrong-form", "*.example.com"),
    (BASE, f"{BASE}\n    hosts: [«'api.*.example.com']", "wrong-form", "*.example.com"),
    (BASE, f"{BASE}\n    hosts: [«https://api.example.com]", "wrong-form", "*.example.com"),
    ("type: choice, of: [eu, us]", "type: host, allow: [«'*']", "wrong-form", "*.example.com"),
    ("required: true, description: The key.", "required: true, pattern: '([a-z]+-?)«+', description: The key.", "bad-pattern", "for ever"),
    # signing in
    (f"    {AUTH}\n", f"    {STEPS.replace('capture:', 'keep: [t], capture:')}\n  other:\n    base_url: https://b.acme.example\n    {STEPS.replace('capture:', 'keep: [«t], capture:')}\n", "kept-twice", "`main` keeps a `t` already"),
    (AUTH, 'auth: [{basic: {username: "{{ settings.«api_kay }}"}}]'.replace("settings.«", "«settings."), "unknown-name", "`settings.api_key`"),
    (AUTH, "auth: [{basic: {username: ana, password: «not-a-template}}]", "secret-in-file", "type: secret"),
    (AUTH, f"auth: [{{steps: [{{name: a, {JWT}, «capture: {{t: t}}}}]}}]", "key-of-a-call", "no `capture`"),
    (AUTH, f"auth: [{{steps: [{{name: token, {JWT}}}], headers: {{X: '{{{{ «auth.tokn }}}}'}}}}]", "unknown-name", "`auth.token`"),
    (AUTH, "auth: [{steps: [{name: a, jwt: {algorithm: HS256, key: «abc, claims: {iss: me}}}]}]", "secret-in-file", "type: secret"),
    (AUTH, f"auth: [{{steps: [{{name: a, post: /x, «{JWT}}}]}}]", "exclusive-keys", "keep one"),
    (AUTH, "auth: [{steps: [«{name: a, post: /x}]}]", "missing-key", "`capture`"),
    (AUTH, "auth: [{steps: [{name: a, api: «mian, post: /x, capture: {t: t}}]}]", "unknown-api", "`main`"),
    (AUTH, "auth: [{sign: {scheme: hmac_sha256, encoding: hex, key: «abc, over: x, headers: {X: y}}}]", "secret-in-file", "type: secret"),
    (AUTH, 'auth: [{sign: {scheme: hmac_sha256, encoding: hex, key: "{{ settings.api_key }}", over: "{{ «request.methd }}", headers: {X: y}}}]', "unknown-name", "`request.method`"),
    # limits
    (AUTH, f"{AUTH}\n    limits: {{model: «bucket}}", "missing-key", "rate"),
    (AUTH, f"{AUTH}\n    limits: {{rate: 1/s, «burst: 2}}", "burst-unused", "model: bucket"),
    (AUTH, f"{AUTH}\n    limits: {{«reset: {{header: X, unit: seconds}}}}", "missing-key", "`remaining`"),
    ("{get: /me}", "{get: /me, «cost: 3}", "cost-unused", "limits.quota"),
    (f"{AUTH}\n    check: me\noperations:\n  me: {{get: /me}}", f"{AUTH}\n    limits: {{quota: {{credits: 2, per: 24h}}}}\noperations:\n  me: {{get: /me, cost: «3}}", "cost-too-high", "2 credits"),
]  # fmt: skip


@pytest.mark.parametrize(("there", "instead", "code", "said"), MISTAKES, ids=[f"{m[2]}-{n}" for n, m in enumerate(MISTAKES)])  # fmt: skip
def test_a_mistake_is_told_at_its_place(there: str, instead: str, code: str, said: str) -> None:
    assert there in KEYED
    marked = KEYED.replace(there, instead, 1).lstrip("\n")
    line = marked.count("\n", 0, marked.index("«")) + 1
    column = marked.index("«") - marked.rfind("\n", 0, marked.index("«"))
    _, findings = examined(marked.replace("«", ""))
    added = marked.replace("«", "").splitlines()[: line - 1].count("operations:")
    found = [(finding.code, finding.line - 4 * added, finding.column) for finding in findings]
    assert (code, line, column) in found, findings
    told = next(finding for finding in findings if finding.code == code)
    assert said in f"{told.message} {told.hint}"


GOOD = [
    (BASE, TABLE),
    (BASE, f"{TABLE[:-1]}, probe: true}}"),
    ("{get: /me}", "{get: https://api.acme.example/other}"),
    (BASE, f"{BASE}\n    hosts: ['*.files.example', a.b.example]"),
    ("{get: /me}", "{get: '/x/{{ candidate.id }}'}"),
    (AUTH, f"{AUTH}\n    limits: {{rate: 1/s, model: bucket, burst: 2, quota: {{credits: 5, per: 1d}}, wait: 1s}}"),
]


@pytest.mark.parametrize(("there", "instead"), GOOD)
def test_what_is_right_is_not_complained_about(there: str, instead: str) -> None:
    _, findings = examined(KEYED.replace(there, instead, 1))
    assert [str(finding) for finding in findings if finding.severity == "error"] == []


SECOND = f"""
  files: {{{BASE.replace("api.", "files.")}, auth: [{{headers: {{X-Other: "{{{{ settings.api_key }}}}"}}}}]}}
operations:"""


def test_the_profile_called_main_is_meant_where_an_operation_names_none() -> None:
    manifest, findings = examined(KEYED.replace("\noperations:", SECOND))
    assert manifest is not None, findings
    assert manifest.operations["me"].api == "main"


def test_without_a_profile_called_main_an_operation_must_name_one_of_several() -> None:
    _, findings = examined(KEYED.replace("\noperations:", SECOND).replace("  main:", "  first:"))
    told = [finding for finding in findings if "`me` must say its `api`" in finding.message]
    assert [(finding.code, finding.hint) for finding in told] == [
        ("missing-key", "a profile called `main` is meant where nothing is said")
    ]


def test_addresses_are_not_tried_with_a_call_of_the_profile_called_main() -> None:
    tried = SECOND.replace(BASE.replace("api.", "files."), f"{TABLE[:-1]}, probe: true}}, check: me")
    _, findings = examined(KEYED.replace("\noperations:", tried))
    assert "probe-without-check" in [finding.code for finding in findings]
