"""The smaller families: cursors, scores, capabilities, written values, cache, connections, audit, steps."""

from __future__ import annotations

from hypothesis import strategies as st

from engine.clock import ManualClock
from engine.model import Education, Experience, Reason, Score
from engine.store import Store, Written
from engine.store.audit import Call
from tests.store.making import raw

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)

FULL = Score(
    85,
    84.6,
    (Reason("Knows Python", "5 years of Python", 10, 27, "skills", 30.5),),
    ("python",),
    ("go",),
    ("python", "sql"),
    Experience(5.5, "Engineer", "fintech"),
    (Education("BSc", "ETH", 2015),),
    "text",
    ("senior",),
    "built-in/1",
    "hash-1",
)


def test_a_cursor_is_what_was_last_put(store: Store) -> None:
    assert store.cursors.get("acme", "candidates") is None
    store.cursors.put("acme", "candidates", {"after": "2026-01-01"})
    store.cursors.put("acme", "candidates", {"after": "2026-01-02", "page": 3})
    assert store.cursors.get("acme", "candidates") == {"after": "2026-01-02", "page": 3}
    assert store.cursors.all("acme") == {"candidates": {"after": "2026-01-02", "page": 3}}
    assert store.cursors.get("other", "candidates") is None


def test_a_score_comes_back_whole_with_its_audit_id(store: Store, clock: ManualClock) -> None:
    audit_id = store.scores.put("acme", "ana", "job", "evt_1", FULL)
    assert audit_id.startswith("fw-")
    assert len(audit_id) == 13
    found = store.scores.get("hash-1")
    assert found is not None
    assert found.audit_id == audit_id
    assert (found.reasons, found.education, found.primary_experience) == (
        FULL.reasons,
        FULL.education,
        FULL.primary_experience,
    )
    stored = store.scores.of_audit(audit_id)
    assert stored is not None
    assert (stored.candidate_id, stored.event_id, stored.at) == ("ana", "evt_1", clock.now())
    assert stored.score == found


def test_the_same_inputs_keep_their_audit_id_and_another_application_has_its_own(store: Store) -> None:
    first = store.scores.put("acme", "ana", "job", "evt_1", FULL)
    assert store.scores.put("acme", "ana", "job", "evt_2", FULL) == first
    assert store.scores.put("acme", "ben", "job", "evt_3", FULL) != first


def test_the_latest_score_of_an_application(store: Store, clock: ManualClock) -> None:
    store.scores.put("acme", "ana", "job", None, FULL)
    clock.advance(1)
    store.scores.put("acme", "ana", "job", "evt_9", Score(None, None, input_hash="hash-2", problem="unreadable"))
    latest = store.scores.latest("acme", "ana", "job")
    assert latest is not None
    assert (latest.score.match, latest.score.problem) == (None, "unreadable")
    assert store.scores.latest("acme", "ana", "other") is None
    assert [one.event_id for one in store.scores.of_event("evt_9")] == ["evt_9"]
    assert store.scores.applications_of_job("acme", "job") == [("ana", "job")]
    assert store.scores.get("hash-none") is None
    assert store.scores.of_audit("fw-none") is None


def test_a_capability_is_known_until_it_expires(store: Store, clock: ManualClock) -> None:
    put = store.capabilities.put("acme", "fields", available=False, cause="403", found_by="refusal", ttl_s=60)
    assert store.capabilities.all("acme") == {"fields": put}
    store.capabilities.put("acme", "tags", available=True, ttl_s=600)
    clock.advance(60)
    assert set(store.capabilities.all("acme")) == {"tags"}


def test_a_capability_can_be_forgotten(store: Store) -> None:
    for name in ("a", "b", "c"):
        store.capabilities.put("acme", name, available=True)
    store.capabilities.forget("acme", "a")
    assert set(store.capabilities.all("acme")) == {"b", "c"}
    store.capabilities.forget("acme")
    assert store.capabilities.all("acme") == {}


def test_what_was_last_written_is_remembered_by_output(store: Store, clock: ManualClock) -> None:
    store.written.remember("acme", "ana/job", [Written("match_score", "digest of 80", "field", "AI Fit")])
    store.written.remember("acme", "ana/job", [Written("match_score", "digest of 85", "note", "evaluation")])
    last = store.written.last("acme", "ana/job")
    assert last == {"match_score": Written("match_score", "digest of 85", "note", "evaluation", clock.now())}
    assert store.written.last("acme", "ben/job") == {}


def test_an_object_is_kept_until_it_expires(store: Store, clock: ManualClock) -> None:
    store.cache.put("acme", "job", "j1", {"title": "Engineer"}, ttl_s=60)
    store.cache.put("acme", "resume", "r1", "text", candidate_id="ana")
    clock.advance(59)
    assert store.cache.get("acme", "job", "j1") == {"title": "Engineer"}
    clock.advance(1)
    assert store.cache.get("acme", "job", "j1") is None
    assert store.cache.get("acme", "resume", "r1") == "text"
    store.cache.forget("acme", "resume", "r1")
    assert store.cache.get("acme", "resume", "r1") is None


def test_state_of_a_connection_is_its_own(store: Store) -> None:
    store.connections.put("acme", "access_token", "visibly-fake")
    store.connections.put("acme", "subscription", {"id": "s1"})
    assert store.connections.get("acme", "access_token") == "visibly-fake"
    assert store.connections.get("other", "access_token") is None
    store.connections.delete("acme", "subscription")
    assert store.connections.get("acme", "subscription") is None
    assert store.connections.get("acme", "access_token") == "visibly-fake"


def test_every_call_has_a_row_with_its_id_and_no_query(store: Store) -> None:
    def record(event_id: str | None, path: str) -> str:
        return store.audit.record(
            Call("acme", "pull", "get_job", "GET", path, 200, 0, 512, 12.5, "ok", event_id=event_id)
        )

    first, second = record("evt_1", "/jobs/1?token=canary"), record(None, "/jobs")
    assert [row.id for row in store.audit.list()] == [second, first]
    (row,) = store.audit.list(event_id="evt_1")
    assert (row.path, row.status, row.bytes_in, row.duration_ms) == ("/jobs/1", 200, 512, 12.5)
    assert store.audit.list(connection="other") == []
    assert len(store.audit.list(limit=1)) == 1


def test_steps_are_told_in_their_order(store: Store) -> None:
    id_ = store.inbox.accept([raw("k")])[0].id
    for stage in ("received", "translated", "scored"):
        store.steps.add(id_, stage, {"n": 1})
    assert [step.stage for step in store.steps.of(id_)] == ["received", "translated", "scored"]
    assert store.steps.of(id_)[0].detail == {"n": 1}
