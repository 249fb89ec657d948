"""Schema 3: live before bulk, outgoing routes, pinned mappings, several processes, the ledger, privacy, API keys.

What was accepted before is counted into the ledger from its rows, so that it balances from the first moment.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, Sequence, Text, UniqueConstraint, false, text
from sqlalchemy.schema import CreateSequence

revision = "0003"
down_revision = "0002"

_TOKENS = """
SELECT max(token) FROM (
  SELECT max(token) AS token FROM fencing
  UNION ALL SELECT max(token) FROM inbox
  UNION ALL SELECT max(token) FROM outbox
) AS given
"""
_ACCEPTED = """
INSERT INTO ledger (connection, entry, shard, count)
SELECT connection, 'accepted', 0, count(*) FROM inbox GROUP BY connection
"""
_ENDED = """
INSERT INTO ledger (connection, entry, shard, count)
SELECT connection, outcome, 0, count(*) FROM inbox WHERE state = 'finished' GROUP BY connection, outcome
"""


def upgrade() -> None:
    """Adds columns, indexes and tables, fills the ledger, and leaves telling the schema to ``alembic_version``."""
    _change_inbox()
    _change_outbox()
    op.add_column("audit", Column("person", Text))
    op.add_column("audit", Column("actor", Text, nullable=False, server_default=""))
    _add_tables_of_processes()
    _add_tables_of_people()
    if op.get_bind().dialect.name == "postgresql":
        given = op.get_bind().execute(text(_TOKENS)).scalar() or 0
        op.execute(CreateSequence(Sequence("fencing_token", start=given + 1)))
    op.execute(_ACCEPTED)
    op.execute(_ENDED)
    op.drop_table("schema_version")


def _change_inbox() -> None:
    op.add_column("inbox", Column("bulk", Boolean, nullable=False, server_default=false()))
    op.drop_index("inbox_waiting", "inbox")
    op.create_index("inbox_received_state", "inbox", ["state", "bulk", "received_at", "id"])
    op.create_index("inbox_due", "inbox", ["state", "bulk", "due_at", "received_at", "id"])
    op.create_index("inbox_waiting", "inbox", ["connection", "state", "bulk", "due_at", "received_at", "id"])


def _change_outbox() -> None:
    op.add_column("outbox", Column("route", Text))
    op.add_column("outbox", Column("manifest_hash", Text))
    op.add_column("outbox", Column("bulk", Boolean, nullable=False, server_default=false()))
    op.add_column("outbox", Column("unfinished", Integer, nullable=False, server_default="0"))
    op.drop_index("outbox_waiting", "outbox")
    op.create_index("outbox_waiting", "outbox", ["connection", "state", "bulk", "next_at", "id"])
    op.create_index("outbox_due", "outbox", ["state", "bulk", "next_at", "id"])
    op.create_index("outbox_route", "outbox", ["route", "state"])


def _add_tables_of_processes() -> None:
    op.create_table(
        "audit_seals",
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        *_texts("audit_id", "hash"),
        Column("at", Double, nullable=False),
        UniqueConstraint("audit_id"),
    )
    op.create_table(
        "ledger",
        *_keys("connection", "entry"),
        Column("shard", Integer, primary_key=True, autoincrement=False),
        Column("count", BigInteger, nullable=False),
    )
    op.create_table(
        "locks",
        *_keys("name"),
        *_texts("holder"),
        Column("until", Double, nullable=False),
        Column("token", BigInteger, nullable=False),
    )
    op.create_table("breakers", *_keys("connection"), *_texts("value"), Column("at", Double, nullable=False))
    op.create_table(
        "mappings", *_keys("digest"), *_texts("connection", "files"), Column("at", Double, nullable=False)
    )


def _add_tables_of_people() -> None:
    op.create_table("persons", *_keys("connection", "candidate_id"), *_texts("salt"))
    op.create_table("erased", *_keys("connection", "person"), Column("at", Double, nullable=False))
    op.create_table(
        "api_keys",
        *_keys("id"),
        *_texts("hash", "name", "role", "tenants"),
        Column("created_at", Double, nullable=False),
        Column("expires_at", Double),
        Column("revoked_at", Double),
        UniqueConstraint("hash"),
    )


def _keys(*names: str) -> list[Column[str]]:
    return [Column(name, Text, primary_key=True) for name in names]


def _texts(*names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names]
