"""Schema 2: files that are published for an ATS to fetch."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Double, LargeBinary, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the table of published files."""
    texts = [Column(name, Text, nullable=False) for name in ("connection", "candidate_id", "name", "content_type")]
    op.create_table(
        "published",
        Column("token_hash", Text, primary_key=True),
        *texts,
        Column("data", LargeBinary, nullable=False),
        Column("expires_at", Double, nullable=False),
    )
    op.create_index("published_candidate", "published", ["connection", "candidate_id"])
    op.create_index("published_expiry", "published", ["expires_at"])
