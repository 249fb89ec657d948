"""How a database of an older schema becomes one of this: Alembic's environment and a revision for each schema."""
