"""Databases as earlier versions made them: their tables as SQL of both dialects, and rows in them."""

from __future__ import annotations

import re

from sqlalchemy import Connection

_POSTGRES = {"BYTES": "BYTEA", "REAL8": "DOUBLE PRECISION", "NUMBER": "SERIAL"}
_SQLITE = {"BYTES": "BLOB", "REAL8": "DOUBLE", "NUMBER": "INTEGER"}
_TABLES = (
    "schema_version (version INTEGER NOT NULL)",
    "fencing (id NUMBER NOT NULL PRIMARY KEY, token BIGINT NOT NULL)",
    "inbox (id TEXT NOT NULL PRIMARY KEY, connection TEXT NOT NULL, source TEXT NOT NULL, key TEXT NOT NULL,"
    " headers TEXT NOT NULL, body BYTES NOT NULL, received_at REAL8 NOT NULL,"
    " state TEXT DEFAULT 'received' NOT NULL, parent_id TEXT, subject TEXT, candidate_id TEXT, canonical TEXT,"
    " manifest_hash TEXT, due_at REAL8, attempts INTEGER DEFAULT '0' NOT NULL,"
    " unfinished INTEGER DEFAULT '0' NOT NULL, lease_until REAL8, token BIGINT, outcome TEXT, why TEXT,"
    " finished_at REAL8, UNIQUE (connection, key))",
    "refused (connection TEXT NOT NULL, reason TEXT NOT NULL, count BIGINT NOT NULL, PRIMARY KEY (connection, reason))",
    "cursors (connection TEXT NOT NULL, stream TEXT NOT NULL, value TEXT NOT NULL, at REAL8 NOT NULL,"
    " PRIMARY KEY (connection, stream))",
    "scores (audit_id TEXT NOT NULL PRIMARY KEY, connection TEXT NOT NULL, candidate_id TEXT NOT NULL,"
    " job_id TEXT NOT NULL, event_id TEXT, input_hash TEXT NOT NULL, score TEXT NOT NULL,"
    " at REAL8 NOT NULL, UNIQUE (connection, candidate_id, job_id, input_hash))",
    "capabilities (connection TEXT NOT NULL, name TEXT NOT NULL, available BOOLEAN NOT NULL, cause TEXT NOT NULL,"
    " found_by TEXT NOT NULL, at REAL8 NOT NULL, expires_at REAL8 NOT NULL,"
    " PRIMARY KEY (connection, name))",
    "written (connection TEXT NOT NULL, subject TEXT NOT NULL, output TEXT NOT NULL, digest TEXT NOT NULL,"
    " place TEXT NOT NULL, target TEXT NOT NULL, at REAL8 NOT NULL,"
    " PRIMARY KEY (connection, subject, output))",
    "cache (connection TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, candidate_id TEXT,"
    " expires_at REAL8, PRIMARY KEY (connection, kind, id))",
    "connections (connection TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (connection, name))",
    "audit (id TEXT NOT NULL PRIMARY KEY, at REAL8 NOT NULL, connection TEXT NOT NULL, event_id TEXT,"
    " direction TEXT NOT NULL, operation TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER,"
    " bytes_out BIGINT NOT NULL, bytes_in BIGINT NOT NULL, duration_ms REAL8 NOT NULL,"
    " outcome TEXT NOT NULL)",
    "outbox (id TEXT NOT NULL PRIMARY KEY, event_id TEXT NOT NULL REFERENCES inbox (id), connection TEXT NOT NULL,"
    " subject TEXT NOT NULL, candidate_id TEXT NOT NULL, job_id TEXT, place TEXT NOT NULL, operation TEXT NOT NULL,"
    " payload TEXT NOT NULL, marker TEXT NOT NULL, state TEXT NOT NULL, turn BIGINT NOT NULL,"
    " attempts INTEGER NOT NULL, next_at REAL8 NOT NULL, lease_until REAL8, token BIGINT,"
    " sent BOOLEAN NOT NULL, last_cause TEXT NOT NULL, created_at REAL8 NOT NULL,"
    " settled_at REAL8)",
    "steps (id TEXT NOT NULL PRIMARY KEY, event_id TEXT NOT NULL REFERENCES inbox (id),"
    " at REAL8 NOT NULL, stage TEXT NOT NULL, detail TEXT NOT NULL)",
)
_PUBLISHED = (
    "published (token_hash TEXT NOT NULL PRIMARY KEY, connection TEXT NOT NULL, candidate_id TEXT NOT NULL,"
    " name TEXT NOT NULL, content_type TEXT NOT NULL, data BYTES NOT NULL, expires_at REAL8 NOT NULL)"
)
_INDEXES = (
    "inbox_waiting ON inbox (state, due_at, received_at, id)",
    "inbox_subject ON inbox (connection, subject, state)",
    "inbox_candidate ON inbox (connection, candidate_id)",
    "inbox_received ON inbox (received_at)",
    "ix_outbox_event_id ON outbox (event_id)",
    "outbox_waiting ON outbox (state, next_at, id)",
    "outbox_subject ON outbox (connection, subject, state, turn, id)",
    "outbox_candidate ON outbox (connection, candidate_id)",
    "ix_scores_input_hash ON scores (input_hash)",
    "scores_job ON scores (connection, job_id)",
    "cache_candidate ON cache (connection, candidate_id)",
    "ix_audit_event_id ON audit (event_id)",
    "audit_connection ON audit (connection, id)",
    "ix_steps_event_id ON steps (event_id)",
)
_PUBLISHED_INDEXES = (
    "published_candidate ON published (connection, candidate_id)",
    "published_expiry ON published (expires_at)",
)
_ROWS = (
    "inbox (id, connection, source, key, headers, body, received_at, state, subject, candidate_id, canonical,"
    " manifest_hash, due_at, token, outcome, finished_at) VALUES"
    " ('evt_1', 'acme', 'webhook', 'k1', '{}', CAST('{\"a\": 1}' AS BYTES), 1750000000, 'finished', 'ana|j', 'ana', '{}', 'm', 0, 6,"
    " 'delivered', 1750000009),"
    " ('evt_2', 'acme', 'poll', 'k2', '{}', CAST('{}' AS BYTES), 1750000001, 'planned', 'bo|j', 'bo', '{}', 'm', 0, 7, NULL, NULL),"
    " ('evt_3', 'acme', 'webhook', 'k3', '{}', CAST('{}' AS BYTES), 1750000002, 'ready', 'cy|j', 'cy', '{}', 'm', 0, NULL, NULL, NULL),"
    " ('evt_4', 'beta', 'webhook', 'k1', '{}', CAST('{}' AS BYTES), 1750000003, 'received', NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
    " NULL)",
    "outbox (id, event_id, connection, subject, candidate_id, job_id, place, operation, payload, marker, state, turn,"
    " attempts, next_at, sent, last_cause, created_at) VALUES"
    " ('dlv_1', 'evt_2', 'acme', 'bo|j', 'bo', 'j', 'note', 'add_note', '{\"text\": \"hi\"}', 'mark', 'pending', 1, 0,"
    " 1750000001, FALSE, '', 1750000001)",
    "steps VALUES ('stp_1', 'evt_1', 1750000001, 'received', '{}')",
    'connections VALUES (\'acme\', \'subscription\', \'{"id": "s-1", "secret": "whsec-old"}\')',
    "audit VALUES ('aud_1', 1750000001, 'acme', 'evt_1', 'out', 'get_person', 'GET', '/people', 200, 0, 10, 1.5, 'ok')",
    "fencing VALUES (1, 7)",
)


def make_old(connection: Connection, version: int) -> None:
    """Tables and rows of schema 1 or 2 in an empty database."""
    spelt = _POSTGRES if connection.dialect.name == "postgresql" else _SQLITE
    tables = (*_TABLES, *((_PUBLISHED,) if version > 1 else ()))
    indexes = (*_INDEXES, *(_PUBLISHED_INDEXES if version > 1 else ()))
    statements = [f"CREATE TABLE {table}" for table in tables]
    statements += [f"CREATE INDEX {index}" for index in indexes]
    statements += [f"INSERT INTO {rows}" for rows in (*_ROWS, f"schema_version VALUES ({version})")]
    for statement in statements:
        connection.exec_driver_sql(re.sub("BYTES|REAL8|NUMBER", lambda found: spelt[found.group()], statement))
