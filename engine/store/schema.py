"""The tables, one family below the other, for every dialect alike. All times are UTC seconds as floats.

``VERSION`` is written into each database and read at every opening; raise it with each change of a table, together
with a migration (``engine/store/migrations``).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

VERSION = 3
metadata = MetaData()


def storable(text: str) -> str:
    """``text`` as any database takes it: lone surrogates and NUL become visible escapes, alike each time."""
    if "\x00" in text:
        text = text.replace("\x00", "\\x00")
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


class Words(TypeDecorator[str]):
    """Text from outside, stored in its ``storable`` form."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Words, nullable=False, **options)


def _key(name: str) -> Column[str]:
    return Column(name, Words, primary_key=True)


schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

fencing = Table(
    "fencing", metadata, Column("id", Integer, primary_key=True), Column("token", BigInteger, nullable=False)
)

inbox = Table(
    "inbox",
    metadata,
    _key("id"),
    _text("connection"),
    _text("source"),
    _text("key"),
    _text("headers"),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Double, nullable=False),
    _text("state", server_default="received"),
    Column("parent_id", Words),
    Column("subject", Words),
    Column("candidate_id", Words),
    Column("canonical", Words),
    Column("manifest_hash", Words),
    Column("bulk", Boolean, nullable=False, server_default=false()),
    Column("due_at", Double),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("unfinished", Integer, nullable=False, server_default="0"),
    Column("lease_until", Double),
    Column("token", BigInteger),
    Column("outcome", Words),
    Column("why", Words),
    Column("finished_at", Double),
    UniqueConstraint("connection", "key"),
    Index("inbox_received_state", "state", "received_at", "id"),
    Index("inbox_waiting", "connection", "state", "bulk", "due_at", "received_at", "id"),
    Index("inbox_subject", "connection", "subject", "state"),
    Index("inbox_candidate", "connection", "candidate_id"),
    Index("inbox_received", "received_at"),
)

refused = Table(
    "refused",
    metadata,
    _key("connection"),
    _key("reason"),
    Column("count", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    _key("id"),
    Column("event_id", Words, ForeignKey("inbox.id"), nullable=False, index=True),
    _text("connection"),
    _text("subject"),
    _text("candidate_id"),
    Column("job_id", Words),
    Column("route", Words),
    Column("manifest_hash", Words),
    Column("bulk", Boolean, nullable=False, server_default=false()),
    _text("place"),
    _text("operation"),
    _text("payload"),
    _text("marker"),
    _text("state"),
    Column("turn", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Double, nullable=False),
    Column("lease_until", Double),
    Column("token", BigInteger),
    Column("sent", Boolean, nullable=False),
    _text("last_cause"),
    Column("created_at", Double, nullable=False),
    Column("settled_at", Double),
    Index("outbox_waiting", "connection", "state", "bulk", "next_at", "id"),
    Index("outbox_state", "state", "next_at", "id"),
    Index("outbox_subject", "connection", "subject", "state", "turn", "id"),
    Index("outbox_candidate", "connection", "candidate_id"),
)

cursors = Table(
    "cursors",
    metadata,
    _key("connection"),
    _key("stream"),
    _text("value"),
    Column("at", Double, nullable=False),
)

scores = Table(
    "scores",
    metadata,
    _key("audit_id"),
    _text("connection"),
    _text("candidate_id"),
    _text("job_id"),
    Column("event_id", Words),
    _text("input_hash", index=True),
    _text("score"),
    Column("at", Double, nullable=False),
    UniqueConstraint("connection", "candidate_id", "job_id", "input_hash"),
    Index("scores_job", "connection", "job_id"),
)

capabilities = Table(
    "capabilities",
    metadata,
    _key("connection"),
    _key("name"),
    Column("available", Boolean, nullable=False),
    _text("cause"),
    _text("found_by"),
    Column("at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
)

written = Table(
    "written",
    metadata,
    _key("connection"),
    _key("subject"),
    _key("output"),
    _text("digest"),
    _text("place"),
    _text("target"),
    Column("at", Double, nullable=False),
)

cache = Table(
    "cache",
    metadata,
    _key("connection"),
    _key("kind"),
    _key("id"),
    _text("value"),
    Column("candidate_id", Words),
    Column("expires_at", Double),
    Index("cache_candidate", "connection", "candidate_id"),
)

connections = Table(
    "connections",
    metadata,
    _key("connection"),
    _key("name"),
    _text("value"),
)

audit = Table(
    "audit",
    metadata,
    _key("id"),
    Column("at", Double, nullable=False),
    _text("connection"),
    Column("event_id", Words, index=True),
    Column("person", Words),
    _text("actor", server_default=""),
    _text("direction"),
    _text("operation"),
    _text("method"),
    _text("path"),
    Column("status", Integer),
    Column("bytes_out", BigInteger, nullable=False),
    Column("bytes_in", BigInteger, nullable=False),
    Column("duration_ms", Double, nullable=False),
    _text("outcome"),
    Index("audit_connection", "connection", "id"),
)

published = Table(
    "published",
    metadata,
    _key("token_hash"),
    _text("connection"),
    _text("candidate_id"),
    _text("name"),
    _text("content_type"),
    Column("data", LargeBinary, nullable=False),
    Column("expires_at", Double, nullable=False),
    Index("published_candidate", "connection", "candidate_id"),
    Index("published_expiry", "expires_at"),
)

steps = Table(
    "steps",
    metadata,
    _key("id"),
    Column("event_id", Words, ForeignKey("inbox.id"), nullable=False, index=True),
    Column("at", Double, nullable=False),
    _text("stage"),
    _text("detail"),
)

audit_seals = Table(
    "audit_seals",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _text("audit_id", unique=True),
    _text("hash"),
    Column("at", Double, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    _key("connection"),
    _key("entry"),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("count", BigInteger, nullable=False),
)

locks = Table(
    "locks",
    metadata,
    _key("name"),
    _text("holder"),
    Column("until", Double, nullable=False),
    Column("token", BigInteger, nullable=False),
)

breakers = Table(
    "breakers",
    metadata,
    _key("connection"),
    _text("value"),
    Column("at", Double, nullable=False),
)

mappings = Table(
    "mappings",
    metadata,
    _key("digest"),
    _text("connection"),
    _text("files"),
    Column("at", Double, nullable=False),
)

persons = Table(
    "persons",
    metadata,
    _key("connection"),
    _key("candidate_id"),
    _text("salt"),
)

erased = Table(
    "erased",
    metadata,
    _key("connection"),
    _key("person"),
    Column("at", Double, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    _key("id"),
    _text("hash", unique=True),
    _text("name"),
    _text("role"),
    _text("tenants"),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
)
