"""The tables, one family below the other, for every dialect alike. All times are UTC seconds as floats.

``VERSION`` is written into each database and read at every opening; raise it with each change of a table, together
with a migration (``engine/store/migrations/versions``), which a test compares with this.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    String,
    Table,
    UniqueConstraint,
    false,
)

from engine.store.columns import Words, key_column, text_column

VERSION = 3
metadata = MetaData()

schema_version = Table("alembic_version", metadata, Column("version_num", String(32), primary_key=True))

fencing = Table(
    "fencing", metadata, Column("id", Integer, primary_key=True), Column("token", BigInteger, nullable=False)
)

fencing_token = Sequence("fencing_token", metadata=metadata)
"""Where PostgreSQL takes tokens from; elsewhere they come from the row of ``fencing``."""

inbox = Table(
    "inbox",
    metadata,
    key_column("id"),
    text_column("connection"),
    text_column("source"),
    text_column("key"),
    text_column("headers"),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Double, nullable=False),
    text_column("state", server_default="received"),
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
    Index("inbox_received_state", "state", "bulk", "received_at", "id"),
    Index("inbox_due", "state", "bulk", "due_at", "received_at", "id"),
    Index("inbox_waiting", "connection", "state", "bulk", "due_at", "received_at", "id"),
    Index("inbox_subject", "connection", "subject", "state"),
    Index("inbox_candidate", "connection", "candidate_id"),
    Index("inbox_received", "received_at"),
)

refused = Table(
    "refused",
    metadata,
    key_column("connection"),
    key_column("reason"),
    Column("count", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    key_column("id"),
    Column("event_id", Words, ForeignKey("inbox.id"), nullable=False, index=True),
    text_column("connection"),
    text_column("subject"),
    text_column("candidate_id"),
    Column("job_id", Words),
    Column("route", Words),
    Column("manifest_hash", Words),
    Column("bulk", Boolean, nullable=False, server_default=false()),
    text_column("place"),
    text_column("operation"),
    text_column("payload"),
    text_column("marker"),
    text_column("state"),
    Column("turn", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("unfinished", Integer, nullable=False, server_default="0"),
    Column("next_at", Double, nullable=False),
    Column("lease_until", Double),
    Column("token", BigInteger),
    Column("sent", Boolean, nullable=False),
    text_column("last_cause"),
    Column("created_at", Double, nullable=False),
    Column("settled_at", Double),
    Index("outbox_waiting", "connection", "state", "bulk", "next_at", "id"),
    Index("outbox_due", "state", "bulk", "next_at", "id"),
    Index("outbox_subject", "connection", "subject", "state", "turn", "id"),
    Index("outbox_candidate", "connection", "candidate_id"),
    Index("outbox_route", "route", "state"),
)

cursors = Table(
    "cursors",
    metadata,
    key_column("connection"),
    key_column("stream"),
    text_column("value"),
    Column("at", Double, nullable=False),
)

scores = Table(
    "scores",
    metadata,
    key_column("audit_id"),
    text_column("connection"),
    text_column("candidate_id"),
    text_column("job_id"),
    Column("event_id", Words),
    text_column("input_hash", index=True),
    text_column("score"),
    Column("at", Double, nullable=False),
    UniqueConstraint("connection", "candidate_id", "job_id", "input_hash"),
    Index("scores_job", "connection", "job_id"),
)

capabilities = Table(
    "capabilities",
    metadata,
    key_column("connection"),
    key_column("name"),
    Column("available", Boolean, nullable=False),
    text_column("cause"),
    text_column("found_by"),
    Column("at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
)

written = Table(
    "written",
    metadata,
    key_column("connection"),
    key_column("subject"),
    key_column("output"),
    text_column("digest"),
    text_column("place"),
    text_column("target"),
    Column("at", Double, nullable=False),
)

cache = Table(
    "cache",
    metadata,
    key_column("connection"),
    key_column("kind"),
    key_column("id"),
    text_column("value"),
    Column("candidate_id", Words),
    Column("expires_at", Double),
    Index("cache_candidate", "connection", "candidate_id"),
)

connections = Table(
    "connections",
    metadata,
    key_column("connection"),
    key_column("name"),
    text_column("value"),
)

audit = Table(
    "audit",
    metadata,
    key_column("id"),
    Column("at", Double, nullable=False),
    text_column("connection"),
    Column("event_id", Words, index=True),
    Column("person", Words),
    text_column("actor", server_default=""),
    text_column("direction"),
    text_column("operation"),
    text_column("method"),
    text_column("path"),
    Column("status", Integer),
    Column("bytes_out", BigInteger, nullable=False),
    Column("bytes_in", BigInteger, nullable=False),
    Column("duration_ms", Double, nullable=False),
    text_column("outcome"),
    Index("audit_connection", "connection", "id"),
)

published = Table(
    "published",
    metadata,
    key_column("token_hash"),
    text_column("connection"),
    text_column("candidate_id"),
    text_column("name"),
    text_column("content_type"),
    Column("data", LargeBinary, nullable=False),
    Column("expires_at", Double, nullable=False),
    Index("published_candidate", "connection", "candidate_id"),
    Index("published_expiry", "expires_at"),
)

steps = Table(
    "steps",
    metadata,
    key_column("id"),
    Column("event_id", Words, ForeignKey("inbox.id"), nullable=False, index=True),
    Column("at", Double, nullable=False),
    text_column("stage"),
    text_column("detail"),
)

audit_seals = Table(
    "audit_seals",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    text_column("audit_id", unique=True),
    text_column("hash"),
    Column("at", Double, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    key_column("connection"),
    key_column("entry"),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("count", BigInteger, nullable=False),
)

locks = Table(
    "locks",
    metadata,
    key_column("name"),
    text_column("holder"),
    Column("until", Double, nullable=False),
    Column("token", BigInteger, nullable=False),
)

breakers = Table(
    "breakers",
    metadata,
    key_column("connection"),
    text_column("value"),
    Column("at", Double, nullable=False),
)

mappings = Table(
    "mappings",
    metadata,
    key_column("digest"),
    text_column("connection"),
    text_column("files"),
    Column("at", Double, nullable=False),
)

persons = Table(
    "persons",
    metadata,
    key_column("connection"),
    key_column("candidate_id"),
    text_column("salt"),
)

erased = Table(
    "erased",
    metadata,
    key_column("connection"),
    key_column("person"),
    Column("at", Double, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    key_column("id"),
    text_column("hash", unique=True),
    text_column("name"),
    text_column("role"),
    text_column("tenants"),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
)
