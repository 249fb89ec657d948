"""Reliability row 36: no secret is ever told, whatever goes wrong.

Each credential holds a word that stands nowhere else. Failures of every kind are driven, at an ATS that sends back
what it was sent; then logs, answers, output of commands and databases are searched for the words.
"""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.json_poster import HttpJsonPoster
from engine.errors import FieldwrightError
from engine.redaction import Secret
from engine.runtime.logs import LineFormatter
from engine.scoring import RemoteScorer
from engine.store import Store
from tests import servers
from tests.conformance.acme import Acme
from tests.conformance.writing import writing
from tests.e2e.service import running, until
from tests.fake_server import FakeServer, Reply, Seen

API_KEY, HOOK, SCORER_TOKEN = "canary-api-key-5e1f", "canary-hook-5e1f", "canary-scorer-5e1f"
PASSWORD, REDIS, VAULT_KEY = "canary-db-5e1f", "canary-redis-5e1f", "canary-vault-5e1f"
CANARIES = (API_KEY, HOOK, SCORER_TOKEN, PASSWORD, REDIS, VAULT_KEY)


def _told(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


@contextmanager
def _log() -> Iterator[io.StringIO]:
    """All that is logged, as a service would print it in either form, but without the masking of known secrets."""
    text = io.StringIO()
    handlers = []
    for as_json in (False, True):
        handler = logging.StreamHandler(text)
        handler.setFormatter(LineFormatter((), as_json=as_json))
        handlers.append(handler)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    for handler in handlers:
        root.addHandler(handler)
    try:
        yield text
    finally:
        root.setLevel(level)
        for handler in handlers:
            root.removeHandler(handler)


def _echo(status: int) -> Reply | None:
    def answer(seen: Seen) -> Reply:
        sent = {"message": f"you sent {dict(seen.headers)} to {seen.target}", "code": "ECHO"}
        return Reply(status, json=sent)

    return answer  # type: ignore[return-value]


NOTE = """
operations:
  add_note: {post: /note, json: {text: "{{ note.text }}"}}
write_back:
  notes: {evaluation: {text: "{{ score.match }}"}}
  places: {note: {write: add_note}}
  outputs: {match_score: {value: "{{ score.match }}", rungs: [{note: evaluation}]}}
"""
MANGLED = (
    Reply(200, body=b"<html>" + API_KEY.encode()),
    Reply(drop="before"),
    Reply(drop="during", json={"k": API_KEY}),
)


@pytest.mark.parametrize("path", ["/candidates/c-1", "/applications/a-1", "/note"])
def test_what_an_ats_sends_back_of_our_credential_is_told_nowhere(path: str) -> None:
    failing = (*(_echo(status) for status in (500, 401, 403, 404, 422, 429)), *MANGLED)
    with _log() as log, FakeServer() as server:
        acme = Acme(server)
        with writing(acme, NOTE, settings={"api_key": Secret(API_KEY)}) as tenant:
            for number, answer in enumerate(failing):
                server.on("POST", "/note", Reply(json={}))
                server.on("POST" if path == "/note" else "GET", path, answer)
                tenant.score(stage=number)
                tenant.wait()
            told = [repr(step) for event in tenant.store.inbox.list() for step in tenant.store.steps.of(event.id)]
            told += [repr(event.outcome) for event in tenant.store.inbox.list()]
            file = Path(str(tenant.store._database.engine.url.database))
            stored = "".join(one.read_bytes().decode("latin-1") for one in file.parent.iterdir())
        acme.close()
        sent = json.dumps([dict(seen.headers) for seen in server.requests])
    assert API_KEY in sent
    assert len(told) > len(failing)
    assert _told(log.getvalue() + "".join(told) + stored) == []


def test_a_subscriptions_key_is_in_no_log_answer_or_file(tmp_path: Path) -> None:
    with _log() as log, running(tmp_path) as one:
        until(lambda: one.subscription().get("secret"), "the subscription is made")
        secret = str(one.subscription()["secret"])
        wrong = one.post({"x": 1}, smartrecruiters_signature=f"v1={secret}")
        one.apply()
        one.settle()
        key = one.ats.switches.api_key  # type: ignore[attr-defined]
        stored = "".join(file.read_bytes().decode("latin-1") for file in tmp_path.glob("service.db*"))
    for hidden in (secret, key):
        assert hidden not in log.getvalue() + wrong.text + stored


def test_a_scorer_that_sends_its_token_back_is_not_quoted() -> None:
    with _log() as log, FakeServer() as server:
        server.on("POST", "/score", *(_echo(status) for status in (500, 400, 401, 429)), *MANGLED)
        poster = HttpJsonPoster(f"{server.origin}/score", {"authorization": f"Bearer {SCORER_TOKEN}"}, timeout_s=5)
        scorer = RemoteScorer(poster, version="remote/1")
        told = []
        for _ in range(7):
            try:
                poster.post({"a": 1})
            except FieldwrightError as error:
                told.append(str(error))
        poster.close()
    assert len(told) == 7
    assert scorer.version
    assert _told(log.getvalue() + "".join(told)) == []


def _command(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "from engine.cli.main import run; run()"
    own = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=own, cwd=tmp_path, check=False)


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (("events", "list", "--database", f"postgresql://u:{PASSWORD}@127.0.0.1:1/x"), {}),
        (("events", "list"), {"FIELDWRIGHT_DATABASE": f"postgresql://u:{PASSWORD}@/x?host=/no/such/folder"}),
        (("events", "list", "--database", f"mysql://u:{PASSWORD}@127.0.0.1/x"), {}),
        (("serve", "--redis", f"http://u:{REDIS}@127.0.0.1:1"), {}),
        (("vault", "status"), {"FIELDWRIGHT_KEYS": f"k1:{VAULT_KEY}"}),
        (("serve", "--debug"), {"FIELDWRIGHT_DATABASE": f"postgresql://u:{PASSWORD}@127.0.0.1:1/x"}),
    ],
)
def test_what_is_wrong_with_an_address_or_a_key_is_told_without_it(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    (tmp_path / "tenants").mkdir()
    (tmp_path / "tenants" / "acme.yaml").write_text(
        'tenant: acme\nextends: ashby\nsettings: {api_key: "${env:KEY}"}\n'
    )
    done = _command(tmp_path, *arguments, **{"KEY": API_KEY, **environment})
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ") or "--debug" in arguments
    assert _told(done.stdout + done.stderr) == []


def test_a_dump_of_a_shared_database_holds_no_secret(tmp_path: Path) -> None:
    import psycopg

    url = servers.postgres_url()
    with Store.open(url, vault=servers.VAULT) as store:
        store.connections.put("acme", "webhook", {"id": "1", "secret": HOOK})
        assert store.connections.get("acme", "webhook")["secret"] == HOOK
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT value FROM connections").fetchall()
    assert rows
    assert _told(str(rows)) == []
