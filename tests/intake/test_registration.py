"""The life of a webhook subscription, against the pretend SmartRecruiters and our own served door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from connectors.calls import Caller
from connectors.transport import HttpTransport
from engine.clock import SYSTEM
from engine.intake.registration import Registrar
from engine.intake.subscriptions import STATE, Subscriptions
from engine.manifest.connection import Connection
from engine.redaction import Secret
from engine.store import Store
from engine.store.group_commit import GroupCommit
from engine.web.app import make_app
from engine.web.server import WebServer
from sandbox import serving
from sandbox.people import applicants, jobs
from sandbox.smartrecruiters import SmartRecruiters
from tests.web.front import manifest, secret_connection

_API_KEY = "not-a-real-key-0123456789abcdef0"


@dataclass
class Link:
    """A connection from the sandbox to our served door."""

    ats: SmartRecruiters
    store: Store
    caller: Caller
    connection: Connection
    url: str
    subscriptions: Subscriptions

    def registrar(self, url: str | None = None) -> Registrar:
        forget = self.subscriptions.forget
        return Registrar(self.connection, self.caller, self.store, SYSTEM, url or self.url, forget)

    def listed(self) -> list[dict[str, Any]]:
        return self.ats.state()["subscriptions"]

    def apply(self) -> None:
        job = next(job for job in jobs() if job.key == applicants()[0].applied_to)
        self.ats.apply(applicants()[0], self.ats.add_job(job))
        assert self.ats.wait_idle(20)

    def stored(self) -> list[str]:
        return sorted(event.raw.headers["event-name"] for event in self.store.inbox.list())


@pytest.fixture
def link(tmp_path: Path) -> Iterator[Link]:
    ats = SmartRecruiters(rate_limit=0, handshake_timeout_s=2.0, delivery_timeout_s=5.0)
    running = serving.start(ats.app)
    given = {"credential": "api_key", "api_key": Secret(_API_KEY), "host": "api.smartrecruiters.com"}
    connection = Connection("acme", manifest("smartrecruiters"), {**given, "signature_tolerance": 300})
    with Store.open(tmp_path / "store.db") as store:
        group, known = GroupCommit(store.inbox), Subscriptions(store, SYSTEM)
        server = WebServer(make_app({"acme": connection}, store, group, subscriptions=known))
        url = server.start()
        transport = HttpTransport(sandbox_origin=running.url)
        with Caller(connection, transport=transport, patience_s=30.0) as caller:
            yield Link(ats, store, caller, connection, url, known)
        server.stop()
        group.close()
        ats.close()
        running.stop()


def test_a_subscription_is_made_keyed_and_activated_and_its_events_arrive(link: Link) -> None:
    report = link.registrar().ensure()
    assert (report.state, report.by_hand) == ("created", None)
    assert [(one["callbackUrl"], one["active"]) for one in link.listed()] == [(f"{link.url}/hooks/acme", True)]
    link.apply()
    assert link.stored() == ["application.attachment.created", "application.created", "candidate.created"]
    assert link.ats.state()["deliveries"]["failed"] == 0


def test_all_event_types_of_the_manifest_are_asked_for(link: Link) -> None:
    link.registrar().ensure()
    (subscription,) = link.ats.deliveries.subscriptions.values()
    webhook = link.connection.manifest.events.webhook
    assert webhook is not None
    assert set(subscription.events) == set(webhook.types)


def test_a_second_check_changes_nothing(link: Link) -> None:
    link.registrar().ensure()
    before = link.store.connections.get("acme", STATE)
    assert link.registrar().ensure().state == "active"
    assert link.store.connections.get("acme", STATE) == before
    assert len(link.listed()) == 1


def test_one_that_was_turned_off_is_activated_again(link: Link) -> None:
    link.registrar().ensure()
    (subscription,) = link.ats.deliveries.subscriptions.values()
    subscription.active = False
    assert link.registrar().ensure().state == "reactivated"
    assert subscription.active
    link.apply()
    assert len(link.stored()) == 3


def test_when_our_key_is_lost_a_new_one_is_made(link: Link) -> None:
    link.registrar().ensure()
    link.store.connections.delete("acme", STATE)
    assert link.registrar().ensure().state == "active"
    link.apply()
    assert len(link.stored()) == 3


def test_one_that_was_removed_over_there_is_made_again(link: Link) -> None:
    link.registrar().ensure()
    link.ats.deliveries.subscriptions.clear()
    assert link.registrar().ensure().state == "created"
    link.apply()
    assert len(link.stored()) == 3


def test_a_door_that_cannot_be_reached_is_told_and_tried_again(link: Link) -> None:
    report = link.registrar("http://127.0.0.1:9").ensure()
    assert report.state == "failed"
    assert "http://127.0.0.1:9/hooks/acme" in report.detail
    assert "424" in report.detail
    assert report.by_hand is not None
    assert link.registrar("http://127.0.0.1:9").ensure().state == "failed"
    assert len(link.listed()) == 1
    assert link.registrar().ensure().state == "created"


def test_one_of_ours_with_another_address_is_left_alone(link: Link) -> None:
    link.registrar().ensure()
    (former,) = link.ats.deliveries.subscriptions.values()
    former.callback_url = f"{link.url}/hooks/former"
    assert link.registrar().ensure().state == "created"
    link.registrar().remove()
    assert [one["callbackUrl"] for one in link.listed()] == [f"{link.url}/hooks/former"]


def test_at_the_cap_nothing_is_created_and_it_says_what_to_do(link: Link) -> None:
    link.registrar().ensure()
    (one,) = link.ats.deliveries.subscriptions.values()
    one.callback_url = "https://other.example/hook"
    for number in range(19):
        link.ats.deliveries.subscriptions[f"s{number}"] = replace(one, id=f"s{number}")
    report = link.registrar().ensure()
    assert report.state == "failed"
    assert "20 subscriptions" in report.detail
    assert "Remove a subscription" in (report.by_hand or "")


@pytest.mark.parametrize("scope", ["webhooks_write", "webhooks_read"])
def test_without_the_permission_it_says_which_scope_is_missing(link: Link, scope: str) -> None:
    link.ats.switches.update({"permissions": f"all,-webhooks_manage,-{scope}"})
    report = link.registrar().ensure()
    assert report.state == "failed"
    assert scope in (report.by_hand or "")


def test_a_dead_credential_is_told_as_that(link: Link) -> None:
    link.ats.switches.update({"api_key": "not-a-real-other-key-00000000000"})
    report = link.registrar().ensure()
    assert report.state == "failed"
    assert _API_KEY not in f"{report}"


def test_removing_ends_the_subscription_and_forgets_the_key(link: Link) -> None:
    link.registrar().ensure()
    link.registrar().remove()
    assert link.listed() == []
    assert link.store.connections.get("acme", STATE) is None
    assert link.subscriptions.of("acme") is None
    link.registrar().remove()


def test_a_tenant_that_turns_webhooks_off_has_its_subscription_ended(link: Link) -> None:
    link.registrar().ensure()
    link.connection = replace(link.connection, webhook=False)
    assert link.registrar().ensure().state == "removed"
    assert link.listed() == []
    assert link.registrar().ensure().state == "not_declared"


def test_an_ats_without_a_call_for_it_is_set_up_by_hand_with_a_masked_address(tmp_path: Path) -> None:
    of = secret_connection()
    with Store.open(tmp_path / "s.db") as store, Caller(of, transport=HttpTransport()) as caller:
        registrar = Registrar(of, caller, store, SYSTEM, "https://engine.example/")
        report = registrar.ensure()
        assert report.state == "not_declared"
        assert registrar.callback_url() == "https://engine.example/hooks/beta/not%2Fa%20real%2Bsecret"
        assert "not%2F" not in report.detail
        assert report.by_hand == of.manifest.events.webhook.by_hand


def test_an_address_without_its_secret_is_told(tmp_path: Path) -> None:
    of = secret_connection(secret=None)
    with Store.open(tmp_path / "s.db") as store, Caller(of, transport=HttpTransport()) as caller:
        report = Registrar(of, caller, store, SYSTEM, "https://engine.example").ensure()
        assert report.state == "not_declared"
        assert "webhook_secret" in report.detail
