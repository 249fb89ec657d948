"""Run by Alembic: the revisions, within the transaction of the connection that ``engine.store.migrating`` gives."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
