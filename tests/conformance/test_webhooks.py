"""Mechanisms 35–45 and the event data of 52: deliveries over real HTTP at the served door of a small manifest."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest

from engine.errors import TranslationError
from engine.model import CanonicalEvent, EventType, Ids, Outcome
from tests.conformance.acme import Acme
from tests.conformance.doors import KEY, hex_of, hooked, open_hook
from tests.conformance.mechanisms import mechanism
from tests.fake_server import Reply, Seen

UPDATED = "    types: {changed: {event: candidate.updated, ids: {candidate: body.id}}}"
BODY = json.dumps({"event": "changed", "id": 7}).encode()


@mechanism(35)
@pytest.mark.parametrize(
    ("encoding", "prefix"), [("hex", ""), ("hex", "sha256="), ("hex", "sha256 "), ("base64", "v1=")]
)
def test_a_signature_over_the_raw_body_lets_in_and_any_other_does_not(
    acme: Acme, tmp_path: Path, encoding: str, prefix: str
) -> None:
    door = hooked(f"""
    name: body.event
    acknowledge: 202
    signature:
      scheme: hmac_sha256
      encoding: {encoding}
      header: X-Signature
      prefix: "{prefix}"
      over: "{{{{ body }}}}"
      keys: ["{{{{ settings.hook_secret }}}}"]
{UPDATED}
    """)
    digest = hex_of(BODY)
    value = prefix + (digest if encoding == "hex" else base64.b64encode(bytes.fromhex(digest)).decode())
    with open_hook(acme, tmp_path, door) as hook:
        assert hook.post(BODY, {"x-signature": value}) == 202
        assert hook.post(BODY + b" ", {"x-signature": value}) == 401
        assert hook.post(BODY) == 401
        assert len(hook.came()) == 1


@mechanism(36)
def test_a_wrapped_signature_of_named_parts_with_its_own_timestamp(acme: Acme, tmp_path: Path) -> None:
    door = hooked(f"""
    name: body.event
    acknowledge: 200
    signature:
      scheme: hmac_sha256
      encoding: hex
      header: TT-Signature
      wrapped: base64
      fields: {{between: ",", assign: "="}}
      take: v2
      over: "{{{{ parts.t }}}}.{{{{ body }}}}"
      keys: ["{{{{ settings.hook_secret }}}}"]
      timestamp: "{{{{ parts.t }}}}"
      tolerance: 5m
{UPDATED}
    """)

    def wrapped(at: int, body: bytes = BODY) -> dict[str, str]:
        text = f"t={at},v1={hex_of(b'7')},v2={hex_of(f'{at}.'.encode() + body)}"
        return {"tt-signature": base64.b64encode(text.encode()).decode()}

    with open_hook(acme, tmp_path, door) as hook:
        now = int(acme.clock.now())
        assert hook.post(BODY, wrapped(now)) == 200
        assert hook.post(BODY, wrapped(now - 301)) == 401
        assert hook.post(b'{"event": "changed", "id": 8}', wrapped(now)) == 401
        only_first = base64.b64encode(f"t={now},v1={hex_of(b'7')}".encode()).decode()
        assert hook.post(BODY, {"tt-signature": only_first}) == 401


@mechanism(36, 37)
def test_a_signature_in_the_body_over_fields_of_it_by_one_of_several_keys(acme: Acme, tmp_path: Path) -> None:
    door = hooked(f"""
    name: body.event
    acknowledge: 200
    dedupe: body.token
    signature:
      scheme: hmac_sha256
      encoding: hex
      from: body.signature
      over: "{{{{ parsed.token }}}}{{{{ parsed.triggeredAt }}}}"
      keys: ["{{{{ subscription.secrets }}}}"]
      timestamp: "{{{{ parsed.triggeredAt }}}}"
      timestamp_unit: milliseconds
      tolerance: 5m
{UPDATED}
    """)
    with open_hook(acme, tmp_path, door) as hook:
        hook.store.connections.put("tenant", "subscription", {"secrets": ["another-fake-key", KEY]})
        at = int(acme.clock.now() * 1000)
        signature = hex_of(f"abc{at}".encode())
        whole = {"event": "changed", "id": 7, "token": "abc", "triggeredAt": at, "signature": signature}
        assert hook.post(whole) == 200
        assert hook.post({**whole, "token": "abd"}) == 401
        assert hook.post({**whole, "signature": None}) == 401
        assert hook.post(b"no json") == 401
        acme.clock.advance(400)
        assert hook.post(whole) == 401


@mechanism(37)
@pytest.mark.parametrize("key", ["{{ settings.api_key }}", "{{ settings.hook_secret }}", "{{ subscription.secret }}"])
def test_the_key_is_a_setting_the_api_key_itself_or_what_registration_gave(
    acme: Acme, tmp_path: Path, key: str
) -> None:
    door = hooked(f"""
    name: body.event
    acknowledge: 200
    signature: {{scheme: hmac_sha256, encoding: hex, header: x-signature, over: "{{{{ body }}}}", keys: ["{key}"]}}
{UPDATED}
    """)
    known = {"{{ settings.api_key }}": "not-a-real-key", "{{ subscription.secret }}": "a-fake-registered-key"}
    with open_hook(acme, tmp_path, door) as hook:
        hook.store.connections.put("tenant", "subscription", {"id": "s1", "secret": "a-fake-registered-key"})
        assert hook.post(BODY, {"x-signature": hex_of(BODY, known.get(key, KEY))}) == 200
        assert hook.post(BODY, {"x-signature": hex_of(BODY, "guessed")}) == 401


@mechanism(38)
def test_without_a_signature_a_secret_address_or_the_callers_credential_lets_in(acme: Acme, tmp_path: Path) -> None:
    door = hooked(f"""
    name: body.event
    acknowledge: 200
    url_secret: "{{{{ settings.hook_secret }}}}"
    basic: {{username: fieldwright, password: "{{{{ settings.hook_secret }}}}"}}
{UPDATED}
    """)
    with open_hook(acme, tmp_path, door) as hook:
        assert hook.post(BODY, path=f"/{KEY}", auth=("fieldwright", KEY)) == 200
        assert hook.post(BODY, path=f"/{KEY}", auth=("fieldwright", "guessed")) == 401
        assert hook.post(BODY, path=f"/{KEY}", auth=("someone", KEY)) == 401
        assert hook.post(BODY, path=f"/{KEY}") == 401
        assert hook.post(BODY, auth=("fieldwright", KEY)) == 401
        (event,) = hook.store.inbox.list()
        assert "authorization" not in event.raw.headers


@mechanism(38)
def test_a_door_whose_password_is_not_set_is_shut(acme: Acme, tmp_path: Path) -> None:
    door = hooked(f"""
    name: body.event
    acknowledge: 200
    basic: {{username: "", password: "{{{{ settings.hook_secret }}}}"}}
{UPDATED}
    """)
    with open_hook(acme, tmp_path, door, {"api_key": "k"}) as hook:
        assert hook.post(BODY, auth=("", "")) == 401
        assert hook.post(BODY) == 401


@mechanism(38)
def test_a_token_of_the_callers_lets_in_what_is_not_signed_and_nothing_else(acme: Acme, tmp_path: Path) -> None:
    door = hooked(f"""
    name: body.event
    acknowledge: 200
    signature:
      scheme: hmac_sha256
      encoding: hex
      header: x-signature
      over: "{{{{ body }}}}"
      keys: ["{{{{ settings.api_key }}}}"]
    token:
      when: body.from_partner
      header: X-Partner
      prefix: "Bearer "
      keys: ["{{{{ settings.hook_secret }}}}"]
{UPDATED}
    """)
    partners = b'{"event": "candidate.updated", "id": "c-1", "from_partner": true}'
    with open_hook(acme, tmp_path, door) as hook:
        assert hook.post(partners, {"x-partner": f"Bearer {KEY}"}) == 200
        assert hook.post(partners, {"x-partner": "Bearer guessed"}) == 401
        assert hook.post(partners, {"x-partner": KEY}) == 401
        assert hook.post(partners, {"x-signature": hex_of(partners, "not-a-real-key")}) == 401
        assert hook.post(BODY, {"x-partner": f"Bearer {KEY}"}) == 401
        assert hook.post(BODY, {"x-signature": hex_of(BODY, "not-a-real-key")}) == 200
        assert all("x-partner" not in event.raw.headers for event in hook.store.inbox.list())


@mechanism(38)
def test_a_door_whose_token_is_not_set_is_shut(acme: Acme, tmp_path: Path) -> None:
    door = hooked(f"""
    name: body.event
    acknowledge: 200
    token: {{header: x-token, keys: ["{{{{ settings.hook_secret }}}}"]}}
{UPDATED}
    """)
    with open_hook(acme, tmp_path, door, {"api_key": "k"}) as hook:
        assert hook.post(BODY, {"x-token": ""}) == 401
        assert hook.post(BODY) == 401


@mechanism(39)
def test_a_handshake_is_answered_before_anything_is_verified_and_is_not_stored(acme: Acme, tmp_path: Path) -> None:
    door = hooked(f"""
    name: body.event
    acknowledge: 202
    signature:
      {{scheme: hmac_sha256, encoding: hex, header: x-signature, over: "{{{{ body }}}}", keys: ["{{{{ subscription.secret }}}}"]}}
    handshake: {{when: body.test || body.event == 'ping', reply: {{status: 200}}}}
{UPDATED}
    """)
    with open_hook(acme, tmp_path, door) as hook:
        assert hook.post({"test": True}) == 200
        assert hook.post({"event": "ping"}) == 200
        assert hook.post(BODY) == 401
        assert hook.came() == []


@mechanism(41)
def test_an_application_without_a_job_is_about_its_person_where_the_manifest_says_so(
    acme: Acme, tmp_path: Path
) -> None:
    door = hooked("""
    name: body.action
    acknowledge: 200
    url_secret: "{{ settings.hook_secret }}"
    types:
      said: {event: application.updated, ids: {candidate: body.person, job: "body.jobs[0].id || ''"}}
      unsaid: {event: application.updated, ids: {candidate: body.person, job: "body.jobs[0].id"}}
    """)
    with open_hook(acme, tmp_path, door) as hook:
        assert hook.post({"action": "said", "person": 7, "jobs": []}, path=f"/{KEY}") == 200
        (event,) = hook.came()
        assert isinstance(event, CanonicalEvent)
        assert event.ids == Ids(candidate="7")
        assert hook.post({"action": "unsaid", "person": 7, "jobs": []}, path=f"/{KEY}") == 200
        with pytest.raises(TranslationError, match="where the job's id is due"):
            hook.came()


@mechanism(40, 41)
def test_an_event_is_named_by_several_places_and_holds_ids_only(acme: Acme, tmp_path: Path) -> None:
    door = hooked("""
    name: join('.', [body.recordType, body.action])
    acknowledge: 200
    url_secret: "{{ settings.hook_secret }}"
    types: {Person.Updated: {event: candidate.updated, ids: {candidate: body.recordId}}}
    """)
    with open_hook(acme, tmp_path, door) as hook:
        assert hook.post({"recordType": "Person", "action": "Updated", "recordId": 7}, path=f"/{KEY}") == 200
        assert hook.post({"recordType": "Person", "action": "Viewed", "recordId": 7}, path=f"/{KEY}") == 200
        updated, viewed = hook.came()
        assert isinstance(updated, CanonicalEvent)
        assert (updated.type, updated.ids.candidate, updated.data) == (EventType.CANDIDATE_UPDATED, "7", {})
        assert isinstance(viewed, Outcome)
        assert "Person.Viewed is not declared" in viewed.why


@mechanism(42)
@pytest.mark.parametrize("dedupe", ['headers."event-id"', "join('-', [body.event, to_string(body.id)])"])
def test_a_delivery_that_comes_again_is_answered_and_stored_once(acme: Acme, tmp_path: Path, dedupe: str) -> None:
    door = hooked(f"""
    name: body.event
    acknowledge: 200
    dedupe: {dedupe}
    url_secret: "{{{{ settings.hook_secret }}}}"
{UPDATED}
    """)
    with open_hook(acme, tmp_path, door) as hook:
        for at in ("first", "again"):
            assert hook.post({"event": "changed", "id": 7, "at": at}, {"event-id": "e1"}, path=f"/{KEY}") == 200
        assert hook.post({"event": "changed", "id": 8}, {"event-id": "e2"}, path=f"/{KEY}") == 200
        assert len(hook.came()) == 2


# ── registration ─────────────────────────────────────────────────────────────────────────────────────────────

REGISTERED = """
    name: body.event
    acknowledge: 200
    signature:
      {scheme: hmac_sha256, encoding: hex, header: x-signature, over: "{{ body }}", keys: ["{{ subscription.secrets }}"]}
    registration:
      each_type: true
      create: create_webhook
      created_id: id
      look: get_webhook
      active: enabled
      activate: enable_webhook
      remove: delete_webhook
    types:
      added: {event: candidate.created, ids: {candidate: body.id}}
      changed: {event: candidate.updated, ids: {candidate: body.id}}
"""
CALLS = """
  create_webhook: {post: /webhooks, json: {type: "{{ webhook.event }}", url: "{{ webhook.url }}", secret: "{{ webhook.secret }}"}}
  get_webhook: {get: "/webhooks/{{ subscription.id }}"}
  enable_webhook: {patch: "/webhooks/{{ subscription.id }}", json: {enabled: true}}
  delete_webhook: {delete: "/webhooks/{{ subscription.id }}"}
"""


class Webhooks:
    """An ATS that keeps one webhook per event type and lists none."""

    def __init__(self, acme: Acme) -> None:
        self.made: dict[str, dict[str, object]] = {}
        acme.server.on("POST", "/webhooks", self._make)
        for number in range(1, 9):
            acme.server.on("GET", f"/webhooks/{number}", self._one)
            acme.server.on("PATCH", f"/webhooks/{number}", self._one)
            acme.server.on("DELETE", f"/webhooks/{number}", self._one)

    def _make(self, seen: Seen) -> Reply:
        id_ = str(len(self.made) + 1)
        self.made[id_] = {**seen.json, "id": id_, "enabled": True, "there": True}
        return Reply(201, json={"id": id_})

    def _one(self, seen: Seen) -> Reply:
        one = self.made.get(seen.path.rpartition("/")[2])
        if one is None or not one["there"]:
            return Reply(404, json={})
        if seen.method == "DELETE":
            one["there"] = False
        elif seen.method == "PATCH":
            one["enabled"] = True
        return Reply(json={"enabled": one["enabled"]})

    def there(self) -> list[tuple[object, object]]:
        return [(one["type"], one["url"]) for one in self.made.values() if one["there"]]


@mechanism(37, 43)
def test_one_subscription_for_each_event_type_with_keys_of_ours_and_without_a_list(
    acme: Acme, tmp_path: Path
) -> None:
    ats, text = Webhooks(acme), hooked(REGISTERED, CALLS)
    with open_hook(acme, tmp_path, text) as hook:
        caller = acme.caller(text)
        registrar = hook.registrar(caller)
        assert registrar.ensure().state == "created"
        assert ats.there() == [("added", f"{hook.url}/hooks/tenant"), ("changed", f"{hook.url}/hooks/tenant")]
        first, second = (str(one["secret"]) for one in ats.made.values())
        assert first != second
        assert len(first) == 64
        assert hook.post(BODY, {"x-signature": hex_of(BODY, second)}) == 200
        assert hook.post(BODY, {"x-signature": hex_of(BODY, KEY)}) == 401
        assert registrar.ensure().state == "active"
        ats.made["2"]["enabled"] = False
        assert registrar.ensure().state == "reactivated"
        ats.made["1"]["there"] = False
        assert registrar.ensure().state == "created"
        assert [one[0] for one in ats.there()] == ["changed", "added"]
        registrar.remove()
        assert ats.there() == []
        assert hook.post(BODY, {"x-signature": hex_of(BODY, second)}) == 401


@mechanism(43)
def test_a_new_address_ends_the_remembered_subscriptions_and_makes_new_ones(acme: Acme, tmp_path: Path) -> None:
    ats, text = Webhooks(acme), hooked(REGISTERED, CALLS)
    with open_hook(acme, tmp_path, text) as hook:
        caller = acme.caller(text)
        hook.registrar(caller).ensure()
        assert hook.registrar(caller, "https://new.example").ensure().state == "created"
        assert ats.there() == [(name, "https://new.example/hooks/tenant") for name in ("added", "changed")]


@mechanism(43)
def test_one_type_that_is_refused_does_not_hold_up_the_others(acme: Acme, tmp_path: Path) -> None:
    ats, text = Webhooks(acme), hooked(REGISTERED, CALLS)
    acme.server.on("POST", "/webhooks", Reply(422, json={}), ats._make)
    with open_hook(acme, tmp_path, text) as hook:
        report = hook.registrar(acme.caller(text)).ensure()
        assert report.state == "failed"
        assert "create_webhook" in report.detail
        assert [one[0] for one in ats.there()] == ["changed"]


@mechanism(37, 43)
def test_the_key_that_creating_answers_is_kept_and_a_lost_one_makes_a_new_subscription(
    acme: Acme, tmp_path: Path
) -> None:
    text = hooked(
        """
    name: body.event
    acknowledge: 200
    signature:
      {scheme: hmac_sha256, encoding: hex, header: x-signature, over: "{{ body }}", keys: ["{{ subscription.secrets }}"]}
    registration:
      each_type: true
      list: list_webhooks
      url: target
      id: id
      event: event
      create: create_webhook
      created_id: data.id
      created_secret: data.token
      remove: delete_webhook
    types:
      added: {event: candidate.created, ids: {candidate: body.id}}
      changed: {event: candidate.updated, ids: {candidate: body.id}}
""",
        """
  list_webhooks: {get: /webhooks, records: data, key: id}
  create_webhook: {post: /webhooks, json: {event: "{{ webhook.event }}", target: "{{ webhook.url }}?type={{ webhook.event }}"}}
  delete_webhook: {delete: "/webhooks/{{ subscription.id }}"}
""",
    )
    made: list[dict[str, object]] = []

    def create(seen: Seen) -> Reply:
        number = len(acme.server.seen("/webhooks"))
        made.append({**seen.json, "id": f"w{number}", "token": f"a-fake-key-{number}"})
        return Reply(json={"data": made[-1]})

    def end(seen: Seen) -> Reply:
        made[:] = [one for one in made if one["id"] != seen.path.rpartition("/")[2]]
        return Reply(204)

    acme.server.on("POST", "/webhooks", create)
    acme.server.on("GET", "/webhooks", lambda _: Reply(json={"data": [{**one, "token": None} for one in made]}))
    acme.server.on("DELETE", "*", end)
    with open_hook(acme, tmp_path, text) as hook:
        registrar = hook.registrar(acme.caller(text))
        assert registrar.ensure().state == "created"
        assert hook.post(BODY, {"x-signature": hex_of(BODY, str(made[1]["token"]))}) == 200
        assert registrar.ensure().state == "active"
        hook.store.connections.delete("tenant", "subscription")
        hook.subscriptions.forget("tenant")
        assert registrar.ensure().state == "created"
        assert len(made) == 2
        for one in made:
            assert hook.post(BODY, {"x-signature": hex_of(BODY, str(one["token"]))}) == 200


@mechanism(43)
def test_without_an_api_for_it_a_person_is_told_what_to_do(acme: Acme, tmp_path: Path) -> None:
    door = hooked(f"""
    name: body.event
    acknowledge: 200
    url_secret: "{{{{ settings.hook_secret }}}}"
    by_hand: "Settings, Webhooks: paste the address."
{UPDATED}
    """)
    with open_hook(acme, tmp_path, door) as hook:
        report = hook.registrar(acme.caller(door)).ensure()
        assert (report.state, report.by_hand) == ("not_declared", "Settings, Webhooks: paste the address.")
        assert KEY not in report.detail


# ── compressed bodies, statuses, data ────────────────────────────────────────────────────────────────────────


@mechanism(45)
@pytest.mark.parametrize("over_decoded", [False, True])
def test_a_gzip_body_is_taken_and_signed_as_sent_or_as_unpacked(
    acme: Acme, tmp_path: Path, over_decoded: bool
) -> None:
    door = hooked(f"""
    name: body.event
    acknowledge: 400
    compressed: true
    signature:
      scheme: hmac_sha256
      encoding: hex
      header: x-signature
      over: "{{{{ body }}}}"
      keys: ["{{{{ settings.hook_secret }}}}"]
      over_decoded: {"true" if over_decoded else "false"}
{UPDATED}
    """)
    packed = gzip.compress(BODY)
    right, wrong = hex_of(BODY if over_decoded else packed), hex_of(packed if over_decoded else BODY)
    with open_hook(acme, tmp_path, door) as hook:
        packing = {"content-encoding": "gzip"}
        assert hook.post(packed, {**packing, "x-signature": right}) == 400
        assert hook.post(packed, {**packing, "x-signature": wrong}) == 401
        assert [event.body for event in hook.store.inbox.list()] == [BODY]
        for bad in (packed[:-3], packed + b"x", b"\x1f\x8b"):
            assert hook.post(bad, {**packing, "x-signature": hex_of(bad)}) == 400
            assert hook.post(bad, {**packing, "x-signature": hex_of(b"of a stranger")}) == 401
        bomb = gzip.compress(b" " * 2_000_000)
        assert hook.post(bomb, packing) == 401
        assert hook.post(bomb, {**packing, "x-signature": hex_of(bomb)}) == 413
        assert len(hook.came()) == 1


@mechanism(52)
def test_what_an_event_says_beside_its_ids_becomes_its_data(acme: Acme, tmp_path: Path) -> None:
    door = hooked("""
    name: body.event
    acknowledge: 200
    url_secret: "{{ settings.hook_secret }}"
    types:
      asked:
        event: application.updated
        ids: {candidate: body.id, job: body.job}
        data: {result_url: body.result."update-url", stage: body.stage}
    """)
    with open_hook(acme, tmp_path, door) as hook:
        url = "https://api.acme.example/results/1"
        assert hook.post({"event": "asked", "id": 7, "job": 9, "result": {"update-url": url}}, path=f"/{KEY}") == 200
        (asked,) = hook.came()
        assert isinstance(asked, CanonicalEvent)
        assert asked.data == {"result_url": url, "stage": None}
