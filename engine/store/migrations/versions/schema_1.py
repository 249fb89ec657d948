"""Schema 1: the first. A database that has it made its tables itself, and an empty one gets the newest at once."""

from __future__ import annotations

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing: this is where all databases begin."""
